"""The binder folder says what is true of the project."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from .sources import ROOT

BINDER = ROOT / "binder"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_the_requirements_are_this_project_with_extras_it_has() -> None:
    """What is installed is the repository itself, with extras that pyproject.toml knows."""
    lines = (BINDER / "requirements.txt").read_text(encoding="utf-8").splitlines()
    requirements = [line for line in lines if line and not line.startswith(("#", "-c "))]
    assert "-c constraints.txt" in lines
    hits = [re.fullmatch(r"\.\[([\w,]+)\]", line) for line in requirements]
    assert hits
    extras = {extra for hit in hits if hit for extra in hit[1].split(",")}
    assert all(hits)
    assert extras <= set(PROJECT["optional-dependencies"])


def test_the_python_is_one_that_the_project_supports() -> None:
    """The image's Python is named, and is new enough."""
    name = (BINDER / "runtime.txt").read_text(encoding="utf-8").strip()
    hit = re.fullmatch(r"python-3\.(\d+)", name)
    oldest = re.fullmatch(r">=3\.(\d+)", PROJECT["requires-python"])
    assert hit is not None
    assert oldest is not None
    assert int(hit[1]) >= int(oldest[1])


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
@pytest.mark.parametrize(
    "script",
    [
        "binder/postBuild",
        *(f".ci/{name}" for name in ["audit", "chromium", "environment", "proxy", "run"]),
    ],
)
def test_scripts_can_be_run(script: str) -> None:
    """Each script is executable and bash understands it."""
    path = ROOT / script
    if not path.exists():
        pytest.skip("The .ci folder is not part of a source distribution.")
    assert os.access(path, os.X_OK)
    subprocess.run(["bash", "-n", str(path)], check=True)


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_after_the_build_the_extension_is_loaded(tmp_path: Path) -> None:
    """The script's files are where IPython and JupyterLab look, and say what they should."""
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.write_text(f'#!/bin/sh\ncase "$2" in *prefix*) echo "{tmp_path}";; esac\n')
    python.chmod(0o755)
    path = f"{python.parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run([BINDER / "postBuild"], env={"PATH": path}, cwd=tmp_path, check=True)
    overrides = (tmp_path / "share/jupyter/lab/settings/overrides.json").read_text()
    assert '"fetchNews": "false"' in overrides
    code = (
        "from traitlets.config import PyFileConfigLoader as Loader\n"
        f"config = Loader('ipython_config.py', {str(tmp_path / 'etc/ipython')!r}).load_config()\n"
        "print(config.InteractiveShellApp.extensions, config.GLM.provider)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "['glm_magic'] sandbox\n"
