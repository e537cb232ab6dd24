"""It works, or says in two lines what is missing, wherever a cell can run."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.jupyter.conftest import Shell
from tests.kernel import Kernel

CELLS = [
    "%load_ext glm_magic",
    "%config GLM.provider = 'sandbox'",
    "%%glm --no-think --out first\nsandbox: echo\nThe first 你好.",
    "%%glm --no-think --out second\nsandbox: echo\nThe second.",
    "assert (first.text, second.text) == ('The first 你好.', 'The second.'), first.text",
]
SCRIPT = "\n".join(
    [
        "ip = get_ipython()",
        *(f"ran = ip.run_cell({cell!r}); assert ran.success, ran.error_in_exec" for cell in CELLS),
        "print('all is well')",
    ]
)


def terminal(script: str, folder: Path, **environment: str | None) -> str:
    """Run a script in IPython, in a process of its own; what it printed."""
    path = folder / "script.ipy"
    path.write_text(script, encoding="utf-8")
    changed = {name: value for name, value in environment.items() if value is not None}
    kept = {name: value for name, value in os.environ.items() if name not in environment}
    done = subprocess.run(
        [sys.executable, "-m", "IPython", "--no-banner", "--colors=NoColor", str(path)],
        env=kept | changed, cwd=folder, capture_output=True, timeout=100, check=False,
    )  # fmt: skip
    return (done.stdout + done.stderr).decode("utf-8", "replace")


HOUSES: dict[str, dict[str, str | None]] = {
    "as it is": {},
    "plain C": {"LANG": "C", "LC_ALL": "C"},
    "no home": dict.fromkeys(["HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"]),
    "a home that is not there": dict.fromkeys(
        ("HOME", "XDG_DATA_HOME", "IPYTHONDIR"), "/nonexistent/home"
    ),
    "a data folder that is a file": {"GLM_DATA_DIR": "/dev/null"},
    "a data folder that cannot be written": {"GLM_DATA_DIR": "/proc/glm"},
    "no time zone, odd terminal": {"TZ": "", "TERM": "dumb", "COLUMNS": "1"},
}


@pytest.mark.parametrize("house", HOUSES)
def test_a_terminal_in_every_house(house: str, tmp_path: Path) -> None:
    """Without a home, with one that cannot be written, in the C locale: questions are answered."""
    printed = terminal(SCRIPT, tmp_path, **HOUSES[house])
    assert "all is well" in printed, printed
    assert "Traceback" not in printed
    if "cannot be written" in house or "a file" in house:
        assert "kept in memory" in printed, printed


def test_without_what_is_not_needed(tmp_path: Path) -> None:
    """No keyring, pandas, rich or pydantic: loading and asking work."""
    block = "import sys\nsys.modules |= dict.fromkeys(['keyring', 'pandas', 'rich', 'pydantic'])"
    printed = terminal(f"{block}\n{SCRIPT}", tmp_path)
    assert "all is well" in printed, printed
    assert "Traceback" not in printed


def test_without_widgets(tmp_path: Path) -> None:
    """Where widgets cannot be shown, or are not installed, the panel alone says so in two lines."""
    printed = terminal(f"{SCRIPT}\nip.run_cell('%glm panel')", tmp_path)
    assert "A panel needs a notebook." in printed, printed
    with Kernel() as kernel:
        kernel.run("import sys\nsys.modules['ipywidgets'] = None")
        for cell in CELLS:
            assert kernel.run(cell).status == "ok"
        error = kernel.run("%glm panel").error
    assert "pip install ipywidgets" in error, error
    assert len(error.strip().split("\n")) == 2


def _notebook(path: Path) -> Path:
    v4: Any = nbformat.v4
    untyped: Any = nbformat
    notebook = v4.new_notebook(cells=[v4.new_code_cell(source) for source in CELLS])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    untyped.write(notebook, path)
    return path


def _run(*command: str, folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=folder, capture_output=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stderr.decode()


@pytest.mark.parametrize("tool", ["nbconvert", "papermill"])
def test_a_notebook_without_anybody(tool: str, tmp_path: Path) -> None:
    """Papermill and nbconvert run it to its end; each answer is one output with its turn.

    Nothing asks, nothing waits for a person, and the saved file is valid.
    """
    path, out = _notebook(tmp_path / "in.ipynb"), tmp_path / "out.ipynb"
    if tool == "nbconvert":
        command = [tool, "--to", "notebook", "--execute", str(path), "--output", out.name]
    else:
        command = [tool, "--no-progress-bar", str(path), str(out)]
    _run(*command, folder=tmp_path)
    notebook = nbformat.read(out, as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells[2:4]:
        (output,) = cell.outputs
        assert output["metadata"]["glm_magic"]["status"] == "complete"


def test_names_of_other_systems(shell: Shell, tmp_path: Path, monkeypatch: Any) -> None:
    """A Windows path as the notebook's or the data folder's name is a name, and leads nowhere."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JPY_SESSION_NAME", r"D:\Work\My notebooks\..\a b.ipynb")
    shell.run("%config GLM.provider = 'sandbox'")
    assert "echoed" in shell.run("%%glm --no-think\nsandbox: echo\nechoed")
    assert "echoed" in shell.run("%glm last")
    assert not list(tmp_path.iterdir())
