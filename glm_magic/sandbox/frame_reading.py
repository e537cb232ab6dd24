"""The frame summary in a message, read back into columns, as far as it can be understood.

A summary is a fenced text with a header such as `penguins: pandas DataFrame, 344 rows × 8
columns` and one line per column, such as `body_mass_g f64 0.6% missing 2700..6300 mean 4202`.
The stand-in knows nothing else of the data. A line that cannot be read is left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_HEADER = re.compile(
    r"^\W{0,4}(?P<name>[^\s:`]{1,80}|`[^`]{1,80}`)`?: "
    r"(?P<kind>[A-Za-z_][\w ,.]{0,80}?)[,:;] *"
    r"(?P<rows>[\d,_ ]+|\?|\D{0,20}?) ?rows? ?[×x*,] ?(?P<columns>[\d,_]+|\?) columns?\b.*$",
    re.MULTILINE,
)
_BEGIN = re.compile(r"\n<<<data (?P<tag>\w+)[^\n]*>>>(?=\n|\Z)")
# A fence of another make, should the summary come from elsewhere.
_OTHER_FENCE = re.compile(r"^\s*(?:`{3,}|~{3,}|<{2,}|</?\w+[^>]*>)")
_ROWS = re.compile(r"the first (?:row|[\d,]+ rows) as CSV:")
_COLUMN = re.compile(r'^\s*(?:[-*] )?(?P<name>"(?:[^"\\]|\\.)+"|`[^`]+`|\S+?):? +(?P<rest>\S.*)$')
_DTYPE = re.compile(
    r"(?:[iuf]\d+|int|float|decimal|str|string|text|object|bool|boolean|cat|category|enum|"
    r"date|datetime|time|timestamp|duration|timedelta|list|array|struct|binary|null|unknown|mixed)"
    r"(?:\b|[\[(<])",
    re.IGNORECASE,
)
_FOLDED = re.compile(r"\([\d,]+ columns\)")  # x_001..x_400: no name of a column
_MISSING = re.compile(r"([\d.]+) ?% ?(?:missing|null)")
_RANGE = re.compile(r"(\S+?)\.\.(\S+)")
_MEAN = re.compile(r"(?:\bmean |~)(-?[\d.,e+]+)")
_DISTINCT = re.compile(r"(\d[\d,]*) distinct")
_VALUE = re.compile(
    r'("(?:[^"\\]|\\.)*"|[^\s:,;]+(?: [^\s\d:,;%]+)*?):? ?([\d.]+) ?%(?! ?(?:miss|null))'
)


@dataclass(frozen=True, slots=True)
class Column:
    """What a line of the summary says.

    Attributes:
        name: The column's name.
        dtype: As printed.
        kind: "number", "category", "date", "text" or "boolean".
        missing_percent: 0 when none are mentioned.
        low: Smallest value as printed, or "".
        high: Largest value as printed, or "".
        mean: As printed, or "".
        values: Frequent values as printed, with their shares.
    """

    name: str
    dtype: str
    kind: str
    missing_percent: float = 0.0
    low: str = ""
    high: str = ""
    mean: str = ""
    values: tuple[tuple[str, str], ...] = ()

    @property
    def splits(self) -> bool:
        """Whether rows can be grouped by it; a year or a grade is a number that can."""
        return self.kind in ("category", "boolean") or bool(self.values)


@dataclass(frozen=True, slots=True)
class FrameSummary:
    """One frame as it was described.

    Attributes:
        name: The variable's name.
        kind: For example "pandas DataFrame".
        rows: As printed, or "?".
        column_count: As printed, or "?".
        columns: Those whose line could be read.
        start: Where it begins in the message.
        end: Where it ends.
    """

    name: str
    kind: str
    rows: str
    column_count: str
    columns: tuple[Column, ...]
    start: int
    end: int

    def of_kind(self, *kinds: str) -> tuple[Column, ...]:
        """The columns of these kinds."""
        return tuple(column for column in self.columns if column.kind in kinds)


def read_frames(text: str) -> list[FrameSummary]:
    """All summaries in a text, in order; what stands inside one cannot pose as another."""
    frames: list[FrameSummary] = []
    place = 0
    while header := _HEADER.search(text, place):
        frames.append(_read(text, header))
        place = frames[-1].end
    return frames


def without_frames(text: str) -> str:
    """The text without its summaries and the fences around them."""
    kept: list[str] = []
    place = 0
    for frame in read_frames(text):
        before = text[place : frame.start].rstrip("\n")
        line_start = before.rfind("\n") + 1
        if _OTHER_FENCE.match(before[line_start:]):
            before = before[:line_start]
        kept.append(before)
        rest = text[frame.end :].lstrip("\n")
        line, _, after = rest.partition("\n")
        place = len(text) - len(after if _OTHER_FENCE.match(line) else rest)
    return "\n".join([*kept, text[place:]]).strip()


def _read(text: str, header: re.Match[str]) -> FrameSummary:
    inside, end = _extent(text, header.end())
    columns: list[Column] = []
    for line in inside.splitlines():
        if _ROWS.match(line):
            break
        if column := _column(line.rstrip()):
            columns.append(column)
    rows = header["rows"].strip() or "?"
    return FrameSummary(
        name=header["name"].strip("`"),
        kind=header["kind"].strip(),
        rows=rows if rows[0].isdigit() else "?",
        column_count=header["columns"],
        columns=tuple(columns),
        start=header.start(),
        end=end,
    )


def _extent(text: str, place: int) -> tuple[str, int]:
    """The lines of a summary, and where it ends: at its own mark, else at a blank line."""
    if begin := _BEGIN.match(text, place):
        mark = f"\n<<<end of data {begin['tag']}>>>"
        found = text.find(mark, begin.end())
        if found >= 0:
            return text[begin.end() : found], found + len(mark)
        place = begin.end()
    end = place
    for line in text[place + 1 :].splitlines(keepends=True):
        if not line.strip() or _OTHER_FENCE.match(line) or _HEADER.match(line):
            break
        end += len(line)
    return text[place : end + 1], min(len(text), end + 1)


def _column(line: str) -> Column | None:
    parts = _COLUMN.match(line)
    if parts is None:
        return None
    dtype, _, rest = parts["rest"].partition(" ")
    dtype = dtype.rstrip(",;:")
    if not _DTYPE.match(dtype) or _FOLDED.search(rest):
        return None
    missing, spread = _MISSING.search(rest), _RANGE.search(rest)
    mean, distinct = _MEAN.search(rest), _DISTINCT.search(rest)
    shares = rest[distinct.end() :] if distinct else _MISSING.sub("", rest)
    values = tuple((value.strip('"'), share) for value, share in _VALUE.findall(shares))
    return Column(
        name=_unquoted(parts["name"]),
        dtype=dtype,
        kind=_kind(dtype.lower(), bool(values or distinct), _MISSING.sub("", rest).strip()),
        missing_percent=float(missing[1]) if missing else 0.0,
        low=spread[1] if spread else "",
        high=spread[2].rstrip(",;") if spread else "",
        mean=mean[1].rstrip(",.") if mean else "",
        values=values,
    )


def _unquoted(name: str) -> str:
    if len(name) > 1 and name[0] == name[-1] and name[0] in '"`':
        return re.sub(r"\\(.)", r"\1", name[1:-1])
    return name


def _kind(dtype: str, few_values: bool, facts: str) -> str:
    if dtype.startswith(("date", "time")):
        return "date"
    if dtype.startswith("bool") or "Python types bool" in facts:
        return "boolean"
    if dtype.startswith(("cat", "enum")):
        return "category"
    if re.match(r"[iuf]\d|int|float|decimal|duration", dtype):
        return "number"
    # At level "schema" nothing is said of a text; it may well be a category.
    return "category" if few_values or (dtype.startswith("str") and not facts) else "text"
