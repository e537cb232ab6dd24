"""The public surface is a short list, and it is here."""

import importlib
from importlib import metadata

import pytest

NAMES = [
    "Answer",
    "Chat",
    "Stream",
    "__version__",
    "ask",
    "ask_async",
    "errors",
    "filter",
    "load_ipython_extension",
    "map",
    "panel",
    "stream",
    "testing",
    "tool",
    "unload_ipython_extension",
]


def test_the_public_names_are_these() -> None:
    """A name is added to the surface, or taken away, in this file too."""
    assert sorted(importlib.import_module("glm_magic").__all__) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_each_name_is_there(name: str) -> None:
    """Every public name can be had from the package."""
    assert getattr(importlib.import_module("glm_magic"), name) is not None


def test_dir_shows_the_public_names() -> None:
    """The Tab key finds the public names before the first of them was used."""
    assert set(NAMES) <= set(dir(importlib.import_module("glm_magic")))


def test_the_version_is_the_installed_one() -> None:
    """There is one version number, and it is the distribution's."""
    assert importlib.import_module("glm_magic").__version__ == metadata.version("glm_magic")
