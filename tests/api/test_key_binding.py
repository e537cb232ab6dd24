"""A key goes nowhere but to the host it was given for: refused before a socket opens."""

import pytest

from glm_magic import errors
from glm_magic.keys import APIKey
from glm_magic.origins import KeyRing, origin_of
from glm_magic.settings import resolve
from glm_magic.surroundings import AROUND
from glm_magic.wiring import Workbench

from ..canary import CANARY
from .host import Host, said
from .looking import shows_nothing


@pytest.mark.parametrize("provider", ["zai", "custom", None])
@pytest.mark.parametrize("name", ["ZAI_API_KEY", "GLM_API_KEY"])
def test_a_key_is_not_sent_elsewhere(
    monkeypatch: pytest.MonkeyPatch, provider: str | None, name: str
) -> None:
    """With a new base URL and the old key no socket is opened, whoever set the URL."""
    monkeypatch.setenv(name, CANARY)
    with Host(said("stolen")) as other:
        bench = Workbench()
        options = {"base_url": other.base_url} | ({"provider": provider} if provider else {})
        if name == "GLM_API_KEY" or provider == "zai":
            with pytest.raises(errors.KeyRefusedError) as raised:
                bench.question("Hello", **options)
            assert origin_of(other.base_url) in raised.value.message
            shows_nothing(raised.value)
        else:  # another provider's variable is not even looked at
            list(bench.question("Hello", **options).ask())
            assert "authorization" not in other.asked[0].headers
        bench.close()
        assert other.connections == (0 if name == "GLM_API_KEY" or provider == "zai" else 1)


def test_a_key_beside_its_url_is_bound_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """`GLM_API_KEY` beside `GLM_BASE_URL` goes there, and not to another URL, nor to Z.ai."""
    with Host(said("x")) as host, Host(said("stolen")) as other:
        monkeypatch.setenv("GLM_API_KEY", CANARY)
        monkeypatch.setenv("GLM_BASE_URL", host.base_url)
        bench = Workbench()
        list(bench.question("Hello").ask())
        assert host.asked[0].headers["authorization"] == f"Bearer {CANARY}"
        for options in ({"base_url": other.base_url}, {"provider": "zai"}):
            with pytest.raises(errors.KeyRefusedError):
                bench.question("Hello", **options)
        monkeypatch.setattr(AROUND, "configured", lambda: {"base_url": other.base_url})
        with pytest.raises(errors.KeyRefusedError):
            bench.question("Hello")
        bench.close()
        assert other.connections == 0


def test_the_first_use_binds(monkeypatch: pytest.MonkeyPatch) -> None:
    """`GLM_API_KEY` alone belongs to the first provider it is used for; looking is not using."""
    monkeypatch.setenv("GLM_API_KEY", CANARY)
    bench = Workbench()
    bench.settings({"provider": "bigmodel"}, need_key=False)
    assert bench.settings({"provider": "zai"}).key == APIKey(CANARY)
    for provider in ("bigmodel", "openrouter"):
        with pytest.raises(errors.KeyRefusedError, match=r"belongs to https://api\.z\.ai:443"):
            bench.settings({"provider": provider})
    assert bench.settings({"provider": "zai-coding"}).key == APIKey(CANARY)


def test_plain_http_to_another_machine_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before any connection, with a key or without."""
    ring = KeyRing()
    ring.give("http://192.0.2.1:80", APIKey(CANARY))
    with pytest.raises(errors.SettingsError, match="not https"):
        resolve({"base_url": "http://192.0.2.1/v1"}, ring=ring)
