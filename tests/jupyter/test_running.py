"""What a cell that the model proposed gives back to the model."""

import base64
from typing import Any

import pytest

from glm_magic.surroundings import AROUND
from tests.jupyter.conftest import Shell

DRAWN = b"\x89PNG not really"


class Drawn:
    """Draws itself, and gives the picture as it is told."""

    def __init__(self, kind: str, picture: bytes | str) -> None:
        self.bundle = {kind: picture, "text/plain": "drawn"}

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return self.bundle


@pytest.mark.parametrize("kind", ["image/png", "image/jpeg"])
@pytest.mark.parametrize("picture", [DRAWN, base64.encodebytes(DRAWN).decode()])
def test_a_picture_is_base64_however_it_is_given(
    shell: Shell, kind: str, picture: bytes | str
) -> None:
    """PIL and others give bytes, matplotlib gives base64; the wire takes the latter."""
    shell.ip.user_ns["drawn"] = Drawn(kind, picture)
    assert AROUND.run_cell is not None
    outcome = AROUND.run_cell("display(drawn)")
    assert outcome.text == "[figure]"
    (url,) = outcome.images
    head, _, held = url.partition(",")
    assert head == f"data:{kind};base64"
    assert base64.b64decode(held, validate=True) == DRAWN
