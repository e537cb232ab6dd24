"""The Binder image: repo2docker understands the folder, and what it installs runs the notebooks."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import nbformat
import psutil
import pytest
from jupyter_client import BlockingKernelClient
from jupyter_core.paths import jupyter_runtime_dir

from .running import FOLDER, NOTEBOOKS, asks, replays

ROOT = FOLDER.parent
BINDER = ROOT / "binder"
VERSION = (BINDER / "runtime.txt").read_text(encoding="utf-8").strip().removeprefix("python-")
# Whoever runs inside has a loopback interface and nothing else.
ALONE = ["unshare", "--user", "--map-root-user", "--net"]
LOOPBACK_UP = """
import fcntl, os, socket, struct, sys
fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sH14s", b"lo", 0x41, b""))  # SIOCSIFFLAGS: up
os.execv(sys.argv[1], sys.argv[1:])
"""


def test_repo2docker_makes_an_image_of_the_folder() -> None:
    """It installs the requirements with the named Python, then runs our script."""
    command = [sys.executable, "-W", "ignore", "-m", "repo2docker", "--no-build", "--debug", ROOT]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-2000:]
    assert 'pip install --no-cache-dir -r "binder/requirements.txt"' in said
    assert "RUN ./binder/postBuild" in said
    assert f"py-{VERSION}" in said.replace("-2d", "-").replace("-2e", ".").replace(
        "environment-py", "py"
    )


def test_every_version_is_pinned() -> None:
    """Each line of the constraints names one version: the image does not change by itself."""
    lines = (BINDER / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert pins
    assert not [pin for pin in pins if not re.fullmatch(r"[\w.-]+==[\w.+!-]+", pin)]
    names = {pin.partition("==")[0].lower().replace("_", "-") for pin in pins}
    assert names >= {"jupyterlab", "ipykernel", "pandas", "matplotlib", "scikit-learn", "httpx"}


def interpreter() -> str:
    """The Python that runtime.txt names."""
    root = Path(os.environ.get("PYENV_ROOT", Path("~").expanduser() / ".pyenv"))
    found = [shutil.which(f"python{VERSION}"), *root.glob(f"versions/{VERSION}*/bin/python")]
    for one in filter(None, found):
        asked = [one, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        done = subprocess.run(asked, capture_output=True, text=True, check=False)
        if done.stdout.strip() == VERSION:
            return str(one)
    pytest.skip(f"There is no Python {VERSION} here, which binder/runtime.txt names.")


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What repo2docker would build, as a virtual environment: its `bin` folder."""
    folder = tmp_path_factory.mktemp("image") / "env"
    subprocess.run([interpreter(), "-m", "venv", folder], check=True)
    # As in the image: from the root of a copy of the repository, then the script.
    pip = [folder / "bin" / "pip", "install", "--quiet", "--no-cache-dir"]
    subprocess.run([*pip, "-r", "binder/requirements.txt"], check=True, cwd=ROOT)
    path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    subprocess.run([BINDER / "postBuild"], env={**os.environ, "PATH": path}, check=True, cwd=ROOT)
    return folder / "bin"


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_a_visitor_without_network_runs_every_notebook(image: Path, tmp_path: Path) -> None:
    """From an empty machine: every cell runs, every answer is recorded or the sandbox's.

    The network is away, not merely refused: only loopback exists.
    """
    visit = tmp_path / "notebooks"
    shutil.copytree(FOLDER, visit, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    python = str(image / "python")
    for path in NOTEBOOKS:
        execute = [python, "-m", "nbconvert", "--to", "notebook", "--execute", "--inplace"]
        alone = [*ALONE, python, "-c", LOOPBACK_UP, *execute, str(visit / path.name)]
        subprocess.run(alone, check=True, cwd=visit, timeout=300)
        notebook = nbformat.read(visit / path.name, as_version=4)
        answers = [cell.outputs[0] for cell in notebook.cells if asks(cell)]
        assert answers
        for answer in answers:
            assert answer.metadata["glm_magic"]["status"] == "complete"
            assert answer.metadata["glm_magic"]["provider"] == "sandbox"
            assert bool(answer.metadata["glm_magic"].get("recorded")) == replays(path)
        shown = json.dumps([cell.get("outputs", []) for cell in notebook.cells])
        assert "image/png" in shown or "application/vnd.jupyter.widget-view+json" in shown


@pytest.fixture
def server(image: Path, tmp_path: Path) -> Iterator[str]:
    """A JupyterLab of the image, in a copy of the repository's notebooks: its address."""
    shutil.copytree(FOLDER, tmp_path / "notebooks")
    options = ["--no-browser", "--allow-root", "--port=0", "--IdentityProvider.token=t"]
    lab = subprocess.Popen([image / "jupyter", "lab", *options], cwd=tmp_path)
    try:
        yield _address(lab.pid)
    finally:
        lab.terminate()
        lab.wait(30)


def _address(pid: int) -> str:
    told = Path(jupyter_runtime_dir()) / f"jpserver-{pid}.json"
    while not told.exists() or not told.read_text():
        time.sleep(0.05)
    return str(json.loads(told.read_text())["url"])


def ask(url: str, document: object = None) -> dict[str, object]:
    """Get or post JSON."""
    data = None if document is None else json.dumps(document).encode()
    request = urllib.request.Request(f"{url}", data, {"Authorization": "token t"})
    with urllib.request.urlopen(request, timeout=60) as reply:
        found: dict[str, object] = json.load(reply)
    return found


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_a_visit_fits_into_a_small_machine(server: str, capsys: pytest.CaptureFixture[str]) -> None:
    """JupyterLab and the kernel of the whole analysis take less than 700 MB together."""
    began = time.monotonic()
    session = ask(
        f"{server}api/sessions",
        {"path": "notebooks/analysis.ipynb", "name": "", "type": "notebook",
         "kernel": {"name": "python3"}},
    )  # fmt: skip
    kernel = session["kernel"]["id"]  # type: ignore[index]
    client = BlockingKernelClient()
    client.load_connection_file(str(Path(jupyter_runtime_dir()) / f"kernel-{kernel}.json"))
    client.start_channels()
    client.wait_for_ready(timeout=120)
    for cell in nbformat.read(FOLDER / "analysis.ipynb", as_version=4).cells:
        if cell.cell_type == "code":
            reply = client.execute_interactive(cell.source, timeout=120, output_hook=lambda _: None)
            assert reply["content"]["status"] == "ok", reply["content"]
    seconds = time.monotonic() - began
    used = sum(one.memory_full_info().pss for one in _tree(server)) / 2**20
    with capsys.disabled():
        print(f"\nkernel and the whole analysis: {seconds:.1f} s; together {used:.0f} MB")
    client.stop_channels()
    assert used < 700


def _tree(server: str) -> list[psutil.Process]:
    pid = next(
        int(told.stem.partition("-")[2])
        for told in Path(jupyter_runtime_dir()).glob("jpserver-*.json")
        if json.loads(told.read_text())["url"] == server
    )
    lab = psutil.Process(pid)
    return [lab, *lab.children(recursive=True)]
