"""What is wrong, in plain words: versions, settings, key, host, course, budget, recordings.

Nothing is asked of a model. The host is reached once, with a request that costs nothing: for the
list of its models, or for what a course's service says of the one who asks.
"""

from __future__ import annotations

import os
import platform
import re
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from .api.documents import course, model_ids
from .catalog import CLASSROOM, makers_name
from .errors import (
    APIError,
    AuthenticationError,
    BudgetError,
    GLMError,
    KeyMissingError,
    ProtocolError,
)
from .replay import recordings_beside
from .surroundings import AROUND, graded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .api.client import Client
    from .settings import Settings
    from .wiring import Workbench

State = Literal["ok", "note", "bad"]
_LEAST = re.compile(r"([A-Za-z0-9_.-]+)(?:\[[^]]*\])?\s*>=\s*([0-9.]+)")
_RECORDINGS = "recordings"
_LEAST_ANSWER_TOKENS = 256  # what a course's service leaves an answer at least


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        name: What was looked at.
        state: "ok", "note" (worth knowing) or "bad" (does not work).
        words: What was found.
        remedy: What to do; "" where nothing is to be done.
    """

    name: str
    state: State
    words: str
    remedy: str = ""


def verdict(findings: Sequence[Finding]) -> str:
    """All in one sentence."""
    bad = [one.name for one in findings if one.state == "bad"]
    if bad:
        return f"Not well: {', '.join(bad)}."
    if any(one.name == _RECORDINGS for one in findings):
        return "All is well: a question that is recorded would be answered."
    return "All is well: a question would be asked."


def examine(bench: Workbench) -> Iterator[Finding]:
    """Look at everything that a question needs, from the ground up."""
    yield from _versions()
    try:
        course = bench.course
        settings = bench.settings(need_key=False, allowed=False)
    except GLMError as error:
        yield Finding("settings", "bad", error.message, error.remedy)
        return
    if course is not None:
        yield Finding("course file", "note", " ".join(course.told()))
        try:
            course.check_settings(settings)
            course.check_question("schema", AROUND.tags())
        except GLMError as error:
            yield Finding("course file", "bad", error.message, error.remedy)
    where = settings.base_url or "started when it is asked"
    yield Finding("provider", "ok", f"{settings.provider.title}: {where}")
    if graded():
        yield Finding("nbgrader", "note", "A notebook under grading is answered from recordings.")
        yield _recordings()
    elif settings.replay == "replay":
        yield Finding("replay", "note", "Questions are answered from recordings.")
        yield _recordings()
    elif settings.provider.key == "none":
        yield Finding("host", "ok", "No key and no network is needed; no model is called.")
        yield from _own_budget(bench, settings)
    else:
        yield from _key_and_host(bench)
        yield from _own_budget(bench, settings)


def _recordings() -> Finding:
    """How many answers are recorded where the notebook is."""
    beside = recordings_beside(AROUND.notebook(), Path.cwd())
    try:
        count = len(beside.all())
    except GLMError as error:
        return Finding(_RECORDINGS, "bad", error.message, error.remedy)
    if not count:
        remedy = "%config GLM.replay = 'record' asks a model, and keeps its answers."
        return Finding(_RECORDINGS, "bad", f"There is none in {beside.path.name}.", remedy)
    return Finding(_RECORDINGS, "ok", "1 answer" if count == 1 else f"{count:,} answers")


def _own_budget(bench: Workbench, settings: Settings) -> Iterator[Finding]:
    """Whether a short question would stay within the budget of the settings, if there is one."""
    usd, tokens = settings.budget_usd, settings.budget_tokens
    if usd is None and tokens is None:
        return
    try:
        question = bench.question("Hello", need_key=False)
        question.check(question.request())
    except BudgetError as error:
        yield Finding("budget", "bad", error.message, error.remedy)
        return
    except GLMError:  # what else is wrong has its own line
        return
    today = bench.ledger.totals(day=datetime.now(UTC).date())
    told = [] if tokens is None else [f"{today.tokens:,} of {tokens:,} tokens"]
    told += [] if usd is None else [f"${today.usd:.4f} of ${usd:,g}"]
    yield Finding("budget", "ok", f"today {', '.join(told)}")


def _versions() -> Iterator[Finding]:
    yield Finding("Python", "ok", f"{platform.python_version()} at {sys.executable}")
    old = []
    for line in metadata.requires("glm_magic") or ():
        found = _LEAST.match(line)
        if not found or "extra ==" in line:
            continue
        name, least = found[1], found[2]
        try:
            here = metadata.version(name)
        except metadata.PackageNotFoundError:
            old.append(f"{name} is missing")
            continue
        if _numbers(here) < _numbers(least):
            old.append(f"{name} {here} is older than {least}")
    if old:
        yield Finding("packages", "bad", "; ".join(old), "pip install --upgrade glm_magic")
    else:
        version = metadata.version("glm_magic")
        yield Finding("packages", "ok", f"glm_magic {version} and all it needs")


def _numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version.partition("+")[0])[:3]]


def _key_and_host(bench: Workbench) -> Iterator[Finding]:
    try:
        settings = bench.settings(allowed=False)
    except KeyMissingError as error:
        yield _no_key(error)
        return
    except GLMError as error:
        yield Finding("key", "bad", error.message, error.remedy)
        return
    if settings.key:
        yield Finding("key", "ok", f"set, from {settings.sources['key']}")
    client = bench.client(settings)
    try:
        yield from _course(client, settings) if _is_course(settings) else _host(client)
    except APIError as error:
        name = "key" if isinstance(error, AuthenticationError) else "host"
        yield Finding(name, "bad", error.message, error.remedy)
    except GLMError as error:
        yield Finding("host", "bad", error.message, error.remedy)


def _is_course(settings: Settings) -> bool:
    return settings.provider.name == CLASSROOM


def _no_key(error: KeyMissingError) -> Finding:
    if os.environ.get("GLM_PROVIDER") != CLASSROOM:
        return Finding("key", "bad", error.message, error.remedy)
    message = "The hub's token is missing: this is no server that the hub has started."
    return Finding("key", "bad", message, "Open the notebook from the hub.")


def _host(client: Client) -> Iterator[Finding]:
    try:
        count = len(model_ids(client))
    except ProtocolError:
        yield Finding("host", "note", "It answers, and offers no list of models.")
        return
    except APIError as error:
        if error.status not in (404, 405):
            raise
        yield Finding("host", "note", "It answers, and offers no list of models.")
        return
    yield Finding("host", "ok", f"It answers, takes the key and lists {count} models.")


def _course(client: Client, settings: Settings) -> Iterator[Finding]:
    """What the course's service says of the one who asks."""
    told = course(client)
    yield Finding("course's service", "ok", f"{told['course']} knows you as {told['student']}.")
    note = f" ({told['note']})" if told.get("note") else ""
    if told["mode"] == "off":
        words = f"The assistant is switched off{note}."
        yield Finding("mode", "bad", words, "Ask again when it is open.")
    else:
        yield Finding("mode", "ok", f"{told['mode']}{note}")
    models = told.get("models") or []
    if makers_name(settings.model.id) not in map(makers_name, models):
        words = f"{settings.model.id} is not offered; {', '.join(models)} are."
        yield Finding("model", "bad", words, f"%config GLM.model = '{models[0] if models else ''}'")
    yield from _budget(told)
    if told.get("recorded"):
        days = told.get("keep_days")
        yield Finding("records", "note", f"Questions and answers are kept for {days} days.")


def _budget(told: dict[str, Any]) -> Iterator[Finding]:
    used, most = told.get("tokens") or 0, told.get("tokens_limit")
    asked, questions = told.get("requests") or 0, told.get("requests_limit")
    words = f"{used:,}{f' of {most:,}' if most else ''} tokens and "
    words += f"{asked:,}{f' of {questions:,}' if questions else ''} "
    words += "question today" if asked == 1 and not questions else "questions today"
    spent = (most and most - used < _LEAST_ANSWER_TOKENS) or (questions and asked >= questions)
    remedy = "It is whole again tomorrow; your instructor can raise it."
    yield Finding("budget", "bad" if spent else "ok", words, remedy if spent else "")
