"""A burst as few deltas loses nothing that was said."""

from dataclasses import fields, replace

from hypothesis import given
from hypothesis import strategies as st

from glm_magic.api.bursts import merged
from glm_magic.chat.deltas import Delta, ToolCallPiece
from glm_magic.chat.messages import Message, Source, Usage

EXTRAS = [
    Delta(tool_calls=(ToolCallPiece(0, "id", "name", "{}"),)),
    Delta(finish_reason="stop"),
    Delta(usage=Usage(1, 2)),
    Delta(sources=(Source("title", "https://example.org"),)),
    Delta(notice="Waiting in the queue"),
    Delta(warning="cut short"),
    Delta(step=Message("tool", "done")),
    Delta(ended=True),
    Delta(recorded="2026-01-01"),
]
TEXTS = st.text(max_size=3)
DELTAS = st.builds(
    replace,
    st.sampled_from([Delta()] * len(EXTRAS) + EXTRAS),
    text=TEXTS,
    reasoning=TEXTS,
    model=st.sampled_from(["", "glm-4.5"]),
    response_id=st.sampled_from(["", "1"]),
    provider=st.sampled_from(["", "zai"]),
)


@given(st.lists(DELTAS, max_size=12))
def test_nothing_is_lost(deltas: list[Delta]) -> None:
    """Each field says in the same order what it said before; text and reasoning are joined."""
    fewer = merged(deltas)
    assert len(fewer) <= len(deltas)
    for name in ("text", "reasoning"):
        assert "".join(getattr(one, name) for one in fewer) == "".join(
            getattr(one, name) for one in deltas
        )
    told = [field.name for field in fields(Delta) if field.name not in ("text", "reasoning")]
    for name in told:
        empty = getattr(Delta(), name)
        before = [getattr(one, name) for one in deltas if getattr(one, name) != empty]
        after = [getattr(one, name) for one in fewer if getattr(one, name) != empty]
        same = name in ("model", "response_id", "provider")
        assert (set(before), before[-1:]) == (set(after), after[-1:]) if same else before == after


def test_plain_text_becomes_one() -> None:
    """That is what it is for."""
    said = [Delta(text=one, model="glm-4.5") for one in "a long answer"]
    assert merged(said) == [Delta(text="a long answer", model="glm-4.5")]
