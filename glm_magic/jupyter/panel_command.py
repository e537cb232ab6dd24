"""`%glm panel` and `glm_magic.panel()`: one panel for a kernel, wherever it is shown."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from IPython.core.getipython import get_ipython

from ..errors import SettingsError
from .asking_again import question_again
from .host import Host

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from ..chat.turns import Turn
    from ..questions import Question
    from ..widget.view import PanelWidget
    from .magics import GLMMagics
    from .plain_panel import PlainPanel

_KEEP = "_glm_magic_panel"
_PLAIN = "_glm_magic_plain_panel"


def show_panel(options: argparse.Namespace, magics: GLMMagics) -> None:
    """Show a chat panel that shares the notebook's conversation."""
    from IPython.display import display

    shell = magics.host.shell
    _need_widgets(shell)
    if options.plain:
        open_plain(shell).show()
    else:
        display(open_panel(shell))


def panel() -> PanelWidget:
    """A chat panel that shares the notebook's conversation; the last line of a cell shows it.

    All panels of a kernel are one, and so is what they show.

    Raises:
        SettingsError: There is no notebook around us, or no ipywidgets.
    """
    shell = get_ipython()
    _need_widgets(shell)
    from .extension import load

    load(shell)
    return open_panel(shell)


def _need_widgets(shell: Any) -> None:
    if getattr(shell, "kernel", None) is None:
        raise SettingsError("A panel needs a notebook.", "In a terminal: %glm ask …")
    missing = ""
    try:
        from ..widget import view  # noqa: F401 - and with it ipywidgets
    except ImportError as error:
        missing = error.name or "ipywidgets"
    if missing:
        message = f"A panel needs {missing}, which cannot be imported."
        raise SettingsError(message, f"pip install {missing}, and restart the kernel.")


def open_panel(shell: Any) -> PanelWidget:
    """The kernel's panel: the one that is open, or a new one."""
    from ..widget.view import PanelWidget

    widget = getattr(shell, _KEEP, None)
    if widget is not None and widget.comm is None:  # closed by the user
        _close(shell, widget)
        widget = None
    if widget is None:
        session = make_session(shell)
        widget = PanelWidget(session, shell.kernel, Host(shell).cell or "")
        setattr(shell, _KEEP, widget)
        shell.events.register("pre_run_cell", widget.session.cell_begins)
        shell.events.register("post_run_cell", widget.session.cell_ends)
    return widget


def open_plain(shell: Any) -> PlainPanel:
    """The kernel's panel without page code: the one there is, so that its Stop ends its answer."""
    from .plain_panel import PlainPanel

    panel = getattr(shell, _PLAIN, None)
    if panel is not None and panel.form.comm is None:  # closed by the user
        panel.close()
        panel = None
    if panel is None:
        panel = PlainPanel(make_session(shell), shell)
        setattr(shell, _PLAIN, panel)
    return panel


def make_session(shell: Any) -> Any:
    """What the panels of this shell share."""
    from ..widget.session import Session
    from ..wiring import workbench

    host = Host(shell)
    around: Any = SimpleNamespace(workbench=workbench, host=host)

    def again(turn: Turn, changes: Mapping[str, Any]) -> tuple[Question, list[str]]:
        return question_again(turn, around, changes)

    loop = getattr(getattr(shell.kernel, "io_loop", None), "asyncio_loop", None)
    return Session(workbench(), shell.user_ns, again, shell.user_ns_hidden, host.cell or "", loop)


def close_panel(shell: Any) -> None:
    """Take the shell's panel away, if there is one, and the one without page code."""
    plain = getattr(shell, _PLAIN, None)
    if plain is not None:
        plain.close()
        delattr(shell, _PLAIN)
    widget = getattr(shell, _KEEP, None)
    if widget is not None:
        _close(shell, widget)


def _close(shell: Any, widget: PanelWidget) -> None:
    shell.events.unregister("pre_run_cell", widget.session.cell_begins)
    shell.events.unregister("post_run_cell", widget.session.cell_ends)
    widget.close()
    delattr(shell, _KEEP)
