"""What goes along with a prompt, and what the user is told about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Attachment:
    """A named piece of the user's namespace, as the model will read it.

    Attributes:
        name: The variable's name, as the user knows it.
        kind: What it is, for example "pandas DataFrame".
        level: How much is shown: "schema", "stats", "values" or "rows".
        text: The exact text that is sent.
        digest: SHA-256 of the text, hexadecimal; equal text has an equal digest.
        tokens: Estimated tokens of the text.
        rows_sent: How many raw rows the text holds; 0 unless the user asked for rows.
        shape: (rows, columns); None where a dimension is not known without reading all data.
        notes: What was left out or could not be described, one sentence each.
    """

    name: str
    kind: str
    level: str
    text: str
    digest: str
    tokens: int
    rows_sent: int = 0
    shape: tuple[int | None, int | None] = (None, None)
    notes: tuple[str, ...] = ()

    def label(self) -> str:
        """One phrase for the footer: "penguins (344 x 8, values)"."""
        rows, columns = (("?" if n is None else f"{n:,}") for n in self.shape)
        shown = f"{self.rows_sent} raw rows" if self.rows_sent else self.level
        return f"{self.name} ({rows} × {columns}, {shown})"
