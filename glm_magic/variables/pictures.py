"""Pictures for models that read them: small enough for the wire, the same bytes each time.

The wire takes PNG and JPEG up to 5 MB and 6,000 pixels a side. A picture is drawn anew from its
pixels, so nothing of a file's metadata (place, camera, time, thumbnail) goes along.
"""

from __future__ import annotations

import base64
import hashlib
import io
import sys
import warnings
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import FrameError, GLMError
from .finding import Finding
from .plain import class_name, full_name, is_a, is_of

if TYPE_CHECKING:
    from .finding import Wish

LONGEST_SIDE = 1568  # 56 patches of 28 pixels; models shrink what is larger
MAX_BYTES = 4_000_000
_MAX_PIXELS = 64_000_000  # of the original: more is a bomb, or needs gigabytes
_FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
_QUALITIES = (90, 75, 60, 40)
# GLM-4.5V makes a token of 28 × 28 pixels (its published vision configuration).
_PIXELS_PER_TOKEN = 28
_PIXEL_MODES = {2: "L", 3: "RGB", 4: "RGBA"}  # by dimensions or channels


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that can be sent.

    Attributes:
        name: The variable's name.
        kind: What it was: "matplotlib figure", "PIL image", "PNG file".
        url: A `data:` URL of PNG or JPEG.
        width: Pixels.
        height: Pixels.
        bytes: Size before base64.
        digest: SHA-256 of those bytes, hexadecimal.
        tokens: Estimated tokens.
    """

    name: str
    kind: str
    url: str
    width: int
    height: int
    bytes: int
    digest: str
    tokens: int

    @property
    def size(self) -> str:
        """Width and height for a reader."""
        return f"{self.width:,} × {self.height:,}"

    @property
    def line(self) -> str:
        """What the text says of it; another picture makes another text."""
        return f"picture attached: {self.size} pixels, {self.digest[:8]}"


def picture(value: Any, name: str) -> Picture:
    """See `glm_magic.variables.picture`."""
    from .figures import drawn, figure_of

    try:
        figure = figure_of(value)
        if figure is not None:
            # Rounded up, a side could be a pixel too long, and would be scaled.
            png = io.BytesIO(drawn(figure, LONGEST_SIDE - 2))
            return encoded(_opened(png), name, "matplotlib figure")
        if is_of(value, "PIL.Image", "Image"):
            return encoded(value, name, "PIL image")
        if is_a(value, bytes, bytearray):
            return encoded(_opened(io.BytesIO(value)), name, "picture file")
        if is_a(value, Path) and value.is_file():
            with value.open("rb") as file:
                return encoded(_opened(file), name, "picture file")
        pixels = _pixels(value)
        if pixels is not None:
            return encoded(pixels, name, "array of pixels")
    except GLMError:
        raise
    except Exception as error:
        message = f"{name} cannot be read as a picture: {class_name(type(error))}."
        raise FrameError(message, "Check that it shows in a cell of its own.") from error
    message = f"{name} is a {full_name(type(value))}, which is no picture."
    remedy = "Pass a matplotlib figure, a PIL image, or a PNG or JPEG file as pathlib.Path(...)."
    raise FrameError(message, remedy)


def find(value: Any, wish: Wish) -> Finding:
    """A PIL image: its size and mode, and at values the picture itself."""
    width, height = value.size
    form = f"{width:,} × {height:,} {value.mode}"
    return with_picture(Finding("PIL image", f"PIL image {form}"), value, wish)


def with_picture(found: Finding, value: Any, wish: Wish) -> Finding:
    """The finding with a picture of the value, where the level and the model allow it."""
    if not wish.texts:
        return found
    if not wish.pictures:
        note = "The picture was not sent: the model reads no pictures; one with a v, such as "
        return replace(found, notes=(*found.notes, f"{note}glm-4.5v, does."))
    try:
        made = wish.picture or picture(value, wish.name)
    except FrameError as error:
        return replace(found, notes=(*found.notes, error.message))
    return replace(found, picture=made, lines=(made.line, *found.lines))


def encoded(image: Any, name: str, kind: str) -> Picture:
    """A PIL image within the bounds: PNG, or JPEG where PNG would be too large."""
    width, height = image.size
    if width * height > _MAX_PIXELS or not width or not height:
        message = f"{name} has {width:,} × {height:,} pixels."
        raise FrameError(message, "Make it smaller first, for example with image.resize(...).")
    small = _flat(_shrunk(image))
    data, mime = _saved(small, format="PNG"), "image/png"
    for quality in _QUALITIES:
        if len(data) <= MAX_BYTES:
            break
        opaque = _on_white(small)
        data, mime = _saved(opaque, format="JPEG", quality=quality), "image/jpeg"
    width, height = small.size
    url = f"data:{mime};base64,{base64.b64encode(data).decode()}"
    tokens = -(-width // _PIXELS_PER_TOKEN) * -(-height // _PIXELS_PER_TOKEN)
    digest = hashlib.sha256(data).hexdigest()
    return Picture(name, kind, url, width, height, len(data), digest, tokens)


def _opened(file: Any) -> Any:
    """A picture file, its pixels not read yet; only known formats are tried."""
    try:
        images = import_module("PIL.Image")
    except ImportError:
        message = "Pictures need Pillow, which is not installed."
        raise FrameError(message, "pip install pillow") from None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own limits are looser than ours
        return images.open(file, formats=_FORMATS)


def _shrunk(image: Any) -> Any:
    """At most so many pixels a side; a JPEG is read small at once, and turned as it was held."""
    operations = import_module("PIL.ImageOps")
    longest = max(image.size)
    if longest > LONGEST_SIDE:
        share = LONGEST_SIDE / longest
        size = tuple(max(1, round(side * share)) for side in image.size)
        image.draft(None, size)
        image = _plain_mode(image).resize(size, reducing_gap=3.0)
    return operations.exif_transpose(image)


def _flat(image: Any) -> Any:
    """The pixels alone, in a mode that both formats of the wire can hold."""
    image = _plain_mode(image)
    return sys.modules["PIL.Image"].frombytes(image.mode, image.size, image.tobytes())


def _plain_mode(image: Any) -> Any:
    if image.mode in ("L", "RGB", "RGBA"):
        return image
    if image.mode in ("I", "F") or image.mode.startswith("I;"):
        return _scaled(image)
    has_alpha = image.mode in ("LA", "PA", "La", "RGBa") or "transparency" in image.info
    return image.convert("RGBA" if has_alpha else "RGB" if image.mode != "1" else "L")


def _scaled(image: Any) -> Any:
    """More than 256 shades of grey, from the darkest to the brightest that occur."""
    low, high = image.getextrema()
    factor = 255 / ((high - low) or 1)
    return image.convert("F").point(lambda shade: shade * factor - low * factor).convert("L")


def _on_white(image: Any) -> Any:
    if image.mode != "RGBA":
        return image
    white = sys.modules["PIL.Image"].new("RGB", image.size, "white")
    white.paste(image, mask=image.getchannel("A"))
    return white


def _saved(image: Any, **options: Any) -> bytes:
    written = io.BytesIO()
    image.save(written, **options)
    return written.getvalue()


def _pixels(value: Any) -> Any:
    """A PIL image of an array of bytes: rows × columns, perhaps × 3 or 4 channels; or None."""
    if not is_of(value, "numpy", "ndarray"):
        return None
    from .dtypes import base_array

    array = base_array(value)
    channels = array.shape[2] if array.ndim == 3 else array.ndim
    if array.ndim not in (2, 3) or channels not in (_PIXEL_MODES if array.ndim == 3 else (2,)):
        return None
    if array.dtype.kind != "u" or array.dtype.itemsize != 1 or (array.ndim == 3 and channels == 2):
        return None
    return import_module("PIL.Image").fromarray(array)
