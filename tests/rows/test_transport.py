"""Both ways to the host keep the rules of the key."""

import asyncio
import logging
import sys
import traceback
from collections.abc import Callable
from typing import Any

import pytest

import glm_magic as glm
from glm_magic.api import posting
from glm_magic.api.client import Client, Limits
from glm_magic.api.posting import HttpxPoster, Poster, poster_for, proxy_for
from glm_magic.api.posting_aiohttp import AiohttpPoster
from glm_magic.catalog import find_provider
from glm_magic.errors import (
    ConnectionFailedError,
    ProtocolError,
    RedirectRefusedError,
    SettingsError,
    TimedOutError,
)
from glm_magic.sandbox import Fault, Sandbox
from tests.canary import CANARY

from .samples import LABELS, SORT, labels, records

Host = Callable[..., Sandbox]
BODY = b'{"model": "glm-4.5", "messages": [{"role": "user", "content": "Hi"}]}'
POSTERS = {"aiohttp": AiohttpPoster, "httpx": HttpxPoster}


@pytest.fixture(params=POSTERS)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """One of both libraries."""
    kind = POSTERS[request.param]
    monkeypatch.setattr(posting, "poster_for", lambda client, seconds: kind(client, seconds))
    return str(request.param)


def test_both_ask_rows(way: str, host: Host) -> None:
    """All rows are answered, with as many in flight as may be."""
    sandbox = host(latency_seconds=1.0)
    found = glm.map(records(60), SORT, schema=LABELS, progress=False, in_flight=30)
    assert [row["answer"] for row in found] == labels(60)
    assert sandbox.load.peak >= 15


def test_a_redirect_is_refused(way: str, host: Host) -> None:
    """The key goes to one host; a redirect ends the run."""
    with Sandbox(key=CANARY) as elsewhere:
        host(script=lambda situation: Fault.redirect(f"{elsewhere.base_url}/chat/completions"))
        with pytest.raises(RedirectRefusedError):
            glm.map(records(20), SORT, progress=False)
        assert elsewhere.requests == []


def test_an_echoed_key_is_scrubbed(way: str, host: Host) -> None:
    """A host that says the key, in an answer or a refusal, is not repeated: see `tests.leaks`."""
    script: dict[str, Fault] = {}
    host(script=lambda situation: script.get(situation.text))

    def echo(answer: dict[str, Any]) -> None:
        answer["choices"][0]["message"]["content"] = f"your key: {CANARY}"

    script["<t>a</t>"] = Fault.change_json(echo)
    script["<t>b</t>"] = Fault.refuse("1301", f"bad key {CANARY}")
    found = glm.map([{"t": "a"}, {"t": "b"}], "{t}", progress=False)
    print(found)
    assert found[0]["answer"] == "your key: [API key redacted]"
    assert "[API key redacted]" in found[1]["_error"]


def post(poster: Callable[[Client, float], Poster], url: str, seconds: float = 5.0) -> Any:
    """Post once with the canary as key; close."""
    client = Client(url, glm_key(), find_provider("custom"), Limits(connect_seconds=2.0))

    async def once() -> Any:
        sender = poster(client, seconds)
        try:
            return await sender.post(BODY)
        finally:
            await sender.close()

    return asyncio.run(once())


def glm_key() -> Any:
    """The canary as a key."""
    from glm_magic.keys import APIKey

    return APIKey(CANARY)


@pytest.mark.parametrize("name", POSTERS)
def test_errors_hold_no_key(name: str, host: Host) -> None:
    """No traceback of a failed request shows the key, with all that its frames hold."""
    logging.getLogger().setLevel(logging.DEBUG)
    sandbox = host(faults=[Fault.cut(size_bytes=0), Fault.delay(3)])
    url = sandbox.base_url
    for seconds, kind in ((5.0, ConnectionFailedError), (0.3, TimedOutError)):
        with pytest.raises(kind) as caught:
            post(POSTERS[name], url, seconds)
        shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
        text = "".join(shown.format())
        ours = [line for line in text.splitlines() if "glm_key" not in line]
        print("\n".join(ours))
        assert caught.value.__context__ is None
    with pytest.raises(ConnectionFailedError):
        post(POSTERS[name], "http://127.0.0.1:9")


@pytest.mark.parametrize("name", POSTERS)
def test_a_body_without_end_is_cut(name: str, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host cannot fill the memory."""
    module = sys.modules[POSTERS[name].__module__]
    monkeypatch.setattr(module, "MAX_DOCUMENT_BYTES", 1_000)
    sandbox = host(faults=[Fault.answer("x" * 5_000)])
    with pytest.raises(ProtocolError, match="more than"):
        post(POSTERS[name], sandbox.base_url)


def test_the_environments_proxy_is_for_other_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proxies are respected, except for this machine and where no_proxy says so."""
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", "inner.example")
    assert proxy_for("https://api.example/v4") == "http://proxy.example:3128"
    assert not proxy_for("https://inner.example/v4")
    assert not proxy_for("http://127.0.0.1:1/v4")
    assert not proxy_for("http://localhost:1/v4")


@pytest.mark.parametrize("variable", ["https_proxy", "ALL_PROXY"])
@pytest.mark.parametrize(
    ("proxy", "kind"),
    [
        ("proxy.example:3128", AiohttpPoster),
        ("http://proxy.example:3128", AiohttpPoster),
        ("socks5://proxy.example:1080", HttpxPoster),
        ("socks5h://proxy.example:1080", HttpxPoster),
    ],
)
def test_rows_go_where_questions_go(
    monkeypatch: pytest.MonkeyPatch, variable: str, proxy: str, kind: type[Poster]
) -> None:
    """A proxy without a scheme speaks HTTP, and one that aiohttp does not speak is httpx's."""
    monkeypatch.setenv(variable, proxy)
    client = Client("https://api.example/v1", None, find_provider("custom"))
    assert type(poster_for(client, 1)) is kind
    assert proxy_for(client.base_url) == (proxy if "//" in proxy else f"http://{proxy}")


def test_a_proxy_that_needs_a_package_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are not asked one by one where no question can be asked."""
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:9")
    monkeypatch.setenv("ZAI_API_KEY", CANARY)
    with pytest.raises(SettingsError, match="socksio"):
        glm.map(records(3), SORT, progress=False)


def test_without_aiohttp_httpx_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra makes it faster; nothing needs it."""
    client = Client("http://127.0.0.1:9", None, find_provider("custom"))
    assert type(posting.poster_for(client, 1.0)).__name__ == "AiohttpPoster"
    monkeypatch.setattr(posting, "find_spec", lambda name: None)
    assert type(posting.poster_for(client, 1.0)).__name__ == "HttpxPoster"
