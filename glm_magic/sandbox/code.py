"""Code the stand-in offers: small, runnable, for pandas or polars as the frame's kind says.

Column names come from a message, so they enter the code as string literals only.
"""

from __future__ import annotations

import json
import keyword
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .frame_reading import Column, FrameSummary

# How to get a pandas frame of kinds other than these two; only as much as fits into memory.
_TO_PANDAS = {
    "pyarrow": "{name}.to_pandas()",
    "duckdb": "{name}.df()",
    "ibis": "{name}.limit(100_000).to_pandas()",
    "pyspark": "{name}.limit(100_000).toPandas()",
    "dask": "{name}.head(100_000, npartitions=-1)",
}


def literal(value: str | Sequence[str]) -> str:
    """A string, or a list of them, as Python source in double quotes."""
    return json.dumps(value, ensure_ascii=False)


def fence(*lines: str) -> str:
    """The lines as a Python code block."""
    return "\n".join(["```python", *lines, "```"])


def is_polars(frame: FrameSummary) -> bool:
    """Whether the code is written for polars."""
    return "polars" in frame.kind.lower()


def opening(frame: FrameSummary) -> tuple[list[str], str]:
    """Lines that make the frame ready, and the name the rest of the code calls it by."""
    name = frame.name
    if not name.isidentifier() or keyword.iskeyword(name):
        return ["frame = ...  # put your frame here"], "frame"
    kind = frame.kind.lower()
    for library, expression in _TO_PANDAS.items():
        if library in kind:
            return [f"data = {expression.format(name=name)}"], "data"
    if "lazyframe" in kind:
        return [f"data = {name}.collect()"], "data"
    if "series" in kind:
        return [f"data = {name}.to_frame()"], "data"
    return [], name


def compare(frame: FrameSummary, group: Column, number: Column) -> str:
    """Means and spread of a number by group, and a box plot."""
    lines, name = opening(frame)
    by, value = literal(group.name), literal(number.name)
    title = literal(f"{number.name} by {group.name}")
    if is_polars(frame):
        return fence(
            "import matplotlib.pyplot as plt",
            "import polars as pl",
            "",
            *lines,
            f"kept = {name}.drop_nulls([{by}, {value}])",
            f"summary = kept.group_by({by}).agg(",
            '    pl.len().alias("count"),',
            f'    pl.col({value}).mean().alias("mean"),',
            f'    pl.col({value}).std().alias("std"),',
            ').sort("mean", descending=True)',
            "print(summary)",
            "",
            f"names = summary[{by}].to_list()",
            f"groups = [kept.filter(pl.col({by}) == n)[{value}].to_list() for n in names]",
            "figure, axes = plt.subplots()",
            "axes.boxplot(groups)",
            "axes.set_xticks(range(1, len(names) + 1), [str(n) for n in names])",
            f"axes.set_title({title})",
        )
    return fence(
        *lines,
        f"kept = {name}.dropna(subset=[{by}, {value}])",
        f"groups = kept.groupby({by}, observed=True)[{value}]",
        'summary = groups.agg(["count", "mean", "std"]).sort_values("mean", ascending=False)',
        "print(summary.round(2))",
        "",
        'gap = summary["mean"].max() - summary["mean"].min()',
        'print(f"largest gap between means: {gap:.2f}, "',
        "      f\"or {gap / summary['std'].mean():.1f} times the spread within a group\")",
        "",
        f"axes = kept.boxplot(column={value}, by={by}, grid=False)",
        f"axes.set_title({title})",
        'axes.get_figure().suptitle("")',
    )


def relate(frame: FrameSummary, across: Column, up: Column, colour: Column | None = None) -> str:
    """Correlation of two numbers, and a scatter plot."""
    lines, name = opening(frame)
    x, y = literal(across.name), literal(up.name)
    if is_polars(frame):
        return fence(
            "import matplotlib.pyplot as plt",
            "import polars as pl",
            "",
            *lines,
            f"kept = {name}.drop_nulls([{x}, {y}])",
            f"print(kept.select(pl.corr({x}, {y})))",
            "",
            "figure, axes = plt.subplots()",
            f"axes.scatter(kept[{x}], kept[{y}], alpha=0.6)",
            f"axes.set_xlabel({x})",
            f"axes.set_ylabel({y})",
        )
    if colour is None:
        plot = [f"axes = kept.plot.scatter(x={x}, y={y}, alpha=0.6)"]
    else:
        plot = [
            "axes = None",
            f"parts = kept.groupby({literal(colour.name)}, observed=True)",
            "for n, (label, part) in enumerate(parts):",
            '    style = {"color": f"C{n}", "label": str(label), "ax": axes}',
            f"    axes = part.plot.scatter(x={x}, y={y}, **style)",
        ]
    return fence(
        *lines,
        f"kept = {name}.dropna(subset=[{x}, {y}])",
        f"print(kept[[{x}, {y}]].corr().round(2))",
        "",
        *plot,
    )


def spread(frame: FrameSummary, number: Column) -> str:
    """One number: its quantiles and a histogram."""
    lines, name = opening(frame)
    value = literal(number.name)
    if is_polars(frame):
        return fence(
            "import matplotlib.pyplot as plt",
            "",
            *lines,
            f"values = {name}[{value}].drop_nulls()",
            "print(values.describe())",
            "",
            "figure, axes = plt.subplots()",
            "axes.hist(values.to_list(), bins=30)",
            f"axes.set_xlabel({value})",
        )
    return fence(
        *lines,
        f"values = {name}[{value}].dropna()",
        "print(values.describe())",
        "",
        f"axes = values.plot.hist(bins=30, title={value})",
        f"axes.set_xlabel({value})",
    )


def counts(frame: FrameSummary, group: Column) -> str:
    """One category: how often each value occurs."""
    lines, name = opening(frame)
    by = literal(group.name)
    if is_polars(frame):
        return fence(
            "import matplotlib.pyplot as plt",
            "",
            *lines,
            f'table = {name}.drop_nulls({by}).group_by({by}).len().sort("len", descending=True)',
            "print(table)",
            "",
            "figure, axes = plt.subplots()",
            f'axes.bar([str(n) for n in table[{by}]], table["len"].to_list())',
            f"axes.set_title({by})",
        )
    return fence(
        *lines,
        f"table = {name}[{by}].value_counts()",
        "print(table)",
        "",
        f"axes = table.plot.bar(title={by}, rot=0)",
    )


def over_time(frame: FrameSummary, moment: Column, number: Column) -> str:
    """A number along a date."""
    lines, name = opening(frame)
    when, value = literal(moment.name), literal(number.name)
    if is_polars(frame):
        return fence(
            "import matplotlib.pyplot as plt",
            "",
            *lines,
            f"kept = {name}.drop_nulls([{when}, {value}]).sort({when})",
            "figure, axes = plt.subplots()",
            f"axes.plot(kept[{when}].to_list(), kept[{value}].to_list())",
            f"axes.set_ylabel({value})",
        )
    return fence(
        *lines,
        f"kept = {name}.dropna(subset=[{when}, {value}]).sort_values({when})",
        f"axes = kept.plot(x={when}, y={value}, legend=False)",
        f"axes.set_ylabel({value})",
    )


def missing(frame: FrameSummary) -> str:
    """Missing values by column."""
    lines, name = opening(frame)
    if is_polars(frame):
        return fence(
            *lines,
            f"gaps = {name}.null_count()",
            'table = gaps.transpose(include_header=True, column_names=["missing"])',
            'print(table.sort("missing", descending=True))',
        )
    return fence(
        *lines,
        f"table = {name}.isna().sum().sort_values(ascending=False)",
        "print(table[table > 0])",
        f'print(f"{{{name}.isna().any(axis=1).sum()}} of {{len({name})}} rows have a gap")',
    )


def clean(frame: FrameSummary, needed: Sequence[Column]) -> str:
    """A copy without doubled rows and without gaps in the columns that are needed."""
    lines, name = opening(frame)
    names = [column.name for column in needed]
    if is_polars(frame):
        return fence(
            *lines,
            f"cleaned = {name}.unique(maintain_order=True).drop_nulls({literal(names)})",
            f'print(f"{{len({name})}} rows before, {{len(cleaned)}} after")',
        )
    return fence(
        *lines,
        f"cleaned = {name}.drop_duplicates().dropna(subset={literal(names)})",
        f'print(f"{{len({name})}} rows before, {{len(cleaned)}} after")',
    )
