"""matplotlib figures and axes: what is drawn in words, and the picture."""

from __future__ import annotations

import io
import math
import sys
import warnings
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..frames.escape import format_scalar
from ..frames.failures import attempt
from .finding import Finding, plural
from .pictures import with_picture
from .plain import class_name, is_of
from .words import quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .finding import Wish

_MAX_AXES = 12
_MAX_LEGEND = 12
_MAX_TITLE = 100
# Words for the artists that plots are made of; another keeps its class's name.
_WORDS = {
    "Line2D": "line",
    "PathCollection": "scatter",
    "Rectangle": "bar or rectangle",
    "Wedge": "wedge",
    "AxesImage": "image",
    "QuadMesh": "mesh",
    "LineCollection": "line collection",
    "FillBetweenPolyCollection": "filled area",
    "PolyCollection": "filled area",
    "Quiver": "arrow field",
}
# A label far outside would make the picture mostly empty; then the canvas alone is drawn.
_MOST_GROWTH = 2.0
_PAD_INCHES = 0.1


def figure_of(value: Any) -> Any:
    """The figure of a matplotlib figure, axes or seaborn grid; None for anything else."""
    if is_of(value, "matplotlib.figure", "FigureBase"):
        return value.get_figure(root=True)
    if is_of(value, "matplotlib.axes", "Axes"):
        return value.get_figure(root=True)
    return value.figure if is_of(value, "seaborn.axisgrid", "Grid") else None


def find(value: Any, wish: Wish) -> Finding:
    """The axes one by one, and at values their texts and the picture."""
    figure = figure_of(value)
    one = is_of(value, "matplotlib.axes", "Axes")
    axes = [value] if one else list(figure.axes)
    width, height = figure.get_size_inches()
    kind = "matplotlib axes" if one else "matplotlib figure"
    form = kind if one else f"{kind} with {plural(len(axes), 'axes')}"
    lines = [] if one else [f"{width:.4g} × {height:.4g} inches"]
    for number, each in enumerate(axes[:_MAX_AXES], 1):
        lines += attempt(lambda each=each, number=number: list(_axes(each, number, wish))) or [  # type: ignore[misc]
            f"axes {number}: could not be read"
        ]
    gone = len(axes) - _MAX_AXES
    left_out = (plural(gone, "further axes"),) if gone > 0 else ()
    found = Finding(kind, form, tuple(lines), left_out)
    if one and wish.texts and len(figure.axes) > 1:
        found = replace(found, lines=("the picture shows the whole figure", *found.lines))
    return with_picture(found, value, wish)


def drawn(figure: Any, longest_side: int) -> bytes:
    """The figure as PNG as a notebook would show it, no larger than allowed."""
    written = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about glyphs and layout; the user has seen them
        box = _box(figure)
        dpi = min(float(figure.dpi), longest_side / max(box.width, box.height, 1e-6))
        see_through = figure.get_facecolor()[3] == 0
        figure.savefig(
            written,
            format="png",
            dpi=dpi,
            bbox_inches=box,
            facecolor="white" if see_through else figure.get_facecolor(),
            transparent=False,
            metadata={"Software": None},
        )
    return written.getvalue()


def _box(figure: Any) -> Any:
    """What to draw, in inches: all there is, as a notebook does, unless that is out of measure."""
    width, height = (float(side) for side in figure.get_size_inches())
    boxes = sys.modules["matplotlib.transforms"].Bbox
    canvas = boxes.from_bounds(0, 0, width, height)
    tight = attempt(figure.get_tightbbox)
    if tight is None or not all(math.isfinite(side) for side in tight.extents):
        return canvas
    tight = tight.padded(_PAD_INCHES)
    grown = max(tight.width / width, tight.height / height)
    return tight if 0 < grown <= _MOST_GROWTH else canvas


def _axes(axes: Any, number: int, wish: Wish) -> Iterator[str]:
    words = [f"axes {number}:"]
    if wish.texts and axes.get_title():
        words.append(f"title {quote(axes.get_title(), _MAX_TITLE)},")
    words.append(", ".join(_axis(axes, letter, wish) for letter in ("x", "y")))
    yield " ".join(words)
    artists = ", ".join(_artists(axes))
    if artists:
        yield f"  shows {artists}"
    legend = axes.get_legend()
    if legend is not None:
        texts = [text.get_text() for text in legend.get_texts()]
        shown = ", ".join(quote(text) for text in texts[:_MAX_LEGEND])
        more = ", …" if len(texts) > _MAX_LEGEND else ""
        yield f"  legend of {plural(len(texts), 'entry')}{f': {shown}{more}' if wish.texts else ''}"


def _axis(axes: Any, letter: str, wish: Wish) -> str:
    label, scale = getattr(axes, f"get_{letter}label")(), getattr(axes, f"get_{letter}scale")()
    words = [letter]
    if label:
        words.append(quote(label, _MAX_TITLE))
    if scale != "linear":
        words.append(scale)
    if wish.figures:
        limits = map(float, getattr(axes, f"get_{letter}lim")())
        if "Date" in class_name(type(getattr(axes, f"{letter}axis").get_major_formatter())):
            dates = sys.modules["matplotlib.dates"]
            words.append("..".join(f"{dates.num2date(day):%Y-%m-%d}" for day in limits))
        else:
            words.append("..".join(map(format_scalar, limits)))
    return " ".join(words)


def _artists(axes: Any) -> Iterator[str]:
    """Kinds and counts, with the points of lines and scatters."""
    counts: Counter[str] = Counter()
    points: Counter[str] = Counter()
    for artist in (*axes.lines, *axes.collections, *axes.patches, *axes.images):
        name = class_name(type(artist))
        word = _WORDS.get(name, name)
        counts[word] += 1
        if word == "line":
            points[word] += len(artist.get_xdata(orig=False))
        elif word == "scatter":
            points[word] += len(artist.get_offsets())
    for word, count in counts.items():
        of = f" ({plural(points[word], 'point')})" if points[word] else ""
        yield plural(count, word) + of
