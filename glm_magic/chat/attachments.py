"""What goes along with a prompt, and what the user is told about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Attachment:
    """A named piece of the user's namespace, as the model will read it.

    Attributes:
        name: The variable's name, as the user knows it.
        kind: What it is, for example "pandas DataFrame" or "picture".
        level: How much is shown: "schema", "stats", "values" or "rows".
        text: The exact text that is sent.
        digest: SHA-256 of the text, hexadecimal; equal text has an equal digest.
        tokens: Estimated tokens of the text.
        rows_sent: How many raw rows the text holds; 0 unless the user asked for rows.
        shape: (rows, columns); None where a dimension is not known without reading all data.
        notes: What was left out or could not be described, one sentence each.
        form: What it is with its size, for what is no table: "numpy array 1,000 × 20 f64".
        image: A picture of it as a data URL, for models that read pictures; "" for none.
        image_digest: SHA-256 of that URL, hexadecimal, which stays when the picture is not kept.
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
    form: str = ""
    image: str = ""
    image_digest: str = ""

    def label(self) -> str:
        """One phrase for the footer: "penguins (344 × 8, values)", "model (sklearn Pipeline)"."""
        if self.form or self.shape == (None, None):
            return f"{self.name} ({self.form or self.kind})"
        rows, columns = (("?" if n is None else f"{n:,}") for n in self.shape)
        shown = f"{self.rows_sent} raw rows" if self.rows_sent else self.level
        return f"{self.name} ({rows} × {columns}, {shown})"

    def told(self) -> list[str]:
        """Its notes, each with the name of what it is about."""
        return [f"{self.name}: {note}" for note in self.notes]
