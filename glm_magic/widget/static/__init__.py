"""What runs in the page, as text."""

from importlib.resources import files


def static(name: str) -> str:
    """The file of this name."""
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def script(*names: str) -> str:
    """One module of these, in the order they depend on each other; front ends take no more."""
    return "\n".join(static(f"{name}.js") for name in names)
