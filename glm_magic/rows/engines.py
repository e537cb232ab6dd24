"""Tables of Dask, Spark and Ray: the same run inside their tasks, because the data is there.

Few tasks ask at once, each with its share of the account's limit: the table is cut into as many
parts as there are tasks, so that no more of them can ever run. A task that is lost or tried again
finds what was answered in the journals of its machine.

The key never travels: a plan holds none, and every worker finds its own where this process does,
in its environment or keyring. Spark, Dask and Ray each have their own way to put it there.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from ..errors import ArgumentError
from ..frames.libraries import find_owner
from .local import answer_batches, answer_table
from .plan import check_whole
from .tables import PandasTable, is_ray, names_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .plan import Plan
    from .task import Task

    Engine = Callable[[Plan, Task, Any, int | None], Any]

LOCAL = "local"
_MOST_TASKS = 8  # one process holds more requests in flight than any account allows
_MOST_TASKS_SAID = 1_000  # by the user
_UNKNOWN_PARTS = 4  # of a table whose parts cannot be counted


def engine_for(frame: Any, engine: str | None) -> Engine | None:
    """The engine whose table this is; None for this process.

    Args:
        frame: What the user has.
        engine: What the user calls it; None takes it from the frame.

    Raises:
        ArgumentError: There is no such engine, or the table is of another one.
    """
    engines = {"dask": _ask_dask, "spark": _ask_spark, "ray": _ask_ray}
    found = _engine_of(frame)
    if engine is None or engine == found:
        return engines[found] if found else None
    if engine not in (*engines, LOCAL):
        remedy = f"Leave it away, or use {', '.join((*engines, LOCAL))}."
        raise ArgumentError.unknown("engine", engine, (*engines, LOCAL), remedy)
    if engine == LOCAL and found is None:
        return None
    message = f"engine={engine!r} is not where this table is."
    raise ArgumentError(message, "Make a table of that library first, or leave `engine` away.")


def _engine_of(frame: Any) -> str | None:
    owner = find_owner(frame)
    if owner is not None and owner.class_name == "DataFrame":
        return {"dask": "dask", "pyspark": "spark"}.get(owner.library)
    return "ray" if is_ray(frame) else None


def _shared(plan: Plan, task: Task, tasks: int) -> Plan:
    """What each task is given: its share of the limit, and every setting as it is here."""
    share = None if plan.in_flight is None else max(1, plan.in_flight // tasks)
    budget = None if plan.budget_usd is None else plan.budget_usd / tasks
    return replace(plan.pinned(task), in_flight=share, budget_usd=budget)


def _count(plan: Plan, parts: int, tasks: int | None) -> int:
    """How many tasks ask: no more than may be in flight."""
    if tasks is not None:
        check_whole("tasks", tasks, 1, _MOST_TASKS_SAID, "Leave it away, or use 2 to 8.")
    wanted = tasks or min(parts, _MOST_TASKS)
    return max(1, min(wanted, plan.in_flight or wanted))


def _ask_dask(plan: Plan, task: Task, frame: Any, tasks: int | None) -> Any:
    count = _count(plan, frame.npartitions, tasks)
    if count != frame.npartitions and (tasks or count < frame.npartitions):
        frame = frame.repartition(npartitions=count)
    columns = plan.columns(task, [str(name) for name in frame.columns])
    meta = PandasTable(frame._meta).result(columns, "")
    return frame.map_partitions(partial(_answer_pandas, _shared(plan, task, count)), meta=meta)


def _answer_pandas(plan: Plan, part: Any) -> Any:
    """One part, in a worker."""
    task, table = plan.task(), PandasTable(part)
    return answer_table(plan, task, table, plan.columns(task, table.names), shown=False)


def _ask_spark(plan: Plan, task: Task, frame: Any, tasks: int | None) -> Any:
    columns = plan.columns(task, frame.columns)
    try:
        parts: int | None = frame.rdd.getNumPartitions()
    except Exception:  # Spark Connect knows no parts
        parts = None
    count = _count(plan, parts or _UNKNOWN_PARTS, tasks)
    fewer = parts is not None and count <= parts
    frame = frame.coalesce(count) if fewer else frame.repartition(count)
    added = [_spark_field(name, kind) for name, kind in columns.kinds.items()]
    schema = type(frame.schema)([*frame.schema.fields, *added])
    return frame.mapInArrow(partial(_answer_arrow, _shared(plan, task, count)), schema)


def _spark_field(name: str, kind: str) -> Any:
    types = sys.modules["pyspark.sql.types"]
    known = {"int": types.LongType, "float": types.DoubleType, "bool": types.BooleanType}
    texts = types.ArrayType(types.StringType()) if kind == "texts" else types.StringType()
    return types.StructField(name, known[kind]() if kind in known else texts, nullable=True)


def _answer_arrow(plan: Plan, batches: Iterator[Any]) -> Iterator[Any]:
    """The batches of one part, in a worker."""
    for table in answer_batches(plan, batches):
        yield from table.to_batches()


def _ask_ray(plan: Plan, task: Task, dataset: Any, tasks: int | None) -> Any:
    plan.columns(task, names_of(dataset))
    count = _count(plan, _UNKNOWN_PARTS, tasks)
    return dataset.map_batches(
        _RayPart,
        fn_constructor_args=(_shared(plan, task, count),),
        batch_format="pyarrow",
        batch_size=None,
        concurrency=count,
    )


class _RayPart:
    """Answers blocks, in a worker."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def __call__(self, block: Any) -> Any:
        import pyarrow

        found = list(answer_batches(self._plan, iter(block.to_batches())))
        return pyarrow.concat_tables(found) if found else block
