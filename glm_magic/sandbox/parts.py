"""The parts of a message that are not plain text: pictures, videos, files.

Limits are those of the vision schema and docs.z.ai/guides/vlm; nothing is ever fetched.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .refusals import refuse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..catalog import Model

_IMAGE_BYTES = 5 * 1024 * 1024
_DATA_URL = re.compile(r"data:([\w.+-]+/[\w.+-]+)?(?:;[\w=.+-]+)*,", re.ASCII)
_VISION_PARTS = ("text", "image_url", "video_url", "file", "file_url")
# The most pictures in one request; the guides name 50 for glm-4.5v and 150 for later ones.
_IMAGES = {"glm-4.5v": 50}
_IMAGES_LATER = 150


@dataclass(frozen=True, slots=True)
class Picture:
    """What can be said of a picture without looking at it.

    Attributes:
        mime_type: As the data URL names it; "" when it is not named.
        size_bytes: Decoded size; None for an address, which is not fetched.
    """

    mime_type: str
    size_bytes: int | None


def check_parts(content: Any, where: str, model: Model) -> None:
    """Refuse what the model cannot read.

    Args:
        content: The message's content.
        where: The message's place, for the refusal's text.
        model: Whose schema applies.

    Raises:
        Refused: A part is malformed, or of a type the model does not take.
    """
    if isinstance(content, str):
        return
    if not isinstance(content, list) or not all(isinstance(part, dict) for part in content):
        raise refuse("1214", f"{where}.content: must be a string or an array of parts.")
    kinds = [part.get("type") for part in content]
    allowed = _VISION_PARTS if model.images else ("text",)
    for index, kind in enumerate(kinds):
        if kind not in allowed:
            text = f"{where}.content[{index}].type: must be {' or '.join(allowed)}."
            raise refuse("1210", text)
    if kinds.count("image_url") > _IMAGES.get(model.id, _IMAGES_LATER):
        raise refuse("1210", f"{where}.content: too many images.")
    files = any(kind in ("file", "file_url") for kind in kinds)
    if files and any(kind in ("image_url", "video_url") for kind in kinds):
        raise refuse("1210", f"{where}.content: files do not mix with images or videos.")
    for index, part in enumerate(content):
        place = f"{where}.content[{index}]"
        if part["type"] == "text" and not isinstance(part.get("text"), str):
            raise refuse("1213", f"{place}.text: not received.")
        if part["type"] == "image_url":
            _check_picture(part, place)


def _check_picture(part: Mapping[str, Any], place: str) -> None:
    picture = picture_of(part)
    if picture is None:
        raise refuse("1210", f"{place}.image_url.url: neither an address nor base64 data.")
    if picture.size_bytes is not None and picture.size_bytes > _IMAGE_BYTES:
        raise refuse("1210", f"{place}.image_url.url: the image is larger than 5 MB.")


def picture_of(part: Mapping[str, Any]) -> Picture | None:
    """What an image part holds: an address, a data URL or bare base64; None when unreadable.

    White space in the base64 makes it unreadable, as was reported of the real service.
    """
    holder = part.get("image_url")
    url = holder.get("url") if isinstance(holder, dict) else None
    if not isinstance(url, str) or not url:
        return None
    if url.startswith(("http://", "https://")):
        return Picture("", None)
    head = _DATA_URL.match(url)
    try:
        data = base64.b64decode(url[head.end() if head else 0 :], validate=True)
    except (binascii.Error, ValueError):
        return None
    return Picture((head and head.group(1)) or "", len(data)) if data else None
