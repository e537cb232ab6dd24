"""What students spent and what is held back for questions under way, in SQLite.

A question holds tokens back before it is sent and is settled afterwards, so that parallel ones
cannot pass a limit together. What was sent and never settled, because the service was killed,
counts as held when it starts again: a budget never counts less than what went upstream.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import SettingsError
from .refusing import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .rules import Rules

LEAST_ANSWER_TOKENS = 256  # an answer that would be shorter is not worth asking for
_TABLES = """
CREATE TABLE IF NOT EXISTS spent (
    student TEXT, day TEXT, requests INTEGER, tokens INTEGER, PRIMARY KEY (student, day));
CREATE TABLE IF NOT EXISTS held (
    id INTEGER PRIMARY KEY, student TEXT, day TEXT, tokens INTEGER, sent INTEGER DEFAULT 0);
CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT);
"""


@dataclass(frozen=True, slots=True)
class Spent:
    """Of one student on one day, or of all together.

    Attributes:
        requests: Questions that were answered, in part at least.
        tokens: Charged.
        held: Tokens held back for questions under way.
        under_way: How many those are.
    """

    requests: int = 0
    tokens: int = 0
    held: int = 0
    under_way: int = 0


@dataclass(frozen=True, slots=True)
class Hold:
    """Tokens held back for one question: `prompt` and `answer` together."""

    id: int
    student: str
    day: str
    prompt_tokens: int
    answer_tokens: int

    @property
    def tokens(self) -> int:
        """All of them."""
        return self.prompt_tokens + self.answer_tokens


class Budgets:
    """The ledger of a course.

    Args:
        path: The database's file; made if it is not there.

    Raises:
        SettingsError: The file is no database, or cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        path.touch(mode=0o600)
        try:
            self._lines = _opened(path)
        except sqlite3.Error as error:
            message = f"{path} cannot be used for budgets: {error}."
            raise SettingsError(message, "Name another folder with --data.") from None
        self._recover()

    def close(self) -> None:
        """Close the file."""
        self._lines.close()

    @contextmanager
    def _together(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, also if the process is killed within."""
        self._lines.execute("BEGIN IMMEDIATE")
        try:
            yield self._lines
        except BaseException:
            self._lines.execute("ROLLBACK")
            raise
        self._lines.execute("COMMIT")

    def _recover(self) -> None:
        left = self._lines.execute("SELECT id, student, day, tokens, sent FROM held").fetchall()
        for number, student, day, tokens, sent in left:
            self.settle(Hold(number, student, day, tokens, 0), tokens if sent else 0)

    def hold(self, student: str, day: str, prompt: int, answer: int, rules: Rules) -> Hold:
        """Hold back a question's tokens; near the limit the answer is allowed to be shorter.

        Args:
            student: The hub's name.
            day: ISO date.
            prompt: Tokens of the prompt, a generous guess.
            answer: The longest answer, tokens.
            rules: With the limits.

        Raises:
            Refused: A limit would be passed.
        """
        with self._together() as lines:
            mine, all_ = self.of(student, day), self.together()
            most = rules.student_requests
            if most is not None and mine.requests + mine.under_way >= most:
                message = f"Today's {most:,} questions are used up or under way."
                raise Refused("course-student-budget", message)
            left = [answer]
            if rules.student_tokens is not None:
                left.append(rules.student_tokens - mine.tokens - mine.held - prompt)
            if rules.course_tokens is not None:
                left.append(rules.course_tokens - all_.tokens - all_.held - prompt)
            if min(left) < min(answer, LEAST_ANSWER_TOKENS):
                raise _over(rules, mine, all_, prompt)
            answer = min(left)
            row = lines.execute(
                "INSERT INTO held (student, day, tokens) VALUES (?, ?, ?)",
                (student, day, prompt + answer),
            )
            return Hold(int(row.lastrowid or 0), student, day, prompt, answer)

    def sent(self, hold: Hold) -> None:
        """The question goes upstream now: from here on it counts, whatever happens to us."""
        self._lines.execute("UPDATE held SET sent = 1 WHERE id = ?", (hold.id,))

    def settle(self, hold: Hold, tokens: int, *, to_student: bool = True) -> None:
        """The question is over.

        Args:
            hold: What was held back for it.
            tokens: What it took; 0 charges nobody.
            to_student: False charges the course only: the student got nothing for it.
        """
        with self._together() as lines:
            gone = lines.execute("DELETE FROM held WHERE id = ?", (hold.id,))
            if gone.rowcount and tokens:
                lines.execute(
                    "INSERT INTO spent VALUES (?, ?, 1, ?) ON CONFLICT DO UPDATE SET "
                    "requests = requests + 1, tokens = tokens + excluded.tokens",
                    (hold.student if to_student else "", hold.day, tokens),
                )

    def of(self, student: str, day: str) -> Spent:
        """One student's day."""
        return self._sum("WHERE student = ? AND day = ?", (student, day))

    def together(self) -> Spent:
        """All students and days."""
        return self._sum("", ())

    def _sum(self, where: str, values: tuple[str, ...]) -> Spent:
        spent = f"SELECT total(requests), total(tokens) FROM spent {where}"  # noqa: S608 - ours
        requests, tokens = self._lines.execute(spent, values).fetchone()
        open_ = f"SELECT total(tokens), count(*) FROM held {where}"  # noqa: S608 - ours
        held, under_way = self._lines.execute(open_, values).fetchone()
        return Spent(int(requests), int(tokens), int(held), int(under_way))

    def by_day(self) -> list[tuple[str, str, int, int]]:
        """(student, day, questions, tokens), the newest day first; forgotten names are ""."""
        return self._lines.execute(
            "SELECT student, day, requests, tokens FROM spent ORDER BY day DESC, tokens DESC"
        ).fetchall()

    def forget_names(self, before: str) -> None:
        """Take the names off all days before this one; the course's sum stays."""
        with self._together() as lines:
            old = "FROM spent WHERE student != '' AND day < ?"
            lines.execute(
                f"INSERT INTO spent SELECT '', day, sum(requests), sum(tokens) {old} "
                "GROUP BY day ON CONFLICT DO UPDATE SET requests = requests + excluded.requests, "
                "tokens = tokens + excluded.tokens",
                (before,),
            )
            lines.execute(f"DELETE {old}", (before,))

    def note(self, name: str, first: str) -> str:
        """A value kept with the course, `first` when it was never kept."""
        self._lines.execute("INSERT OR IGNORE INTO about VALUES (?, ?)", (name, first))
        row = self._lines.execute("SELECT value FROM about WHERE name = ?", (name,)).fetchone()
        return str(row[0])


def _opened(path: Path) -> sqlite3.Connection:
    lines = sqlite3.connect(path, isolation_level=None)
    try:
        lines.execute("PRAGMA journal_mode=WAL")
        lines.executescript(_TABLES)
    except sqlite3.Error:
        lines.close()
        raise
    return lines


def _over(rules: Rules, mine: Spent, all_: Spent, prompt: int) -> Refused:
    """The refusal for the limit that is passed."""
    most, used = rules.student_tokens, mine.tokens + mine.held
    if most is not None and most - used - prompt < LEAST_ANSWER_TOKENS:
        left = max(0, most - used)
        message = (
            f"Your budget for today has {left:,} of {most:,} tokens left, "
            f"and this question may take {prompt + LEAST_ANSWER_TOKENS:,}."
        )
        return Refused("course-student-budget", message)
    return Refused("course-budget", f"The budget of the whole course is used up ({all_.tokens:,}).")
