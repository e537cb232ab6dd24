"""The course file: what a course sets and allows, beside the notebook or named by the hub.

    # glm.toml
    title = "Statistics 101"
    provider = "classroom"
    models = ["glm-4.5-air", "glm-4.5-flash"]   # the first is the default
    frame_detail = "stats"                      # at most: schema, stats, values or rows
    budget_tokens = 50_000                      # at most
    mode = "hints"                              # off, hints or open
    exam_tag = "exam"                           # no questions from cells with this tag

It stands between `%config` and the environment. It guides and is no barrier: who may edit it, or
has a key of their own, can ask what they like. The barrier is the hub's service (`glm_magic.hub`).
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .catalog import find_provider, makers_name
from .errors import ArgumentError, CourseError, SettingsError
from .fields import FRAME_DETAILS, parse
from .origins import check_url, is_loopback, origin_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .settings import Layer, Settings

NAME = "glm.toml"
VARIABLE = "GLM_COURSE_FILE"
MODES = ("off", "hints", "open")
_DETAILS = (*FRAME_DETAILS, "rows")
_SET = ("provider", "base_url", "model")
_MOST = ("budget_usd", "budget_tokens")
_NAMES = ("title", *_SET, "models", "frame_detail", *_MOST, "mode", "exam_tag")


@dataclass(frozen=True, slots=True)
class Course:
    """What a course file says.

    Attributes:
        path: The file.
        title: The course's name, for people.
        values: What it sets or limits: provider, base_url, model and budgets.
        models: Those allowed; () is all.
        frame_detail: The most that may be told of frames.
        mode: "off", "hints" or "open".
        exam_tag: Cells with this tag may not ask; "" is none.
        named: The variable that names the file; "" where it came with the notebook.
    """

    path: Path
    title: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    models: tuple[str, ...] = ()
    frame_detail: str = "rows"
    mode: str = "open"
    exam_tag: str = "exam"
    named: str = ""

    @property
    def name(self) -> str:
        """For messages."""
        return f"the course file {self.path.name}"

    @property
    def layer(self) -> Layer:
        """What stands between `%config` and the environment."""
        found = dict(self.values)
        if self.models:
            found.setdefault("model", self.models[0])
        if self.frame_detail in FRAME_DETAILS:
            found["frame_detail"] = self.frame_detail
        return f"course file {self.path.name}", found

    def check_settings(self, settings: Settings) -> None:
        """Refuse a model or a budget that the course does not allow.

        Raises:
            CourseError: Says what was asked for, who asked, and what is allowed.
        """
        model = settings.model.id
        if self.models and makers_name(model) not in map(makers_name, self.models):
            source = settings.sources["model"]
            message = f"{model} ({source}) is not among the models of {self.name}."
            raise CourseError(message, f"Choose one of {', '.join(self.models)}.")
        for name in _MOST:
            most, wished = self.values.get(name), settings.values[name]
            if most is not None and wished is not None and wished > most:
                source = settings.sources[name]
                message = f"{name} = {wished:,} ({source}) is above {most:,}, set by {self.name}."
                raise CourseError(message, f"Choose at most {most:,}, or leave it to the course.")

    def check_question(self, detail: str, tags: Sequence[str]) -> None:
        """Refuse a question that the course does not allow, whatever its settings are.

        Args:
            detail: "schema", "stats", "values" or "rows": what would be told of frames.
            tags: Of the asking cell.

        Raises:
            CourseError: The assistant is off, here or everywhere, or too much would be told.
        """
        remedy = "%glm config shows what the course fixes; your instructor can change it."
        if self.mode == "off":
            raise CourseError(f"{self.name.capitalize()} switches the assistant off.", remedy)
        if self.exam_tag and self.exam_tag in tags:
            message = f"{self.name.capitalize()} allows no questions from cells tagged "
            raise CourseError(f"{message}{self.exam_tag}.", "Ask from another cell.")
        if _DETAILS.index(detail) > _DETAILS.index(self.frame_detail):
            message = f"{detail} of frames is more than {self.frame_detail}, the most that "
            remedy = "A question may tell less: %%glm --schema or --stats."
            raise CourseError(f"{message}{self.name} allows.", remedy)

    def told(self) -> list[str]:
        """What it fixes, one sentence each."""
        said = [f"Course file {self.path}{f': {self.title}' if self.title else ''}."]
        if self.models:
            said.append(f"Models allowed: {', '.join(self.models)}.")
        if self.frame_detail != "rows":
            said.append(f"Frames are described by {self.frame_detail} at most.")
        said += [
            f"{name} is at most {self.values[name]:,}." for name in _MOST if name in self.values
        ]
        said.append(
            {
                "off": "The assistant is switched off.",
                "hints": "The model is asked for hints, not for solutions.",
                "open": "Questions are answered as they are asked.",
            }[self.mode]
        )
        if self.exam_tag:
            said.append(f"No questions from cells tagged {self.exam_tag}.")
        return said


def find_course(notebook: Path | None) -> Course | None:
    """The course file that holds: the one the environment names, else the one beside the notebook.

    Args:
        notebook: The running notebook; None looks in the working folder.

    Raises:
        SettingsError: It cannot be read or used, or one beside the notebook names a host that
            nobody here has agreed to.
        ArgumentError: An unknown name in it.
    """
    named = os.environ.get(VARIABLE, "").strip()
    path = Path(named) if named else (notebook.parent if notebook else Path.cwd()) / NAME
    try:
        stamp = path.stat()
    except OSError:
        if not named:
            return None
        message = f"There is no course file {path}, which {VARIABLE} names."
    else:
        course = _read(path, stamp.st_mtime_ns, stamp.st_size)
        if named:
            return replace(course, named=VARIABLE)
        _check_host(course)
        return course
    raise SettingsError(message, "Tell your instructor, or unset the variable.")


@lru_cache(maxsize=4)
def _read(path: Path, *_: int) -> Course:
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:  # of TOML and of UTF-8 both
        message = f"The course file {path} cannot be read: {error}."
        raise SettingsError(message, "Mend it, or move it away.") from None
    for name in found:
        if name not in _NAMES:
            remedy = f"There are: {', '.join(_NAMES)}."
            raise ArgumentError.unknown(f"name in {path.name}", name, _NAMES, remedy)
    try:
        return _course(path, found)
    except (TypeError, ValueError) as error:
        message = f"The course file {path.name} is wrong: {error}."
    raise SettingsError(message, "Mend that line; glm_magic.course shows an example.")


def _course(path: Path, found: dict[str, Any]) -> Course:
    values = {name: parse(name, found[name]) for name in (*_SET, *_MOST) if name in found}
    if "provider" in values:
        find_provider(values["provider"])
    if "base_url" in values:
        check_url(values["base_url"])
    models = found.get("models", [])
    if not isinstance(models, list) or not all(isinstance(one, str) for one in models):
        message = "models is not a list of names"
        raise TypeError(message)
    chosen = {
        name: _one_of(name, found[name], allowed)
        for name, allowed in (("frame_detail", _DETAILS), ("mode", MODES))
        if name in found
    }
    texts = {name: found[name] for name in ("title", "exam_tag") if name in found}
    if wrong := [name for name, text in texts.items() if not isinstance(text, str)]:
        message = f"{wrong[0]} is not a text"
        raise TypeError(message)
    return Course(path, values=values, models=tuple(models), **chosen, **texts)


def _one_of(name: str, value: Any, allowed: Sequence[str]) -> str:
    if value not in allowed:
        message = f"{name} = {value!r} is not one of {', '.join(allowed)}"
        raise ValueError(message)
    return str(value)


def _check_host(course: Course) -> None:
    """A file that came with a notebook must not send questions wherever it likes."""
    url = course.values.get("base_url")
    if url is None or is_loopback(urlsplit(url).hostname or ""):
        return
    if origin_of(url) == origin_of(os.environ.get("GLM_BASE_URL", "")):
        return
    message = f"{course.path} would send your questions to {origin_of(url)}."
    remedy = f"If you trust it, set {VARIABLE}={course.path} before you start Jupyter."
    raise SettingsError(message, remedy)
