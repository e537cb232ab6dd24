"""The tool loop through a real kernel: who decides, what runs, what goes back."""

from html import unescape

import pytest

from glm_magic.sandbox import Fault, Sandbox
from tests.kernel import Kernel

from .conftest import call, calls, markdown, record
from .wire import bodies

BOTH = "%%glm --tools get_weather,forecast\nuse get_weather and forecast for Paris"
RAN = "print(ran)"


def test_two_calls_at_once_one_fails(tools: Kernel, sandbox: Sandbox) -> None:
    """Each is shown and approved; a result and an error go back, with the reasoning."""
    ran = tools.run(BOTH, cell="a", says=["y", "y"])
    assert ran.status == "ok"
    assert [one.split("?")[0] for one in ran.asked] == [
        "Run get_weather(city='Paris')", "Run forecast(city='Paris')",
    ]  # fmt: skip
    assert "('get_weather', 'Paris', 1), ('forecast', 'Paris')" in tools.run(RAN).printed
    first, second = bodies(sandbox)
    said, one, other = second["messages"][-3:]
    assert second["messages"][:-3] == first["messages"]
    assert said["reasoning_content"]
    assert [call["function"]["name"] for call in said["tool_calls"]] == ["get_weather", "forecast"]
    assert one["content"] == '{"city": "Paris", "sunny": true}'
    assert other["content"] == "forecast failed: RuntimeError: no sales there"
    shown = unescape(markdown(ran))
    assert "get_weather(city='Paris'): 32 characters came back" in shown
    assert "`forecast` returned" in shown
    assert record(ran)["status"] == "complete"


def test_the_call_stands_there_before_it_is_approved(tools: Kernel) -> None:
    """What would run is on the page, whole and highlighted, when the person is asked."""
    started = tools.start(BOTH, cell="a", person=True)
    tools.wait_for_question()
    tools.wait_for_display(started, "{'text/markdown': \"```python\\nget_weather(city='Paris')")
    tools.interrupt()
    assert tools.finish(started).status == "error"


def test_a_refused_call_does_not_run(tools: Kernel, sandbox: Sandbox) -> None:
    """The model is told so, in the person's words; the answer says it to the reader."""
    ran = tools.run(BOTH, cell="a", says=["n", "Rome would be better"])
    assert tools.run(RAN).printed == "[]\n"
    one, other = bodies(sandbox)[-1]["messages"][-2:]
    assert one["content"] == "Not run: the user did not approve this call."
    assert other["content"].endswith("The user says: Rome would be better")
    shown = unescape(markdown(ran))
    assert "get_weather(city='Paris'): not run" in shown
    assert "You did not let forecast run." in shown


def test_always_and_never_hold_until_the_kernel_ends(tools: Kernel) -> None:
    """Nobody is asked again about the same function; about a changed one they are."""
    tools.run(BOTH, cell="a", says=["always", "never"])
    ran = tools.run(BOTH, cell="a", says=[])
    assert "You never let forecast run here." in unescape(markdown(ran))
    assert tools.run(RAN).printed.count("get_weather") == 2
    again = "@glm.tool\ndef get_weather(city: str):\n    '''The weather.'''\n    return 'rain'"
    tools.run(again)
    ran = tools.run(BOTH, cell="a", says=["n"])
    assert ran.asked[0].startswith("Run get_weather")


def test_the_same_cell_run_again_is_the_same_function(tools: Kernel) -> None:
    """Running the cell that defines a tool once more does not ask again."""
    cell = (
        "@glm.tool\ndef lookup(city: str):\n    '''Look up a city.'''\n"
        "    return sorted(map(lambda one: one * 2, city))"
    )
    ask = "%%glm --tools lookup\nlookup the city Paris"
    tools.run(cell)
    tools.run(ask, cell="a", says=["a"])
    tools.run(cell)
    assert tools.run(ask, cell="a", says=[]).status == "ok"


def test_without_a_person_only_auto_tools_run(tools: Kernel, sandbox: Sandbox) -> None:
    """A headless run asks nobody and waits for nobody."""
    ran = tools.run("%%glm --tools get_weather,clock\nuse get_weather and clock in Paris", cell="a")
    assert tools.run(RAN).printed == "[('clock',)]\n"
    assert "Nobody was there to approve get_weather, so it did not run." in unescape(markdown(ran))
    contents = [message["content"] for message in bodies(sandbox)[-1]["messages"][-2:]]
    assert contents == ["Not run: nobody was there to approve this call.", "noon"]


def test_a_model_that_calls_for_ever_must_answer(tools: Kernel, sandbox: Sandbox) -> None:
    """After so many rounds no tools are offered; calls that come all the same do not run."""
    sandbox.faults += [calls(call("clock", "{}", id=f"c{n}", index=0)) for n in range(4)]
    ran = tools.run("%config GLM.tool_rounds = 3\nprint()", cell="s")
    ran = tools.run("%%glm --tools clock\nWhat time?", cell="a")
    assert ran.status == "ok"
    assert tools.run(RAN).printed.count("clock") == 3
    found = bodies(sandbox)
    assert [bool(body.get("tools")) for body in found] == [True, True, True, False]
    assert "wanted to call tools again" in markdown(ran)
    assert tools.run("%%glm\nAnd now?", cell="b").status == "ok"
    bodies(sandbox)


def test_a_budget_holds_within_a_turn(tools: Kernel, sandbox: Sandbox) -> None:
    """The round that would pass it is not sent; what was done so far is kept and shown."""
    sandbox.faults += [calls(call("clock", "{}", id=f"c{n}", index=0)) for n in range(9)]
    tools.run("%config GLM.budget_tokens = 4000")
    ran = tools.run("%%glm --tools clock --max-tokens 500\nWhat time?", cell="a")
    assert "BudgetError" in ran.error
    assert 1 < len(bodies(sandbox)) < 9
    assert "clock()" in markdown(ran)
    assert record(ran)["status"] == "partial"


INTERRUPTS = {
    "asked": ("get_weather", "asked"),
    "running": ("slow", "running"),
    "answering": ("clock", "answering"),
}


@pytest.mark.parametrize("when", INTERRUPTS)
def test_an_interrupt_keeps_a_valid_turn(tools: Kernel, sandbox: Sandbox, when: str) -> None:
    """While a person is asked, a tool runs or the model answers: the conversation goes on."""
    tools.run(
        "import time\n@glm.tool(auto=True)\ndef slow() -> str:\n    '''Slowly.'''\n"
        "    display('it runs')\n    time.sleep(60)"
    )
    name = INTERRUPTS[when][0]
    sandbox.faults.append(calls(call(name, '{"city": "Rome"}' if when == "asked" else "{}")))
    sandbox.faults.append(Fault.stall(3))
    started = tools.start(f"%%glm --tools {name}\nWhat now?", cell="a", person=True)
    if when == "asked":
        tools.wait_for_question()
    else:
        tools.wait_for_display(started, "it runs" if when == "running" else "came back")
    tools.interrupt()
    ran = tools.finish(started, timeout_seconds=10)
    assert ran.status == "error"
    assert "Stopped" in ran.error
    assert "Traceback" not in ran.error
    assert record(ran)["status"] == "partial"
    assert name in unescape(markdown(ran))
    sandbox.faults.clear()
    assert tools.run("%%glm\nGo on.", cell="b").status == "ok"
    last = bodies(sandbox)[-1]["messages"]
    result = next(message for message in last if message["role"] == "tool")
    wanted = "noon" if when == "answering" else "Not finished: the turn was stopped here."
    assert result["content"] == wanted


def test_an_asyncio_question_asks_and_runs_too(tools: Kernel, sandbox: Sandbox) -> None:
    """`ask_async` asks the person as `%%glm` does, and async tools run on its loop."""
    ran = tools.run(
        "import asyncio\n"
        "@glm.tool\nasync def lookup(city: str) -> bool:\n    '''Look up a city.'''\n"
        "    await asyncio.sleep(0)\n    return asyncio.get_running_loop() is loop\n"
        "loop = asyncio.get_running_loop()\n"
        "answer = await glm.ask_async('lookup the city Paris', tools=[lookup])\n"
        "print(answer.turn.steps[-1].content)",
        cell="a",
        says=["y"],
    )
    assert ran.error == ""
    assert ran.printed.endswith("true\n")
    assert len(bodies(sandbox)) == 2


def test_an_interrupted_asyncio_question_leaves_the_keyboard_free(tools: Kernel) -> None:
    """After an interrupt while a person was asked, the next question is asked as ever."""
    started = tools.start(
        "await glm.ask_async('use get_weather for Paris', tools=[get_weather])",
        cell="a", person=True,
    )  # fmt: skip
    tools.wait_for_question()
    tools.interrupt()
    ran = tools.finish(started, timeout_seconds=10)
    assert "Stopped" in ran.error
    ran = tools.run("print(input('Name? '))", says=["Ada"])
    assert ran.asked == ["Name? "]
    assert ran.printed == "Ada\n"


def test_a_conversation_with_tools_survives(
    tools: Kernel, sandbox: Sandbox, tmp_path: object
) -> None:
    """A restart sends the steps along; an export holds them; a cell that runs again replaces."""
    first = tools.run(BOTH, cell="a", says=["y", "y"])
    tools.run(f"%glm export {tmp_path}/talk.json")
    tools.run(f"%glm export {tmp_path}/talk.ipynb")
    tools.run("%%glm\nAnd now?", cell="b")
    before = bodies(sandbox)[-1]["messages"]
    assert [message["role"] for message in before[-6:]] == [
        "user", "assistant", "tool", "tool", "assistant", "user",
    ]  # fmt: skip
    again = tools.run(BOTH, cell="a", says=["y", "y"])
    assert markdown(again).split("<small>")[0] == markdown(first).split("<small>")[0]
    for form in ("json", "ipynb"):
        ran = tools.run(f"%glm import {tmp_path}/talk.{form}")
        assert ran.error == ""
        tools.run("%%glm\nAnd now?")
        assert bodies(sandbox)[-1]["messages"][1:5] == before[1:5]
