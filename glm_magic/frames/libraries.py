"""Which library owns an object, without importing the library.

A library the user has a frame of is in `sys.modules` already; one that is not there owns nothing.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

from glm_magic.errors import FrameError

# The public classes that can be described, by library.
FRAME_CLASSES = {
    "pandas": ("DataFrame", "Series"),
    "polars": ("DataFrame", "LazyFrame", "Series"),
    "pyarrow": ("Table",),
}

# What to do with near misses, by the library of the object's class; {name} is the variable.
REMEDIES = {
    "builtins": "Make a table of it first, for example pandas.DataFrame({name}).",
    "dask": "Describe a part of it, for example {name}.head(10_000).",
    "duckdb": "Describe {name}.pl() or {name}.df().",
    "ibis": "Describe a part of it, for example {name}.limit(10_000).to_polars().",
    "numpy": "Make a table of it first, for example pandas.DataFrame({name}).",
    "pandas": "Describe a DataFrame or Series, for example {name}.to_frame().",
    "polars": "Describe a DataFrame, LazyFrame or Series, for example the one {name} came from.",
    "pyarrow": "Describe a pyarrow.Table, for example pyarrow.table({name}).",
    "pyspark": "Describe a part of it, for example {name}.limit(10_000).toPandas().",
    "xarray": "Describe {name}.to_dataframe().",
}
ANY_REMEDY = "Pass a pandas or polars DataFrame, LazyFrame or Series, or a pyarrow Table."


@dataclass(frozen=True, slots=True)
class Owner:
    """The library and class of a frame.

    Attributes:
        library: "pandas", "polars" or "pyarrow".
        class_name: The library's own class, also where the object is of a subclass.
        kind: What a reader is told, for example "pandas DataFrame".
    """

    library: str
    class_name: str
    kind: str

    @property
    def is_series(self) -> bool:
        """Whether the object is one column without a table."""
        return self.class_name == "Series"


def find_owner(value: object) -> Owner | None:
    """The library that owns a frame, or None for any other object.

    Only the class is looked at, by identity, so an object cannot pose as a frame and no code of
    the object runs.
    """
    kind_of_value = type(value)
    bases = type.mro(kind_of_value)
    for library, class_names in FRAME_CLASSES.items():
        # The dictionary, because asking a module may import more of it.
        names = getattr(sys.modules.get(library), "__dict__", {})
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
    remedy = REMEDIES.get(root, ANY_REMEDY).format(name=name)
    if isinstance(value, type) or callable(value) or value is None or isinstance(value, str):
        remedy = ANY_REMEDY
    message = f"{name} is a {what}, which cannot be described as a table."
    raise FrameError(message, remedy)


def _kind(kind_of_value: type, library: str, class_name: str) -> str:
    own = f"{library} {class_name}"
    root = _root_module(kind_of_value)
    if root == library:
        return own
    # A subclass, such as geopandas' GeoDataFrame: the model should know both.
    called = kind_of_value.__name__ if root == "__main__" else f"{root} {kind_of_value.__name__}"
    return f"{called}, a {own}"


def _root_module(kind_of_value: type) -> str:
    return str(getattr(kind_of_value, "__module__", "")).partition(".")[0]
