"""Functions, classes, modules and exceptions: what can be called and how, never the source."""

from __future__ import annotations

import inspect
from abc import ABCMeta
from enum import EnumType
from types import FunctionType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any

from .finding import Finding, plural
from .leash import GaveUpError, on_leash
from .plain import class_attribute, class_name, full_name, is_a, is_exactly, plain
from .words import clip, held_back, value_text

if TYPE_CHECKING:
    from .finding import Wish

_MAX_DOC_LINES, _MAX_DOC_LINE = 12, 200
_MAX_PARAMETERS = 30
_MAX_NAMES = 40
_MAX_MESSAGE = 500
_STARS: dict[Any, str] = {
    inspect.Parameter.VAR_POSITIONAL: "*",
    inspect.Parameter.VAR_KEYWORD: "**",
}


def find(value: Any, wish: Wish) -> Finding:
    """Signature and docstring; of a module its name and version; of an exception its message."""
    if is_a(value, ModuleType):
        return _module(value)
    if is_a(value, BaseException):
        return _exception(value, wish)
    if is_a(value, type):
        bases = [class_name(base) for base in type.mro(value)[1:-1]]
        lines = [f"inherits from {', '.join(bases[:5])}"] if bases else []
        names = [name for name in type.__dict__["__dict__"].__get__(value) if name[:1] != "_"]
        lines += [f"defines {', '.join(names[:_MAX_NAMES])}"] if names else []
        kind, called = "class", full_name(value)
    else:
        lines, kind, called = [], "function", _qualified(value)
    shown = f"{called}{signature_text(value, wish)}"
    return Finding(kind, kind, (shown, *_doc(value), *lines))


def signature_text(value: Any, wish: Wish) -> str:
    """The parameters in brackets; "(…)" where nothing says what they are."""
    if is_a(value, type) and not is_exactly(value, type, ABCMeta, EnumType):
        return "(…)"  # another metaclass would be asked
    try:
        found = on_leash(lambda: inspect.signature(value))
        return on_leash(lambda: _written(found, wish))
    except GaveUpError:
        return "(…)"


def _written(signature: inspect.Signature, wish: Wish) -> str:
    words: list[str] = []
    starred = False
    for each in list(signature.parameters.values())[:_MAX_PARAMETERS]:
        if each.kind is each.KEYWORD_ONLY and not starred:
            words.append("*")
        starred = starred or each.kind in (each.KEYWORD_ONLY, each.VAR_POSITIONAL)
        word = _STARS.get(each.kind, "") + each.name + _annotation(each.annotation, ": ")
        if each.default is not each.empty:
            joint = "=" if each.annotation is each.empty else " = "
            word += joint + _default(each, wish)
        words.append(word)
    if len(signature.parameters) > _MAX_PARAMETERS:
        words.append("…")
    return f"({', '.join(words)}){_annotation(signature.return_annotation, ' -> ')}"


def _default(parameter: inspect.Parameter, wish: Wish) -> str:
    default = plain(parameter.default)
    if held_back(parameter.name, default, wish) or (type(default) is str and not wish.texts):
        return "…"
    return value_text(default, texts=wish.texts, depth=1, hidden=wish.hidden, allowed=wish.allowed)


def _annotation(annotation: Any, joint: str) -> str:
    if annotation is inspect.Parameter.empty:
        return ""
    if is_a(annotation, type):
        return joint + class_name(annotation)
    return joint + clip(annotation, 60) if type(annotation) is str else ""


def _qualified(value: Any) -> str:
    if not is_exactly(value, FunctionType, MethodType, type(len)):
        return class_name(type(value))
    module, name = plain(value.__module__), plain(value.__qualname__)
    plainly = type(module) is not str or module in ("builtins", "__main__")
    return str(name) if plainly else f"{module}.{name}"


def _doc(value: Any) -> list[str]:
    doc = class_attribute(value, "__doc__") if is_a(value, type) else None
    if is_exactly(value, FunctionType, MethodType, type(len)):
        doc = value.__doc__
    if type(doc) is not str or not doc.strip():
        return []
    lines = inspect.cleandoc(doc).split("\n")
    if is_a(value, type) and doc.startswith(f"{class_name(value)}("):
        return []  # made by dataclass or namedtuple: the signature once more
    shown = [clip(line, _MAX_DOC_LINE) for line in lines[:_MAX_DOC_LINES]]
    return [*shown, "…"] if len(lines) > _MAX_DOC_LINES else shown


def _module(value: Any) -> Finding:
    names = ModuleType.__getattribute__(value, "__dict__")
    called, version = plain(names.get("__name__")), plain(names.get("__version__"))
    said = f"{called} {version}" if type(version) is str else str(called)
    public = [name for name in names if type(name) is str and name[:1] != "_"]
    return Finding("module", "module", (said, plural(len(public), "public name")))


def _exception(value: Any, wish: Wish) -> Finding:
    kind = full_name(type(value))
    if not wish.texts:
        return Finding(f"{kind} exception")
    try:
        message = on_leash(lambda: plain(str(value)))
    except GaveUpError as error:
        return Finding(f"{kind} exception", lines=(f"its message could not be read: {error}",))
    lines = [f"message: {clip(part, _MAX_MESSAGE)}" for part in message.split("\n")[:5]]
    return Finding(f"{kind} exception", lines=tuple(lines))
