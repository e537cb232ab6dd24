"""What a session tells, as one inert Markdown text, for faces without a page of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..render.escapes import note

if TYPE_CHECKING:
    from collections.abc import Mapping

_SHOWN_TURNS = 3


class Transcript:
    """Takes a session's events and is always ready to be shown.

    Attributes:
        over: Whether no answer is under way.
    """

    def __init__(self) -> None:
        self.over = True
        self._turns: dict[str, dict[str, Any]] = {}
        self._order: list[str] = []
        self._live: dict[str, Any] = {}
        self._said = ""
        self._totals = ""

    def take(self, event: Mapping[str, Any]) -> None:
        """Take one event."""
        kind = event["kind"]
        if kind in ("asking", "idle"):
            self.over = kind == "idle"
            self._said = "" if kind == "asking" else self._said
        elif kind == "turns":
            self._turns |= {turn["id"]: turn for turn in event["turns"]}
            self._order, self._totals = event["order"], event["totals"]
        elif kind == "begun":
            self._live = {"blocks": [], "warnings": [], "footer": "", **event["turn"]}
            self._turns[self._live["id"]] = self._live
            self._order = [one for one in self._order if one != event["instead"]]
            self._order.append(self._live["id"])
        elif kind == "delta":
            self._grow(event.get("changes", ()))
        elif kind == "steps" and event.get("new"):  # the words of a round that is over
            self._live["blocks"] = []
        elif kind == "ended":
            self._live |= event["turn"]
        elif kind == "note":
            self._said = event["text"]
        elif kind == "failed":
            self._said = f"{event['message']} {event['remedy']}"

    def _grow(self, changes: Any) -> None:
        blocks = self._live.get("blocks", [])
        for block, keep, add in changes:
            if block == len(blocks):
                blocks.append("")
            # Counted as browsers count, in units of UTF-16.
            kept = blocks[block].encode("utf-16-le", "surrogatepass")[: 2 * keep]
            blocks[block] = kept.decode("utf-16-le", "surrogatepass") + add

    def markdown(self) -> str:
        """The newest turns, what is to be said, and the totals."""
        order = [one for one in self._order if one in self._turns]
        parts = []
        if len(order) > _SHOWN_TURNS:
            parts.append(f"<small>{len(order) - _SHOWN_TURNS} earlier turns: %glm show</small>")
        for name in order[-_SHOWN_TURNS:]:
            turn = self._turns[name]
            parts.append(f"> <small>{note(turn['prompt'])}</small>")
            parts.append("".join(turn["blocks"]))
            parts += [f"> ⚠ *{note(one)}*" for one in turn["warnings"]]
            parts.append(f"<small>{note(turn['footer'])}</small>" if turn["footer"] else "…")
        if self._said:
            parts.append(f"> *{note(self._said)}*")
        if self._totals:
            parts.append(f"<small>{note(self._totals)}</small>")
        return "\n\n".join(part for part in parts if part)
