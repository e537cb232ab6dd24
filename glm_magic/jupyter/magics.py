"""`%%glm` and `%glm`: parse, gather, ask, show."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from IPython.core.magic import no_var_expand

from ..errors import ArgumentError, NotRecordedError
from ..surroundings import AROUND, graded
from . import options as opts
from .cells import Cells
from .host import Host
from .inserting import Inserter
from .running import Runner

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Mapping

    from ..answer import Answer
    from ..chat.turns import Turn
    from ..questions import Question
    from ..wiring import Workbench
    from .configurable import SettingTraits

_HELP_WORDS = ("", "help", "-h", "--help")
# Always the same, so that a grader can look for it.
NOT_ASKED = "glm: not asked; nbgrader runs this notebook, and no recording answers this cell.\n"


@contextmanager
def _without_failing_the_grader() -> Iterator[None]:
    """While nbgrader runs the notebook a question without a recording is passed over."""
    try:
        yield
    except NotRecordedError:
        if not graded():
            raise
        sys.stdout.write(NOT_ASKED)


class GLMMagics:
    """The magics; everything heavy is imported at the first question.

    Args:
        shell: The running IPython shell.
        settings: What `%config GLM` holds.
    """

    def __init__(self, shell: Any, settings: SettingTraits) -> None:
        self.host = Host(shell)
        self.settings = settings
        self.cells = Cells(shell)
        self.inserter = Inserter(self.host)
        self.runner = Runner(self.host, self.inserter)
        self._apart: Turn | None = None  # the newest answer, if it was asked apart

    @no_var_expand
    def ask_cell(self, line: str, cell: str) -> None:
        """Ask a GLM model; `%%glm --help` shows the options."""
        options = opts.parse_cell(line)
        prompt = cell.removesuffix("\n")  # IPython's own: the user did not write it
        if options.help:
            sys.stdout.write(opts.CELL.format_help())
        elif not prompt.strip():
            raise ArgumentError("There is no prompt.", "Write it below the first line.")
        else:
            with _without_failing_the_grader():
                # Code may call a cell magic, too: what it has shown before is not ours.
                self.ask(options, prompt, whole_cell=self.host.asks_whole_cell)

    @no_var_expand
    def command(self, line: str) -> None:
        """Look at models and settings, or ask; `%glm help` shows how."""
        from . import commands

        word, rest = (*line.split(maxsplit=1), "", "")[:2]
        if word in _HELP_WORDS:
            sys.stdout.write(commands.help_text())
            return
        with _without_failing_the_grader():
            if word in commands.ASKING:
                options, prompt = opts.parse_ask(rest, word)
                if options.help:
                    sys.stdout.write(opts.line_parser(word).format_help())
                else:
                    commands.ASKING[word](options, prompt, self)
            else:
                commands.run(word, rest, self)

    def workbench(self) -> Workbench:
        """This process's workbench, imported at the first question."""
        from ..wiring import workbench

        return workbench()

    def ask(
        self,
        options: argparse.Namespace,
        prompt: str,
        values: Mapping[str, object] | None = None,
        *,
        whole_cell: bool = False,
        offers_code: bool = False,
    ) -> None:
        """Ask, or preview.

        Args:
            options: Of `%%glm`.
            prompt: Sent unchanged.
            values: What goes along besides what options and prompt name.
            whole_cell: Whether all of the cell's output is ours, so that it may be replaced.
            offers_code: Whether the answer's code becomes a cell, as with `--as code`.

        Raises:
            AnswerError: There is no code or JSON in the answer, which was asked for.
        """
        question = self.question(options, prompt, values, need_key=not options.preview)
        if options.preview:
            self.preview(question)
            return
        opts.check_out(options.out)

        def bind(answer: Answer) -> None:
            self._apart = answer.turn if options.once or options.chat else None
            if options.out:
                self.host.namespace[options.out] = answer

        def finish(answer: Answer) -> None:
            if options.form == "code" or (offers_code and answer.blocks):
                from .answer_commands import offer_code

                offer_code(answer, self)
            if options.form == "json" or options.type_name:
                _ = answer.value  # raises when it is not what was asked for

        self.show_question(question, whole_cell=whole_cell, kept=bind, finish=finish)

    def question(
        self,
        options: argparse.Namespace,
        prompt: str,
        values: Mapping[str, object] | None = None,
        *,
        need_key: bool = True,
    ) -> Question:
        """The question that options and prompt make, not asked yet."""
        from ..tools.naming import tools_named, type_named
        from .attaching import attached, variable

        # Asked even for a preview, so that the preview is of the right place.
        place = self.host.place()
        named = attached(options, prompt, self.host.namespace, self.cells, self.host.cell)
        described = {**(values or {}), **named}
        if options.rows and not described:
            raise ArgumentError("There is nothing to show rows of.", "Name it: --frame NAME.")
        return self.workbench().question(
            prompt,
            described,
            level=options.level,
            rows=options.rows,
            quantiles=options.quantiles,
            form=options.form,
            tools=tools_named(options.tools, self.host.namespace),
            schema=type_named(options.type_name, self.host.namespace),
            agent=options.agent,
            fresh=options.fresh,
            pictures={name: variable(name, self.host.namespace) for name in options.images},
            cell=place,
            once=options.once,
            chat=options.chat,
            need_key=need_key,
            **opts.settings_of(options),
        )

    def outside(self) -> Turn | None:
        """The answer that was shown last, if it stands outside of the conversation."""
        turn = self._apart
        turns = self.workbench().shelf.current
        if turn and any(one.id == turn.id or one.created > turn.created for one in turns):
            return None
        return turn

    def newest(self) -> Turn:
        """The answer that was shown last, in the conversation or outside of it.

        Raises:
            ArgumentError: There is none.
        """
        from .asking_again import newest

        return self.outside() or newest(self.workbench().shelf.current)

    @staticmethod
    def preview(question: Question) -> None:
        """Show the exact request, and send nothing."""
        for advice in question.advice:
            AROUND.warn(advice)
        sys.stdout.write(question.preview().text() + "\n")

    def show_question(
        self,
        question: Question,
        *,
        whole_cell: bool = False,
        kept: Callable[[Answer], None] = lambda _: None,
        finish: Callable[[Answer], None] = lambda _: None,
    ) -> Answer:
        """Ask and show the answer.

        Args:
            question: What to ask.
            whole_cell: Whether all of the cell's output is ours, so that it may be replaced.
            kept: Given the answer, also one that was stopped or broken.
            finish: Given an answer that is whole, before what an agent ran becomes cells.
        """
        from .show import output_for, show

        self.runner.begin()
        shown = self.runner.shown
        output = output_for(self.host, whole_cell=whole_cell, shown=shown)
        failed = True
        try:
            answer = show(question, output, kept)
            finish(answer)
            failed = False
        finally:
            if said := self.inserter.end_steps(failed=failed):
                sys.stdout.write(said + "\n")
        return answer
