"""Any other object: its class, what it stores, and how it shows itself, within bounds."""

from __future__ import annotations

import re
from collections import ChainMap, UserDict, UserList
from functools import partial
from itertools import islice
from types import MappingProxyType, SimpleNamespace
from typing import TYPE_CHECKING, Any

from ..frames.escape import span_text
from ..frames.libraries import FRAME_CLASSES
from ..frames.personal import EMAIL, is_personal_text
from ..keys import redact_secrets
from .code import signature_text
from .finding import Finding, plural
from .leash import GaveUpError, on_leash
from .plain import (
    class_attribute,
    full_name,
    instance_dict,
    is_a,
    is_namedtuple,
    is_of,
    module_name,
    own_name,
    plain,
    stored,
)
from .words import (
    PERSONAL,
    array_form,
    clip,
    fields_of,
    held_back,
    is_allowed,
    is_hidden_name,
    name_of,
    type_word,
    value_text,
    without_secrets,
)

if TYPE_CHECKING:
    from .finding import Wish

_MAX_ATTRIBUTES = 30
_MAX_REPR_LINES, _MAX_REPR_LINE = 30, 300
_MAX_REPR = 1500
# What these show of themselves is the data they hold.
_LIBRARIES = frozenset({*FRAME_CLASSES, "narwhals"})
_HOLDERS = (ChainMap, UserDict, UserList, MappingProxyType, SimpleNamespace)
_QUOTED = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"")


def find(value: Any, wish: Wish) -> Finding:
    """Class and stored attributes; at values the object's own repr, if its class has one."""
    kind = own_name(type(value))
    lines = [f"class {full_name(type(value))}"]
    if not _is_generated(value):
        lines[0] += signature_text(type(value), wish)
    stores = _attributes(value)
    names = [name for name in stores if name[:1] != "_" and not is_hidden_name(name, wish)]
    lines += [_attribute(name, stores[name], wish) for name in names[:_MAX_ATTRIBUTES]]
    left_out = []
    if len(names) > _MAX_ATTRIBUTES:
        left_out.append(plural(len(names) - _MAX_ATTRIBUTES, "attribute"))
    if gone := sum(is_hidden_name(name, wish) for name in stores):
        left_out.append(f"{plural(gone, 'attribute')}, hidden by the user")
    # Where something is hidden, a text that the class writes could show it.
    if wish.texts and not wish.hidden and not _holds_data(value):
        lines += _shown(value, stores, wish)
    return Finding(kind, f"{kind} object", tuple(lines), tuple(left_out))


def _attributes(value: Any) -> dict[str, Any]:
    """What the object stores: in its dictionary, a named tuple, or the slots of a dataclass."""
    if is_namedtuple(value):
        return dict(fields_of(value))
    fields = class_attribute(type(value), "__dataclass_fields__")
    found = {name: stored(value, name) for name in fields} if type(fields) is dict else {}
    pairs = islice(dict.items(instance_dict(value)), 10 * _MAX_ATTRIBUTES)
    return found | {plain(name): each for name, each in pairs if is_a(name, str)}


def _attribute(name: str, value: Any, wish: Wish) -> str:
    value = plain(value)
    reason = held_back(name, value, wish)
    kind = array_form(value) if is_of(value, "numpy", "ndarray") else type_word(value)
    if reason or not wish.figures or value is None:
        return " ".join(filter(None, (f".{name_of(name)} {kind}", reason)))
    allowed = ("*",) if is_allowed(name, wish) else wish.allowed
    shown = value_text(value, texts=wish.texts, hidden=wish.hidden, allowed=allowed)
    return f".{name_of(name)} {kind}" + ("" if shown.startswith("<") else f" {shown}")


def _shown(value: Any, stores: dict[str, Any], wish: Wish) -> list[str]:
    written = class_attribute(type(value), "__repr__")
    if written is None or written is object.__repr__ or _is_generated(value):
        return []
    reason = held_back(wish.name, "", wish)
    if reason:
        return [reason]
    try:
        text = on_leash(lambda: str.__str__(repr(value)))
    except GaveUpError as error:
        return [f"its repr is not shown: it {error}"]
    text = without_secrets(redact_secrets(clip(text, _MAX_REPR)))
    text = _without_personal(text, stores, wish)
    lines = text.split("\n")
    shown = [clip(line, _MAX_REPR_LINE) for line in lines[:_MAX_REPR_LINES]]
    return ["its repr:", *shown, *(["…"] if len(lines) > _MAX_REPR_LINES else [])]


def _without_personal(text: str, stores: dict[str, Any], wish: Wish) -> str:
    """A repr without the texts that are held back as attributes, or that look personal."""
    texts = {name: plain(each) for name, each in stores.items() if is_a(each, str)}
    allowed = {each for name, each in texts.items() if is_allowed(name, wish)}
    held = {each for name, each in texts.items() if held_back(name, each, wish)}

    def instead(found: re.Match[str], inside: slice = slice(None)) -> str:
        said = found[0][inside]
        kept = said in allowed or not (said in held or is_personal_text(said))
        return found[0] if kept else PERSONAL

    return EMAIL.sub(instead, _QUOTED.sub(partial(instead, inside=slice(1, -1)), text))


def _holds_data(value: Any) -> bool:
    """Whether the object is of a library of tables, or but a shell around another container."""
    roots = {module_name(base).partition(".")[0] for base in type.mro(type(value))}
    holder = is_a(value, *_HOLDERS) or is_of(value, "argparse", "Namespace")
    return holder or (bool(roots & _LIBRARIES) and span_text(value) is None)


def _is_generated(value: Any) -> bool:
    """Whether signature and repr are a dataclass's own, which would repeat the attributes."""
    if is_namedtuple(value):
        return True
    parameters = class_attribute(type(value), "__dataclass_params__")
    return bool(getattr(parameters, "repr", False))
