"""`glm_magic.ask`, `ask_async` and `Chat` in plain Python and in a kernel."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator
from html import unescape
from typing import Any

import pandas
import pytest

import glm_magic
from glm_magic import errors
from glm_magic.chat.deltas import Delta
from glm_magic.sandbox import Sandbox
from glm_magic.testing import ScriptedClient, scripted
from glm_magic.wiring import workbench
from tests.jupyter.conftest import Shell
from tests.kernel import Kernel

birds = pandas.DataFrame({"grams": range(40)})
other = pandas.DataFrame({"millimetres": range(40)})


def attached(client: ScriptedClient, at: int = -1) -> str:
    """What the last message of a request says."""
    return client.requests[at].messages[-1].content


def names(answer: glm_magic.Answer) -> list[str]:
    """The names of what was attached."""
    return [one.name for one in answer.turn.attachments]


def test_a_made_up_name_is_free(shell: Shell) -> None:
    """A nameless frame takes no variable's name, whichever comes first."""
    frame_1 = other
    with scripted("one", "two") as client:
        nameless = pandas.DataFrame({"beaks": range(3)}), pandas.DataFrame({"toes": range(3)})
        answer = glm_magic.ask("hi", pandas.DataFrame({"wings": range(3)}), frame_1, once=True)
        assert names(answer)[1] == "frame_1"
        assert names(answer)[0] not in (*globals(), *locals())
        assert all(column in attached(client) for column in ("wings", "millimetres"))
        answer = glm_magic.ask("hi", nameless[0], frame_1, nameless[1], once=True)
        assert len(set(names(answer))) == 3
        assert all(column in attached(client) for column in ("beaks", "millimetres", "toes"))


def test_a_hidden_name_is_not_used(shell: Shell) -> None:
    """A global whose name a local variable has is nameless here."""
    hidden = globals()["birds"]
    with scripted("one") as client:

        def ask() -> glm_magic.Answer:
            birds = other
            return glm_magic.ask("hi", globals()["birds"], birds, once=True)

        answer = ask()
    assert hidden is globals()["birds"]
    assert names(answer) == ["frame_1", "birds"]
    assert all(column in attached(client) for column in ("grams", "millimetres"))


def test_the_same_object_is_one_frame(shell: Shell) -> None:
    """An object that is passed twice is described once, named or not."""
    nameless = [pandas.DataFrame({"wings": range(3)})]
    with scripted("one") as client:
        answer = glm_magic.ask("hi", birds, nameless[0], birds, nameless[0], once=True)
    assert len(names(answer)) == 2
    assert attached(client).count("wings") == 1


@pytest.mark.parametrize("chat", [False, True])
def test_gathered_questions_know_their_frames(shell: Shell, chat: bool) -> None:
    """The caller's name is found though the event loop runs the question."""
    ask = glm_magic.Chat().ask_async if chat else glm_magic.ask_async

    async def both() -> list[glm_magic.Answer]:
        penguins = birds
        tasks = [asyncio.create_task(ask("hi", penguins)), asyncio.create_task(ask("ho", other))]
        return await asyncio.gather(*tasks)

    with scripted("one", "two"):
        assert [names(answer) for answer in asyncio.run(both())] == [["penguins"], ["other"]]


def test_wrong_arguments_are_told_at_the_call(shell: Shell) -> None:
    """`ask_async` refuses an unknown option before anything is awaited."""
    with pytest.raises(errors.ArgumentError):
        glm_magic.ask_async("hi", nosuch=1)


FRAME = pandas.DataFrame({"a": [1]})


@pytest.mark.parametrize(
    ("prompt", "options", "words"),
    [
        ("", {}, "There is no prompt"),
        (" \n", {}, "There is no prompt"),
        (None, {}, "The prompt is of type NoneType, not a text"),
        (FRAME, {}, "The prompt is of type DataFrame, not a text"),
        ("hi", {"stop": ["a", "b"]}, "stop = <list> is not a text"),
        ("hi", {"model": ["glm-4.5"]}, "is not a text"),
        ("hi", {"system": b"x"}, "is not a text"),
        ("hi", {"effort": {}}, "is not a text"),
        ("hi", {"images": 5}, "images is of type int"),
        ("hi", {"images": [b"x"]}, "images is of type bytes"),
        ("hi", {"tools": 5}, "5 is no tool"),
        ("hi", {"tools": "frame_haed"}, "Unknown tool: frame_haed"),
        ("hi", {"rows": "2"}, "rows is of type str, not a number"),
        ("hi", {"rows": 2.5}, "rows is of type float"),
        ("hi", {"level": 5}, "level is of type int"),
        ("hi", {"chat": 3}, "chat is of type int"),
        ("hi", {"conversation": 3}, "conversation is of type int"),
        ("hi", {"frames": FRAME}, "frames is no option"),
        ("hi", {"pictures": 3}, "pictures is of type int"),
        ("hi", {"approve": 3}, "approve is of type int"),
        ("hi", {"cell": 3}, "cell is of type int"),
    ],
)
def test_slips_are_not_sent(shell: Shell, prompt: Any, options: dict[str, Any], words: str) -> None:
    """Two lines say what is wrong; no turn and no request comes of it."""
    own = glm_magic.Chat()
    for ask in (glm_magic.ask, own.ask):
        with scripted("no") as client, pytest.raises(errors.ArgumentError) as raised:
            ask(prompt, FRAME, **options)
        assert words in raised.value.message
        assert raised.value.remedy
        assert not client.requests
    assert not own.turns
    assert not list(workbench().shelf.current)


def test_one_is_a_list_of_one(shell: Shell) -> None:
    """One address and one function need no list; None is as if it were not said."""

    def double(number: int) -> int:
        """Twice the number."""
        return 2 * number

    url = "https://a.example/cat.png"
    silent = {"images": None, "tools": None, "rows": None, "level": None, "chat": None}
    with scripted("a", "b", "c") as client:
        glm_magic.ask("hi", images=url, model="glm-4.5v", once=True)
        glm_magic.ask("hi", tools=double, once=True)
        glm_magic.ask("hi", FRAME, once=True, **silent)
    assert client.requests[0].messages[-1].images == (url,)
    assert [tool["function"]["name"] for tool in client.requests[1].tools] == ["double"]


def four_letters() -> Iterator[Delta]:
    """An answer that is interrupted after its first word."""
    yield Delta(text="four")
    raise KeyboardInterrupt


def ask_async(**options: Any) -> None:
    """Ask in a coroutine that never waits, driven by hand as IPython drives a cell."""
    answer: Coroutine[Any, Any, Any] = glm_magic.ask_async("hi", **options)
    answer.send(None)


def ask(**options: Any) -> None:
    """Ask and wait."""
    glm_magic.ask("hi", **options)


def stream(**options: Any) -> None:
    """Iterate over the deltas."""
    for _ in glm_magic.stream("hi", **options):
        pass


def stream_async(**options: Any) -> None:
    """Iterate over the deltas in a coroutine that never waits."""

    async def iterate() -> None:
        async for _ in glm_magic.stream("hi", **options):
            pass

    iterate().send(None)


@pytest.mark.parametrize("call", [ask, ask_async, stream, stream_async])
@pytest.mark.parametrize("once", [False, True])
def test_an_interrupt_tells_what_is_kept(
    shell: Shell, call: Callable[..., None], once: bool
) -> None:
    """`ask`, `ask_async` and `stream` end with `Stopped`, without the internals behind it."""
    with scripted(four_letters()), pytest.raises(errors.Stopped) as caught:  # type: ignore[arg-type]
        call(once=once)
    assert caught.value.kept == ("" if once else "The 4 characters that came are kept.")
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("call", [ask_async, stream_async])
def test_a_cancelled_task_is_told_as_stopped(shell: Shell, call: Callable[..., None]) -> None:
    """A kernel's stop button cancels the cell's task: still a cancellation, told in one line."""

    def cancelled() -> Iterator[Delta]:
        yield Delta(text="four")
        raise asyncio.CancelledError

    with scripted(cancelled(), cancelled()):
        with pytest.raises(asyncio.CancelledError) as caught:
            call()
        assert type(caught.value) is asyncio.CancelledError  # `asyncio.timeout` looks for it
        printed = shell.run("import glm_magic\nawait glm_magic.ask_async('hi')")
    assert printed.strip() == "Stopped. The 4 characters that came are kept."


def test_an_interrupt_of_who_reads_a_stream_is_theirs(shell: Shell) -> None:
    """Only the wait for the next words is ours; what came is kept all the same."""

    def interrupted(read: glm_magic.Stream) -> None:
        for _ in read:
            raise KeyboardInterrupt

    with scripted("four"):
        read = glm_magic.stream("hi")
        with pytest.raises(KeyboardInterrupt) as caught:
            interrupted(read)
    assert type(caught.value) is KeyboardInterrupt
    assert read.answer.text == "four"


def test_a_stopped_ask_stops_its_cell_in_one_line(kernel: Kernel, sandbox: Sandbox) -> None:
    """The stop button ends `glm.ask` with one line, and the turn is there afterwards."""
    kernel.run("import glm_magic as glm")
    message = kernel.start("glm.ask('sandbox: rate 50\\nsandbox: 5000 tokens', thinking=False)")
    while not sandbox.requests:
        time.sleep(0.01)
    time.sleep(1)  # for some of the text: `ask` shows nothing that could be waited for
    kernel.interrupt()
    ran = kernel.finish(message, timeout_seconds=10)
    assert len(ran.error.splitlines()) == 1
    assert ran.error.startswith("Stopped. The ")
    shown = kernel.run("%glm last").outputs[0]["data"]["text/markdown"]
    assert "Incomplete: interrupted." in unescape(shown)
