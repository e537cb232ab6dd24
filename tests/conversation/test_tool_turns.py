"""A turn with calls of tools is kept, sent again, shared and replaced as any other."""

from pathlib import Path

from glm_magic.sandbox import Sandbox

from .conftest import Open
from .notebook import Notebook
from .requests import bodies

TOOL = '''
import glm_magic as glm

@glm.tool(auto=True)
def get_weather(city: str) -> str:
    """The weather in a city."""
    return f"sunny in {city}"
'''
ASK = "use get_weather for Paris"
ROLES = ["user", "assistant", "tool", "assistant", "user"]


def begun(notebook: Notebook, sandbox: Sandbox) -> list[dict[str, object]]:
    """A notebook with one such turn and one after it; what was sent for the second."""
    notebook.run("tool", TOOL)
    notebook.ask("a", ASK, "--tools get_weather")
    notebook.ask("b", "And now?")
    messages: list[dict[str, object]] = sandbox.requests[-1].json["messages"]
    assert [one["role"] for one in messages[-5:]] == ROLES
    assert "sunny in Paris" in str(messages)
    return messages


def test_after_a_restart_and_a_crash(notebook: Notebook, sandbox: Sandbox) -> None:
    """The steps are sent as they were, byte for byte."""
    before = begun(notebook, sandbox)
    for end in (notebook.restart, notebook.crash):
        end()
        notebook.ask("b", "And now?")
        assert sandbox.requests[-1].json["messages"] == before


def test_from_the_file_alone(
    notebook: Notebook, open_notebook: Open, sandbox: Sandbox, tmp_path: Path
) -> None:
    """Somebody who only has the notebook goes on with the same steps."""
    before = begun(notebook, sandbox)
    sent = notebook.save(tmp_path / "files" / "sent.ipynb")
    there = open_notebook(sent.name, machine="there")
    there.ask("b", "And now?")
    assert sandbox.requests[-1].json["messages"] == before


def test_run_all_again(notebook: Notebook, sandbox: Sandbox) -> None:
    """The turn is replaced by one of the same bytes."""
    begun(notebook, sandbox)
    first = bodies(sandbox)
    notebook.restart()
    notebook.run_all()
    assert bodies(sandbox) == first * 2
    assert notebook.prompts() == [ASK, "And now?"]
