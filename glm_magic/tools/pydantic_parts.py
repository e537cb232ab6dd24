"""The one place that imports pydantic, which is an extra."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_type_hints, is_typeddict

from ..errors import ArgumentError, words_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_MOST_PROBLEMS = 8


def typed_dict(name: str, fields: Mapping[str, Any], optional: Collection[str] = ()) -> Any:
    """A TypedDict of these fields and no others, as pydantic wants it on every Python.

    Raises:
        ArgumentError: pydantic is missing.
    """
    _require()
    from typing import NotRequired

    from typing_extensions import TypedDict

    told = {one: NotRequired[kind] if one in optional else kind for one, kind in fields.items()}
    made: Any = TypedDict(name, told)  # type: ignore[misc]
    setattr(made, "__pydantic_config__", {"extra": "forbid"})  # noqa: B010 - its type has no such
    return made


def _require() -> None:
    try:
        import pydantic  # noqa: F401
    except ImportError:
        message = "Tools and typed answers need pydantic, which is not installed."
        raise ArgumentError(message, 'pip install "glm_magic[tools]"') from None


def adapter_of(kind: Any, name: str) -> Any:
    """A pydantic `TypeAdapter` of a type.

    Raises:
        ArgumentError: pydantic is missing, or cannot describe the type.
    """
    _require()
    import pydantic

    if is_typeddict(kind):
        # Before Python 3.12 pydantic takes those of typing_extensions alone.
        hints = get_type_hints(kind, include_extras=True)
        kind = typed_dict(name, hints, kind.__optional_keys__)
    try:
        adapter = pydantic.TypeAdapter(kind)
        adapter.json_schema()
    except Exception as error:  # of many kinds, for what is no type at all
        reason = next(iter(str(error).splitlines()), type(error).__name__)
    else:
        return adapter
    message = f"{name} cannot be described as a JSON schema: {reason}"
    remedy = "Use types that JSON has: str, int, float, bool, list, dict, dataclasses, Literal."
    raise ArgumentError(message, remedy)


def problems_of(adapter: Any, given: Any) -> tuple[Any, str]:
    """What JSON values give as the type, or why they do not, in words for the model."""
    import json

    import pydantic

    try:
        # As JSON, so that a date may be a text and a set a list; but NaN is no JSON.
        return adapter.validate_json(json.dumps(given, allow_nan=False)), ""
    except pydantic.ValidationError as error:
        problems = [
            f"{'.'.join(map(str, one['loc'])) or 'all of it'}: {one['msg']}"
            for one in error.errors(include_url=False, include_context=False)
        ]
        more = f"; and {len(problems) - _MOST_PROBLEMS} more" * (len(problems) > _MOST_PROBLEMS)
        return None, "; ".join(problems[:_MOST_PROBLEMS]) + more + "."
    except Exception as error:  # the user's own validators may raise anything
        return None, f"{words_of(error)}."
