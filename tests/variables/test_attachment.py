"""How an attachment tells of itself, and how it is kept."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
from PIL import Image

from glm_magic.chat.attachments import Attachment
from glm_magic.chat.messages import Message
from glm_magic.chat.records import asked, turn_from
from glm_magic.chat.turns import Turn, begin
from glm_magic.variables import describe


def turn_with(*attachments: Attachment, images: tuple[str, ...]) -> Turn:
    """A turn that sent these."""
    text = "\n\n".join([*(one.text for one in attachments), "What is this?"])
    return begin(
        cell=None, provider="zai", model="glm-4.5v", prompt="What is this?",
        attachments=attachments, user=Message("user", text, images=images), request_digest="",
    )  # fmt: skip


def test_labels_read_well() -> None:
    """A table is told by its shape and level, anything else by what it is."""
    assert describe(pd.DataFrame({"a": [1, 2]}), "t").label() == "t (2 × 1, values)"
    assert describe(np.zeros((1000, 20)), "x").label() == "x (numpy array 1,000 × 20 f64)"
    assert describe("hello", "s").label() == "s (str, 5 characters)"
    assert Attachment("last cells", "code and output", "cells", "", "", 0).label() == (
        "last cells (code and output)"
    )


def test_a_picture_is_kept_once_and_found_again() -> None:
    """The record of a turn holds a picture's bytes once; the attachment finds them by digest."""
    one = describe(Image.new("RGB", (30, 20), "red"), "one")
    two = describe(Image.new("RGB", (30, 20), "blue"), "two")
    turn = turn_with(one, two, images=(one.image, "https://example.org/a.png", two.image))
    record = json.loads(json.dumps(asked(turn)))
    assert json.dumps(record).count(one.image) == 1
    assert "image" not in record["attached"][0]
    found = turn_from(record)
    assert [each.image for each in found.attachments] == [one.image, two.image]
    assert [each.label() for each in found.attachments] == [one.label(), two.label()]
    assert replace(found.attachments[0], text=one.text) == one


def test_a_picture_that_was_not_kept_is_known_by_its_digest() -> None:
    """Without the images, as in a notebook's metadata, the digest and the label remain."""
    one = describe(Image.new("RGB", (30, 20), "red"), "one")
    record = asked(turn_with(one, images=(one.image,)))
    del record["images"]
    found = turn_from(record).attachments[0]
    assert found.image == ""
    assert found.image_digest == one.image_digest
    assert found.label() == "one (picture 30 × 20)"
    record["images"] = [7, None, {}]  # from a stranger's file
    assert turn_from(record).attachments[0].image == ""


def test_another_picture_is_another_text() -> None:
    """Two pictures of one size differ in the text too, so a question with them is not the same."""
    red, blue = (describe(Image.new("RGB", (30, 20), colour), "p") for colour in ("red", "blue"))
    assert red.digest != blue.digest


def test_records_without_pictures_are_as_before() -> None:
    """An attachment of a table has no new field in its record."""
    record = asked(turn_with(describe(pd.DataFrame({"a": [1]}), "t"), images=()))
    assert set(record["attached"][0]) == {"name", "kind", "level", "digest", "tokens", "shape"}
