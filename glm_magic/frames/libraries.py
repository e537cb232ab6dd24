"""Which library owns an object, without importing the library.

A library the user has a frame of is in `sys.modules` already; one that is not there owns nothing.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

from glm_magic.errors import FrameError

# The public classes that can be described: by library, then by the module that has them.
FRAME_CLASSES: dict[str, dict[str, tuple[str, ...]]] = {
    "pandas": {"pandas": ("DataFrame", "Series", "Index")},
    "polars": {"polars": ("DataFrame", "LazyFrame", "Series")},
    "pyarrow": {
        "pyarrow": ("Table", "RecordBatch", "ChunkedArray", "Array"),
        "pyarrow.dataset": ("Dataset",),
    },
    "duckdb": {"duckdb": ("DuckDBPyRelation",)},
    "ibis": {"ibis.expr.types": ("Table", "Column")},
    "dask": {"dask.dataframe": ("DataFrame", "Series")},
    # Before version 4 the class of Connect was none of the class of pyspark.sql.
    "pyspark": {"pyspark.sql": ("DataFrame",), "pyspark.sql.connect.dataframe": ("DataFrame",)},
}
# One column without a table.
_ONE_COLUMN = frozenset({"Series", "Index", "ChunkedArray", "Array", "Column"})
_SHOWN_NAMES = {"DuckDBPyRelation": "relation"}

# What to do with near misses, by the library of the object's class; {name} is the variable.
REMEDIES = {
    "builtins": "Make a table of it first, for example pandas.DataFrame({name}).",
    "dask": "Describe a dask DataFrame or Series, for example {name}.to_dataframe().",
    "duckdb": "Describe a relation, for example {name}.sql('from my_table').",
    "ibis": "Describe a table or a column of one, for example {name}.as_table().",
    "numpy": "Make a table of it first, for example pandas.DataFrame({name}).",
    "pandas": "Describe a DataFrame or Series, for example {name}.to_frame().",
    "polars": "Describe a DataFrame, LazyFrame or Series, for example the one {name} came from.",
    "pyarrow": "Describe a pyarrow.Table, for example pyarrow.table({name}).",
    "pyspark": "Describe a DataFrame, for example one that selects {name}.",
    "xarray": "Describe {name}.to_dataframe().",
}
ANY_REMEDY = (
    "Pass a pandas or polars DataFrame, LazyFrame or Series, or a table of pyarrow, DuckDB, Ibis, "
    "Dask or Spark."
)

# What can be read only once is left alone: describing it would take the data from the user.
_STREAMS = {
    "RecordBatchReader": "Keep its data with table = {name}.read_all() and describe table.",
    "RecordBatchStreamReader": "Keep its data with table = {name}.read_all() and describe table.",
    "Scanner": "Describe the dataset it scans, or keep table = {name}.to_table().",
    "generator": "Keep its data, for example with table = pandas.DataFrame({name}).",
}


@dataclass(frozen=True, slots=True)
class Owner:
    """The library and class of a frame.

    Attributes:
        library: "pandas", "polars", "pyarrow", "duckdb", "ibis", "dask" or "pyspark".
        class_name: The library's own class, also where the object is of a subclass.
        kind: What a reader is told, for example "pandas DataFrame".
    """

    library: str
    class_name: str
    kind: str

    @property
    def is_series(self) -> bool:
        """Whether the object is one column without a table."""
        return self.class_name in _ONE_COLUMN


def find_owner(value: object) -> Owner | None:
    """The library that owns a frame, or None for any other object.

    Only the class is looked at, by identity, so an object cannot pose as a frame and no code of
    the object runs.
    """
    kind_of_value = type(value)
    bases = type.mro(kind_of_value)
    for library, modules in FRAME_CLASSES.items():
        for module, class_names in modules.items():
            # The dictionary, because asking a module may import more of it.
            names = getattr(sys.modules.get(module), "__dict__", {})
            for class_name in class_names:
                known = names.get(class_name)
                if any(base is known for base in bases):
                    return Owner(library, class_name, _kind(kind_of_value, library, class_name))
    return None


def is_frame(value: object) -> bool:
    """Whether an object can be described; cheap, imports nothing, and never raises."""
    return find_owner(value) is not None


def require_owner(value: object, name: str) -> Owner:
    """The library that owns a frame.

    Raises:
        FrameError: The object is no frame that can be described.
    """
    owner = find_owner(value)
    if owner is not None:
        return owner
    root, called = _root_module(type(value)), type(value).__name__
    what = called if root in ("builtins", "__main__") else f"{root} {called}"
    if root in ("builtins", "pyarrow") and called in _STREAMS:
        message = f"{name} is a {what}, which can be read only once."
        raise FrameError(message, _STREAMS[called].format(name=name))
    remedy = REMEDIES.get(root, ANY_REMEDY).format(name=name)
    if isinstance(value, type) or callable(value) or value is None or isinstance(value, str):
        remedy = ANY_REMEDY
    message = f"{name} is a {what}, which cannot be described as a table."
    raise FrameError(message, remedy)


def _kind(kind_of_value: type, library: str, class_name: str) -> str:
    own = f"{library} {_SHOWN_NAMES.get(class_name, class_name)}"
    root = _root_module(kind_of_value)
    if root == library:
        return own
    # A subclass, such as geopandas' GeoDataFrame: the model should know both.
    called = kind_of_value.__name__ if root == "__main__" else f"{root} {kind_of_value.__name__}"
    return f"{called}, a {own}"


def _root_module(kind_of_value: type) -> str:
    return str(getattr(kind_of_value, "__module__", "")).partition(".")[0].lstrip("_")
