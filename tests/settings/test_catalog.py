"""The catalog: complete, plausible, and never a wall."""

import json
import re
from importlib.resources import files

import pytest

from glm_magic import catalog
from glm_magic.catalog import (
    Price,
    find_model,
    find_provider,
    models,
    near_models,
    price_of,
    providers,
)
from glm_magic.errors import ArgumentError
from glm_magic.origins import check_url, origin_of


@pytest.mark.parametrize("name", models())
def test_each_model_is_complete(name: str) -> None:
    """Limits, thinking mode, date and prices of a listed model are known and make sense."""
    model = models()[name]
    assert model.id == name == name.lower()
    assert model.listed
    if model.status != "unverified":
        assert model.context_tokens is not None
        assert model.max_output_tokens is not None
        assert 4096 <= model.max_output_tokens <= model.context_tokens
    assert model.thinking in ("auto", "forced", "always", "none")
    assert set(model.efforts) <= {"max", "xhigh", "high", "medium", "low", "minimal", "none"}
    assert isinstance(model.images, bool)
    assert model.released is None or re.fullmatch(r"20\d\d-[01]\d-[0-3]\d", model.released)
    assert model.temperature is None or 0 <= model.temperature <= 1
    assert model.top_p is None or 0 < model.top_p <= 1
    if model.thinking == "always":
        assert model.efforts  # or else nothing could be chosen at all


@pytest.mark.parametrize("name", models())
def test_each_price_is_plausible(name: str) -> None:
    """No price is negative, cached input is never dearer than fresh, output never cheaper."""
    for provider, price in models()[name].prices.items():
        assert provider in providers()
        assert 0 <= price.input <= price.output <= 100
        assert price.cached_input is None or 0 <= price.cached_input <= price.input
        assert price.free is (price.input == price.output == 0)


def test_the_models_that_matter_are_there() -> None:
    """The GLM-4.5 family is whole, its flash model is free, and there is a vision model."""
    family = {"glm-4.5", "glm-4.5-air", "glm-4.5-x", "glm-4.5-airx", "glm-4.5-flash", "glm-4.5v"}
    assert family <= set(models())
    assert models()["glm-4.5-flash"].prices["zai"].free
    assert models()["glm-4.5v"].images
    assert not models()["glm-4.5"].images


def test_cometapi_has_no_built_in_price() -> None:
    """No price of CometAPI is shipped, and none of Z.ai's is taken for it."""
    comet = find_provider("cometapi")
    assert comet.price_feed
    assert all("cometapi" not in model.prices for model in models().values())
    assert all(price_of(model, comet) is None for model in models().values())


@pytest.mark.parametrize("name", providers())
def test_each_provider_is_safe_and_complete(name: str) -> None:
    """Its URL may get a key, its feed is encrypted, its variables and switches are known ones."""
    provider = providers()[name]
    assert provider.name == name
    assert provider.title
    for url in filter(None, (provider.base_url, provider.price_feed)):
        check_url(url)
        assert not url.endswith("/")
    assert provider.key in ("required", "optional", "none")
    assert provider.thinking in (
        "thinking",
        "chat_template_kwargs",
        "reasoning",
        "reasoning_effort",
        "none",
    )
    assert all(re.fullmatch(r"[A-Z]+(_[A-Z]+)*", variable) for variable in provider.key_env)
    assert not set(provider.key_env) & {"GLM_API_KEY", "OPENAI_API_KEY", "ANTHROPIC_API_KEY"}
    assert (provider.key == "required") is bool(provider.key_env)
    assert provider.prices is None or any(provider.prices in m.prices for m in models().values())


def test_a_variable_belongs_to_one_host() -> None:
    """No variable's key could be claimed by two hosts."""
    hosts: dict[str, set[str]] = {}
    for provider in providers().values():
        for variable in provider.key_env:
            hosts.setdefault(variable, set()).add(origin_of(provider.base_url or ""))
    assert {variable: found for variable, found in hosts.items() if len(found) > 1} == {}


def test_the_files_say_where_they_come_from() -> None:
    """Both files name their sources and their date, and hold every field of each record."""
    assert {"source", "compiled", "prices", "cometapi"} <= set(catalog.about())
    for name, kind in (("models.json", catalog.Model), ("providers.json", catalog.Provider)):
        document = json.loads(files(catalog).joinpath(name).read_text(encoding="utf-8"))
        assert document["about"]["source"]
        records = document[name.partition(".")[0]]
        known = set(kind.__dataclass_fields__)
        for record in records.values() if isinstance(records, dict) else records:
            assert set(record) <= known


@pytest.mark.parametrize(
    "name",
    ["glm-4.5-air", "GLM-4.5-Air", "z-ai/glm-4.5-air", "zai/glm-4.5-air", "zai-org/GLM-4.5-Air"],
)
def test_a_model_is_found_by_any_spelling(name: str) -> None:
    """A host's prefix and case do not hide the model, and its name stays as it was given."""
    found, listed = find_model(name), models()["glm-4.5-air"]
    assert found.listed
    assert found.id == name
    assert (found.context_tokens, found.prices) == (listed.context_tokens, listed.prices)
    assert price_of(found, find_provider("zai")) == listed.prices["zai"]


@pytest.mark.parametrize("name", ["", "/", "gpt-9", "glm-4.5-", "glm-4.5/x"])
def test_any_other_name_is_a_model_too(name: str) -> None:
    """What is not listed has no limits and no price, and is no error."""
    model = find_model(name)
    assert (model.id, model.listed, model.prices, model.context_tokens) == (name, False, {}, None)
    assert price_of(model, find_provider("zai")) is None


def test_near_names_are_offered() -> None:
    """A misspelt model or provider has neighbours."""
    assert "glm-4.5-flash" in near_models("glm-4.5-flsh")
    assert "glm-4.5-air" in near_models("z-ai/GLM-4.5-ari")
    assert near_models("gpt") == []
    with pytest.raises(ArgumentError, match="bigmodel"):
        find_provider("bigmodell")


@pytest.mark.parametrize(
    ("price", "counts", "usd"),
    [
        (Price(0.6, 2.2, 0.11), (1_000_000, 0, 0), 0.6),
        (Price(0.6, 2.2, 0.11), (1_000_000, 0, 1_000_000), 0.11),
        (Price(0.6, 2.2, 0.11), (0, 1_000_000, 0), 2.2),
        (Price(0.6, 2.2, 0.11), (1_000_000, 1_000_000, 500_000), 0.3 + 0.055 + 2.2),
        (Price(0.6, 2.2), (1_000_000, 0, 500_000), 0.6),
        (Price(0.6, 2.2, 0.11), (100, 0, 500), 100 * 0.11 / 1e6),
        (Price(0, 0, 0), (10**9, 10**9, 0), 0.0),
    ],
)
def test_what_an_answer_costs(price: Price, counts: tuple[int, int, int], usd: float) -> None:
    """Cached tokens have their own price, and there are never more of them than of tokens."""
    assert price.cost(*counts) == pytest.approx(usd)


def test_refreshed_prices_stand_above_the_built_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the provider itself said holds for that provider only."""
    monkeypatch.setattr(catalog, "_refreshed", {})
    catalog.set_prices(find_provider("cometapi"), {"glm-4.5": Price(0.48, 1.92)})
    for name in ("glm-4.5", "zai/GLM-4.5"):
        assert price_of(find_model(name), find_provider("cometapi")) == Price(0.48, 1.92)
    assert (
        price_of(find_model("glm-4.5"), find_provider("zai")) == models()["glm-4.5"].prices["zai"]
    )
    assert price_of(find_model("glm-4.6"), find_provider("cometapi")) is None
