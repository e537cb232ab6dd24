"""A real nbgrader grades a notebook that asks: nobody is asked, and nothing fails for it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

from glm_magic.jupyter.magics import NOT_ASKED
from glm_magic.sandbox import Sandbox
from tests.hygiene.sources import ROOT
from tests.interpreters import environment

pytestmark = [pytest.mark.soak, pytest.mark.timeout(600)]


def cell(number: int, source: str, **mark: Any) -> Any:
    """A code cell, as an instructor marks it."""
    v4: Any = nbformat.v4
    known = {"schema_version": 3, "grade_id": f"cell-{number}", "cell_type": "code", "task": False}
    plain = {"grade": False, "solution": False, "locked": False}
    metadata = {"nbgrader": {**known, **plain, **mark}} if mark else {}
    return v4.new_code_cell(source, id=f"cell-{number}", metadata=metadata)


def test_a_submission_that_asks_is_graded(tmp_path: Path) -> None:
    """The cell prints its one line, the cells around it run and are graded, no host is asked."""
    inside = environment(
        sys.executable, tmp_path / "environment", [["nbgrader", "--editable", str(ROOT)]]
    )
    course = tmp_path / "course"
    untyped: Any = nbformat
    v4 = untyped.v4
    notebook = v4.new_notebook(
        cells=[
            cell(1, "%load_ext glm_magic"),
            cell(2, "%%glm\nWhat is a median?"),
            cell(3, "def f(x):\n    ### BEGIN SOLUTION\n    ### END SOLUTION", solution=True),
            cell(4, "assert f(1) == 2", grade=True, locked=True, points=2),
        ],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )
    source = course / "source" / "ps1" / "p.ipynb"
    source.parent.mkdir(parents=True)
    untyped.write(notebook, source)
    with Sandbox() as sandbox:
        path = os.pathsep.join([str(Path(inside).parent), os.environ["PATH"]])
        own = {
            "PATH": path,
            "GLM_PROVIDER": "zai",
            "GLM_BASE_URL": sandbox.base_url,
            "GLM_API_KEY": sandbox.key,
        }

        def nbgrader(*command: str) -> None:
            subprocess.run(
                [inside, "-m", "nbgrader", *command, "--course=c"],
                cwd=course, env={**os.environ, **own}, check=True,
            )  # fmt: skip

        nbgrader("generate_assignment", "ps1")
        released = (course / "release" / "ps1" / "p.ipynb").read_text(encoding="utf-8")
        handed_in = course / "submitted" / "ada" / "ps1" / "p.ipynb"
        handed_in.parent.mkdir(parents=True)
        solved = released.replace("# YOUR CODE HERE", "return x + 1")
        assert solved != released
        handed_in.write_text(solved, encoding="utf-8")
        nbgrader("autograde", "ps1")
        assert sandbox.requests == []
    graded = course / "autograded" / "ada" / "ps1" / "p.ipynb"
    cells = json.loads(graded.read_text(encoding="utf-8"))["cells"]
    printed = ["".join("".join(one.get("text", "?")) for one in cell["outputs"]) for cell in cells]
    assert printed == ["", NOT_ASKED, "", ""]
