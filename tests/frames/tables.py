"""Ten tables as people have them; the same cells on every machine, without any random number."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import geopandas as gpd
import pandas as pd
import polars as pl
from shapely.geometry import Point, Polygon
from sklearn.datasets import load_iris

from .samples import penguins


def iris() -> pd.DataFrame:
    """150 flowers, the species as numbers, spaces and brackets in the names."""
    return load_iris(as_frame=True).frame


def wide() -> pd.DataFrame:
    """5,000 columns: sensors that fold, genes that do not, a text and a target."""
    genes = [f"g{i * 7919 % 100_003:05x}q" for i in range(1500)]
    names = [f"sensor_{i:04}" for i in range(3498)] + genes
    cells = {name: [i + row / 4 for row in range(40)] for i, name in enumerate(names)}
    return pd.DataFrame(cells | {"label": ["good", "bad"] * 20, "target": [0, 1, 1, 1] * 10})


def reviews() -> pd.DataFrame:
    """Long free texts, titles, addresses on the web, JSON in cells, e-mail addresses."""
    told = "the|room|was|clean|but|the|lift|did|not|work|and|nobody|came|to|help|us"
    words = re.split(r"\|", told)
    text = [" ".join(words[(i + k) % 16] for k in range(40 + i % 200)) for i in range(300)]
    return pd.DataFrame(
        {
            "review_id": [f"R{i:06}" for i in range(300)],
            "title": [each[:30] for each in text],
            "text": text,
            "language": ["en", "en", "fr", "de", "zh"] * 60,
            "url": [f"https://example.org/r/{i}" for i in range(300)],
            "meta": [f'{{"stars": {i % 5}, "tags": ["a", "b"]}}' for i in range(300)],
            "author_email": [f"person{i}@example.org" for i in range(300)],
            "stars": [1 + i * i % 5 for i in range(300)],
        }
    )


def load_curve() -> pd.DataFrame:
    """A series with a zoned index, gaps, a quality flag and a duration."""
    index = pd.date_range("2023-01-01", periods=2000, freq="15min", tz="Europe/Berlin", name="at")
    return pd.DataFrame(
        {
            "power_kw": [None if i % 97 == 0 else 40 + i % 96 / 4 for i in range(2000)],
            "day": index.tz_localize(None).normalize(),
            "quality": pd.Categorical(["ok", "ok", "ok", "estimated"] * 500),
            "since_read": pd.to_timedelta([i % 60 for i in range(2000)], unit="min"),
        },
        index=index,
    )


def places() -> Any:
    """Points and areas with their place names, longitude and latitude."""
    shapes = [
        Point(i % 36 * 10 - 180, i % 17 * 10 - 80)
        if i % 3
        else Polygon([(i, 0), (i + 1, 0), (i + 1, 1)])
        for i in range(60)
    ]
    frame = {
        "place": [f"place {i}" for i in range(60)],
        "country": ["DE", "FR", "PL"] * 20,
        "population": [i * 1_000_003 % 90_000 for i in range(60)],
        "lon": [i % 36 * 10.0 - 180 for i in range(60)],
        "lat": [i % 17 * 10.0 - 80 for i in range(60)],
    }
    return gpd.GeoDataFrame(frame, geometry=shapes, crs="EPSG:4326")


def orders() -> pl.DataFrame:
    """What an API answers: structures and lists, and lists of structures."""
    address = {"city": "Ulm", "zip": "89073"}
    return pl.DataFrame(
        {
            "id": list(range(50)),
            "customer": [{"id": i % 7, "address": address} for i in range(50)],
            "items": [[{"sku": f"A{k}", "count": k + 1} for k in range(i % 4)] for i in range(50)],
            "tags": [["new", "gift"][: i % 3] for i in range(50)],
            "paid": [i % 3 > 0 for i in range(50)],
        }
    )


def objects() -> pd.DataFrame:
    """The same kind of thing as pandas holds it: dictionaries, lists and a mixture in cells."""
    rows = orders().to_dicts()
    frame = pd.DataFrame({key: [row[key] for row in rows] for key in rows[0]})
    frame["mixed"] = pd.Series([1, "two", 3.0, None, dt.date(2024, 1, 1)] * 10, dtype=object)
    return frame


def nothing() -> pd.DataFrame:
    """30 rows without a single value, in every type that can say so."""
    return pd.DataFrame(
        {
            "float": [float("nan")] * 30,
            "object": pd.Series([None] * 30, dtype=object),
            "time": pd.Series([pd.NaT] * 30, dtype="datetime64[ns]"),
            "whole": pd.array([None] * 30, dtype="Int64"),
            "flag": pd.array([None] * 30, dtype="boolean"),
            "text": pd.array([None] * 30, dtype="string"),
            "kind": pd.Categorical([None] * 30, categories=["a", "b"]),
        }
    )


def unicode_names() -> pd.DataFrame:
    """Names and values in many scripts, composed and decomposed, right to left, with emoji."""
    return pd.DataFrame(
        {
            "été": ["été", "hiver"] * 20,
            "e\u0301te\u0301": range(40),
            "城市": ["北京", "上海", "北京", "广州"] * 10,
            "Größe (cm)": [i / 8 for i in range(40)],
            "مدينة": ["القاهرة", "دمشق"] * 20,
            "🌡️": [20.5, 21.0] * 20,
            "a\u200bb": [True, False] * 20,
            "": range(40),
            "имя": ["Анна"] * 40,
        }
    )


def no_rows() -> pd.DataFrame:
    """The columns of the penguins, and other types, without a row."""
    frame = penguins().head(0)
    frame["when"] = pd.Series([], dtype="datetime64[ns]")
    frame["kind"] = pd.Categorical([], categories=["a", "b"])
    return frame


TABLES: dict[str, Callable[[], Any]] = {
    "penguins": penguins,
    "iris": iris,
    "wide": wide,
    "reviews": reviews,
    "load_curve": load_curve,
    "places": places,
    "orders": orders,
    "objects": objects,
    "nothing": nothing,
    "unicode_names": unicode_names,
    "no_rows": no_rows,
}
