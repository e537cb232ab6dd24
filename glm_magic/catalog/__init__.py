"""Models and providers as data: limits, thinking modes, prices, each with source and date.

The facts are in `models.json` and `providers.json` beside this file; here they are only read.
A model that is not listed is allowed: an unlisted `Model` has no limits and no price.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from ..errors import ArgumentError, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

CLASSROOM = "classroom"  # the provider that is a course's own service (`glm_magic.hub`)


@dataclass(frozen=True, slots=True)
class Price:
    """What a model costs at one provider, in USD per 1,000,000 tokens.

    Attributes:
        input: Price of prompt tokens that were not cached.
        output: Price of completion tokens; reasoning counts as completion.
        cached_input: Price of cached prompt tokens; None is unknown, then `input` is used.
    """

    input: float
    output: float
    cached_input: float | None = None

    def cost(self, prompt_tokens: int, completion_tokens: int, cached_tokens: int = 0) -> float:
        """USD for a request with these token counts; `prompt_tokens` includes the cached ones."""
        cached = min(cached_tokens, prompt_tokens)
        cached_price = self.input if self.cached_input is None else self.cached_input
        fresh = (prompt_tokens - cached) * self.input
        return (fresh + cached * cached_price + completion_tokens * self.output) / 1_000_000

    @property
    def free(self) -> bool:
        """Whether nothing is billed."""
        return self.input == 0 and self.output == 0


@dataclass(frozen=True, slots=True)
class Model:
    """One model's limits and habits; None is unknown.

    Attributes:
        id: The name it was looked up by; the maker's, for example "glm-4.5-air", in the catalog.
        context_tokens: Prompt and answer together, tokens.
        max_output_tokens: Longest answer with its reasoning, tokens.
        images: Whether images may be sent.
        thinking: "auto", "forced", "always" or "none"; see `models.json`.
        efforts: Values of reasoning_effort the model accepts.
        tool_stream: Whether tool arguments can be streamed.
        json_object: Whether response_format json_object is documented.
        temperature: The server's default.
        top_p: The server's default.
        prices: Price by provider.
        released: ISO date.
        status: At Z.ai.
        bigmodel_status: At BigModel.
        note: Anything a user should know.
        listed: False for a name that is not in the catalog.
    """

    id: str
    context_tokens: int | None = None
    max_output_tokens: int | None = None
    images: bool | None = None
    thinking: str = "auto"
    efforts: tuple[str, ...] = ()
    tool_stream: bool | None = None
    json_object: bool | None = None
    temperature: float | None = None
    top_p: float | None = None
    prices: Mapping[str, Price] = field(default_factory=dict)
    released: str | None = None
    status: str = "unknown"
    bigmodel_status: str = "unknown"
    note: str = ""
    listed: bool = True


@dataclass(frozen=True, slots=True)
class Provider:
    """One host that speaks the chat-completions wire, and its habits.

    Attributes:
        name: The name used in settings, for example "zai".
        title: The name people know.
        base_url: Where `/chat/completions` is appended; None when the user or the sandbox gives it.
        key_env: Environment variables that hold its key, first wins.
        key: "required", "optional" or "none".
        thinking: How thinking is switched; see `providers.json`.
        stream_options: Whether usage in a stream must be asked for.
        reasoning_in_request: Whether `reasoning_content` may be sent back.
        model_prefix: Put before the maker's name of a model on the wire.
        own_model_names: Whether its models have names of its own, sent exactly as given.
        prices: Which price list of `models.json` applies; None is unknown.
        price_feed: A public price list, or None.
        web_search: The engine of its own web search, or None.
        note: Anything a user should know.
    """

    name: str
    title: str
    base_url: str | None
    key_env: tuple[str, ...] = ()
    key: str = "required"
    thinking: str = "thinking"
    stream_options: bool = False
    reasoning_in_request: bool = True
    model_prefix: str = ""
    own_model_names: bool = False
    prices: str | None = None
    price_feed: str | None = None
    web_search: str | None = None
    note: str = ""


def _read(name: str) -> Any:
    return json.loads(files(__package__).joinpath(name).read_text(encoding="utf-8"))


def _model(record: dict[str, Any]) -> Model:
    prices = {provider: Price(**price) for provider, price in record.pop("prices").items()}
    return Model(**record | {"efforts": tuple(record["efforts"]), "prices": prices})


@cache
def about() -> Mapping[str, str]:
    """What the fields of `models.json` mean, and where its facts come from."""
    return dict(_read("models.json")["about"])


@cache
def models() -> Mapping[str, Model]:
    """All listed models by id, in the catalog's order."""
    return {record["id"]: _model(record) for record in _read("models.json")["models"]}


@cache
def providers() -> Mapping[str, Provider]:
    """All providers by name, in the catalog's order."""
    records = _read("providers.json")["providers"]
    return {
        name: Provider(name=name, **record | {"key_env": tuple(record["key_env"])})
        for name, record in records.items()
    }


def find_model(name: str) -> Model:
    """The listed model of this name, with or without a host's prefix ("z-ai/", "zai-org/").

    The name stays as it was given: only the host knows how it spells its models. One that is not
    listed gives a `Model` with `listed=False`: hosts know more models than any list, so an
    unknown name is a warning and never an error.
    """
    known = models().get(makers_name(name))
    return replace(known, id=name) if known else Model(id=name, listed=False)


def makers_name(name: str) -> str:
    """The name without a host's prefix, spelled as the maker does."""
    return name.rpartition("/")[2].lower()


def near_models(name: str) -> list[str]:
    """Listed models with a name like this one."""
    return nearest(name.rpartition("/")[2], models())


def find_provider(name: str) -> Provider:
    """The provider of this name.

    Raises:
        ArgumentError: There is none; the message has the nearest name.
    """
    known = providers()
    if name in known:
        return known[name]
    remedy = f"Known providers: {', '.join(known)}."
    raise ArgumentError.unknown("provider", name, known, remedy)


_refreshed: dict[str, dict[str, Price]] = {}


def price_of(model: Model, provider: Provider) -> Price | None:
    """What this model costs at this provider, or None where it is not known."""
    fresh = _refreshed.get(provider.name, {}).get(makers_name(model.id))
    return fresh or (model.prices.get(provider.prices) if provider.prices else None)


def set_prices(provider: Provider, prices: Mapping[str, Price]) -> None:
    """Use these prices, read from the provider itself, for the rest of this process."""
    _refreshed[provider.name] = dict(prices)
