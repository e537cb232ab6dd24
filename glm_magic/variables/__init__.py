"""What a variable looks like to a model, whatever it is: tables, arrays, objects, pictures.

Frames are described by `glm_magic.frames`. Everything else goes to a small describer, chosen by the
identity of its class: no library is imported to find out, and no code of the object runs. A
describer returns findings; `describing` alone escapes, redacts, fences and keeps the budget.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..chat.attachments import Attachment
    from .pictures import Picture

__all__ = ["describe", "describe_picture", "picture"]


def describe(
    value: object,
    name: str,
    *,
    level: str = "values",
    rows: int = 0,
    max_tokens: int = 1500,
    hidden: Sequence[str] = (),
    allowed: Sequence[str] = (),
    quantiles: bool = False,
    pictures: bool = True,
    say: Callable[[str], None] | None = None,
) -> Attachment:
    """Describe a variable to a model; the text is the same for the same data.

    Args:
        value: Anything. It is not changed; a foreign object is given one second to show itself.
        name: The variable's name, as the user knows it.
        level: "schema" (types, names, sizes), "stats" (+ figures) or "values" (+ texts, values
            and pictures). Below "values" no text of the user's data is shown.
        rows: Rows of a table or array, items of a list, to show as they are.
        max_tokens: Estimated tokens the text may take; raw rows may take more on top.
        hidden: Names or patterns of columns and keys that are left out altogether.
        allowed: Names or patterns of those that look personal and may be shown.
        quantiles: Whether quartiles are asked for.
        pictures: Whether the model reads pictures; without, none is made.
        say: Is told what is going on with a frame; see `glm_magic.frames.describe`.

    Raises:
        FrameError: A frame cannot be read.
        ArgumentError: An unknown level, or a number below zero.
    """
    from .describing import describe as describe_any
    from .finding import Wish

    wish = Wish(name, level, rows, max_tokens, tuple(hidden), tuple(allowed), quantiles, pictures)
    return describe_any(value, wish, say)


def describe_picture(value: object, name: str, *, max_tokens: int = 1500) -> Attachment:
    """A variable as a picture, with what there is to say of it; for users who ask for a picture.

    Args:
        value: What `picture` takes.
        name: The variable's name.
        max_tokens: Estimated tokens the text may take.

    Raises:
        FrameError: It is no picture, or it cannot be read.
    """
    from .describing import describe_picture as describe_it
    from .finding import Wish

    return describe_it(value, Wish(name, max_tokens=max_tokens))


def picture(value: object, name: str) -> Picture:
    """A picture of a variable, within what the wire allows, the same bytes for the same data.

    Args:
        value: A matplotlib figure or axes, a PIL image, an array of pixels, or a PNG, JPEG, GIF or
            WebP file as bytes or as a `pathlib.Path`.
        name: The variable's name, for the error.

    Raises:
        FrameError: It is no picture, or it cannot be read.
    """
    from .pictures import picture as picture_of

    return picture_of(value, name)
