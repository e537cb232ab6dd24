"""Notebook-native prompting with the GLM-4.5 family of models.

`%load_ext glm_magic` gives `%%glm` and `%glm`; `glm_magic.ask` is the same from Python. Names in
`__all__`, `glm_magic.errors` and `glm_magic.testing` are what users may rely on; all other names
may change.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import errors, testing
    from .answer import Answer
    from .calls import Chat, Stream, ask, ask_async, stream
    from .jupyter.panel_command import panel
    from .rows.calls import filter, map  # noqa: A004 - named for what they do to rows
    from .tools.declaring import tool

__version__ = "0.1.0"
__all__ = [
    "Answer",
    "Chat",
    "Stream",
    "__version__",
    "ask",
    "ask_async",
    "errors",
    "filter",
    "load_ipython_extension",
    "map",
    "panel",
    "stream",
    "testing",
    "tool",
    "unload_ipython_extension",
]

# Imported at first use: loading the extension must not pay for what a notebook may never need.
_HOME = {
    "Answer": ".answer",
    "Chat": ".calls",
    "Stream": ".calls",
    "ask": ".calls",
    "ask_async": ".calls",
    "filter": ".rows.calls",
    "map": ".rows.calls",
    "panel": ".jupyter.panel_command",
    "stream": ".calls",
    "tool": ".tools.declaring",
}


def __getattr__(name: str) -> Any:
    if name in ("errors", "testing"):
        return import_module(f".{name}", __name__)
    if name in _HOME:
        return getattr(import_module(_HOME[name], __name__), name)
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)


def __dir__() -> list[str]:
    return list(__all__)


def load_ipython_extension(shell: Any) -> None:
    """Register `%%glm` and `%glm`; makes no request, reads no file, needs no key."""
    from .jupyter.extension import load

    load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """Undo `load_ipython_extension`."""
    from .jupyter.extension import unload

    unload(shell)
