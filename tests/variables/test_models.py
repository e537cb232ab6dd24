"""Estimators by type, parameters and what was fitted; xarray by dimensions and variables."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from glm_magic.variables import describe

from .samples import label, told

sklearn = pytest.importorskip("sklearn")
xarray = pytest.importorskip("xarray")

from sklearn.compose import ColumnTransformer  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402
from sklearn.pipeline import Pipeline, make_pipeline  # noqa: E402
from sklearn.preprocessing import OneHotEncoder, StandardScaler  # noqa: E402


@pytest.fixture
def table() -> pd.DataFrame:
    """Two features and a target in two classes."""
    return pd.DataFrame({"mass": [1.0, 2, 3, 4] * 5, "email": [4.0, 3, 2, 1] * 5, "y": [0, 1] * 10})


def test_a_hidden_coordinate_is_no_dimension_by_name() -> None:
    """Neither in the form nor beside the variables: its size stays."""
    data = xarray.Dataset({"v": (("email", "t"), [[1.0, 2.0]])}, coords={"email": ["a"]})
    attachment = describe(data, "x", hidden=("email",))
    assert "email" not in attachment.text
    assert attachment.label() == "x (xarray Dataset (… 1, t 2))"
    assert "variable v (…, t) f64" in attachment.text


def test_an_estimator_shows_what_was_set_and_fitted(table: pd.DataFrame) -> None:
    """Parameters that differ from the default, then fitted attributes by their shape."""
    model = LogisticRegression(C=0.5, solver="saga", max_iter=5000)
    assert label(model, "model") == "model (sklearn LogisticRegression)"
    assert told(model) == [
        'LogisticRegression(C=0.5, max_iter=5000, solver="saga")',
        "nothing fitted",
    ]
    model.fit(table[["mass", "email"]], table["y"])
    lines = told(model)
    assert "fitted coef_ array 1 × 2 f64" in lines
    assert "fitted feature_names_in_ array 2 object: mass, email" in lines
    assert "fitted n_features_in_ 2" in lines
    assert "nothing fitted" not in lines


def test_an_estimator_keeps_to_its_level(table: pd.DataFrame) -> None:
    """Texts among the parameters are for values, numbers for stats, names for all."""
    model = LogisticRegression(C=0.5, solver="saga")
    assert told(model, level="stats")[0] == "LogisticRegression(C=0.5, solver=str of 4 characters)"
    assert told(model, level="schema")[0] == "LogisticRegression(C=…, solver=…)"


def test_hidden_columns_are_not_among_the_feature_names(table: pd.DataFrame) -> None:
    """What the user hides is not named by the model that was fitted with it."""
    scaler = StandardScaler().fit(table[["mass", "email"]])
    assert "email" not in describe(scaler, "x", hidden=("email",)).text


def test_steps_of_a_pipeline_are_lines_of_their_own(table: pd.DataFrame) -> None:
    """Steps within steps are indented, each with its own parameters and fitted attributes."""
    columns = ColumnTransformer([("scale", StandardScaler(with_mean=False), ["mass"])])
    model = Pipeline([("prepare", columns), ("fit", LogisticRegression(C=2))])
    assert label(model, "model") == "model (sklearn Pipeline)"
    assert told(model) == [
        "Pipeline()",
        "  prepare: ColumnTransformer()",
        "    scale: StandardScaler(with_mean=False)",
        "  fit: LogisticRegression(C=2)",
        "nothing fitted",
    ]
    model.fit(table, table["y"])
    assert "    fitted coef_ array 1 × 1 f64" in told(model)


def test_a_dropped_step_is_named() -> None:
    """A step that is a word, such as "passthrough", is shown as one."""
    model = make_pipeline("passthrough", OneHotEncoder())
    assert '  passthrough: "passthrough"' in told(model)
    assert "  passthrough: str of 11 characters" in told(model, level="schema")


def test_anything_with_parameters_is_an_estimator() -> None:
    """A class of the user's own that has get_params is told in the same way."""

    class Model:
        """Looks like an estimator."""

        def __init__(self, depth: int = 3, api_key: str = "") -> None:
            self.depth, self.api_key, self.weights_ = depth, api_key, np.zeros(4)

        def get_params(self, deep: bool = True) -> dict[str, Any]:
            """What it was made with."""
            return {"depth": self.depth, "api_key": self.api_key}

    lines = told(Model(5, "s3cr3t"))
    assert lines == [
        "Model(depth=5, api_key=(a secret by its name, not shown))",
        "fitted weights_ array 4 f64",
    ]


@pytest.fixture
def weather() -> Any:
    """Temperatures at three times in four places."""
    return xarray.Dataset(
        {
            "t": (("time", "place"), np.arange(12.0).reshape(3, 4), {"units": "K"}),
            "station": ("place", ["a", "b", "c", "d"]),
        },
        coords={"time": pd.date_range("2020-01-01", periods=3), "place": [10, 20, 30, 40]},
        attrs={"title": "Weather", "secret": "hunter2"},
    )


def test_a_dataset_is_told_variable_by_variable(weather: Any) -> None:
    """Dimensions in the form; a line for each coordinate, variable and attribute."""
    assert label(weather, "ds") == "ds (xarray Dataset (time 3, place 4))"
    assert told(weather) == [
        "coordinate time (time) datetime 2020-01-01..2020-01-03, "
        "begins 2020-01-01, 2020-01-02, 2020-01-03",
        "coordinate place (place) i64 10..40 mean 25, begins 10, 20, 30, 40",
        'variable t (time, place) f64 in "K" 0..11 mean 5.5',
        "variable station (place) str 1 character",
        'attribute title "Weather"',
        "attribute secret (a secret by its name, not shown)",
    ]
    assert label(weather["t"], "t") == "t (xarray DataArray (time 3, place 4))"
    assert told(weather["t"], level="stats")[2] == "values t (time, place) f64 0..11 mean 5.5"


def test_a_dataset_keeps_to_its_level(weather: Any) -> None:
    """Without values there are no attribute texts, without stats no ranges."""
    assert "Weather" not in describe(weather, "ds", level="stats").text
    assert told(weather, level="schema")[2] == "variable t (time, place) f64"
    assert "2020" not in describe(weather, "ds", level="schema").text


def test_hidden_variables_are_not_named(weather: Any) -> None:
    """A variable or attribute that the user hides is only counted."""
    attachment = describe(weather, "ds", hidden=("t", "title"))
    assert "K" not in attachment.text
    assert "Weather" not in attachment.text
    assert "1 variable, hidden by the user" in attachment.text


def test_what_is_lazy_is_never_computed(weather: Any) -> None:
    """A dask-backed variable is described without running its graph."""
    pytest.importorskip("dask")

    def fail(_: Any) -> Any:
        raise AssertionError

    lazy = weather[["t"]].chunk({"place": 2})
    lazy["t"].data = lazy["t"].data.map_blocks(fail, dtype=float, meta=np.empty((0, 0)))
    assert 'variable t (time, place) f64 in "K" (lazy, not computed)' in told(lazy)


def test_what_is_in_a_file_is_not_read(weather: Any, tmp_path: Path) -> None:
    """A variable opened from a file stays there."""
    pytest.importorskip("scipy")
    weather[["t"]].to_netcdf(tmp_path / "w.nc", engine="scipy")
    with xarray.open_dataset(tmp_path / "w.nc", engine="scipy") as opened:
        assert 'variable t (time, place) f64 in "K" (in a file, not read)' in told(opened)
        assert not opened["t"].variable._in_memory


def test_no_library_is_imported_to_find_out() -> None:
    """A class that only claims to be of a library is described as what it is."""
    claims = type("Dataset", (), {"__module__": "netcdf_of_nobody"})
    assert "netcdf_of_nobody" not in sys.modules
    assert told(claims())[0] == "class netcdf_of_nobody.Dataset()"
