"""What a student sees in JupyterLab: hints, the queue, an exam's cell, the doctor."""

import json
import threading
from collections.abc import Callable
from pathlib import Path

from glm_magic.sandbox import Sandbox
from tests.canary import CANARY
from tests.hub.course import OPEN, Course
from tests.lab import Lab, document

RULES = OPEN + 'title = "Statistics 101"\nplaces = 1\nmode = "hints"\n'
SLOW = "sandbox: 60 tokens\nsandbox: rate 15\nGo on."
CELLS = [
    "%load_ext glm_magic\nopen('glm.toml', 'w').close()",
    "%%glm\nsandbox: echo\nThink of groups:\n```python\ndf.groupby('a').mean()\n```\nTry it.",
    "%%glm\nHello",
    "%glm doctor",
]


def test_a_student_in_a_course(lab: Callable[..., Lab], tmp_path: Path) -> None:
    """The cell says that hints mode is on and who goes before; a tagged cell asks nothing."""
    with Sandbox(key=CANARY) as upstream, Course(tmp_path, upstream, RULES) as course:
        environment = {
            "GLM_PROVIDER": "classroom", "GLM_BASE_URL": course.base_url,
            "GLM_MODEL": "glm-4.5-air", "JUPYTERHUB_API_TOKEN": course.hub.person("anna"),
        }  # fmt: skip
        page = lab(notebook_with_exam(tmp_path), environment=environment)
        page.run(0)
        other = threading.Thread(target=course.ask, args=(course.hub.person("ben"), SLOW))
        other.start()
        page.wait_for(lambda _: upstream.requests)
        page.start_cell(1)
        page.wait_for(lambda page: "Waiting in the course's queue: you are next" in page.text(1))
        page.screenshot("classroom-queue")
        other.join()
        page.wait_until_idle()
        shown = page.text(1)
        assert "Hints mode is on" in shown
        assert "Code was left out here" in shown
        assert "groupby" not in shown
        page.run(2)
        assert "allows no questions from cells tagged exam" in page.text(2)
        page.run(3)
        assert "Statistics 101 knows you as anna." in page.text(3)
        page.screenshot("classroom")
        assert len(upstream.requests) == 2


def notebook_with_exam(folder: Path) -> Path:
    """A notebook whose third cell is tagged, and whose first one makes a course file beside it."""
    found = document(CELLS)
    found["cells"][2]["metadata"]["tags"] = ["exam"]
    path = folder / "course.ipynb"
    path.write_text(json.dumps(found))
    return path
