"""The stand-in for the model: rules tried in order, the first that fits writes the answer.

The same conversation always gets the same words. Nothing is learned, sampled or remembered.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from . import agent, answers, plain_answers
from .counting import parts_of, text_of
from .directives import long_reasoning, long_text
from .parts import picture_of
from .question import Question, read_question
from .refusals import refuse
from .reply import FRAME_NOTE, NOTE, Reply, pieces_of
from .schemas import is_schema
from .tool_calling import choose_calls, fill

if TYPE_CHECKING:
    from collections.abc import Callable

    from .frame_reading import FrameSummary
    from .validation import Asked


@dataclass(frozen=True, slots=True)
class Rule:
    """A topic.

    Attributes:
        name: For the reasoning text.
        words: What the prompt must hold.
        with_frame: Writes the answer when there is a frame summary; None: the rule is for none.
        alone: Writes the answer when there is none; None: the rule is for frames only.
    """

    name: str
    words: re.Pattern[str]
    with_frame: Callable[[Question, FrameSummary], str] | None = None
    alone: Callable[[Question], str] | None = None


def _rule(name: str, words: str, **writers: Any) -> Rule:
    return Rule(name, re.compile(words, re.IGNORECASE), **writers)


def _plain(write: Callable[[Question], str]) -> dict[str, Any]:
    """The same answer with and without a frame."""
    return {"alone": write, "with_frame": lambda question, _: write(question)}


# In the shape of the documented `web_search`, and true: the page is the tool's own documentation.
_NO_SEARCH = (
    {
        "refer": "ref_1",
        "title": "Sandbox: nothing was searched; this is how the real tool is described",
        "link": "https://docs.z.ai/guides/tools/web-search",
        "media": "docs.z.ai",
        "content": "",
        "publish_date": "",
    },
)
_DATA = {"alone": plain_answers.no_frame}
RULES = (
    _rule("greeting", r"\A\W*(?:hi|hello|hey|help|good \w+|what can you do)\b.{0,40}\Z",
          **_plain(plain_answers.greeting)),
    _rule("sum of the conversation", r"\bsum(?:mari[sz]e)? (?:up )?(?:our|this|the) conversation\b",
          **_plain(plain_answers.sum_up)),
    _rule("sample Markdown", r"\bshow\b.*\b(?:markdown|table|list)\b",
          **_plain(plain_answers.markdown)),
    _rule("formula", r"\b(?:formula|equation|latex|maths?)\b", **_plain(plain_answers.formula)),
    _rule("error or code", r"Traceback|\w(?:Error|Exception)\b|\bexplain\b.*```",
          **_plain(plain_answers.explain)),
    _rule("language", r"\b(?:translate|translation|poem|story|essay|rewrite)\b",
          **_plain(plain_answers.language)),
    _rule("missing values", r"\bmissing\b|\bnulls?\b|\bnans?\b",
          with_frame=answers.missing, **_DATA),
    _rule("cleaning", r"\bclean|\btidy\b|\bduplicat", with_frame=answers.clean, **_DATA),
    _rule("relation of two numbers", r"\bcorrelat|\bscatter|\brelat(?:e|ion)",
          with_frame=answers.relate, **_DATA),
    _rule("prediction", r"\bpredict|\bclassif|\bregress|\bmodel\b", with_frame=answers.predict),
    _rule("comparison", r"\bdiffer|\bcompar|\bbetween\b|\bacross\b|\bby\b|\bper\b|\baverage|"
          r"\bmeans?\b|\bplot|\bhistogram|\bchart|\bdistribut|\bboxplot|\bgraph",
          with_frame=answers.compare),
    _rule("plot without data", r"\b(?:plot|histogram|boxplot|data ?frame)\b", **_DATA),
    _rule("summary", r"\bsummar(?:y|i[sz]e)", alone=plain_answers.language),
    _rule("explanation", r"\bexplain\b", alone=plain_answers.explain),
)  # fmt: skip


def answer(asked: Asked) -> Reply:
    """The reply to a request.

    Raises:
        Refused: The prompt asked for a refusal with `sandbox: error CODE`.
    """
    question = read_question(asked.messages)
    wanted = question.directives
    if wanted.error:
        raise refuse(wanted.error)
    reasoning, reply = _reply(asked, question)
    thought = pieces_of(reasoning)
    if wanted.reasoning_tokens is not None:
        thought = long_reasoning(wanted.reasoning_tokens)
    return Reply(
        reasoning=thought,
        text=reply.text,
        tool_calls=reply.tool_calls,
        finish_reason=wanted.finish_reason or reply.finish_reason,
        sources=_NO_SEARCH if asked.web_search and not reply.tool_calls else (),
        tokens_per_second=wanted.tokens_per_second,
        delay_seconds=wanted.delay_seconds,
    )


def _reply(asked: Asked, question: Question) -> tuple[str, Reply]:
    """Reasoning and answer, the directives and special shapes first."""
    if question.directives.echo:
        return _because("echo", question), Reply(text=pieces_of(question.text))
    if question.directives.tokens is not None:
        return _because("long text", question), Reply(text=long_text(question.directives.tokens))
    last = asked.messages[-1]
    if agent.is_offered(asked.tools) or agent.results_of(asked.messages):
        return _because("next cell", question), _agents(asked, question)
    if last["role"] == "tool":
        return _because("tool result", question), _said(_tool_results(asked))
    if asked.tools and (calls := choose_calls(question, asked.tools)):
        reason = _because("tool call", question)
        return reason, Reply(tool_calls=calls, finish_reason="tool_calls")
    if asked.json_object:
        return _because("JSON object", question), Reply(text=pieces_of(_json(asked, question)))
    if pictures := _pictures(asked):
        prompt = plain_answers.quote(question.prompt)
        return _because("picture", question), _said(f"{pictures}\n\n{prompt}")
    name, text = _by_rule(question)
    return _because(name, question), _said(text, FRAME_NOTE if question.frame else NOTE)


def _agents(asked: Asked, question: Question) -> Reply:
    """The next cell of the plan, or what all of them gave."""
    results = agent.results_of(asked.messages)
    proposed = agent.next_cell(question, results) if agent.is_offered(asked.tools) else None
    if proposed is None:
        return _said(agent.conclusion(question, results), FRAME_NOTE if question.frame else NOTE)
    words, call = proposed
    return Reply(text=pieces_of(words), tool_calls=(call,), finish_reason="tool_calls")


def _said(text: str, note: str = NOTE) -> Reply:
    return Reply(text=pieces_of(f"{text}\n\n{note}"))


def _by_rule(question: Question) -> tuple[str, str]:
    frame = question.frame
    for rule in RULES:
        if not rule.words.search(question.prompt):
            continue
        if frame is not None and rule.with_frame is not None:
            return rule.name, rule.with_frame(question, frame)
        if frame is None and rule.alone is not None:
            return rule.name, rule.alone(question)
    if frame is None:
        return "echo of the prompt", plain_answers.echo(question)
    if question.columns:
        return "columns named in the prompt", answers.compare(question, frame)
    return "overview", answers.overview(question, frame)


def _because(rule: str, question: Question) -> str:
    """The reasoning: how the rule was chosen."""
    seen = "No frame summary came with the conversation."
    if frame := question.frame:
        named = ", ".join(column.name for column in question.columns)
        seen = (
            f"The latest frame summary is {frame.name} with {len(frame.columns)} readable columns. "
        )
        seen += f"The prompt names {named}." if named else "The prompt names none of them."
    return f"This is a rule, not a model. {seen} The rule “{rule}” is the first that fits."


def _tool_results(asked: Asked) -> str:
    """What came back after the last assistant message, by the names of the calls."""
    names = agent.called(asked.messages)
    newest_first = takewhile(lambda one: one["role"] == "tool", reversed(asked.messages))
    lines = []
    for result in reversed(list(newest_first)):
        name = names.get(str(result["tool_call_id"]), str(result["tool_call_id"]))
        lines.append(f"`{name}` returned:\n\n{plain_answers.quote(text_of(result), 4_000)}")
    return "\n\n".join(lines)


def _pictures(asked: Asked) -> str:
    last = [message for message in asked.messages if message["role"] == "user"][-1:]
    lines: list[str] = []
    for part in parts_of(last[0]) if last else ():
        if part.get("type") == "text":
            continue
        picture = picture_of(part) if part["type"] == "image_url" else None
        if picture is None:
            lines.append(f"- a {str(part['type']).removesuffix('_url')}, which was not opened")
        elif picture.size_bytes is None:
            lines.append("- a picture at an address, which was not fetched")
        else:
            kind = picture.mime_type or "type not named"
            lines.append(f"- a picture: {kind}, {picture.size_bytes:,} bytes")
    return "\n".join(["Received, and not looked at:", "", *lines]) if lines else ""


def _json(asked: Asked, question: Question) -> str:
    """A JSON object: of the shape found in the messages, else about the question."""
    note = NOTE.strip("*")
    system = [text_of(message) for message in asked.messages if message["role"] == "system"]
    for text in (question.prompt, *reversed(system)):
        shape, said = _find_object(text)
        if not shape:
            continue
        if text is question.prompt:  # the words of the shape are no evidence for its values
            question = replace(question, prompt=said)
        if "properties" in shape and is_schema(shape):
            filled = fill(shape, question)
            closed = shape.get("additionalProperties") is False
            return json.dumps(filled if closed else {**filled, "sandbox": note}, ensure_ascii=False)
        filled = {key: _like(value, question) for key, value in shape.items()}
        return json.dumps({**filled, "sandbox": note}, ensure_ascii=False)
    frame = question.frame
    record: dict[str, Any] = {"sandbox": note, "prompt": question.prompt[:600]}
    if frame is not None:
        record |= {"frame": frame.name, "rows": frame.rows}
        record["columns"] = [column.name for column in question.columns or frame.columns]
    return json.dumps(record, ensure_ascii=False)


def _find_object(text: str) -> tuple[dict[str, Any], str]:
    """The first non-empty JSON object in a text, or an empty one; and the text without it."""
    for brace in [place for place, letter in enumerate(text) if letter == "{"][:50]:
        try:
            found, end = json.JSONDecoder().raw_decode(text, brace)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict) and found:
            return found, text[:brace] + text[end:]
    return {}, text


def _like(value: Any, question: Question) -> Any:
    """A value for an example's: one of "a|b|c", else the example itself."""
    if isinstance(value, str) and "|" in value:
        return fill({"enum": [choice.strip() for choice in value.split("|")]}, question)
    return value
