"""Load and unload, as a pair; nothing heavy is imported, nothing is read, nothing is sent."""

from __future__ import annotations

import sys
from typing import Any

from ..surroundings import AROUND
from . import options as opts
from .completion import make_matcher
from .configurable import make
from .first_words import heed_our_cells, heed_our_lines
from .magics import GLMMagics
from .progress_line import ProgressLine
from .rows_magic import make_magic

_KEEP = "_glm_magic_loaded"


def load(shell: Any) -> None:
    """Register the magics, the settings and the completer; a second call does nothing."""
    if hasattr(shell, _KEEP):
        return
    settings = make(shell, AROUND.warn)
    magics = GLMMagics(shell, settings)
    AROUND.configured = settings.values
    AROUND.place = magics.host.place
    AROUND.notebook = magics.host.notebook
    AROUND.tags = magics.host.tags
    AROUND.names = lambda: magics.host.namespace
    AROUND.person = magics.host.person
    AROUND.show = magics.host.show
    AROUND.run_cell = magics.runner.run
    if magics.host.in_kernel:
        AROUND.progress = ProgressLine(magics.host).say
    GLMMagics.ask_cell.__doc__ = opts.CELL.format_help()  # what `%%glm?` shows
    shell.register_magic_function(magics.ask_cell, "cell", "glm")
    shell.register_magic_function(magics.command, "line", "glm")
    shell.register_magic_function(make_magic(magics.host), "cell", "glm_map")
    shell.configurables.append(settings)
    matcher = make_matcher(magics.host)
    shell.Completer.custom_matchers.append(matcher)
    shell.input_transformers_cleanup.insert(0, heed_our_cells)
    shell.input_transformers_cleanup.append(heed_our_lines)
    shell.events.register("post_run_cell", magics.cells.ran)
    shell.events.register("post_run_cell", magics.inserter.cell_ends)
    setattr(shell, _KEEP, (settings, matcher, magics))


def unload(shell: Any) -> None:
    """Undo `load`, and end what was opened since."""
    kept = getattr(shell, _KEEP, None)
    if kept is None:
        return
    settings, matcher, magics = kept
    shell.events.unregister("post_run_cell", magics.cells.ran)
    shell.events.unregister("post_run_cell", magics.inserter.cell_ends)
    magics.inserter.close()
    delattr(shell, _KEEP)
    for kind in ("line", "cell"):
        for name in ("glm", "glm_map"):
            shell.magics_manager.magics[kind].pop(name, None)
    if settings in shell.configurables:
        shell.configurables.remove(settings)
    for ours in (heed_our_cells, heed_our_lines):
        if ours in shell.input_transformers_cleanup:
            shell.input_transformers_cleanup.remove(ours)
    if matcher in shell.Completer.custom_matchers:
        shell.Completer.custom_matchers.remove(matcher)
    panels = sys.modules.get("glm_magic.jupyter.panel_command")
    if panels is not None:
        panels.close_panel(shell)
    AROUND.forget()
    wiring = sys.modules.get("glm_magic.wiring")
    if wiring is not None:
        wiring.workbench().close()
