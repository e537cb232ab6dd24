"""Each setting comes from the highest layer that has it, and a wrong value says so."""

import math
from typing import Any

import pytest

from glm_magic.errors import ArgumentError, GLMError, KeyMissingError, SettingsError
from glm_magic.fields import FIELDS, check_name, parse
from glm_magic.keys import APIKey
from glm_magic.origins import KeyRing
from glm_magic.settings import Settings, choose_provider, resolve


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key for Z.ai is in the environment."""
    monkeypatch.setenv("ZAI_API_KEY", "a-key-for-zai")


VALUES: dict[str, tuple[Any, Any, Any]] = {
    "model": ("glm-4.6", "glm-4.5-air", "glm-4.7"),
    "thinking": (True, False, None),
    "effort": (None, None, None),
    "temperature": (0.1, 0.2, None),
    "top_p": (0.1, 0.2, None),
    "max_tokens": (10, 20, None),
    "stop": ("a", "b", None),
    "system": ("a", "", None),
    "frame_detail": ("schema", "stats", None),
    "tool_rounds": (3, 4, None),
    "connect_timeout_seconds": (1.0, 2.0, None),
    "idle_timeout_seconds": (1.0, 2.0, None),
    "total_timeout_seconds": (1.0, 2.0, None),
    "retries": (1, 0, None),
    "embed_context": (True, False, None),
    "replay": ("auto", "record", "replay"),
    "budget_usd": (0.5, 0.0, None),
    "budget_tokens": (10, 0, None),
}


def value_of(settings: Settings, name: str) -> Any:
    """A setting's value; the model's is its name."""
    return settings.model.id if name == "model" else settings.values[name]


@pytest.mark.parametrize("name", [name for name in VALUES if name != "effort"])
def test_the_order_of_layers(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """An option stands above `%config`, that above the environment, that above the default."""
    option, configured, environment = VALUES[name]
    default = resolve()
    assert default.sources[name] == "default"
    if environment:
        monkeypatch.setenv(FIELDS[name].env, environment)
        assert value_of(resolve(), name) == environment
        assert resolve().sources[name] == f"{FIELDS[name].env} in the environment"
    middle = resolve({name: None}, {name: configured})
    assert (value_of(middle, name), middle.sources[name]) == (configured, "%config")
    top = resolve({name: option}, {name: configured})
    assert (value_of(top, name), top.sources[name]) == (option, "option")


def test_variables_of_windows_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line end or a blank around a variable's value is no part of it."""
    monkeypatch.setenv("GLM_MODEL", " glm-4.5-air\r")
    monkeypatch.setenv("GLM_PROVIDER", "sandbox\r\n")
    found = resolve()
    assert (found.model.id, found.model.listed) == ("glm-4.5-air", True)
    assert found.provider.name == "sandbox"


def test_every_setting_is_in_the_table() -> None:
    """No setting goes untested, and each has one line of help."""
    assert set(VALUES) | {"provider", "base_url"} == set(FIELDS)
    assert all(field.help.endswith(".") and "\n" not in field.help for field in FIELDS.values())


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("thinking", "yes", True), ("thinking", " OFF ", False), ("thinking", 1, True),
        ("temperature", "0.5", 0.5), ("temperature", 0, 0.0), ("top_p", "1", 1.0),
        ("max_tokens", "100", 100), ("max_tokens", 100.0, 100), ("retries", "0", 0),
        ("frame_detail", "stats", "stats"), ("stop", 5, "5"),
        ("idle_timeout_seconds", "1e2", 100.0),
    ],
)  # fmt: skip
def test_texts_become_values(name: str, given: Any, value: Any) -> None:
    """What comes from a variable or a command line gets its right type."""
    found = parse(name, given)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("thinking", "maybe"), ("thinking", ""), ("thinking", 2),
        ("temperature", "hot"), ("temperature", -0.1), ("temperature", 2.1),
        ("temperature", math.nan),
        ("temperature", math.inf), ("temperature", [1]), ("temperature", 10**400),
        ("top_p", 0), ("top_p", 1.1), ("max_tokens", 0), ("max_tokens", 1.5),
        ("max_tokens", "many"),
        ("max_tokens", math.inf), ("max_tokens", math.nan), ("max_tokens", "1" * 5000),
        ("retries", -1), ("frame_detail", "rows"), ("frame_detail", ["stats"]),
        ("connect_timeout_seconds", 0), ("idle_timeout_seconds", "soon"),
        ("total_timeout_seconds", -5), ("idle_timeout_seconds", 1e9),
    ],
)  # fmt: skip
def test_a_wrong_value_is_two_lines(name: str, given: Any) -> None:
    """The error names setting and value, and says what the setting is."""
    with pytest.raises(ArgumentError) as raised:
        resolve({name: given})
    lines = raised.value._render_traceback_()[0].split("\n")
    assert len(lines) == 2
    assert lines[0].startswith(f"ArgumentError: {name} = ")
    assert lines[1] == FIELDS[name].help
    assert raised.value.__context__ is None


@pytest.mark.parametrize("name", ["GLM_MODEL", "GLM_PROVIDER", "GLM_BASE_URL"])
def test_a_blank_variable_says_nothing(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """An empty or blank variable is as good as none."""
    before = resolve()
    monkeypatch.setenv(name, "  ")
    assert resolve() == before


def test_an_unknown_setting_has_its_neighbour() -> None:
    """A misspelt name is answered with the right one, or with where to look."""
    check_name("temperature")
    with pytest.raises(ArgumentError, match=r"Did you mean temperature\?"):
        check_name("temprature")
    with pytest.raises(ArgumentError, match="%glm config"):
        check_name("zzzzzz")


@pytest.mark.parametrize(
    ("variables", "name"),
    [
        ({}, "zai"),
        ({"ZAI_API_KEY": "k"}, "zai"),
        ({"ZHIPUAI_API_KEY": "k"}, "bigmodel"),
        ({"ZHIPU_API_KEY": "k"}, "bigmodel"),
        ({"COMETAPI_KEY": "k"}, "cometapi"),
        ({"OPENROUTER_API_KEY": "k"}, "openrouter"),
        ({"COMETAPI_KEY": "k", "ZAI_API_KEY": "k"}, "zai"),
        ({"GLM_API_KEY": "k"}, "zai"),
        ({"COMETAPI_KEY": "k", "GLM_PROVIDER": "openrouter"}, "openrouter"),
        ({"ZAI_API_KEY": "k", "GLM_BASE_URL": "https://h.example/v1"}, "custom"),
        ({"GLM_BASE_URL": "https://h.example/v1", "GLM_PROVIDER": "vllm"}, "vllm"),
    ],
)  # fmt: skip
def test_who_is_asked(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], name: str
) -> None:
    """The named provider, else the URL's, else the one whose key is present, else Z.ai."""
    monkeypatch.delenv("ZAI_API_KEY")
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value)
    provider, url = choose_provider(None, {}, KeyRing())
    assert provider.name == name
    assert url == variables.get("GLM_BASE_URL", provider.base_url)


def test_a_given_key_chooses_its_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    """After `%glm login` for a host, that host is asked."""
    monkeypatch.delenv("ZAI_API_KEY")
    ring = KeyRing()
    ring.give("https://open.bigmodel.cn:443", APIKey("a-key"))
    settings = resolve(ring=ring)
    assert settings.provider.name == "bigmodel"
    assert settings.sources["provider"] == "the key that is present"
    assert (settings.key, settings.sources["key"]) == (APIKey("a-key"), "%glm login")


@pytest.mark.parametrize(
    ("option", "configured", "name", "url"),
    [
        ({"provider": "sandbox"}, {"provider": "zai"}, "sandbox", ""),
        ({}, {"provider": "ollama"}, "ollama", "http://127.0.0.1:11434/v1"),
        ({"base_url": "http://localhost:1/v1/"}, {"provider": "vllm"}, "custom", "http://localhost:1/v1"),
        ({"provider": "vllm"}, {"base_url": "http://localhost:1/v1"}, "vllm", "http://127.0.0.1:8000/v1"),
        ({"provider": "vllm", "base_url": "http://localhost:1"}, {}, "vllm", "http://localhost:1"),
    ],
)  # fmt: skip
def test_the_higher_layer_of_the_two_decides(
    option: dict[str, str], configured: dict[str, str], name: str, url: str
) -> None:
    """A provider or URL from a higher layer is not mixed with the other from a lower one."""
    settings = resolve(option, configured)
    assert (settings.provider.name, settings.base_url) == (name, url)
    assert settings.sources["provider"].startswith(("option", "%config", "base_url (option)"))


def test_an_unknown_provider_has_its_neighbour() -> None:
    """A misspelt provider is answered with the right one, or with all."""
    with pytest.raises(ArgumentError, match=r"Did you mean openrouter\?"):
        resolve({"provider": "openruter"})
    with pytest.raises(ArgumentError, match=r"Known providers: zai, .*sandbox"):
        resolve({"provider": "qqqqqq"})


@pytest.mark.parametrize("url", [5, "ftp://x", "https://user@h/", b"https://h"])
def test_a_wrong_url_is_one_of_our_errors(url: Any) -> None:
    """Whatever stands there, and whether or not a provider stands beside it."""
    for beside in ({}, {"provider": "zai"}):
        with pytest.raises(GLMError) as raised:
            resolve({"base_url": url, **beside})
        assert raised.value._render_traceback_()[0].count("\n") == 1


def test_a_provider_without_a_url_needs_one() -> None:
    """The custom provider says how to set its URL."""
    with pytest.raises(SettingsError, match=r"GLM\.base_url"):
        resolve({"provider": "custom"})


def test_a_missing_key_names_the_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a key the error lists what to set and how to try without; looking needs none."""
    monkeypatch.delenv("ZAI_API_KEY")
    with pytest.raises(KeyMissingError, match="GLM_API_KEY or ZAI_API_KEY") as raised:
        resolve()
    assert "sandbox" in raised.value.remedy
    assert resolve(need_key=False).key is None
    assert resolve({"provider": "ollama"}).key is None
    assert resolve({"provider": "sandbox"}).sources["key"] == "not needed"


def test_settings_are_read_like_attributes() -> None:
    """Each field is an attribute, an unknown one is an AttributeError, and none can be set."""
    settings = resolve({"temperature": 0.5})
    assert settings.temperature == 0.5
    with pytest.raises(AttributeError):
        _ = settings.temprature
    with pytest.raises(AttributeError):
        settings.model = None  # type: ignore[misc,assignment]


@pytest.mark.parametrize(
    ("options", "words", "remedy"),
    [
        ({"temperature": 1.01}, "above 1", "0 (steady)"),
        ({"model": "z-ai/GLM-4.5", "temperature": 1.5}, "above 1", "0 (steady)"),
        ({"model": "glm-5.3", "thinking": False}, "always thinks", "low, high, max"),
        ({"model": "glm-4-32b-0414-128k", "thinking": True}, "no thinking mode", "--think"),
        ({"model": "glm-4.5", "effort": "high"}, "no effort 'high'", "--think or --no-think"),
        ({"model": "glm-5.3", "effort": "medium"}, "no effort 'medium'", "It has low, high, max."),
        ({"model": "glm-4.5", "max_tokens": 98_305}, "98,305 is above", "1 to 98,304"),
    ],
)  # fmt: skip
def test_what_the_model_cannot_do(options: dict[str, Any], words: str, remedy: str) -> None:
    """What the server would refuse, or silently ignore, is refused here and at once."""
    with pytest.raises(ArgumentError) as raised:
        resolve(options)
    assert words in raised.value.message
    assert remedy in raised.value.remedy


@pytest.mark.parametrize(
    "options",
    [
        {"temperature": 1}, {"temperature": 0}, {"model": "glm-5.3", "effort": "low"},
        {"model": "glm-5.3", "thinking": True}, {"model": "glm-4.7", "thinking": False},
        {"model": "glm-4.5", "max_tokens": 98_304},
        {"model": "unheard-of", "temperature": 2, "effort": "any", "max_tokens": 10**9},
    ],
)  # fmt: skip
def test_what_the_model_can_do(options: dict[str, Any]) -> None:
    """Limits themselves are allowed, and of a model that is not listed nothing is known."""
    assert resolve(options).provider.name == "zai"


def test_a_model_that_is_not_listed_is_allowed() -> None:
    """Any name can be asked for; it is only marked as unknown."""
    settings = resolve({"model": "unheard-of"})
    assert (settings.model.id, settings.model.listed) == ("unheard-of", False)
