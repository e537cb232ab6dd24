"""Bytes and paths: their size, and the picture in them when they hold one."""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from ..frames.failures import attempt
from .finding import Finding, plural
from .pictures import with_picture
from .plain import is_a, own_name
from .words import HELD_BACK, held_back, value_text

if TYPE_CHECKING:
    from .finding import Wish

# How files begin (PNG, JPEG, GIF and WebP specifications).
_SIGNATURES = {
    "PNG": (b"\x89PNG\r\n\x1a\n",),
    "JPEG": (b"\xff\xd8\xff",),
    "GIF": (b"GIF87a", b"GIF89a"),
    "WebP": (b"RIFF",),
}
_SUFFIXES = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".gif": "GIF", ".webp": "WebP"}


def find(value: Any, wish: Wish) -> Finding:
    """The length of bytes, the name of a path; with the picture they hold."""
    if is_a(value, PurePath):
        return _path(value, wish)
    kind = own_name(type(value))
    size = attempt(lambda: memoryview(value).nbytes)
    if size is None:
        return Finding(kind, f"{kind}, released")
    reason = held_back(wish.name, value, wish)
    form = f"{kind}, {plural(size, 'byte')}"
    if reason == HELD_BACK:
        return Finding(kind, form, (reason,))
    sort = _sort(_head(value))
    if not sort:
        return Finding(kind, form)
    return with_picture(Finding(kind, f"{form}, a {sort} picture"), value, wish)


def _path(path: PurePath, wish: Wish) -> Finding:
    kind = own_name(type(path))
    if type(path).__module__.partition(".")[0] != "pathlib":
        return Finding(kind)
    shown = value_text(path.name, texts=True)
    lines = (f"a file or folder named {shown}",) if wish.texts else ()
    sort = _SUFFIXES.get(path.suffix.lower(), "")
    if not sort or not is_a(path, Path) or not path.is_file():  # type: ignore[attr-defined]
        return Finding(kind, lines=lines)
    return with_picture(Finding(kind, f"{kind} of a {sort} picture", lines), path, wish)


def _head(value: Any) -> bytes:
    view = memoryview(value)
    return bytes(view[:12]) if view.c_contiguous and view.format == "B" and view.ndim == 1 else b""


def _sort(head: bytes) -> str:
    for name, signatures in _SIGNATURES.items():
        if head.startswith(signatures) and (name != "WebP" or head[8:12] == b"WEBP"):
            return name
    return ""
