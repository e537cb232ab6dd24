"""What a course allows: a TOML file, read again when it changes."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from ..errors import ArgumentError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

MODES = ("off", "hints", "open")
_MOST, _MOST_DAYS = 10**12, 36_500  # what the ledger and the calendar can hold
_SHOWN_CHARACTERS = 80


@dataclass(frozen=True, slots=True)
class Window:
    """A time in which another mode holds, for everybody or for some groups.

    Attributes:
        mode: "off", "hints" or "open".
        groups: Names of hub groups; empty is everybody.
        begins: None is always since.
        ends: None is for ever.
        note: Why, for students to read.
    """

    mode: str
    groups: frozenset[str] = frozenset()
    begins: datetime | None = None
    ends: datetime | None = None
    note: str = ""

    def holds(self, groups: Collection[str], now: datetime) -> bool:
        """Whether it is the time, and one of these groups is meant."""
        in_time = (self.begins is None or self.begins <= now) and (
            self.ends is None or now < self.ends
        )
        return in_time and (not self.groups or not self.groups.isdisjoint(groups))


@dataclass(frozen=True, slots=True)
class Rules:
    """What the course's file says. Token counts are prompt and answer together.

    Attributes:
        title: The course's name, for people.
        provider: Who answers: a name of the catalog, or "" for what the environment says.
        base_url: The host's URL, or "" for the provider's own.
        models: Those allowed.
        max_tokens: Longest answer, tokens.
        mode: What holds outside of all windows.
        windows: The first that holds decides.
        student_tokens: For each student and day; None is no limit.
        student_requests: Questions for each student and day; None is no limit.
        course_tokens: For the whole course; None is no limit.
        places: Questions upstream at once.
        waiting: Questions of one student in the queue at once.
        idle_seconds: How long the model's host may be silent.
        zone: Whose midnight ends a day.
        instructors: Hub groups that see the instructor's page, besides admins.
        keep_days: How long records, and names in the usage by day, are kept.
        record_content: Whether prompts and answers are recorded, which every student is told.
    """

    title: str = "this course"
    provider: str = ""
    base_url: str = ""
    models: tuple[str, ...] = ("glm-4.5-air",)
    max_tokens: int = 4096
    mode: str = "open"
    windows: tuple[Window, ...] = ()
    student_tokens: int | None = None
    student_requests: int | None = None
    course_tokens: int | None = None
    places: int = 5
    waiting: int = 3
    idle_seconds: float = 90.0
    zone: tzinfo = field(default=UTC)
    instructors: frozenset[str] = frozenset({"instructors"})
    keep_days: int = 30
    record_content: bool = False

    def holding(self, groups: Collection[str], now: datetime) -> Window:
        """What holds for a student of these groups."""
        found = (window for window in self.windows if window.holds(groups, now))
        return next(found, Window(self.mode))

    def day(self, now: datetime) -> str:
        """The day of the course, ISO."""
        return now.astimezone(self.zone).date().isoformat()


def _positive(value: Any, most: int = _MOST) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        message = "not a whole number above 0"
        raise ValueError(message)
    if value > most:
        message = f"more than {most:,}"
        raise ValueError(message)
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        message = "not a text"
        raise ValueError(message)
    return value


def _names(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        message = "not a list of names"
        raise ValueError(message)
    return tuple(map(_text, value))


def _mode(value: Any) -> str:
    if value not in MODES:
        message = f"not one of {', '.join(MODES)}"
        raise ValueError(message)
    return str(value)


def _yes_no(value: Any) -> bool:
    if not isinstance(value, bool):
        message = "neither true nor false"
        raise ValueError(message)
    return value


def _seconds(value: Any) -> float:
    return float(value) if isinstance(value, float) and value > 0 else float(_positive(value))


def _zone(value: Any) -> tzinfo:
    try:
        return ZoneInfo(_text(value))
    except (KeyError, OSError, ValueError):
        message = "not a time zone such as Europe/Berlin"
    raise ValueError(message)


_FIELDS: Mapping[str, Callable[[Any], Any]] = {
    "title": _text, "provider": _text, "base_url": _text, "models": _names,
    "max_tokens": _positive, "mode": _mode, "student_tokens": _positive,
    "student_requests": _positive, "course_tokens": _positive, "places": _positive,
    "waiting": _positive, "idle_seconds": _seconds, "zone": _zone,
    "instructors": lambda value: frozenset(_names(value)),
    "keep_days": lambda value: _positive(value, _MOST_DAYS), "record_content": _yes_no,
}  # fmt: skip
_WINDOW = ("mode", "groups", "begins", "ends", "note")


def read_rules(text: str, name: str = "the course's file") -> Rules:
    """The rules of a file.

    Args:
        text: TOML.
        name: Of the file, for messages.

    Raises:
        SettingsError: It is not TOML, or a value is not possible.
        ArgumentError: An unknown name.
    """
    try:
        found = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number of 5,000 digits is no TOMLDecodeError
        raise SettingsError(f"{name} is not TOML: {error}.", "Mend that line.") from None
    windows = found.pop("window", [])
    values = {key: _value(key, value, name) for key, value in found.items()}
    zone = values.get("zone", UTC)
    if not isinstance(windows, list):
        raise SettingsError(f"[window] in {name} is not a list.", "Write it as [[window]].")
    return Rules(**values, windows=tuple(_window(one, zone, name) for one in windows))


def _unknown(kind: str, key: str, known: tuple[str, ...]) -> ArgumentError:
    remedy = f"There are: {', '.join(known)}."
    return ArgumentError.unknown(kind, key[:_SHOWN_CHARACTERS], known, remedy)


def _value(key: str, value: Any, name: str) -> Any:
    if key not in _FIELDS:
        raise _unknown(f"name in {name}", key, (*_FIELDS, "window"))
    try:
        return _FIELDS[key](value)
    except (TypeError, ValueError) as error:
        message = f"{key} = {repr(value)[:_SHOWN_CHARACTERS]} in {name} is {error}."
    raise SettingsError(message, "The example beside the service's documentation shows each name.")


def _window(record: Any, zone: tzinfo, name: str) -> Window:
    if not isinstance(record, dict):
        message = f"window in {name} is not a list of tables."
        raise SettingsError(message, "Write each as [[window]].")
    for key in record:
        if key not in _WINDOW:
            raise _unknown(f"name in a [[window]] of {name}", key, _WINDOW)
    try:
        times = {key: _time(record.get(key), zone) for key in ("begins", "ends")}
        groups = frozenset(_names(record["groups"])) if "groups" in record else frozenset[str]()
        return Window(
            _mode(record.get("mode")), groups, **times, note=_text(record.get("note", ""))
        )
    except (ValueError, OverflowError) as error:
        message = f"A [[window]] in {name} is wrong: {error}."
    raise SettingsError(message, 'Write mode = "off", begins = 2026-11-30T09:00:00, ends = …')


def _time(value: Any, zone: tzinfo) -> datetime | None:
    if value is None:
        return None
    if not isinstance(value, datetime):
        message = f"{repr(value)[:_SHOWN_CHARACTERS]} is not a date with a time"
        raise ValueError(message)
    found = value if value.tzinfo else value.replace(tzinfo=zone)
    found.astimezone(zone)  # the instructor's page shows it so: it must not be out of range
    return found


class RulesFile:
    """The rules as they are now: an instructor's change holds from the next question on.

    Args:
        path: The TOML file.

    Attributes:
        fault: Why the file as it is now cannot be used; then the rules before it hold.

    Raises:
        GLMError: The file cannot be used at the start.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.fault = ""
        self._stamp = self._look()
        self._rules = self._read()

    def _look(self) -> tuple[int, int]:
        try:
            found = self.path.stat()
        except OSError:
            return (0, 0)
        return (found.st_mtime_ns, found.st_size)

    def _read(self) -> Rules:
        try:
            text = self.path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            message = f"The course's file {self.path} cannot be read ({type(error).__name__})."
        else:
            return read_rules(text, self.path.name)
        raise SettingsError(message, "Name it: glm-magic hub FILE")

    @property
    def now(self) -> Rules:
        """The rules that hold."""
        stamp = self._look()
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self._rules, self.fault = self._read(), ""
            except (SettingsError, ArgumentError) as error:
                self.fault = str(error).replace("\n", " ")
        return self._rules
