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
        pieces: The answers of each piece; for a mean the pair of mean and count, for frequent
            values all values with their counts, or None for more than can be counted.
    """
    merged: dict[str, Any] = {}
    failed: set[str] = set()
    for answers in pieces:
        for ask in asks:
            if ask.key not in answers:
                failed.add(ask.key)
            elif ask.key not in failed:
                value = answers[ask.key]
                if ask.figure == "frequent":
                    merged[ask.key] = _counted(merged.get(ask.key, Counter()), value)
                elif ask.key in merged:
                    merged[ask.key] = _merger(ask.figure)(merged[ask.key], value)
                else:
                    merged[ask.key] = value
    whole = {ask.key: _whole(ask.figure, merged[ask.key]) for ask in asks if ask.key in merged}
    return {key: value for key, value in whole.items() if key not in failed}


def _whole(figure: str, value: Any) -> Any:
    if figure == "frequent":
        return _listed(value)
    return value[0] if _is_mean(figure) else value


def _counted(total: Counter[Any] | None, counts: Counts | None) -> Counter[Any] | None:
    """The total with the counts of one more piece; None for more than can be counted."""
    if total is None or counts is None:
        return None
    for value, count in counts:
        total[value] += count
    return total if len(total) <= MOST_COUNTED else None


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
    # A Decimal takes no float as its factor.
    return float(mean) * (count / total) + float(other_mean) * (other_count / total), total
