"""The answer as users hold it: a finished turn that can be shown, read, and taken apart."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from .errors import AnswerError
from .footer import footer, warnings
from .render.answer import (
    CodeBlock,
    answer_end,
    answer_markdown,
    answer_plain,
    code_blocks,
    fenced,
    thoughts,
)
from .render.steps import steps_markdown, steps_plain
from .store.metadata import output_metadata

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .chat.messages import Source, Usage
    from .chat.turns import Turn


class Reader(Protocol):
    """Makes a value of an answer's text."""

    def value(self, text: str) -> Any:
        """The value.

        Raises:
            AnswerError: There is none in it.
        """


def _refuse(name: str) -> NoReturn:
    """NaN and infinities are no JSON, though Python reads them."""
    raise ValueError(name)


class Answer:
    """What a model answered.

    In a notebook it shows itself as inert Markdown; `str(answer)` is its text.

    Args:
        turn: The finished turn, complete or partial.
        conversation: The name of the conversation it belongs to, or "".
        embed_context: Whether a notebook that saves it holds what was attached, too.
        typed: What it must be, where that was said.
    """

    def __init__(
        self,
        turn: Turn,
        conversation: str = "",
        *,
        embed_context: bool = False,
        typed: Reader | None = None,
    ) -> None:
        self.turn = turn
        self.conversation = conversation
        self._embed_context = embed_context
        self._typed = typed

    def __str__(self) -> str:
        return self.turn.text

    def __repr__(self) -> str:
        return (
            f"<Answer of {self.turn.model}, {self.turn.status}, {len(self.turn.text)} characters>"
        )

    @property
    def text(self) -> str:
        """The answer as the model wrote it: untrusted Markdown."""
        return self.turn.text

    @property
    def reasoning(self) -> str:
        """What the model thought first; "" when it did not."""
        return self.turn.reasoning

    @property
    def code(self) -> list[str]:
        """The sources of the answer's fenced blocks, in order; nothing here is ever run."""
        return [block.source for block in self.blocks]

    @property
    def blocks(self) -> list[CodeBlock]:
        """The answer's fenced blocks with their languages, in order."""
        return code_blocks(self.turn.text)

    def json(self) -> Any:
        """The answer parsed as JSON, with or without a fence around it.

        Raises:
            AnswerError: It is not JSON; the text stays in `text`.
        """
        whole = CodeBlock("json", self.turn.text)
        for block in (whole, *self.blocks):
            try:
                found = json.loads(block.source, parse_constant=_refuse)
            except (ValueError, RecursionError):
                continue
            if block.language.lower() == "json" or isinstance(found, dict):
                return found
        message = "The answer is not JSON; its text is in `answer.text`."
        raise AnswerError(message, "Ask again with --as json, and name the fields you want.")

    @property
    def value(self) -> Any:
        """The answer as a value of the `schema` it was asked with; parsed JSON without one.

        Raises:
            AnswerError: It does not fit, or is no object where `--as json` asked for one; the text
                stays in `text`.
        """
        if self._typed:
            return self._typed.value(self.turn.text)
        found = self.json()
        if self.turn.options.get("form") == "json" and not isinstance(found, dict):
            message = "The answer is JSON, but no object; its text is in `answer.text`."
            raise AnswerError(message, "Ask again with --as json, and name the fields you want.")
        return found

    @property
    def sources(self) -> tuple[Source, ...]:
        """Pages that the provider's web search found."""
        return self.turn.sources

    @property
    def usage(self) -> Usage | None:
        """Token counts as the server reports them; None when it did not."""
        return self.turn.usage

    @property
    def cost(self) -> float | None:
        """USD; 0.0 is free, None is unknown."""
        return self.turn.cost_usd

    @property
    def model(self) -> str:
        """The model that really answered."""
        return self.turn.model

    @property
    def finish_reason(self) -> str:
        """Why the model stopped: "stop", "length", "tool_calls", "sensitive", …; "" if unsaid."""
        return self.turn.finish_reason

    @property
    def partial_reason(self) -> str:
        """Why the answer was cut short by us or by the line; "" for a complete one."""
        return self.turn.partial_reason

    @property
    def footer(self) -> str:
        """One line: model, seconds, tokens, cost, what was attached."""
        return footer(self.turn)

    def markdown(self) -> str:
        """The answer as it is shown: inert, with its reasoning folded and its footer."""
        parts = self._parts()
        if self._form:
            parts["text"] = fenced(self.turn.text, self._form)
        shown = [steps_markdown(self.turn.steps), answer_markdown(**parts)]
        return "\n\n".join(filter(None, shown))

    @property
    def _form(self) -> str:
        """The language of a text that is shown as one block of code; "" for Markdown."""
        form = "json" if self.turn.options.get("schema") else self.turn.options.get("form")
        return form if form in ("json", "text") and not self.blocks else ""

    def is_shown_as(self, came: str) -> bool:
        """Whether this text, as Markdown, is all that stands between thoughts and footer."""
        return self.turn.text == came and not self.turn.steps and not self._form

    def thoughts(self) -> str:
        """The Markdown of the reasoning, folded; "" when there is none."""
        turn = self.turn
        return thoughts(turn.reasoning, turn.thought_seconds or None, before=turn.text)

    def plain(self) -> str:
        """The answer for a terminal: plain text with its footer."""
        shown = [steps_plain(self.turn.steps), answer_plain(**self._parts())]
        return "\n\n".join(filter(None, shown))

    def _parts(self) -> dict[str, Any]:
        turn = self.turn
        return {
            "text": turn.text,
            "reasoning": turn.reasoning,
            "thought_seconds": turn.thought_seconds or None,
            "footer": footer(turn),
            "warnings": warnings(turn),
            "sources": turn.sources,
        }

    def bundle(self, *, brief: bool = False) -> dict[str, str]:
        """The MIME bundle of the finished output: no JavaScript, no widget.

        Args:
            brief: Say only the footer as plain text, where Markdown is what will be shown: the
                whole text twice would double the notebook.
        """
        return self._bundle(self.markdown(), brief=brief)

    def metadata(self) -> dict[str, Any]:
        """What the metadata of the output says of the turn, under "glm_magic"."""
        return self._metadata(self.markdown(), ())

    def ending(self, begun: Sequence[str], rest: str) -> tuple[dict[str, str], dict[str, Any]]:
        """MIME bundle and metadata of the last of several outputs that show the answer together.

        Args:
            begun: The Markdown of the outputs before it.
            rest: The Markdown of the text that is not in them, inert.
        """
        parts = self._parts()
        below = {name: parts[name] for name in ("footer", "warnings", "sources")}
        markdown = answer_end(rest, **below)
        return self._bundle(markdown, brief=True), self._metadata(markdown, begun)

    def _bundle(self, markdown: str, *, brief: bool) -> dict[str, str]:
        plain = self.footer if brief else self.plain()
        return {"text/markdown": markdown, "text/plain": plain}

    def _metadata(self, markdown: str, begun: Sequence[str]) -> dict[str, Any]:
        record = output_metadata(
            self.turn,
            self.conversation,
            shown=markdown,
            begun=begun,
            embed_context=self._embed_context,
        )
        return {"glm_magic": record}

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:  # noqa: ARG002
        return self.bundle(), self.metadata()
