"""A conversation by itself: its cells, what leaves with them, what comes back, and how fast."""

import json
import sys
import threading
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from glm_magic.chat.chat import Chat
from glm_magic.chat.conversation import Conversation
from glm_magic.chat.messages import Message
from glm_magic.chat.places import Place, base_cell
from glm_magic.chat.turns import Turn

from .samples import client, turn


def told(conversation: Conversation) -> list[str]:
    """The texts of its turns."""
    return [one.text for one in conversation]


def sent(conversation: Conversation, cell: str | None = None) -> list[str]:
    """The texts that a request from the cell builds on."""
    return [one.text for one in conversation.before(cell)]


def kept(*turns: Turn) -> tuple[Conversation, list[dict[str, Any]]]:
    """A conversation of these turns, and its events."""
    events: list[dict[str, Any]] = []
    conversation = Conversation(keep=events.append)
    for one in turns:
        conversation.put(one)
    return conversation, events


@pytest.mark.parametrize(
    ("cell", "base"),
    [("a", "a"), ("a/2", "a"), ("a/12", "a"), (None, ""), ("", ""), ("a/b", "a/b"),
     ("vscode-notebook-cell:/x/2/nb.ipynb#W1s", "vscode-notebook-cell:/x/2/nb.ipynb#W1s"),
     ("vscode-notebook-cell:/x/nb.ipynb#W1s/3", "vscode-notebook-cell:/x/nb.ipynb#W1s")],
)  # fmt: skip
def test_the_cell_of_a_place(cell: str | None, base: str) -> None:
    """Only a number behind the last slash is ours."""
    assert base_cell(cell) == base


def test_further_questions_of_the_last_run_leave() -> None:
    """A cell that asks anew drops what it asked besides; one undo brings all back."""
    conversation, events = kept(turn("1", "a"), turn("2", "a/2"), turn("b", "b"), turn("3", "a/3"))
    assert told(conversation) == ["1", "2", "3", "b"]
    conversation.put(turn("1 again", "a"))
    assert told(conversation) == ["1 again", "b"]
    again = Conversation()
    assert again.replay(events) == 0
    assert told(again) == ["1 again", "b"]
    for one in (conversation, again):
        assert one.undo()
        assert told(one) == ["1", "2", "3", "b"]
        assert one.redo()
        assert told(one) == ["1 again", "b"]


@pytest.mark.parametrize("begun", [["a/2", "a"], ["a/3", "a/2", "a"], ["a/2", "a", "a/3"]])
def test_questions_of_a_run_begin_in_any_order(begun: list[str]) -> None:
    """All of them stand, in the order of their places; a second run sends what the first did."""
    conversation, events = kept(turn("0", "0"))
    requests = []
    for run in (1, 2):
        for cell in begun:
            place = Place(cell, run)
            requests.append(sent(conversation, place))
            conversation.put(turn(cell, place))
        conversation.put(turn(f"b {run}", Place("b", run)))
        standing = ["0", *sorted(begun), f"b {run}"]
        assert told(conversation) == told(restarted(events)) == standing
    assert requests[: len(begun)] == requests[len(begun) :]
    for one in (conversation, restarted(events)):
        for _ in range(len(begun) + 1):
            assert one.undo()
        assert told(one) == ["0", *sorted(begun), "b 1"]


def test_the_first_question_of_a_run_drops_those_of_the_last() -> None:
    """Also when it is not the cell's first: that was asked elsewhere this time."""
    conversation, events = kept(turn("1", Place("a", 1)), turn("2", Place("a/2", 1)), turn("b"))
    conversation.put(turn("2 again", Place("a/2", 2)))
    assert told(conversation) == told(restarted(events)) == ["2 again", "b"]
    conversation.put(turn("1 late", Place("a", 1)))
    assert told(conversation) == told(restarted(events)) == ["1 late", "2 again", "b"]


def test_threads_ask_at_once() -> None:
    """What they ask is kept, and told in the order in which it happened."""
    conversation, events = kept()
    start = threading.Barrier(8)

    def ask(number: int) -> None:
        start.wait()
        for _ in range(20):
            place = Place("a" if number == 0 else f"a/{number + 1}", 1)
            conversation.put(turn(str(number), place))
            conversation.digest_before(place)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told(conversation) == told(restarted(events)) == [str(number) for number in range(8)]


def test_a_turn_that_we_ask_again_leaves_the_others() -> None:
    """What `%glm refresh` asks for a cell is no new run of it."""
    conversation, _ = kept(turn("1", "a"), turn("2", "a/2"))
    with conversation.asked_again():
        conversation.put(turn("1 again", "a"))
    assert told(conversation) == ["1 again", "2"]


def test_a_deleted_cell_is_not_sent_and_comes_back() -> None:
    """Once its cell was in the file and is not now, a turn is kept and shown, and not sent."""
    conversation, events = kept(turn("1", "a"), turn("2", "b"), turn("3", "c"))
    conversation.arrange(["a", "b", "c"])
    conversation.arrange(["a", "c"])
    assert (sent(conversation), told(conversation)) == (["1", "3"], ["1", "2", "3"])
    conversation.put(turn("4", "d"))
    restarted = Conversation()
    restarted.replay(events)
    restarted.arrange(["a", "c"])
    assert sent(restarted) == ["1", "3", "4"]
    restarted.arrange(["a", "b", "c", "d"])
    assert sent(restarted) == ["1", "2", "3", "4"]


def test_a_cell_that_was_never_saved_is_sent() -> None:
    """Also a turn that was taken over, or asked from another notebook; or a file without ids."""
    conversation, _ = kept(turn("1", "a"))
    conversation.adopt([turn("2", "x")])
    conversation.at_home = False
    conversation.put(turn("3", "y"))
    conversation.at_home = True
    conversation.arrange(["a"], "2999-01-01T00:00:00+00:00")
    conversation.arrange(["b"], "2999-01-01T00:00:00+00:00")
    assert sent(conversation) == ["2", "3"]
    conversation.arrange([])
    assert sent(conversation) == ["1", "2", "3"]


def test_a_cell_deleted_before_anybody_looked() -> None:
    """A file written after a turn had ended, without its cell, shows that it was deleted."""
    conversation, _ = kept(turn("1", "a"), turn("2", "b"))
    conversation.arrange(["a"], "2001-01-01T00:00:00+00:00")
    assert sent(conversation) == ["1", "2"]
    conversation.arrange(["a"], "2999-01-01T00:00:00+00:00")
    assert sent(conversation) == ["1"]


def restarted(
    events: list[dict[str, Any]], cells: list[str] | None = None, saved_at: str = ""
) -> Conversation:
    """The conversation of these events, in a notebook with these cells."""
    again = Conversation()
    assert again.replay(json.loads(json.dumps(events))) == 0
    again.arrange(cells or [], saved_at)
    return again


def test_a_question_without_a_cell_keeps_its_place() -> None:
    """Also after a restart it stands behind the turn it was asked behind, and nothing is stale."""
    conversation, events = kept(turn("a", "a"))
    conversation.arrange(["new", "a"])
    for text, cell in (("new", "new"), ("panel", None), ("b", "b")):
        conversation.put(turn(text, cell, earlier_digest=conversation.digest_before(cell)))
    assert told(conversation) == told(restarted(events, ["new", "a"])) == ["new", "a", "panel", "b"]
    assert restarted(events, ["new", "a", "b"]).stale() == set()


def test_a_cell_that_came_back_behind_others_stays_there() -> None:
    """Where its turn was put is known after a restart too, though it had left from elsewhere."""
    conversation, events = kept(turn("1", "a"))
    conversation.undo()
    conversation.put(turn("panel"))
    conversation.arrange(["a"])
    conversation.put(turn("1 again", "a"))
    assert told(conversation) == told(restarted(events, ["a"])) == ["panel", "1 again"]


def test_a_moved_cell_takes_along_what_was_asked_behind_it() -> None:
    """How turns stood when something was said is known after a restart too."""
    conversation, events = kept(turn("a", "a"), turn("b", "b"))
    conversation.arrange(["b", "a"])
    conversation.put(turn("panel"))
    assert told(conversation) == ["b", "a", "panel"]
    assert told(restarted(events, ["a", "b"])) == ["a", "panel", "b"]


def test_a_copied_cell_takes_over_from_its_deleted_original() -> None:
    """The turn is that of the cell that shows it now: it is sent, and replaced from there."""
    one = turn("1", "a")
    conversation, events = kept(one, turn("2", "b"))
    conversation.arrange(["a", "b"])
    conversation.arrange(["b", "copy"], "", {one.id: "copy"})
    assert told(conversation) == sent(conversation) == ["2", "1"]
    conversation.put(turn("3", "c"))
    for again in (conversation, restarted(events, ["b", "copy", "c"]), restarted(events + events)):
        assert told(again) == sent(again) == ["2", "1", "3"]
        again.put(turn("1 again", "copy"))
        assert told(again) == ["2", "1 again", "3"]
        again.undo()
        again.arrange(["copy", "b", "c"])
        assert told(again) == ["1", "2", "3"]


def test_a_cell_that_came_back_is_sent_before_it_is_saved() -> None:
    """A turn that was asked after the file was written is not gone, also after a restart."""
    conversation, events = kept(turn("1", "a", created="2025-01-01T00:00:01+00:00"))
    saved = "2025-01-01T00:00:02+00:00"
    conversation.arrange(["b"], saved)
    assert sent(conversation) == []
    conversation.put(turn("2", "a", created="2025-01-01T00:00:03+00:00"))
    assert sent(conversation) == sent(restarted(events, ["b"], saved)) == ["2"]


def test_no_prompt_and_half_characters_can_be_kept() -> None:
    """An empty prompt is read again; the halves of a character, joined by JSON, change nothing."""
    conversation, events = kept(turn("\ud83d\ude00"))
    conversation.put(replace(turn("2"), prompt="", user=Message("user", "")))
    again = restarted(events)
    assert [one.prompt for one in again][-1] == ""
    assert again.digest_before(None) == conversation.digest_before(None)


def test_a_turn_without_a_cell_is_asked_again_in_its_place() -> None:
    """It is replaced where it stands, with what stands before it; undo brings the old one back."""
    conversation, events = kept(turn("a", "a"), turn("panel"), turn("b", "b"))
    chat = Chat(client("panel again", "new"), "zai", conversation)
    old = list(conversation)[1]
    with conversation.asked_again(old):
        asking = chat.ask("Q", model="glm-4.5")
        list(asking)
    assert [message.content for message in asking.request.messages][1::2] == ["a"]
    assert told(conversation) == told(restarted(events)) == ["a", "panel again", "b"]
    list(chat.ask("Q", model="glm-4.5"))
    assert told(conversation) == ["a", "panel again", "b", "new"]
    conversation.undo()
    conversation.undo()
    assert told(conversation) == told(restarted(events)) == ["a", "panel", "b"]


def test_a_panel_that_asks_meanwhile_replaces_nothing() -> None:
    """While one thread asks a turn again, the question of another one is appended."""
    conversation, _ = kept(turn("panel"))
    with conversation.asked_again(next(iter(conversation))):
        other = threading.Thread(target=conversation.put, args=[turn("meanwhile")])
        other.start()
        other.join()
        conversation.put(turn("panel again"))
    assert told(conversation) == ["panel again", "meanwhile"]


def summary(text: str, cell: str | None = None, **fields: Any) -> Turn:
    """A turn that stands for those before it."""
    return replace(turn(text, cell), options={"sums_up": True}, **fields)


def test_a_summary_stands_for_what_is_before_it() -> None:
    """Those behind it hear it alone; those before it hear what they did; undo takes it back."""
    conversation, events = kept(turn("1", "a"), turn("2", "b"), summary("sum", "k"), turn("3", "c"))
    for one in (conversation, restarted(events)):
        assert told(one) == ["1", "2", "sum", "3"]
        assert sent(one) == ["sum", "3"]
        assert (sent(one, "b"), sent(one, "k"), sent(one, "c")) == (["1"], ["1", "2"], ["sum"])
    conversation.undo()
    conversation.undo()
    assert sent(conversation) == ["1", "2"]


def test_the_last_summary_counts() -> None:
    """One that did not come whole, or whose cell was deleted, stands for nothing."""
    conversation, events = kept(turn("1", "a"), summary("sum", "k"), turn("2", "b"))
    conversation.put(summary("cut", partial_reason="interrupted"))
    assert sent(conversation) == ["sum", "2"]
    conversation.put(summary("all"))
    assert sent(conversation) == sent(restarted(events)) == ["all"]
    conversation.undo()
    conversation.arrange(["a", "k", "b"])
    conversation.arrange(["a", "b"])
    assert sent(conversation) == ["1", "2"]


def test_what_changes_before_a_summary_makes_it_stale() -> None:
    """It was made from something else, and so was what was said behind it."""
    conversation, _ = kept(turn("1", "a"))
    for one in (summary("sum", "k"), turn("2", "b")):
        conversation.put(replace(one, earlier_digest=conversation.digest_before(one.cell)))
    conversation.put(turn("1, changed", "a"))
    stale = conversation.stale()
    assert [one.text for one in conversation if one.id in stale] == ["sum", "2"]
    assert sent(conversation) == ["sum", "2"]


def test_a_cell_whose_turn_left_comes_back_to_its_place() -> None:
    """After clear and undo what was asked since stands behind it, also when nothing was saved."""
    conversation, events = kept(turn("1", "a"), turn("2", "b"))
    conversation.clear()
    for text, cell in (("3", "c"), ("4", "d")):
        conversation.put(turn(text, cell))
    assert (sent(conversation, "a"), sent(conversation, "b")) == ([], [])
    conversation.put(turn("1 again", "a"))
    conversation.put(turn("2 again", "b"))
    conversation.undo()
    assert sent(conversation, "b") == ["1 again"]
    conversation.put(turn("2 again", "b"))
    assert told(conversation) == told(restarted(events)) == ["1 again", "2 again", "3", "4"]


def test_turns_of_deleted_cells_can_be_imported() -> None:
    """They come without their cell, and so do those whose cell has asked something else here."""
    one, other = turn("1", "a"), turn("2", "b")
    conversation, events = kept(one, other)
    conversation.arrange(["a", "b"])
    conversation.arrange(["b"])
    conversation.clear()
    conversation.put(turn("3", "b"))
    assert conversation.adopt([one, other]) == 2
    assert sent(conversation) == sent(restarted(events, ["b"])) == ["3", "1", "2"]
    conversation.arrange(["b"])
    assert sent(conversation) == sent(restarted(events, ["b"])) == ["3", "1", "2"]
    conversation.put(turn("4", "b"))
    assert told(conversation) == ["4", "1", "2"]


def test_what_was_cleared_can_be_imported() -> None:
    """Only turns that stand here are passed over, and it is told how many came."""
    one, other = turn("1", "a"), turn("2", "b")
    conversation, events = kept(one, other)
    assert conversation.adopt([one, other]) == 0
    conversation.clear()
    assert conversation.adopt([one, other, one]) == 2
    assert told(conversation) == ["1", "2"]
    again = Conversation()
    assert again.replay(events) == 0
    assert told(again) == ["1", "2"]


def two_kernels(*turns: Turn) -> tuple[Conversation, Conversation, list[dict[str, Any]]]:
    """Two conversations that began with these turns, and what both told in the order of time."""
    one, events = kept(*turns)
    other = restarted(events)
    other.keep = events.append
    return one, other, events


def test_an_undo_leaves_what_another_kernel_asked() -> None:
    """Clearing and taking over are taken back by name; what was asked since stands where it did."""
    one, other, events = two_kernels(turn("1", "a"), turn("2", "b"), turn("3"))
    one.clear()
    other.put(turn("2 again", "b"))
    other.put(turn("4", "c"))
    one.undo()
    assert told(restarted(events)) == ["1", "2 again", "3", "4"]
    one.redo()
    assert told(restarted(events)) == ["2 again", "4"]
    one.adopt([turn("5")])
    other.put(turn("6", "d"))
    one.undo()
    assert told(restarted(events + events)) == ["2 again", "4", "6"]


def test_a_redo_outlives_what_another_kernel_asked() -> None:
    """It is made again by name; for the next undo and redo it counts like any change."""
    one, other, events = two_kernels(turn("1", "a"), turn("2", "b"))
    one.undo()
    other.put(turn("3", "c"))
    one.redo()
    assert sorted(told(restarted(events))) == ["1", "2", "3"]
    one.undo()
    other.put(turn("2 again", "b"))
    one.redo()
    assert told(restarted(events)).count("2") == 1
    assert "2 again" not in told(restarted(events))


def test_what_was_told_without_names_is_taken_back_in_its_order() -> None:
    """Journals of versions that named no changes are read as they were written."""
    conversation, events = kept(turn("1", "a"), turn("2", "b"))
    conversation.clear()
    conversation.undo()
    conversation.clear()
    conversation.put(turn("3", "c"))
    conversation.undo()
    conversation.undo()
    for event in events:
        event.pop("change", None)
    assert told(restarted(events)) == told(conversation) == ["1", "2"]


def test_adopting_nothing_is_no_change() -> None:
    """What took nothing over cannot be undone, and is not told."""
    conversation, events = kept()
    assert conversation.adopt([]) == 0
    assert not conversation.undo()
    assert events == []


def test_an_interrupt_while_booking_loses_no_answer() -> None:
    """The turn is kept before it is booked, and booked when keeping it was interrupted."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    chat = Chat(client("whole"), "zai")
    chat.finished = interrupted
    with pytest.raises(KeyboardInterrupt):
        list(chat.ask("Q", model="glm-4.5"))
    assert told(chat.conversation) == ["whole"]

    booked: list[object] = []
    chat = Chat(client("whole"), "zai")
    chat.finished = booked.append
    asking = chat.ask("Q", model="glm-4.5")
    chat.conversation.keep = lambda event: interrupted() if event["kind"] == "answered" else None
    with pytest.raises(KeyboardInterrupt):
        list(asking)
    assert booked == [asking]
    assert told(chat.conversation) == ["whole"]


def asking_calls(count: int) -> int:
    """How many functions one more question calls after so many turns, with a full window."""
    conversation = Conversation()
    conversation.adopt([turn("word " * 40, f"cell-{number}") for number in range(count)])
    chat = Chat(client("short", "short"), "zai", conversation, window_tokens=2_000)
    list(chat.ask("Q", model="glm-4.5"))  # which brings what is remembered up to date
    calls = Counter[str]()
    sys.setprofile(lambda _, event, __: calls.update([event]))
    try:
        list(chat.ask("Q", model="glm-4.5"))
    finally:
        sys.setprofile(None)
    return calls["call"] + calls["c_call"]


def test_a_question_after_many_turns_is_quick() -> None:
    """Each remembered turn is looked at once, for its size, and its text is not read again."""
    few, many = asking_calls(10), asking_calls(1_010)
    assert (many - few) / 1_000 < 7
