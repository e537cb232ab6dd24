"""Which describer a value gets: by the identity of its class, most special first."""

from __future__ import annotations

from datetime import date, time, timedelta, tzinfo
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from importlib import import_module
from pathlib import PurePath
from typing import TYPE_CHECKING, cast
from uuid import UUID

from .plain import SEQUENCES, class_attribute, is_a, is_namedtuple, is_of

if TYPE_CHECKING:
    from .finding import Finding, Wish

# A library's classes, and the module here that knows them.
_LIBRARIES: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("numpy", ("ndarray", "generic"), "arrays"),
    ("xarray", ("Dataset", "DataArray", "Variable"), "labelled"),
    ("matplotlib.figure", ("FigureBase",), "figures"),
    ("matplotlib.axes", ("Axes",), "figures"),
    ("seaborn.axisgrid", ("Grid",), "figures"),
    ("PIL.Image", ("Image",), "pictures"),
    ("sklearn.base", ("BaseEstimator",), "estimators"),
)
_BUILT_IN: tuple[tuple[tuple[type, ...], str], ...] = (
    ((Enum, bool, int, float, complex, type(None)), "scalars"),
    ((Decimal, Fraction, date, time, timedelta, tzinfo, UUID), "scalars"),
    ((PurePath, bytes, bytearray, memoryview), "files"),
    ((str,), "texts"),
    ((dict, *SEQUENCES, range), "outline"),
    ((BaseException,), "code"),
    ((type, type(import_module)), "code"),
    ((type(len), type(import_module("sys"))), "code"),
)


def find(value: object, wish: Wish) -> Finding:
    """What there is to say of a value that is no table."""
    module = import_module(f".{_module_for(value)}", __package__)
    return cast("Finding", module.find(value, wish))


def _module_for(value: object) -> str:
    for library, names, module in _LIBRARIES:
        if is_of(value, library, *names):
            return module
    if is_namedtuple(value):
        return "objects"
    for kinds, module in _BUILT_IN:
        if is_a(value, *kinds):
            return module
    return "estimators" if class_attribute(type(value), "get_params") is not None else "objects"
