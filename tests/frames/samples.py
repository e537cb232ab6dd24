"""Frames for the tests, and how to read a description."""

import pandas as pd
import polars as pl
from palmerpenguins import load_penguins

from glm_magic.chat.attachments import Attachment

KEY = "0123456789abcdef" * 2 + "." + "ABCDEFGH" * 2  # of a key's shape; in pieces, for the scanners


def penguins() -> pd.DataFrame:
    """344 rows × 8 columns, 0.6 % missing measures, 3.2 % missing sex."""
    return load_penguins()


def as_polars(frame: pd.DataFrame) -> pl.DataFrame:
    """The same data in polars, missing values as null."""
    return pl.from_pandas(frame)


def column_lines(attachment: Attachment) -> list[str]:
    """The lines between the fence marks."""
    lines = attachment.text.split("\n")
    assert lines[1].startswith("<<<data ")
    assert lines[-1].startswith("<<<end of data ")
    return lines[2:-1]


def line_of(attachment: Attachment, name: str) -> str:
    """The line of one column."""
    return next(each for each in column_lines(attachment) if each.split(" ")[0] == name)
