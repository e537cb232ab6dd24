"""What goes along with a question: variables, cells and pictures, as attachments."""

from __future__ import annotations

import hashlib
import re
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from types import ModuleType
from typing import TYPE_CHECKING

from .chat.attachments import Attachment
from .chat.tokens import estimate_tokens
from .errors import Stopped
from .keys import redact

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from .keys import APIKey

# Estimated tokens for one variable, and for all that one question describes.
_TOKENS_EACH = 1500
_TOKENS_TOGETHER = 4000
_TOKENS_AT_LEAST = 300
SHARED_KEYS = "shared keys"  # no variable can have this name

# "@sales", but no e-mail address, no decorator's dotted path, no option; code is looked past.
_MENTION = re.compile(r"(?<![\w@.+\-/\\`])@([^\W\d]\w*)(?![\w@(]|/\w|\.\w+\()")
_CODE = re.compile(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|`[^`\n]*`", re.DOTALL)


@dataclass
class Hiding:
    """Columns the user hides, and likely personal ones whose values may be shown.

    Attributes:
        hidden: Patterns such as "sales.email" or "*_name"; such columns never leave.
        allowed: Patterns of columns that look personal and are not.
        names: Gives the user's variables by name, as they are now.
    """

    hidden: list[str] = field(default_factory=list)
    allowed: list[str] = field(default_factory=list)
    names: Callable[[], Mapping[str, object]] = dict

    def of(self, value: object, name: str = "") -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The patterns for the columns of one frame: hidden, allowed.

        A pattern with a frame's name is for all names of the same object. It hides also in what
        is no variable of the user's: that may be a part of the frame, `sales.head()`. Columns made
        of a hidden one begin with its name: `email_bob` of `get_dummies`.

        Args:
            value: The frame.
            name: What it is called where it is used.
        """
        variables = list(self.names().items())  # a cell may run meanwhile
        own = {one for one, each in variables if each is value and not one.startswith("_")}
        called = own | {name}
        hidden = _for_frame(self.hidden, called if own else None)
        made = tuple(f"{pattern}_*" for pattern in hidden)
        return (*hidden, *made), _for_frame(self.allowed, called)


def _for_frame(patterns: Sequence[str], names: Collection[str] | None) -> tuple[str, ...]:
    """The patterns, with those for frames of these names, or of any name, as their columns."""
    found = []
    for pattern in patterns:
        found.append(pattern)
        frame, dot, column = pattern.partition(".")
        if dot and column and (names is None or any(fnmatchcase(one, frame) for one in names)):
            found.append(column)
    return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class Detail:
    """How much is told of each variable.

    Attributes:
        level: "schema", "stats" or "values".
        rows: Raw rows of each frame; a description holds no others.
        quantiles: Whether quartiles and approximate distinct counts are asked for.
        hiding: Columns to leave out.
        pictures: Whether the model reads pictures.
        keys: The user's own keys, which are taken out of all texts.
    """

    level: str = "values"
    rows: int = 0
    quantiles: bool = False
    hiding: Hiding = field(default_factory=Hiding)
    pictures: bool = False
    keys: tuple[APIKey, ...] = ()


def gather(
    values: Mapping[str, object],
    detail: Detail,
    pictures: Mapping[str, object],
    say: Callable[[str], None] | None = None,
) -> tuple[Attachment, ...]:
    """Describe variables to a model; frames that share key columns are pointed out.

    Args:
        values: The variables by name; an `Attachment` among them is taken as it is.
        detail: How much is told.
        pictures: Figures and images by name, to be sent as pictures.
        say: Is told in one line what takes more than a second, and "" when it is over.

    Raises:
        FrameError: A frame cannot be read, or something is no picture.
        Stopped: The user interrupted; a `KeyboardInterrupt`.
    """
    new = [name for name, value in values.items() if not isinstance(value, Attachment)]
    tokens = max(_TOKENS_AT_LEAST, min(_TOKENS_EACH, _TOKENS_TOGETHER // max(1, len(new))))
    found = [
        _as_it_stands(value, detail.hiding)
        if isinstance(value, Attachment)
        else describe(value, name, detail, tokens, say)
        for name, value in values.items()
    ]
    if len(new) > 1 and detail.level != "schema":
        found += _keys({name: values[name] for name in new}, detail, say)
    return (*found, *(_picture(value, name, detail) for name, value in pictures.items()))


def describe(
    value: object,
    name: str,
    detail: Detail,
    max_tokens: int = _TOKENS_EACH,
    say: Callable[[str], None] | None = None,
) -> Attachment:
    """One variable as an attachment, without any key in it; see `gather`.

    Raises:
        FrameError: A frame cannot be read.
        Stopped: The user interrupted; a `KeyboardInterrupt`.
    """
    from .variables import describe as describe_variable

    hidden, allowed = detail.hiding.of(value, name)
    with _stoppable():
        found = describe_variable(
            value,
            name,
            level=detail.level,
            rows=detail.rows,
            max_tokens=max_tokens,
            hidden=hidden,
            allowed=allowed,
            quantiles=detail.quantiles,
            pictures=detail.pictures,
            say=say,
        )
    return without_keys(found, detail.keys)


def _as_it_stands(cells: Attachment, hiding: Hiding) -> Attachment:
    """Cells, which are sent whatever they show; that they show what is hidden must be known."""
    columns = map(re.escape, _for_frame(hiding.hidden, None))
    names = "|".join(one.replace(r"\*", r"\w*").replace(r"\?", r"\w") for one in columns)
    said = "\n".join(cells.text.splitlines()[2:-1])  # within the fence
    shown = sorted(set(re.findall(rf"(?<!\w)(?:{names})(?:_\w+)?(?!\w)", said)) - {""})
    note = f"It names columns that you hide, and is sent as it stands: {', '.join(shown[:3])}."
    if not shown or note in cells.notes:
        return cells
    return replace(cells, notes=(*cells.notes, note))


@contextmanager
def _stoppable() -> Iterator[None]:
    """An interrupt is one line, whatever library it is heard in."""
    try:
        yield
    except KeyboardInterrupt:
        raise Stopped("Nothing was sent.") from None


def _picture(value: object, name: str, detail: Detail) -> Attachment:
    from .variables import describe_picture

    return without_keys(describe_picture(value, name), detail.keys)


def without_keys(found: Attachment, keys: Sequence[APIKey]) -> Attachment:
    """The attachment with the user's own keys taken out, whatever their shape is."""
    text = redact(found.text, *keys)
    if text == found.text:
        return found
    notes = (*found.notes, "An API key in the data was taken out.")
    return replace(found, text=text, digest=_digest(text), notes=notes)


def mentioned(prompt: str, namespace: Mapping[str, object]) -> list[str]:
    """Names that the prompt mentions as "@name" and that hold data; the prompt stays as it is.

    A name that does not exist is text. So is one in code, an e-mail address, and the name of a
    function, class or module: "@property" is a decorator.

    Args:
        prompt: The user's text.
        namespace: The user's variables.
    """
    names = dict.fromkeys(_MENTION.findall(_CODE.sub(" ", prompt)))
    return [name for name in names if name in namespace and is_data(name, namespace[name])]


def is_data(name: str, value: object) -> bool:
    """Whether a variable is worth describing by itself: no helper of the shell, nothing to call."""
    if name.startswith("_") or name in ("In", "Out", "exit", "quit"):
        return False
    return not callable(value) and not isinstance(value, ModuleType | BaseException)


def _keys(
    values: Mapping[str, object], detail: Detail, say: Callable[[str], None] | None
) -> list[Attachment]:
    """What the frames can be joined by, as an attachment of its own; none when there is nothing."""
    from .frames.fence import fence
    from .frames.shared_keys import shared_keys

    hidden = {name: detail.hiding.of(value, name)[0] for name, value in values.items()}
    with _stoppable():
        lines = shared_keys(values, hidden, say)
    if not lines:
        return []
    text = fence("Columns by which these frames can be joined", lines)
    count = "1 shared column" if len(lines) == 1 else f"{len(lines)} shared columns"
    found = Attachment(SHARED_KEYS, count, "stats", text, _digest(text), estimate_tokens(text))
    return [without_keys(found, detail.keys)]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
