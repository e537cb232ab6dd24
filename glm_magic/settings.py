"""What is set, and by whom: provider, model, sampling, timeouts, and the key with its one host.

Each setting comes from the highest of these that has it: an option of the call, `%config GLM.x`,
the course file, the environment, the default. Nothing here reads a file, and no `repr` shows a key.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .catalog import Model, Provider, find_model, find_provider, providers
from .errors import ArgumentError, KeyMissingError, SettingsError
from .fields import FIELDS, parse
from .origins import KeyRing, check_url, origin_of
from .surroundings import graded

if TYPE_CHECKING:
    from .keys import APIKey

DEFAULT_PROVIDER = "zai"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything needed to ask, resolved. Times are in seconds.

    Attributes:
        provider: The host's profile.
        base_url: Checked URL; "" for the sandbox, which has none before it starts.
        key: The key for exactly this URL's origin, or None.
        model: The catalog's model; `listed=False` for a name it does not know.
        values: Every other field of `FIELDS` by name.
        sources: Where each value came from, by field name and "key".
        known_keys: All keys of this process, also for other hosts: none may stand in a prompt.
    """

    provider: Provider
    base_url: str
    key: APIKey | None
    model: Model
    values: Mapping[str, Any]
    sources: Mapping[str, str]
    known_keys: tuple[APIKey, ...] = ()

    def __getattr__(self, name: str) -> Any:
        try:
            return self.values[name]
        except KeyError:
            raise AttributeError(name) from None


Layer = tuple[str, Mapping[str, Any]]


def _layers(
    options: Mapping[str, Any], configured: Mapping[str, Any], course: Layer | None = None
) -> list[Layer]:
    environment = {
        name: value
        for name, field in FIELDS.items()
        if field.env and (value := os.environ.get(field.env, "").strip())
    }
    own: list[Layer] = [("option", options), ("%config", configured)]
    return [*own, *([course] if course else ()), ("environment", environment)]


def _pick(name: str, layers: list[Layer]) -> tuple[Any, str]:
    for source, layer in layers:
        value = layer.get(name)
        if value is not None:
            where = f"{FIELDS[name].env} in the environment" if source == "environment" else source
            return parse(name, value), where
    return FIELDS[name].default, "default"


def replay_mode(
    options: Mapping[str, Any] | None, configured: Mapping[str, Any]
) -> tuple[str, str]:
    """The setting `replay` and where it came from: nothing is asked while nbgrader runs."""
    mode, source = _pick("replay", _layers(options or {}, configured))
    if graded():
        return "replay", "NBGRADER_EXECUTION in the environment"
    return str(mode), source


def _provider(layers: list[Layer], ring: KeyRing) -> tuple[Provider, str, str, str]:
    """The provider and base URL with their sources; the higher layer of the two decides."""
    for source, layer in layers:
        name, url = layer.get("provider"), layer.get("base_url")
        if name:
            provider = find_provider(str(name))
            where = source if url else "provider"
            return provider, str(url or provider.base_url or ""), source, where
        if url:
            return find_provider("custom"), str(url), f"base_url ({source})", source
    for provider in providers().values():
        if provider.base_url and ring.has(provider):
            return provider, provider.base_url, "the key that is present", "provider"
    provider = find_provider(DEFAULT_PROVIDER)
    return provider, provider.base_url or "", "default", "provider"


def choose_provider(
    options: Mapping[str, Any] | None,
    configured: Mapping[str, Any],
    ring: KeyRing,
    course: Layer | None = None,
) -> tuple[Provider, str]:
    """The provider and its checked base URL ("" when it has none); no key is looked for."""
    provider, url, _, _ = _provider(_layers(options or {}, configured, course), ring)
    if url:
        check_url(url)
    return provider, url


def resolve(
    options: Mapping[str, Any] | None = None,
    configured: Mapping[str, Any] | None = None,
    ring: KeyRing | None = None,
    *,
    need_key: bool = True,
    course: Layer | None = None,
    came_along: bool = False,
) -> Settings:
    """All settings for one call.

    Args:
        options: What the call itself says; None values mean "not said".
        configured: What `%config` and `ipython_config.py` say.
        ring: The keys of this process; a fresh ring knows the environment's only.
        need_key: False to look at settings without a key being there; with `replay = "replay"`
            none is looked for.
        course: The name of the course file, and what it sets.
        came_along: Whether nobody here has named that file: a provider of its choice is then not
            the one that `GLM_API_KEY` belongs to.

    Raises:
        ArgumentError: A value that is not possible.
        SettingsError: No base URL, an unsafe URL, a key for another host, or no key.
    """
    layers = _layers(options or {}, configured or {}, course)
    ring = ring or KeyRing()
    provider, url, provider_source, url_source = _provider(layers, ring)
    sources = {"provider": provider_source, "base_url": url_source}
    values: dict[str, Any] = {}
    for name in FIELDS:
        if name not in ("provider", "base_url"):
            values[name], sources[name] = _pick(name, layers)
    values["replay"], sources["replay"] = replay_mode(options, configured or {})
    model = find_model(values.pop("model"))
    _check_model(model, values)
    key: APIKey | None = None
    if provider.key == "none" or values["replay"] == "replay":
        sources["key"] = "not needed"
    elif not url:
        message = f"The provider {provider.name} has no base URL."
        raise SettingsError(message, "Set it: %config GLM.base_url = 'https://…/v1'")
    else:
        check_url(url)
        without = [one for one in layers if not (came_along and one is course)]
        own = url == provider.base_url and provider == _provider(without, ring)[0]
        key, sources["key"] = ring.find(provider, origin_of(url), is_own=own, bind=need_key)
        if key is None and provider.key == "required" and need_key:
            raise _no_key(provider)
    return Settings(provider, url.rstrip("/"), key, model, values, sources, ring.known(key))


def _no_key(provider: Provider) -> KeyMissingError:
    names = " or ".join(("GLM_API_KEY", *provider.key_env))
    message = f"No API key for {provider.title}: set {names}, or run %glm login."
    return KeyMissingError(message, "To try without a key: %config GLM.provider = 'sandbox'")


def _check_model(model: Model, values: Mapping[str, Any]) -> None:
    """Refuse what the server would silently ignore or answer with an error (code 1210)."""
    if model.listed and (values["temperature"] or 0) > 1:
        message = f"temperature = {values['temperature']:g} is above 1, GLM's highest."
        raise ArgumentError(message, "Choose 0 (steady) to 1 (varied).")
    if values["thinking"] is False and model.thinking == "always":
        message = f"{model.id} always thinks; it cannot be switched off."
        efforts = ", ".join(model.efforts)
        raise ArgumentError(message, f"Use --effort {efforts}, or a model such as glm-4.5-air.")
    if values["thinking"] and model.thinking == "none":
        raise ArgumentError(f"{model.id} has no thinking mode.", "Leave --think away.")
    effort = values["effort"]
    if effort and model.listed and effort not in model.efforts:
        message = f"{model.id} has no effort {effort!r}."
        known = ", ".join(model.efforts)
        raise ArgumentError(message, f"It has {known}." if known else "Use --think or --no-think.")
    limit = model.max_output_tokens
    if limit and (values["max_tokens"] or 0) > limit:
        message = f"max_tokens = {values['max_tokens']:,} is above {model.id}'s {limit:,}."
        raise ArgumentError(message, f"Choose 1 to {limit:,}.")
