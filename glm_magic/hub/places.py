"""The queue: so many questions upstream at once, one of each student, turn by turn.

A model's host limits how many requests an account has in flight (its code 1302), and a class
presses Run together. Students take turns: whoever asks five things at once waits with the last
four until everybody who waits has had one answered.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field

from .refusing import Refused


@dataclass(eq=False, slots=True)
class Ticket:
    """One question's place in the queue; `turn` is set when it may go."""

    student: str
    turn: asyncio.Event = field(default_factory=asyncio.Event)


class Places:
    """Who may ask now, and who waits."""

    def __init__(self) -> None:
        self.count = 1
        self._asking: dict[str, Ticket] = {}
        self._lines: dict[str, deque[Ticket]] = {}  # in the order of turns

    @property
    def asking(self) -> int:
        """Questions upstream."""
        return len(self._asking)

    @property
    def waiting(self) -> int:
        """Questions in the queue."""
        return sum(map(len, self._lines.values()))

    def join(self, student: str, *, count: int, most_waiting: int) -> Ticket:
        """Queue up; `leave` must follow, whatever happens.

        Args:
            student: Who asks.
            count: Questions upstream at once, as the rules say now.
            most_waiting: Of one student.

        Raises:
            Refused: The student has too many in the queue.
        """
        self.count = count
        line = self._lines.get(student, ())
        if len(line) >= most_waiting:
            message = f"{len(line)} questions of yours are waiting already."
            raise Refused("course-waiting", message)
        ticket = Ticket(student)
        self._lines.setdefault(student, deque()).append(ticket)
        self._give()
        return ticket

    def leave(self, ticket: Ticket) -> None:
        """The question is over, or was given up while it waited."""
        line = self._lines.get(ticket.student)
        if self._asking.get(ticket.student) is ticket:
            del self._asking[ticket.student]
            if line:  # had a turn: behind everybody else
                self._lines[ticket.student] = self._lines.pop(ticket.student)
        if line and ticket in line:
            line.remove(ticket)
            if not line:
                del self._lines[ticket.student]
        self._give()

    def _give(self) -> None:
        while len(self._asking) < self.count:
            student = next((one for one in self._lines if one not in self._asking), None)
            if student is None:
                return
            line = self._lines[student]
            ticket = line.popleft()
            if not line:
                del self._lines[student]
            self._asking[student] = ticket
            ticket.turn.set()

    def ahead(self, ticket: Ticket) -> int:
        """How many of those waiting go before this one."""
        mine = self._lines.get(ticket.student, deque())
        if ticket not in mine:
            return 0
        rounds = mine.index(ticket)
        # Who is asking now goes behind everybody else afterwards.
        order = sorted(self._lines, key=self._asking.__contains__)
        own = order.index(ticket.student)
        others = (
            min(len(self._lines[student]), rounds + (place < own))
            for place, student in enumerate(order)
            if place != own
        )
        return rounds + sum(others)
