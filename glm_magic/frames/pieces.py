"""Answers of pieces put together: of record batches of a dataset, of partitions of Dask."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from glm_magic.frames.columns import FEW_DISTINCT, LEAST_SEEN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from glm_magic.frames.sources import Ask, Counts

# With more distinct values in one piece a column has no few values, whatever the probe says.
MOST_COUNTED = 10_000


def merge_answers(asks: Sequence[Ask], pieces: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The answers for the whole table; a question that failed in one piece has none.

    Args:
        asks: The questions.
        pieces: The answers of each piece; for a mean the pair of mean and count.
    """
    merged: dict[str, Any] = {}
    failed: set[str] = set()
    for answers in pieces:
        for ask in asks:
            if ask.key not in answers:
                failed.add(ask.key)
            elif ask.key not in failed:
                value = answers[ask.key]
                known = merged.get(ask.key)
                merged[ask.key] = _merger(ask.figure)(known, value) if ask.key in merged else value
    means = {ask.key for ask in asks if _is_mean(ask.figure)} & merged.keys()
    merged |= {key: merged[key][0] for key in means}
    return {key: value for key, value in merged.items() if key not in failed}


def merge_counts(
    names: Sequence[str], pieces: Iterable[Mapping[str, Sequence[tuple[Any, int]] | None]]
) -> dict[str, Counts]:
    """The frequent values of the whole table; a column that failed in one piece is left out.

    Args:
        names: The columns.
        pieces: All values of each piece with their counts; None for more than can be counted.
    """
    totals: dict[str, Counter[Any] | None] = {name: Counter() for name in names}
    for piece in pieces:
        for name in list(totals):
            total = totals[name]
            if name not in piece:
                del totals[name]
            elif total is not None:
                counts = piece[name]
                if counts is not None:
                    for value, count in counts:
                        total[value] += count
                if counts is None or len(total) > MOST_COUNTED:
                    totals[name] = None
    return {name: _listed(total) for name, total in totals.items()}


def _listed(total: Counter[Any] | None) -> Counts:
    if total is None:  # more than can be listed, which is all that is told
        return [("", LEAST_SEEN)] * (FEW_DISTINCT + 2)
    often = [(value, count) for value, count in total.items() if count >= LEAST_SEEN]
    return often[: FEW_DISTINCT + 2]


def _is_mean(figure: str) -> bool:
    return figure.endswith("mean")


def _merger(figure: str) -> Callable[[Any, Any], Any]:
    if _is_mean(figure):
        return _weighted
    if figure.endswith(("low", "high")):
        return _lower if figure.endswith("low") else _higher
    return lambda one, other: one + other


def _lower(one: Any, other: Any) -> Any:
    known = [each for each in (one, other) if each is not None]
    return min(known, default=None)


def _higher(one: Any, other: Any) -> Any:
    known = [each for each in (one, other) if each is not None]
    return max(known, default=None)


def _weighted(one: tuple[Any, int], other: tuple[Any, int]) -> tuple[Any, int]:
    (mean, count), (other_mean, other_count) = one, other
    if not count or not other_count:
        return other if not count else one
    total = count + other_count
    return mean * (count / total) + other_mean * (other_count / total), total
