"""`%%glm` and `%glm`: parse, gather, ask, show."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from IPython.core.magic import no_var_expand

from ..errors import ArgumentError
from ..surroundings import AROUND
from . import options as opts
from .host import Host

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from ..answer import Answer
    from ..questions import Question
    from ..wiring import Workbench
    from .configurable import SettingTraits

_HELP_WORDS = ("", "help", "-h", "--help")


class GLMMagics:
    """The magics; everything heavy is imported at the first question.

    Args:
        shell: The running IPython shell.
        settings: What `%config GLM` holds.
    """

    def __init__(self, shell: Any, settings: SettingTraits) -> None:
        self.host = Host(shell)
        self.settings = settings

    @no_var_expand
    def ask_cell(self, line: str, cell: str) -> None:
        """Ask a GLM model; `%%glm --help` shows the options."""
        options = opts.parse_cell(line)
        # IPython ends every cell with a line end that the user did not write.
        self.run(options, cell.removesuffix("\n"), whole_cell=True, parser=opts.CELL)

    @no_var_expand
    def command(self, line: str) -> None:
        """Look at models and settings, or ask; `%glm help` shows how."""
        from . import commands

        word, _, rest = line.strip().partition(" ")
        if word in _HELP_WORDS:
            sys.stdout.write(commands.help_text())
        elif word == "ask":
            options, prompt = opts.parse_ask(rest)
            self.run(options, prompt, whole_cell=False, parser=opts.LINE)
        else:
            commands.run(word, rest, self)

    def workbench(self) -> Workbench:
        """This process's workbench, imported at the first question."""
        from ..wiring import workbench

        return workbench()

    def run(
        self,
        options: argparse.Namespace,
        prompt: str,
        *,
        whole_cell: bool,
        parser: argparse.ArgumentParser,
    ) -> None:
        """Ask, or preview, or show help."""
        if options.help:
            sys.stdout.write(parser.format_help())
            return
        if not prompt.strip():
            raise ArgumentError("There is no prompt.", "Write it below the first line.")
        bench = self.workbench()
        # Asked even for a preview, so that the preview is of the right place.
        place = self.host.place()
        question = bench.question(
            prompt,
            self._frames(options.frames),
            level=options.level,
            rows=options.rows,
            cell=place,
            once=options.once,
            chat=options.chat,
            need_key=not options.preview,
            **opts.settings_of(options),
        )
        if options.preview:
            for advice in question.advice:
                AROUND.warn(advice)
            sys.stdout.write(question.preview().text() + "\n")
            return
        if options.out and not options.out.isidentifier():
            message = f"--out {options.out} is not a variable name."
            raise ArgumentError(message, "Use letters, digits, _.")

        def bind(answer: Answer) -> None:
            if options.out:
                self.host.namespace[options.out] = answer

        self.show_question(question, whole_cell=whole_cell, kept=bind)

    def show_question(
        self,
        question: Question,
        *,
        whole_cell: bool = False,
        kept: Callable[[Answer], None] = lambda _: None,
    ) -> Answer:
        """Ask and show the answer.

        Args:
            question: What to ask.
            whole_cell: Whether all of the cell's output is ours, so that it may be replaced.
            kept: Given the answer, also one that was stopped or broken.
        """
        from .show import output_for, show

        output = output_for(self.host.front_end, whole_cell=whole_cell)
        return show(question, output, kept)

    def _frames(self, names: list[str]) -> dict[str, object]:
        from ..frames import is_frame

        namespace = self.host.namespace
        for name in names:
            if name not in namespace:
                known = [one for one, value in namespace.items() if is_frame(value)]
                shown = ", ".join(known[:5])
                remedy = f"Frames here: {shown}." if known else "Run the cell that makes it first."
                raise ArgumentError.unknown("variable", name, known, remedy)
        return {name: namespace[name] for name in names}
