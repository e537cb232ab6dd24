"""Figures of an array in one pass over small blocks: never a copy of the whole.

A memory-mapped array is read block by block too. Of a very large array evenly spaced stretches are
read, and the figures say so.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLOCK = 1 << 16  # elements: fits a processor's cache
MOST = 1 << 26  # elements that are read; about half a second
_STRETCHES = 64


@dataclass(slots=True)
class Figures:
    """What is known of the elements that were read.

    Attributes:
        read: Elements.
        missing: Of these, NaN, NaT or masked.
        infinite: Of these, infinite.
        low: Smallest finite value, as a numpy scalar; None when there is none.
        high: Largest.
        total: Sum of the finite values.
        partial: Whether only a part was read.
    """

    read: int = 0
    missing: int = 0
    infinite: int = 0
    low: Any = None
    high: Any = None
    total: float = 0.0
    partial: bool = False

    @property
    def mean(self) -> float | None:
        """The mean of the finite values; None when there is none that a float can hold."""
        count = self.read - self.missing - self.infinite
        mean = self.total / count if count else math.nan
        return mean if math.isfinite(mean) else None


def figures(array: Any, mask: Any = None) -> Figures:
    """One pass over an array of numbers, dates, durations or truth values.

    Args:
        array: A plain `ndarray` of any shape and layout.
        mask: An array of the same shape, true where a value is missing; or None.
    """
    numpy = sys.modules["numpy"]
    found = Figures(partial=array.size > MOST)
    with numpy.errstate(all="ignore"):
        for block, masked in _blocks(numpy, array, mask):
            _add(numpy, found, block, masked)
    return found


def _blocks(numpy: Any, array: Any, mask: Any) -> Iterator[tuple[Any, Any]]:
    operands = [array] if mask is None else [array, mask]
    if not array.size:
        return
    walk = numpy.nditer(
        operands,
        flags=["external_loop", "buffered", "ranged"],
        op_flags=[["readonly"]] * len(operands),
        buffersize=_BLOCK,
    )
    for start, stop in _stretches(array.size):
        walk.iterrange = (start, stop)
        for block in walk:
            yield (block, None) if mask is None else block


def _stretches(size: int) -> Iterator[tuple[int, int]]:
    if size <= MOST:
        yield 0, size
        return
    length = MOST // _STRETCHES
    for number in range(_STRETCHES):
        start = number * (size - length) // (_STRETCHES - 1)
        yield start, start + length


def _add(numpy: Any, found: Figures, block: Any, masked: Any) -> None:
    kind = block.dtype.kind
    found.read += block.size
    if masked is not None:
        found.missing += int(masked.sum())
        block = block[~masked]
    if kind in "mM":
        gone = numpy.isnat(block)
        found.missing += int(gone.sum())
        block = block[~gone]
    elif kind in "fc":
        finite = numpy.isfinite(block)
        if not finite.all():
            gone = int(numpy.isnan(block).sum())
            found.missing += gone
            found.infinite += block.size - int(finite.sum()) - gone
            block = block[finite]
    if not block.size:
        return
    if kind == "c":
        block = numpy.abs(block)
    low, high = block.min(), block.max()
    found.low = low if found.low is None or low < found.low else found.low
    found.high = high if found.high is None or high > found.high else found.high
    if kind not in "mM":
        found.total += float(block.sum(dtype=numpy.float64))
