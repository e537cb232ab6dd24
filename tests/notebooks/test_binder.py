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
from nbformat import NotebookNode

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


def visit(python: Path | str, folder: Path, **environment: str) -> dict[str, list[NotebookNode]]:
    """The answers' outputs of every notebook, run without a network, as a user would.

    The network is away, not merely refused: only loopback exists.
    """
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    shown = {}
    for path in NOTEBOOKS:
        execute = [python, "-m", "nbconvert", "--to", "notebook", "--execute", "--inplace"]
        alone = [*ALONE, python, "-c", LOOPBACK_UP, *execute, folder / path.name]
        subprocess.run(
            alone, check=True, cwd=folder, timeout=300, env={**os.environ, **environment}
        )
        notebook = nbformat.read(folder / path.name, as_version=4)
        seen = json.dumps([cell.get("outputs", []) for cell in notebook.cells])
        assert "image/png" in seen or "application/vnd.jupyter.widget-view+json" in seen
        shown[path.stem] = [cell.outputs[0] for cell in notebook.cells if asks(cell)]
    return shown


@pytest.fixture(scope="module")
def visited(image: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[NotebookNode]]:
    """What a visitor of the image sees."""
    return visit(image / "python", tmp_path_factory.mktemp("visit") / "notebooks")


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_a_visitor_without_network_runs_every_notebook(
    visited: dict[str, list[NotebookNode]],
) -> None:
    """From an empty machine: every cell runs, every answer is recorded or the sandbox's."""
    for path in NOTEBOOKS:
        for answer in visited[path.stem]:
            assert answer.metadata["glm_magic"]["status"] == "complete"
            assert answer.metadata["glm_magic"]["provider"] == "sandbox"
            assert bool(answer.metadata["glm_magic"].get("recorded")) == replays(path)


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("other", ["pandas", "Python"])
def test_recorded_answers_are_the_same_bytes_everywhere(
    visited: dict[str, list[NotebookNode]], image: Path, tmp_path: Path, other: str
) -> None:
    """The pandas before, or the Python of these tests, shows what the image shows."""
    if other == "pandas":
        older = str(tmp_path / "older")
        pip = [image / "python", "-m", "pip", "install", "--quiet", "--no-deps"]
        subprocess.run([*pip, "--target", older, "pandas<3", "pytz", "tzdata"], check=True)
        elsewhere = visit(image / "python", tmp_path / "visit", PYTHONPATH=older)
    else:
        elsewhere = visit(sys.executable, tmp_path / "visit")
    for path in filter(replays, NOTEBOOKS):
        bytes_there = [answer["data"] for answer in elsewhere[path.stem]]
        assert bytes_there == [answer["data"] for answer in visited[path.stem]]


@pytest.fixture
def server(image: Path, tmp_path: Path) -> Iterator[str]:
    """A JupyterLab of the image, in a copy of the repository's notebooks: its address."""
    shutil.copytree(FOLDER, tmp_path / "notebooks")
    options = ["--no-browser", "--allow-root", "--ip=127.0.0.1", "--port=0"]
    options.append("--IdentityProvider.token=t")
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
    client.kernel_info(reply=True, timeout=120)
    for cell in nbformat.read(FOLDER / "analysis.ipynb", as_version=4).cells:
        if cell.cell_type == "code":
            reply = client.execute_interactive(cell.source, timeout=120, output_hook=lambda _: None)
            assert reply["content"]["status"] == "ok", reply["content"]
    seconds = time.monotonic() - began
    used = sum(map(_bytes, _tree(server))) / 2**20
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


def _bytes(process: psutil.Process) -> int:
    """Its memory, with its share of what several use; 0 once it has ended."""
    try:
        return int(process.memory_full_info().pss)
    except psutil.NoSuchProcess:
        return 0
