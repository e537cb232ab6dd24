"""A Python function as a tool: its name, its docstring, and a JSON schema of its signature."""

from __future__ import annotations

import functools
import inspect
import json
import re
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, get_type_hints, overload

from ..errors import ArgumentError
from .identity import identity_of
from .pydantic_parts import adapter_of, problems_of, typed_dict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

# What the wire takes for a function's name (docs.z.ai chat completion reference).
NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_MOST_DESCRIPTION_CHARACTERS = 4_000


class BadArgumentsError(Exception):
    """The model's arguments do not fit; the text tells it why."""


@dataclass(frozen=True)
class Outcome:
    """What a call gave.

    Attributes:
        text: For the model and for the reader.
        images: Pictures for V models, as `data:` URLs.
    """

    text: str
    images: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tool:
    """A function that the model may ask for; calling it calls the function.

    Attributes:
        name: As the model knows it.
        description: What it does, for the model.
        parameters: The JSON schema of its arguments.
        function: What runs.
        auto: Whether it runs without anybody's approval, also where nobody is.
        each: Whether every single call must be approved.
        identity: Changes with what the function does, so that approval of one is not of another.
        check: Given the model's arguments, gives them in their types, or raises
            `BadArgumentsError`.
    """

    name: str
    description: str
    parameters: Mapping[str, Any]
    function: Callable[..., Any] = field(repr=False)
    auto: bool = False
    each: bool = False
    identity: str = ""
    check: Callable[[Mapping[str, Any]], Mapping[str, Any]] = field(default=dict, repr=False)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function, as if it were no tool."""
        return self.function(*args, **kwargs)

    @property
    def document(self) -> dict[str, Any]:
        """How the wire describes it."""
        about = {
            "name": self.name, "description": self.description, "parameters": self.parameters,
        }  # fmt: skip
        return {"type": "function", "function": about}

    def arguments(self, text: str) -> Mapping[str, Any]:
        """The arguments that a call's JSON text gives, each of its parameter's type.

        Raises:
            BadArgumentsError: They do not fit.
        """
        try:
            given = json.loads(text or "{}")
        except (ValueError, RecursionError):
            given = None
        if not isinstance(given, dict):
            message = f"The arguments of {self.name} must be one JSON object."
            raise BadArgumentsError(message)
        return self.check(given)


@overload
def tool(function: Callable[..., Any], /) -> Tool: ...
@overload
def tool(
    *, auto: bool = False, name: str | None = None
) -> Callable[[Callable[..., Any]], Tool]: ...
def tool(
    function: Callable[..., Any] | None = None, /, *, auto: bool = False, name: str | None = None
) -> Tool | Callable[[Callable[..., Any]], Tool]:
    """Make a typed Python function with a docstring a tool that a model may call.

    It stays a function. `%%glm --tools NAME` or `ask(..., tools=[NAME])` offers it; each call is
    shown and must be approved before it runs. Needs pydantic (`pip install glm_magic[tools]`).

    Args:
        function: With a docstring, which tells the model what it does.
        auto: Let it run unasked, also where nobody is there to approve. For functions that
            change nothing and tell nothing secret.
        name: As the model knows it; the function's own when not given.

    Raises:
        ArgumentError: No docstring, a signature that cannot be described, or a generator.
    """
    if function is None:
        return functools.partial(tool_of, auto=auto, name=name)
    return tool_of(function, auto=auto, name=name)


def tool_of(
    function: Callable[..., Any],
    *,
    auto: bool = False,
    name: str | None = None,
    each: bool = False,
    identity: str = "",
) -> Tool:
    """See `tool`; a tool is taken as it is.

    Args:
        function: What runs.
        auto: Whether it runs unasked.
        name: As the model knows it; the function's own when not given.
        each: Whether every single call must be approved.
        identity: Of a tool of ours, which is made anew for each question; else the function's.

    Raises:
        ArgumentError: No docstring, a signature that cannot be described, or a generator.
    """
    if isinstance(function, Tool):
        return function
    name = str(name or getattr(function, "__name__", ""))
    if not NAME.fullmatch(name):
        message = f"{name or function!r} is no name for a tool."
        raise ArgumentError(message, "Name it with letters, digits, _ and -: tool(name=…).")
    description = inspect.getdoc(function) if hasattr(function, "__name__") else None
    if not description:
        message = f"{name} has no docstring."
        raise ArgumentError(message, "Tell the model in one what the function does.")
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        message = f"{name} yields, so a call of it would run nothing."
        raise ArgumentError(message, "Return a list of what it yields.")
    adapter = adapter_of(_signature(function, name), name)
    schema = adapter.json_schema()
    schema.pop("title", None)
    return Tool(
        name,
        description[:_MOST_DESCRIPTION_CHARACTERS],
        schema,
        function,
        auto,
        each,
        identity or identity_of(function, name),
        functools.partial(_checked, name, adapter),
    )


def _checked(name: str, adapter: Any, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """The arguments in their types, or what does not fit of them."""
    found, problems = problems_of(adapter, given)
    if problems:
        message = f"The arguments of {name} do not fit. {problems}"
        raise BadArgumentsError(message)
    checked: Mapping[str, Any] = found
    return checked


def _signature(function: Callable[..., Any], name: str) -> Any:
    """The parameters as a TypedDict, which a schema can be made of."""
    hints = _hints(function, name)
    fields: dict[str, Any] = {}
    optional = []
    for parameter in _parameters(function, name):
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        if parameter.kind is parameter.POSITIONAL_ONLY:
            message = f"{name} has a parameter without a name, {parameter.name}."
            raise ArgumentError(message, "A model calls by name: leave the / out.")
        fields[parameter.name] = hints.get(parameter.name, Any)
        if parameter.default is not parameter.empty:
            optional.append(parameter.name)
    return typed_dict("Arguments", fields, optional)


def _parameters(function: Callable[..., Any], name: str) -> Iterable[inspect.Parameter]:
    try:
        return inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        message = f"{name} does not tell its parameters."
    raise ArgumentError(message, "Wrap it in a typed function of your own.")


def _hints(function: Callable[..., Any], name: str) -> dict[str, Any]:
    """The types of the parameters; what it returns is nobody's business, and may be unknown."""
    plain = inspect.unwrap(function)
    told = {k: v for k, v in getattr(plain, "__annotations__", {}).items() if k != "return"}
    try:
        names = getattr(plain, "__globals__", {})
        return get_type_hints(SimpleNamespace(__annotations__=told), names, include_extras=True)
    except (NameError, TypeError) as error:
        message = f"A type in the signature of {name} is not known: {error}."
    raise ArgumentError(message, "Define or import it where the function is, not inside another.")
