"""A conversation read from its events is the one that was alive, and knows what is stale."""

import json
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from glm_magic.chat.conversation import Conversation
from glm_magic.chat.places import Place
from glm_magic.chat.turns import SENSITIVE, Turn
from glm_magic.continuing import ancestry

from .samples import attachment, turn

CELLS = st.sampled_from([None, *"abcde", "a/2", "a/3", "c/2"])
# Halves of a character, apart and together: JSON keeps the first so, and joins the others.
TEXTS = st.sampled_from(["", "yes", "no", " ", "\ud83d", "\ud83d\ude00", "é\0\n"])
ENDS = st.sampled_from(["", "interrupted", SENSITIVE, "killed"])
RARELY = st.integers(0, 19).map(lambda number: number == 0)


class Living(RuleBasedStateMachine):
    """Anything happens to a conversation; at every moment its events say all of it."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[Any] = []
        self.live = Conversation("x", keep=self.write)
        self.seconds = 0
        self.cells: list[str] = []
        self.homes: dict[str, str] = {}
        self.saved_at = ""
        self.unread = False

    def write(self, event: dict[str, Any]) -> None:
        """As JSON, like the store."""
        self.events.append(json.loads(json.dumps(event)))

    def now(self) -> str:
        """A time later than all before."""
        self.seconds += 1
        return f"2025-01-01T00:{self.seconds // 60:02}:{self.seconds % 60:02}+00:00"

    def asks(
        self, cell: str | None, text: str, prompt: str, end: str, *, framed: bool, **fields: Any
    ) -> None:
        """A question, which first takes in how the notebook was saved."""
        if self.unread:
            self.live.arrange(self.cells, self.saved_at, self.homes)
            self.unread = False
        begun = turn("", cell, created=self.now(), earlier_digest=self.live.digest_before(cell))
        attached = (attachment(prompt),) if framed else ()
        said_first = {"prompt": prompt, "attachments": attached, "partial_reason": "not finished"}
        begun = replace(begun, **said_first, **fields)
        self.live.begin(begun)
        if end != "killed":
            said = "" if end == SENSITIVE else text
            self.live.finish(replace(begun, text=said, partial_reason=end))

    @rule(cell=CELLS, text=TEXTS, prompt=TEXTS, end=ENDS, framed=st.booleans())
    def ask(self, cell: str | None, text: str, prompt: str, end: str, framed: bool) -> None:
        """Of a cell, or of none."""
        self.asks(cell, text, prompt, end, framed=framed)

    @rule(
        cell=st.sampled_from("abc"),
        numbers=st.lists(st.integers(1, 4), min_size=1, unique=True),
        text=TEXTS,
    )
    def run(self, cell: str, numbers: list[int], text: str) -> None:
        """A cell asks several questions, which begin in any order."""
        self.seconds += 1
        for number in numbers:
            place = Place(cell if number == 1 else f"{cell}/{number}", self.seconds)
            self.asks(place, text, "Q", "", framed=False)

    @rule(data=st.data(), text=TEXTS)
    @precondition(lambda self: len(self.live))
    def ask_again(self, data: st.DataObject, text: str) -> None:
        """As `%glm refresh` does."""
        old = data.draw(st.sampled_from(list(self.live)))
        with self.live.asked_again(old):
            self.asks(old.cell, text, old.prompt, "", framed=False)

    @rule()
    def undo(self) -> None:
        """The last change."""
        self.live.undo()

    @rule()
    def redo(self) -> None:
        """What was undone."""
        self.live.redo()

    @rule(really=RARELY)
    def clear(self, really: bool) -> None:
        """Not often: little is left to go wrong then."""
        if really:
            self.live.clear()

    @rule(cell=CELLS, text=TEXTS, end=ENDS, really=RARELY)
    def compact(self, cell: str | None, text: str, end: str, really: bool) -> None:
        """Not often either."""
        if really:
            self.asks(cell, text, "Sum up.", end, framed=False, options={"sums_up": True})

    @rule(cell=CELLS)
    def adopt(self, cell: str | None) -> None:
        """From elsewhere, where cells may have the same ids."""
        self.live.adopt([turn("other", cell, created=self.now())], "elsewhere")

    @rule(really=RARELY)
    def clear_and_import(self, really: bool) -> None:
        """What left comes back, perhaps without its cells."""
        if really:
            turns = list(self.live)
            self.live.clear()
            self.live.adopt(turns)

    @rule(cells=st.lists(st.sampled_from("abcdef"), unique=True), data=st.data())
    def save(self, cells: list[str], data: st.DataObject) -> None:
        """The notebook with its cells in any order, some of them new, deleted or copies."""
        self.cells, self.saved_at, self.unread = cells, self.now(), True
        names = [one.id for one in self.live]
        shown = st.dictionaries(st.sampled_from(names), st.sampled_from(cells), max_size=2)
        self.homes = data.draw(shown) if names and cells else {}

    def teardown(self) -> None:
        """A copy has all of it too, however often it was copied, and takes it back alike."""
        copied = json.loads(json.dumps(ancestry(self.events, self.now())))
        twice = ancestry([copied], self.now())
        before, undone = [one.id for one in self.live], self.live.undo()
        after = [one.id for one in self.live]
        for event in (copied, twice):
            again = Conversation("x")
            assert again.replay([event]) == 0
            assert sorted(one.id for one in again) == sorted(before)
            assert again.undo() == undone
            assert sorted(one.id for one in again) == sorted(after)

    @invariant()
    def says_all(self) -> None:
        """Order, what is sent, what is stale and every digest are the same from the events."""
        if self.unread:
            return
        again = Conversation("x")
        assert again.replay(self.events) == 0
        if self.saved_at:
            again.arrange(self.cells, self.saved_at, self.homes)
        assert [one.id for one in again] == [one.id for one in self.live]
        assert [one.id for one in again.before(None)] == [one.id for one in self.live.before(None)]
        assert again.stale() == self.live.stale()
        for cell in (None, *"abcdef"):
            assert again.digest_before(cell) == self.live.digest_before(cell)


TestLiving = Living.TestCase
TestLiving.__doc__ = "Whatever happens in a conversation, its events say all of it."
TestLiving.settings = settings(max_examples=100, stateful_step_count=25, deadline=None)


def asked(conversation: Conversation, cell: str | None, text: str) -> Turn:
    """A turn that was asked now with what stands before it."""
    one = turn(text, cell, earlier_digest=conversation.digest_before(cell))
    one = replace(one, prompt="The same prompt")
    conversation.put(one)
    return one


@given(
    said=st.lists(st.tuples(st.booleans(), st.sampled_from(["", "yes", "no"])), min_size=1),
    data=st.data(),
)
def test_a_changed_turn_makes_the_later_ones_stale(
    said: list[tuple[bool, str]], data: st.DataObject
) -> None:
    """Asked again with the same answer nothing is stale; with another, exactly all behind it."""
    conversation = Conversation()
    turns = [
        asked(conversation, f"cell-{number}" if in_cell else None, text)
        for number, (in_cell, text) in enumerate(said)
    ]
    assert conversation.stale() == set()
    changed = data.draw(st.integers(0, len(turns) - 1))
    old = turns[changed]
    for text in (old.text, "something else", old.text):
        with conversation.asked_again(list(conversation)[changed]):
            asked(conversation, old.cell, text)
        stale = set() if text == old.text else {one.id for one in turns[changed + 1 :]}
        assert conversation.stale() == stale
        assert len(conversation) == len(turns)


@given(st.lists(st.sampled_from(["a", "b", "c", None]), max_size=8), st.randoms())
def test_a_refresh_in_order_leaves_nothing_stale(cells: list[str | None], choice: Any) -> None:
    """Asking the first stale turn again until there is none ends, with every turn in its place."""
    conversation = Conversation()
    for cell in cells:
        asked(conversation, cell, choice.choice(["yes", "no"]))
    if cells:
        with conversation.asked_again(next(iter(conversation))):
            asked(conversation, next(iter(conversation)).cell, "another beginning")
    places = [one.cell for one in conversation]
    for _ in range(len(conversation)):
        found = next((one for one in conversation if one.id in conversation.stale()), None)
        if found is not None:
            with conversation.asked_again(found):
                asked(conversation, found.cell, choice.choice(["yes", "no"]))
    assert conversation.stale() == set()
    assert [one.cell for one in conversation] == places
