"""Rows to ask, and what the stand-in makes of them."""

from typing import Any

from glm_magic.sandbox import Fault

LABELS = ["praise", "complaint", "question"]
SORT = "Sort {review} into one of: praise, complaint, question"


def review(number: int) -> str:
    """A text that names its label."""
    return f"Review {number}: this is {LABELS[number % 3]}"


def records(count: int) -> list[dict[str, Any]]:
    """So many different reviews."""
    return [{"id": number, "review": review(number)} for number in range(count)]


def labels(count: int) -> list[str]:
    """What the stand-in answers to `records`."""
    return [LABELS[number % 3] for number in range(count)]


def says(text: str) -> Fault:
    """A whole answer with other words."""

    def change(answer: dict[str, Any]) -> None:
        answer["choices"][0]["message"]["content"] = text

    return Fault.change_json(change)
