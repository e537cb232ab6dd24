"""The layers hold: a lower one never imports a higher one, and each library has its one place.

The layers themselves are the import-linter contract in pyproject.toml. Imports inside functions
count like all others.
"""

import subprocess
import sys
from pathlib import Path

import grimp
import pytest

from .sources import ROOT

# The only places that may import these.
HOMES = {
    "httpx": ["glm_magic.api"],
    "tenacity": ["glm_magic.api"],
    "aiohttp": ["glm_magic.api"],
    "narwhals": ["glm_magic.frames", "glm_magic.rows"],
    "nbformat": ["glm_magic.store"],
    "platformdirs": ["glm_magic.store"],
    "tornado": ["glm_magic.sandbox", "glm_magic.hub"],
    "jupyterhub": ["glm_magic.hub"],
    "tqdm": ["glm_magic.rows"],
    "IPython": ["glm_magic.jupyter"],
    "ipywidgets": ["glm_magic.jupyter"],
    "anywidget": ["glm_magic.widget"],
    "traitlets": ["glm_magic.jupyter", "glm_magic.widget"],
    # One of these is there already if the user has a frame of it; else it is not wanted.
    "pandas": [],
    "polars": [],
    "pyarrow": ["glm_magic.rows"],  # which reads and writes files with it, where it is installed
    "numpy": [],
}
STANDARD_LIBRARY_ONLY = [
    "errors",
    "keys",
    "catalog",
    "settings",
    "chat",
    "render",
    "footer",
    "answer",
]


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    """Who imports whom, read from the sources."""
    return grimp.build_graph("glm_magic", include_external_packages=True, cache_dir=None)


def is_within(module: str, package: str) -> bool:
    """Whether the module is the package or lies in it."""
    return f"{module}.".startswith(f"{package}.")


def test_the_contract_holds() -> None:
    """No layer imports a higher one or its neighbour."""
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("library", HOMES)
def test_each_library_has_its_place(graph: grimp.ImportGraph, library: str) -> None:
    """A library is imported in the place it has, and nowhere else."""
    importers = graph.find_modules_that_directly_import(library) if library in graph.modules else ()
    strangers = [
        importer
        for importer in sorted(importers)
        if not any(is_within(importer, home) for home in HOMES[library])
    ]
    assert strangers == []


@pytest.mark.parametrize("place", STANDARD_LIBRARY_ONLY)
def test_the_core_needs_only_python(graph: grimp.ImportGraph, place: str) -> None:
    """The lower layers import nothing outside the standard library and glm_magic."""
    foreign = [
        f"{module} imports {imported}"
        for module in sorted(graph.modules)
        if is_within(module, f"glm_magic.{place}")
        for imported in sorted(graph.find_modules_directly_imported_by(module))
        if not is_within(imported, "glm_magic") and imported not in sys.stdlib_module_names
    ]
    assert foreign == []
