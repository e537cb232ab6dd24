"""Tab completion on the first line: options, models, providers, frames, subcommands."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from IPython.core.completer import CompletionContext, SimpleCompletion, context_matcher

from . import options as opts

if TYPE_CHECKING:
    from .host import Host

Matcher = Callable[[CompletionContext], Any]

_MAGIC = re.compile(r"\s*(%{1,2}glm(?:_map)?)(?=\s)(.*)$", re.DOTALL)


def make_matcher(host: Host) -> Matcher:
    """A matcher for `shell.Completer.custom_matchers`."""

    @context_matcher(identifier="glm_magic", priority=200)
    def glm_matcher(context: CompletionContext) -> Any:
        line = context.line_with_cursor[: context.cursor_position]
        hit = _MAGIC.match(line) if context.cursor_line == 0 else None
        if not hit:
            return {"completions": []}
        *before, fragment = hit.group(2).split(" ")
        # The fragment is taken from the line itself: IPython's own token is cut at "-".
        found = [
            SimpleCompletion(text=name, type="glm")
            for name in _candidates(hit.group(1), [word for word in before if word], host)
            if name.startswith(fragment)
        ]
        return {"completions": found, "matched_fragment": fragment, "suppress": bool(found)}

    return glm_matcher  # type: ignore[no-any-return]  # IPython's decorator has no types


def _candidates(magic: str, words: list[str], host: Host) -> Iterable[str]:
    from ..catalog import models, providers
    from ..frames import is_frame

    last = words[-1] if words else ""
    command = words[0] if words and magic == "%glm" else ""
    if last in ("-m", "--model") or command == "model":
        return list(models())
    if last == "--provider" or command in ("login", "logout"):
        return list(providers())
    if last in ("-f", "--frame") or (magic == "%%glm_map" and not words):
        names = host.namespace.items()
        return sorted(name for name, value in names if is_frame(value) and name[:1] != "_")
    if magic == "%%glm_map":
        from .rows_magic import PARSER

        return [name for name in opts.option_names(PARSER) if name not in words]
    if last == "--tools":
        return _tools(host)
    if magic == "%glm":
        from .commands import ASKING, COMMANDS, NAMES

        if command in ASKING:
            return opts.option_names(opts.line_parser(command))
        if command in COMMANDS:
            return opts.option_names(COMMANDS[command][0])
        return [] if command else NAMES
    return opts.option_names()


def _tools(host: Host) -> list[str]:
    """The user's tools, then those that are built in."""
    from ..tools.declaring import Tool
    from ..tools.offering import BUILT_IN

    names = [name for name, value in host.namespace.items() if isinstance(value, Tool)]
    return [*sorted(names), *BUILT_IN]
