"""The key is a value that does not show itself, and text is cleaned of keys."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glm_magic.errors import SettingsError
from glm_magic.keys import GLM_KEY, REDACTED, APIKey, redact

from .. import canary
from ..canary import CANARY


def test_only_reveal_gives_it_away(canary_key: APIKey) -> None:
    """The secret is in `reveal` and in no text form; equal secrets are equal keys."""
    assert canary_key.reveal() == CANARY
    assert (repr(canary_key), str(canary_key), f"{canary_key}") == ("APIKey(hidden)",) * 3
    assert canary_key == APIKey(f"  {CANARY}\n")
    assert hash(canary_key) == hash(APIKey(CANARY))
    assert canary_key != APIKey("another-key")
    assert canary_key != CANARY
    with pytest.raises(TypeError):
        format(canary_key, ">20")
    with pytest.raises(AttributeError):
        canary_key.secret = "x"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "secret", ["", " ", "two words", "tab\tkey", "ключ", "a\nb", "a\x00b", "“key”"]
)
def test_what_is_no_key_is_refused(secret: str) -> None:
    """A key is one word of printable ASCII; the error does not say what was given."""
    with pytest.raises(SettingsError) as raised:
        APIKey(secret)
    assert not secret.strip() or secret.strip() not in str(raised.value)


def test_a_damaged_key_is_not_in_the_traceback() -> None:
    """Not even a key that was copied with a stray character is in the frames of the error."""
    with pytest.raises(SettingsError) as raised:
        APIKey(CANARY + " \x00 ")
    trace = raised.value.__traceback__
    assert trace is not None
    assert trace.tb_next is not None
    assert not canary.seen_in(repr(trace.tb_next.tb_frame.f_locals))


@pytest.mark.parametrize(
    "around",
    ["{}", "Bearer {}", "a {} b {}", '"{}",', "key={}&x", "\n{}\n", r"\n{}\n", r"\\t{}"],
)
def test_a_key_in_text_is_taken_out(canary_key: APIKey, around: str) -> None:
    """With the key at hand or by its shape alone, all of it is gone, and nothing else."""
    text = around.replace("{}", CANARY)
    for cleaned in (redact(text, canary_key), redact(text), redact(text, None)):
        assert cleaned == around.replace("{}", REDACTED)


def test_a_key_of_another_shape_is_taken_out() -> None:
    """The given key is found whatever it looks like; a short word is no secret."""
    assert (
        redact("Bearer sk-or-v1-0123456789", APIKey("sk-or-v1-0123456789")) == f"Bearer {REDACTED}"
    )
    assert redact("none of it", APIKey("none")) == "none of it"
    assert redact("xxsk-or-v1-0123456789xx", APIKey("sk-or-v1-0123456789")) == f"xx{REDACTED}xx"


@pytest.mark.parametrize(
    "text",
    ["0123456789abcdef" * 2, "0123456789abcdef" * 2 + ".short", "a" * 64 + "." + "b" * 16, ""],
)
def test_what_only_looks_like_a_key_stays(text: str) -> None:
    """Digests, versions and longer words are not keys."""
    assert redact(text) == text


@given(before=st.text(), after=st.text())
def test_no_surrounding_hides_a_key(before: str, after: str) -> None:
    """Whatever stands around the key, it is taken out."""
    assert CANARY not in redact(before + CANARY + after, APIKey(CANARY))
    assert GLM_KEY.search(redact(f"{before} {CANARY} {after}")) is None
