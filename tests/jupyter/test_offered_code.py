"""A hundred answers full of code, in a real kernel: each is offered as a cell, none is run."""

import random
from pathlib import Path
from typing import Any

from glm_magic.render.answer import fenced
from glm_magic.sandbox import Sandbox
from tests.browser.stage import says
from tests.kernel import Kernel

# Each of them would leave a file or a name behind.
DEEDS = [
    "!touch {mark}",
    "!!touch {mark}",
    "%system touch {mark}",
    "%run {mark}",
    "%load_ext {mark}",
    "%%bash\ntouch {mark}",
    "%%script bash\ntouch {mark}",
    "%%writefile {mark}\nx",
    "%%glm --once\nran",
    "%glm ask ran",
    "open({mark!r}, 'w')",
    "import os; os.mkdir({mark!r})",
    "get_ipython().system('touch {mark}')",
    "get_ipython().set_next_input('ran', replace=True)",
    "ran = 1",
    "?open",
    "open??",
    ", touch {mark}",
    "raise SystemExit",
    "def broken(:",
    "",
    "    indented",
    "\ufeff# byte order",
]
LANGUAGES = ["python", "py", "", "python3", "ipython", "bash", "sh", "js", "html", "sql", "latex"]


def code_of(number: int, folder: Path) -> str:
    """Some of the deeds, in some order; every deed is the first line of some answer."""
    dice = random.Random(number)
    lines = [DEEDS[number % len(DEEDS)], *dice.choices(DEEDS, k=dice.randint(1, 5))]
    return "\n".join(line.format(mark=str(folder / f"ran-{number}")) for line in lines)


def offered(reply: dict[str, Any]) -> list[str]:
    """The sources of the cells that a front end is asked to make."""
    payload = reply["content"]["payload"]
    assert all(one["source"] == "set_next_input" and not one["replace"] for one in payload)
    return [one["text"] for one in payload]


def test_a_hundred_codes_are_offered_and_none_is_run(
    kernel: Kernel, sandbox: Sandbox, tmp_path: Path
) -> None:
    """One cell for each, with all its code in it; no file, name or question comes of it."""
    names = set(kernel.run("print(*dir())").printed.split())
    for number in range(100):
        code = code_of(number, tmp_path)
        language = LANGUAGES[number % len(LANGUAGES)]
        sandbox.faults.append(says(f"Take this:\n\n{fenced(code, language)}\n\nRun it."))
        message = kernel.start("%%glm --as code --once\ngo", cell=f"cell-{number}")
        reply = kernel.client.get_shell_msg(timeout=20)
        assert reply["parent_header"]["msg_id"] == message
        assert reply["content"]["status"] == "ok", code
        (cell,) = offered(reply)
        shown = [line for line in code.replace("\ufeff", "").split("\n") if line.strip()]
        assert all(line in cell for line in shown), (language, cell)
    assert len(sandbox.requests) == 100
    assert list(tmp_path.iterdir()) == []
    left = set(kernel.run("print(*dir())").printed.split()) - names
    assert {name for name in left if not name.startswith("_")} == set()
