"""Pictures: small enough for the wire, the same bytes each time, nothing of a file's metadata."""

import base64
import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from PIL import Image, PngImagePlugin

from glm_magic.errors import FrameError
from glm_magic.variables import describe, describe_picture, picture

from .samples import label, told

mpl.use("agg")

from matplotlib import pyplot as plt
from matplotlib.artist import Artist

SIDE, BYTES = 1568, 4_000_000


@pytest.fixture
def figure() -> Any:
    """Two axes: a line with a legend, and points on a logarithmic scale."""
    made, (left, right) = plt.subplots(1, 2)
    left.plot([1, 2, 3], [1, 4, 9], label="squares")
    left.legend()
    left.set(title="Growth", xlabel="day")
    right.scatter([1, 2], [10, 1000])
    right.set_yscale("log")
    right.set(ylim=(1, 10_000), xlim=(0, 3))
    yield made
    plt.close("all")


class Broken(Artist):
    """An artist that fails when it is drawn."""

    def draw(self, *_: Any) -> None:
        """Fails."""
        raise RuntimeError


def opened(url: str) -> Any:
    """The picture in a data URL."""
    head, _, data = url.partition(",")
    assert head in ("data:image/png;base64", "data:image/jpeg;base64")
    return Image.open(io.BytesIO(base64.b64decode(data, validate=True)))


def test_a_figure_is_told_and_shown(figure: Any) -> None:
    """The text says what is drawn, and the picture goes along."""
    attachment = describe(figure, "fig")
    image = opened(attachment.image)
    assert attachment.kind == "picture"
    assert attachment.label() == f"fig (picture {image.width:,} × {image.height:,})"
    lines = told(figure)
    assert lines[0].startswith(f"picture attached: {image.width:,} × {image.height:,} pixels, ")
    assert lines[1:] == [
        "6.4 × 4.8 inches",
        'axes 1: title "Growth", x "day" 0.9..3.1, y 0.6..9.4',
        "  shows 1 line (3 points)",
        '  legend of 1 entry: "squares"',
        "axes 2: x 0..3, y log 1..10000",
        "  shows 1 scatter (2 points)",
    ]


def test_a_figure_keeps_to_its_level(figure: Any) -> None:
    """Below values there is no picture, and no title or legend, which may be data."""
    for level in ("schema", "stats"):
        attachment = describe(figure, "fig", level=level)
        assert attachment.image == ""
        assert "Growth" not in attachment.text
        assert "squares" not in attachment.text
    assert 'axes 1: x "day", y' in told(figure, level="schema")
    assert label(figure, "fig", level="stats") == "fig (matplotlib figure with 2 axes)"


def test_a_model_that_reads_no_pictures_gets_the_text(figure: Any) -> None:
    """Without pictures none is made, and the user is told."""
    attachment = describe(figure, "fig", pictures=False)
    assert attachment.image == ""
    assert "picture" not in attachment.text
    assert "The picture was not sent" in attachment.notes[0]


def test_axes_show_their_figure(figure: Any) -> None:
    """One of several axes is told alone, and shown with the others."""
    lines = told(figure.axes[1])
    assert lines[1:3] == ["the picture shows the whole figure", "axes 1: x 0..3, y log 1..10000"]
    assert picture(figure.axes[1], "ax").digest == picture(figure, "fig").digest


def test_dates_on_an_axis_are_dates() -> None:
    """The range of a date axis is told in days, not in numbers since 1970."""
    made, axes = plt.subplots()
    axes.plot(np.array(["2020-01-01", "2020-03-01"], "M8[D]"), [1, 2])
    axes.set_xlim(np.datetime64("2020-01-01"), np.datetime64("2020-03-01"))
    plt.close(made)
    assert "x 2020-01-01..2020-03-01" in told(made)[2]


@pytest.mark.parametrize("layout", [None, "tight", "constrained"])
def test_the_same_figure_gives_the_same_bytes(layout: str | None) -> None:
    """Drawn twice, a figure is the same picture, and it is left as it was."""
    made, axes = plt.subplots(layout=layout)
    axes.plot([1, 2])
    axes.set_xlabel("x")
    plt.close(made)
    made.draw_without_rendering()
    before = (made.dpi, made.get_facecolor(), made.canvas, tuple(made.get_size_inches()))
    first, second = picture(made, "fig"), picture(made, "fig")
    assert first.url == second.url
    assert before == (made.dpi, made.get_facecolor(), made.canvas, tuple(made.get_size_inches()))


CODE = """
import matplotlib
matplotlib.use("agg")
from matplotlib import pyplot
from glm_magic.variables import describe
figure, axes = pyplot.subplots()
for name in ("b", "a"):
    axes.plot([1, 2, 3], label=name)
axes.legend()
print(describe(figure, "figure").digest, describe(figure, "figure").image_digest)
"""


def test_another_interpreter_draws_the_same() -> None:
    """Neither the time nor the hash seed is in a picture."""
    digests = {
        subprocess.run(
            [sys.executable, "-c", CODE],
            check=True, capture_output=True, text=True, cwd=Path(__file__).parents[2],
            env={"PATH": "", "PYTHONHASHSEED": seed, "MPLCONFIGDIR": str(mpl.get_configdir())},
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(digests) == 1


@pytest.mark.parametrize("size", [(4, 3), (60, 40), (1, 300), (150, 200)])
def test_a_figure_of_any_size_is_within_bounds(size: tuple[int, int]) -> None:
    """A huge figure is drawn at a lower resolution, not drawn huge and then made small."""
    made = plt.figure(figsize=size)
    made.add_subplot().plot([1, 2])
    plt.close(made)
    got = picture(made, "fig")
    assert max(got.width, got.height) <= SIDE
    assert got.bytes <= BYTES


def test_a_legend_beside_the_axes_is_in_the_picture_and_a_lost_label_is_not() -> None:
    """What stands beside the canvas is drawn, as a notebook does, unless it is far away."""
    made, axes = plt.subplots(figsize=(4, 3))
    plt.close(made)
    axes.plot([1], label="a")
    narrow = picture(made, "fig").width
    axes.legend(bbox_to_anchor=(1.4, 1))
    assert picture(made, "fig").width > narrow
    axes.text(1000, 1000, "far away", transform=axes.transAxes)
    assert picture(made, "fig").width == 400


def test_a_transparent_figure_is_drawn_on_white() -> None:
    """Black text on nothing would be black on black to a model."""
    made = plt.figure(facecolor="none")
    plt.close(made)
    assert opened(picture(made, "fig").url).getpixel((0, 0)) == (255, 255, 255, 255)


def test_a_figure_that_cannot_be_drawn_is_told_without_a_picture() -> None:
    """An artist that fails costs the picture, not the question."""
    made, axes = plt.subplots()
    plt.close(made)
    axes.add_artist(Broken())
    attachment = describe(made, "fig")
    assert attachment.image == ""
    assert attachment.notes == ("fig cannot be read as a picture: RuntimeError.",)
    assert "axes 1" in attachment.text


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I", "F", "I;16"])
def test_every_kind_of_image_can_be_sent(mode: str) -> None:
    """Whatever the mode, the picture is there, with its size."""
    image = Image.new(mode, (40, 30))
    attachment = describe(image, "img")
    assert attachment.label() == "img (picture 40 × 30)"
    assert opened(attachment.image).size == (40, 30)


def test_sixteen_bits_of_grey_are_not_all_white() -> None:
    """Deep shades of grey are scaled to what a PNG of 8 bits shows."""
    image = Image.fromarray(np.array([[0, 30_000], [60_000, 15_000]], "uint16"))
    sent = opened(picture(image, "img").url)
    assert [sent.getpixel(at) for at in ((0, 0), (1, 0), (0, 1))] == [0, 127, 255]


def test_noise_is_sent_as_jpeg() -> None:
    """Where PNG is too large for the wire, JPEG is not."""
    noise = np.random.default_rng(0).integers(0, 255, (1568, 1568, 3), dtype="uint8")
    got = picture(Image.fromarray(noise), "img")
    assert got.url.startswith("data:image/jpeg;base64,")
    assert got.bytes <= BYTES
    assert got.tokens == 56 * 56


@pytest.mark.parametrize("sort", ["PNG", "JPEG", "GIF", "WEBP"])
def test_files_are_sent_without_their_metadata(sort: str, tmp_path: Path) -> None:
    """A picture file, as bytes or as a path, loses comments, place and camera on the way."""
    image = Image.new("RGB", (3000, 20), "red")
    exif = Image.Exif()
    exif[0x010E] = "SECRET PLACE"
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", "SECRET PLACE")
    extra = {"GIF": {"comment": b"SECRET PLACE"}, "PNG": {"pnginfo": notes, "exif": exif}}
    path = tmp_path / f"photo.{sort.lower()}"
    image.save(path, sort, **extra.get(sort, {"exif": exif}))
    assert b"SECRET PLACE" in path.read_bytes()
    for value in (path, path.read_bytes()):
        attachment = describe(value, "photo")
        sent = opened(attachment.image)
        assert attachment.label() == f"photo (picture 1,568 × {sent.height})"
        assert b"SECRET" not in base64.b64decode(attachment.image.partition(",")[2])
        assert sent.info == {} or set(sent.info) <= {
            "jfif",
            "jfif_version",
            "jfif_unit",
            "jfif_density",
        }
    assert label(path, "photo", level="schema").startswith("photo (PosixPath")


def test_a_photo_is_sent_upright(tmp_path: Path) -> None:
    """A photo that was taken on its side is turned, as every viewer does."""
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (40, 20)).save(tmp_path / "a.jpg", exif=exif)
    assert picture(tmp_path / "a.jpg", "a").size == "20 × 40"


def test_pixels_in_an_array_are_a_picture_when_asked() -> None:
    """Bytes in rows and columns can be sent as a picture; an array by itself is numbers."""
    for shape in ((20, 30), (20, 30, 3), (20, 30, 4)):
        assert picture(np.zeros(shape, "uint8"), "a").size == "30 × 20"
        attachment = describe_picture(np.zeros(shape, "uint8"), "a")
        assert attachment.label() == "a (picture 30 × 20)"
        assert opened(attachment.image).size == (30, 20)
    assert describe(np.zeros((20, 30, 3), "uint8"), "a").image == ""


@pytest.mark.parametrize(
    "value",
    [
        "a.png",
        {},
        np.zeros(3),
        np.zeros((3, 3, 2), "uint8"),
        b"\x89PNG\r\n\x1a\nbroken",
        Path("no.png"),
    ],
)
def test_what_is_no_picture_is_an_error(value: Any) -> None:
    """The error names the variable and says what can be passed."""
    with pytest.raises(FrameError, match=r"^x ") as caught:
        picture(value, "x")
    assert caught.value.remedy


def test_who_asks_for_a_picture_gets_one_or_an_error(figure: Any) -> None:
    """A picture that was asked for is the one that comes unasked; a table is none."""
    assert describe_picture(figure, "fig") == describe(figure, "fig")
    with pytest.raises(FrameError, match="which is no picture"):
        describe_picture(pd.DataFrame({"a": [1]}), "table")


def test_a_bomb_is_not_unpacked() -> None:
    """A small file with a gigapixel in it is refused by its header."""
    written = io.BytesIO()
    Image.new("1", (12_000, 12_000)).save(written, "PNG")
    attachment = describe(written.getvalue(), "bomb")
    assert attachment.image == ""
    assert attachment.notes == ("bomb has 12,000 × 12,000 pixels.",)


def test_without_pillow_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture file needs Pillow to be read, and the note says so."""
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    attachment = describe(b"\x89PNG\r\n\x1a\n", "photo")
    assert attachment.notes == ("Pictures need Pillow, which is not installed.",)
