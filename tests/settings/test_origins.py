"""A key goes to one origin, and only URLs that mean one thing may name it."""

import sys
from functools import partial
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glm_magic import origins
from glm_magic.catalog import find_provider
from glm_magic.errors import ArgumentError, GLMError, KeyRefusedError, SettingsError, Stopped
from glm_magic.keys import APIKey
from glm_magic.origins import KeyRing, check_url, is_loopback, origin_of
from tests import canary
from tests.api.looking import locals_seen
from tests.canary import CANARY

ZAI = "https://api.z.ai:443"


@pytest.mark.parametrize(
    "url",
    [
        "https://api.z.ai/api/paas/v4", "HTTPS://API.Z.AI/v4", "https://api.z.ai:8443/v1",
        "https://xn--80ak6aa92e.example/v1", "https://my_host/v1", "https://1.2.3.4/v1",
        "https://[2001:db8::1]:8443/v1", "http://127.0.0.1:8000/v1", "http://localhost/v1",
        "http://[::1]:11434/v1", "http://127.9.9.9/v1", "https://api.z.ai/", "https://api.z.ai",
    ],
)  # fmt: skip
def test_plain_urls_are_safe(url: str) -> None:
    """Https anywhere, http on this machine."""
    check_url(url)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://api.z.ai/v4", "not https"), ("http://192.168.1.5/v1", "not https"),
        ("http://127.0.0.1.evil.example/", "not https"), ("http://0.0.0.0/", "not https"),
        ("http://127.1/", "not https"), ("http://2130706433/", "not https"),
        ("ftp://api.z.ai/", "not https"), ("file:///etc/passwd", "plain name"),
        ("api.z.ai/v4", "plain name"), ("https:api.z.ai", "plain name"), ("", "plain name"),
        ("https://", "plain name"), ("https:///v4", "plain name"), ("https://:443/", "plain name"),
        ("https://api.z.ai./v4", "plain name"), ("https://.api.z.ai/", "plain name"),
        ("https://a..b/", "plain name"), ("https://api.z.ai%2eevil.example/", "plain name"),
        ("https://api.z.ai%00.evil/", "plain name"), ("https://[::1", "plain name"),
        ("https://[evil.example]/", "plain name"), ("https://api.z.ai;x/", "plain name"),
        ("https://" + "a" * 64 + ".example/", "plain name"), ("https://-a.example/", "plain name"),
        ("https://user@api.z.ai/", "user name"), ("https://user:pass@api.z.ai/", "user name"),
        ("https://api.z.ai@evil.example/", "user name"), ("https://@api.z.ai/", "user name"),
        ("https://user:pass@api.z.ai:bad/", "user name"),
        ("https://api.z.ai/?key=1", "query"), ("https://api.z.ai/#x", "query"),
        ("https://evil.example#@api.z.ai/", "query"), ("https://api.z.ai?", "query"),
        ("https://api.z.ai\\@evil.example/", "characters"), ("https:\\\\api.z.ai/", "characters"),
        ("https://api.z.ai/\r\nX: y", "characters"), ("https://api.z.ai/ v4", "characters"),
        (" https://api.z.ai/", "characters"), ("https://api.z.ai/\t", "characters"),
        ("https://api.z.ai/\x00", "characters"), ("https://api.z.ai/\x7f", "characters"),
        ("https://аpi.z.ai/", "characters"), ("https://api。z.ai/", "characters"),
        ("https://ａｐｉ.z.ai/", "characters"), ("https://api.z.ai/ü", "characters"),
        ("https://api.z.ai:99999/", "port"), ("https://api.z.ai:abc/", "port"),
        ("https://api.z.ai:-1/", "port"), ("https://api.z.ai:0/", "port"),
        ("https://api.z.ai:443:80/", "port"),
    ],
)  # fmt: skip
def test_all_other_urls_are_refused(url: str, reason: str) -> None:
    """A URL that could be read in two ways, or without encryption, is refused with its reason."""
    with pytest.raises(SettingsError, match=reason) as raised:
        check_url(url)
    lines = raised.value._render_traceback_()[0].split("\n")
    assert len(lines) == 2
    assert all(line.isprintable() for line in lines)


@pytest.mark.parametrize(
    "url", ["https://me:s3cret@h/", "https://me:s3cret@h:x/", "https://me:s3cret @h/",
            "https://h/?api_key=s3cret", "https://h/#s3cret", "http://me:s3cret@[h/"],
)  # fmt: skip
def test_a_refused_url_does_not_show_its_secret(url: str) -> None:
    """A password or key inside a URL is not repeated in the error about it."""
    with pytest.raises(SettingsError) as raised:
        check_url(url)
    assert "s3cret" not in str(raised.value)


@given(
    url=st.text(max_size=30)
    | st.from_regex(r"https?://[a-z0-9@:.\[\]%/?#\\-]{0,25}", fullmatch=True)
)
def test_no_url_breaks_the_check(url: str) -> None:
    """Any text is safe or refused, and safe ones mean the same to httpx."""
    import httpx

    origin_of(url)
    try:
        check_url(url)
    except GLMError:
        return
    seen = httpx.URL(url)
    port = seen.port or {"https": 443, "http": 80}[seen.scheme]
    host = f"[{seen.host}]" if ":" in seen.host else seen.host
    assert origin_of(url) == f"{seen.scheme}://{host}:{port}"
    assert seen.userinfo == b""


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://API.z.ai/x", ZAI), ("https://api.z.ai:443/", ZAI), ("HTTPS://api.z.ai", ZAI),
        ("https://api.z.ai:8443/", "https://api.z.ai:8443"), ("http://[::1]/", "http://[::1]:80"),
        ("https://h:bad/", ""), ("https://[::1", ""),
    ],
)  # fmt: skip
def test_an_origin_has_one_spelling(url: str, origin: str) -> None:
    """Case, default ports and paths do not make another origin; what is no URL has none."""
    assert origin_of(url) == origin


@pytest.mark.parametrize(
    ("host", "local"),
    [("localhost", True), ("127.0.0.1", True), ("127.255.0.1", True), ("::1", True),
     ("[::1]", True),
     ("localhost.evil.example", False), ("127.0.0.1.nip.io", False), ("0.0.0.0", False),
     ("", False), ("10.0.0.1", False), ("127.1", False)],
)  # fmt: skip
def test_loopback_is_this_machine(host: str, local: bool) -> None:
    """Only addresses and the one name that cannot be anything else."""
    assert is_loopback(host) is local


def find(ring: KeyRing, name: str = "zai", url: str | None = None, **options: bool) -> object:
    """The source of the key for a provider's URL."""
    provider = find_provider(name)
    address = url or provider.base_url or ""
    own = address == provider.base_url
    return ring.find(provider, origin_of(address), is_own=own, **options)[1]


def test_a_given_key_stands_above_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key from login is for its origin, before the environment, until it is forgotten."""
    ring = KeyRing()
    monkeypatch.setenv("ZAI_API_KEY", "environment-key")
    ring.give(ZAI, APIKey("given-key"))
    assert find(ring) == "%glm login"
    assert ring.find(find_provider("zai"), ZAI, is_own=True)[0] == APIKey("given-key")
    assert repr(ring) == f"KeyRing({ZAI})"
    assert ring.forget(ZAI)
    assert not ring.forget(ZAI)
    assert find(ring) == "ZAI_API_KEY in the environment"
    assert repr(ring) == "KeyRing(environment only)"


def test_a_providers_variables_are_tried_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first variable that holds something wins, and blank ones hold nothing."""
    ring = KeyRing()
    assert find(ring, "bigmodel") == "none"
    monkeypatch.setenv("ZHIPU_API_KEY", "second")
    assert find(ring, "bigmodel") == "ZHIPU_API_KEY in the environment"
    monkeypatch.setenv("ZHIPUAI_API_KEY", "first")
    assert find(ring, "bigmodel") == "ZHIPUAI_API_KEY in the environment"
    monkeypatch.setenv("ZHIPUAI_API_KEY", "  ")
    assert find(ring, "bigmodel") == "ZHIPU_API_KEY in the environment"
    assert ring.has(find_provider("bigmodel"))
    assert not ring.has(find_provider("zai"))


def test_a_providers_key_is_bound_to_its_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """`ZAI_API_KEY` is not sent to another URL, though the provider is called zai."""
    monkeypatch.setenv("ZAI_API_KEY", "a-key")
    assert (
        find(KeyRing(), "zai", "https://api.z.ai/another/path") == "ZAI_API_KEY in the environment"
    )
    with pytest.raises(KeyRefusedError, match=r"ZAI_API_KEY belongs to https://api\.z\.ai:443"):
        find(KeyRing(), "zai", "https://api.z.ai:8443/v4")


@pytest.mark.parametrize(
    ("name", "value", "bound", "others"),
    [
        ("GLM_BASE_URL", "https://host.example/v1", "https://host.example/other", [None]),
        ("GLM_PROVIDER", "bigmodel", "https://open.bigmodel.cn/x", [None, "https://h.example/"]),
        ("GLM_PROVIDER", "custom", None, [None, "https://h.example/"]),
        ("GLM_BASE_URL", "https://host.example:bad/", None, [None, "https://host.example/"]),
    ],
)  # fmt: skip
def test_the_generic_key_is_bound_by_what_stands_beside_it(
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
    bound: str | None,
    others: list[str | None],
) -> None:
    """`GLM_API_KEY` goes to the host named beside it and to no other, Z.ai's own included."""
    monkeypatch.setenv("GLM_API_KEY", "a-key")
    monkeypatch.setenv(name, value)
    ring = KeyRing()
    if bound:
        assert find(ring, "zai", bound) == "GLM_API_KEY in the environment"
    for url in others:
        with pytest.raises(KeyRefusedError, match="GLM_API_KEY"):
            find(ring, "zai", url)


def test_an_unknown_provider_beside_the_key_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A misspelt `GLM_PROVIDER` is an error with its neighbour, not a key for anybody."""
    monkeypatch.setenv("GLM_API_KEY", "a-key")
    monkeypatch.setenv("GLM_PROVIDER", "bigmodle")
    with pytest.raises(ArgumentError, match="bigmodel"):
        find(KeyRing())


def test_the_first_use_of_the_generic_key_binds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Alone, it goes to the first provider that is asked; looking does not bind, URLs never do."""
    monkeypatch.setenv("GLM_API_KEY", "a-key")
    ring = KeyRing()
    assert find(ring, "bigmodel", bind=False) == "GLM_API_KEY in the environment"
    with pytest.raises(KeyRefusedError, match="another host"):
        find(ring, "zai", "https://h.example/")
    assert find(ring, "zai") == "GLM_API_KEY in the environment"
    with pytest.raises(KeyRefusedError, match=r"api\.z\.ai"):
        find(ring, "bigmodel")
    assert find(KeyRing(), "bigmodel") == "GLM_API_KEY in the environment"


def test_the_known_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that were given, and those of all providers' variables that can be keys."""
    monkeypatch.setenv("GLM_API_KEY", "generic-key")
    monkeypatch.setenv("COMETAPI_KEY", "comet-key")
    monkeypatch.setenv("ZAI_API_KEY", "no key")
    ring = KeyRing()
    ring.give(ZAI, APIKey("given-key"))
    assert {key.reveal() for key in ring.known()} == {"generic-key", "comet-key", "given-key"}


@pytest.mark.parametrize("call", ["set", "get", "delete"])
def test_a_stopped_keyring_shows_nothing(
    monkeypatch: pytest.MonkeyPatch, canary_key: APIKey, call: str
) -> None:
    """Ctrl-C while a locked keyring asks its own password: its frames hold the key."""

    def wait(*_: object) -> None:
        held = CANARY
        raise KeyboardInterrupt(len(held))

    keyring: Any = ModuleType("keyring")
    keyring.get_password = wait if call == "get" else lambda *_: "some-key"
    keyring.set_password = keyring.delete_password = wait
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    monkeypatch.setattr(origins, "keyring_installed", lambda: True)
    keep, drop = partial(origins.keep_in_keyring, key=canary_key), origins.drop_from_keyring
    with pytest.raises(Stopped) as raised:
        (keep if call == "set" else drop)(ZAI)
    assert raised.value.__context__ is None
    assert not any(map(canary.seen_in, locals_seen(raised.value)))
    assert ("this kernel" in raised.value.kept) is (call == "set")


def test_without_a_key_there_is_none() -> None:
    """No key is no error here: local hosts need none."""
    assert KeyRing().find(find_provider("ollama"), "http://127.0.0.1:11434", is_own=True) == (
        None,
        "none",
    )
