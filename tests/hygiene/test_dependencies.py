"""What we need is what we declare, and it is little."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator

from .sources import ROOT, modules

DEPENDENCIES = [
    "anywidget",
    "httpx",
    "ipython",
    "ipywidgets",
    "narwhals",
    "nbformat",
    "platformdirs",
    "tenacity",
    "tornado",
]
# An import whose distribution has another name, and what comes with one that is declared.
DISTRIBUTION_OF = {
    "IPython": "ipython",
    "httpcore": "httpx",
    "traitlets": "ipython",
    "pydantic_core": "pydantic",
    "typing_extensions": "typing-extensions",
}


def declared() -> dict[str, list[str]]:
    """The distributions that pyproject.toml names, by extra; the always needed ones under ""."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    by_extra = {"": project["dependencies"], **project["optional-dependencies"]}
    return {extra: [_name(line) for line in lines] for extra, lines in by_extra.items()}


def _name(requirement: str) -> str:
    hit = re.match(r"[A-Za-z0-9._-]+", requirement)
    return hit[0].lower() if hit else requirement


def third_party_imports() -> Iterator[tuple[str, str]]:
    """Module and distribution for every import of others' code, inside functions too."""
    for module in modules():
        for node in ast.walk(module.tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            for top in {name.partition(".")[0] for name in names}:
                if top != "glm_magic" and top not in sys.stdlib_module_names:
                    yield module.name, DISTRIBUTION_OF.get(top, top)


def test_the_dependencies_are_these() -> None:
    """A dependency is added, or taken away, in this file too."""
    assert sorted(declared()[""]) == DEPENDENCIES


def test_every_import_is_declared() -> None:
    """What glm_magic imports is a dependency, or belongs to an extra that users can ask for."""
    extras = declared()
    del extras["test"]
    known = {name for names in extras.values() for name in names}
    assert [(module, name) for module, name in third_party_imports() if name not in known] == []
