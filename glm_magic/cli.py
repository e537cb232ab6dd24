"""`glm-magic demo | sandbox | export | strip | scan | doctor | hub`: without a notebook."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from importlib.resources import files
from importlib.util import find_spec
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from . import __version__
from .errors import ArgumentError, GLMError
from .store_commands import add_command, add_commands

DEMO_QUESTION = "Which species differ most in body mass, and how would you plot it?"
_QUICKSTART = "quickstart.ipynb"
_PIPE_CLOSED = 141  # 128 and the number of SIGPIPE, as shells have it


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit status.

    Args:
        arguments: The words after `glm-magic`; None takes those of the process.
    """
    _take_any_text()
    options = _parser().parse_args(arguments)
    try:
        status = int(options.run(options) or 0)
        sys.stdout.flush()
        return status
    except GLMError as error:
        sys.stderr.write(f"glm-magic: {error}\n")
        return 1
    except BrokenPipeError:  # `| head` has enough, and nothing may be flushed to it in the end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _PIPE_CLOSED
    except OSError as error:
        sys.stderr.write(f"glm-magic: {_told(error)}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\n")
        return 130


def _take_any_text() -> None:
    """What a terminal has no character for becomes "?", and what is closed takes nothing."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8"))
        elif isinstance(stream, TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="replace")


def _told(error: OSError) -> str:
    """What the system said no to, in two lines."""
    why = error.strerror or str(error)
    if error.filename is None:
        return f"The system refused: {why}.\n--help names what can be chosen instead."
    remedy = "Name another file or folder, or see who may read and write there."
    return f"{error.filename} cannot be used: {why}.\n{remedy}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="glm-magic", description="Notebook-native prompting with the GLM-4.5 family."
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    demo = add_command(
        commands, "demo", _demo,
        "ask a question about the Palmer penguins, on the sandbox, without a key",
    )  # fmt: skip
    demo.add_argument("--lab", action="store_true", help="open the quickstart in JupyterLab")
    demo.add_argument("question", nargs="?", default=DEMO_QUESTION, help="what to ask instead")
    sandbox = add_command(
        commands, "sandbox", _sandbox,
        "serve the GLM wire on this machine, with a rule-based stand-in for the model",
    )  # fmt: skip
    sandbox.add_argument("--port", type=int, default=8765, help="%(default)s; 0 takes a free one")
    sandbox.add_argument("--key", help="the key to accept; a random one when not given")
    add_commands(commands)
    _add_hub(commands)
    add_command(
        commands, "doctor", _doctor,
        "say in plain words what is wrong: key, host, scope, budget; exits with 1 if anything is",
    )  # fmt: skip
    return parser


def _add_hub(commands: Any) -> None:
    hub = add_command(
        commands, "hub", _hub,
        "the JupyterHub service that holds a class's key; the hub starts it",
    )  # fmt: skip
    hub.add_argument(
        "file", nargs="?", default="glm-hub.toml", help="the course's rules; %(default)s"
    )
    hub.add_argument(
        "--data", default="glm-hub-data", help="folder for budgets and records; %(default)s"
    )
    hub.add_argument("--ip", help="address to listen at, if not the one the hub names")
    hub.add_argument(
        "--ready", metavar="FOLDER", help="write ready configurations and the data sheet there"
    )


def _hub(options: argparse.Namespace) -> None:
    if options.ready:
        _write_ready(Path(options.ready))
        return
    from .hub.serving import serve

    serve(Path(options.file), Path(options.data), options.ip)


def _doctor(_: argparse.Namespace) -> int:
    from .doctor import examine, verdict
    from .wiring import workbench

    findings = []
    for one in examine(workbench()):
        findings.append(one)
        sys.stdout.write(f"{one.state:<5} {one.name}: {one.words}\n")
        sys.stdout.write(f"      {one.remedy}\n" if one.remedy else "")
    sys.stdout.write(f"{verdict(findings)}\n")
    return any(one.state == "bad" for one in findings)


def _write_ready(folder: Path) -> None:
    """Copy what is ready for an instructor; what is there already is kept."""
    folder.mkdir(parents=True, exist_ok=True)
    for source in sorted(Path(str(files(__package__))).joinpath("hub", "ready").iterdir()):
        target = folder / source.name
        if source.is_file() and not target.exists():
            shutil.copy(source, target)
            sys.stdout.write(f"{target}\n")


def _demo(options: argparse.Namespace) -> None:
    if options.lab:
        _demo_lab()
    else:
        _demo_terminal(options.question)


def _need(module: str, extra: str) -> None:
    if find_spec(module) is None:
        message = f"The demo needs {module}, which is not installed."
        raise ArgumentError(message, f"pip install 'glm_magic[{extra}]'")


def _demo_terminal(question: str) -> None:
    _need("palmerpenguins", "demo")
    from .jupyter.demo import run_demo

    if not run_demo(question):
        raise SystemExit(1)


def _demo_lab() -> None:
    """Open a copy of the quickstart notebook here; a copy that is there already is kept."""
    _need("jupyterlab", "lab")
    _need("palmerpenguins", "demo")
    target = Path.cwd() / "glm_magic_demo" / _QUICKSTART
    if not target.exists():
        target.parent.mkdir(exist_ok=True)
        shutil.copy(_quickstart(), target)
    sys.stdout.write(f"Opening {target}\n")
    sys.stdout.flush()
    # The address in the terminal leads to the notebook too, where no browser opens by itself.
    where = [
        f"--ServerApp.root_dir={target.parent}",
        f"--LabApp.default_url=/lab/tree/{_QUICKSTART}",
    ]
    command = [sys.executable, "-m", "jupyterlab", *where]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")  # containers often have no other user
    subprocess.run(command, check=False)  # noqa: S603 - our own words and a path of ours


def _quickstart() -> Path:
    """The notebook, from an installed package or from a source checkout."""
    package = Path(str(files(__package__)))
    for folder in (package / "notebooks", package.parent / "notebooks"):
        if (folder / _QUICKSTART).exists():
            return folder / _QUICKSTART
    raise ArgumentError("The quickstart notebook is not installed.", "Reinstall glm_magic.")


def _sandbox(options: argparse.Namespace) -> None:
    from .sandbox import serve

    serve(options.port, options.key)
