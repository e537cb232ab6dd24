"""What is installed is what is here, and little else."""

import hashlib
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.hygiene.sources import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
MOST_DEPENDENCIES = 9
DATA = {f".{kind}" for kind in ("css", "ipynb", "js", "json", "jsonl", "md", "png", "py", "toml")}
DATA |= {".typed", ".yaml"}
ENV = "glm_magic/hub/ready/litellm.env"  # an example, for who runs LiteLLM


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two builds of the same tree."""
    folders = [tmp_path_factory.mktemp(name) for name in ("first", "second")]
    for folder in folders:
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return [next(folder.glob("*.whl")) for folder in folders]


def test_a_build_can_be_repeated(wheels: list[Path]) -> None:
    """Two builds are the same bytes."""
    first, second = (hashlib.sha256(wheel.read_bytes()).hexdigest() for wheel in wheels)
    assert first == second


def test_the_wheel_holds_the_package_alone(wheels: list[Path]) -> None:
    """Source, prompts, data, page code and notebooks: no tests, caches, keys or paths."""
    with zipfile.ZipFile(wheels[0]) as wheel:
        names = wheel.namelist()
        texts = [wheel.read(name) for name in names]
    for name in names:
        assert name.startswith(("glm_magic/", "glm_magic-")), name
        assert "__pycache__" not in name
        assert Path(name).suffix in DATA or ".dist-info/" in name or name == ENV, name
    assert "glm_magic/py.typed" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not any(re.search(rb"[0-9a-f]{32}\.[0-9A-Za-z]{16}", text) for text in texts)
    assert not any(str(ROOT).encode() in text for text in texts)


def test_dependencies_are_few_and_ranged() -> None:
    """At most nine, each with the oldest version that is known to work; no address, no pin."""
    needed = PROJECT["dependencies"]
    assert len(needed) <= MOST_DEPENDENCIES
    for line in [
        *needed,
        *(one for extra in PROJECT["optional-dependencies"].values() for one in extra),
    ]:
        if not line.startswith("glm_magic["):
            assert re.fullmatch(r"[\w.-]+(\[[\w,-]+\])?>=[\d.]+(,<[\d.]+)?", line), line


def test_nothing_is_fetched_or_run_at_import_or_installation() -> None:
    """The build has no hook and no script of its own; the only command is `glm-magic`."""
    document = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert document["build-system"]["build-backend"] == "hatchling.build"
    assert "hooks" not in document["tool"]["hatch"].get("build", {})
    assert PROJECT["scripts"] == {"glm-magic": "glm_magic.cli:main"}
    assert "entry-points" not in PROJECT
