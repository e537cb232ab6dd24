"""The key goes to one host, and is seen nowhere else: looked at from the other side of the line."""

import _thread
import copy
import dataclasses
import gc
import http.server
import json
import pickle
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from glm_magic import errors
from glm_magic.api.client import Client
from glm_magic.api.documents import course, model_ids
from glm_magic.chat.deltas import Delta
from glm_magic.keys import APIKey
from glm_magic.settings import resolve
from glm_magic.wiring import Workbench

from .. import canary
from ..canary import CANARY
from .asking import QUICK, Way, until
from .host import CUT, DONE, HOLD, RESET, Host, delta, head, last, refused, said, stream, whole
from .looking import locals_seen, shows_nothing

Connect = Callable[..., Client]


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
@pytest.mark.parametrize("target", ["other", "same"])
def test_no_redirect_is_followed(
    way: Way, connect: Connect, canary_key: APIKey, status: int, target: str
) -> None:
    """Wherever a redirect points, the other server gets no request and no connection."""
    with Host(said("stolen")) as other, Host(said("x")) as host:
        place = (other if target == "other" else host).base_url
        host.scripts[0] = whole(b"", status, Location=f"{place}/elsewhere")
        client = connect(host.base_url, key=canary_key)
        outcome = way.ask(client)
        assert type(outcome.error) is errors.RedirectRefusedError
        assert str(status) in outcome.refusal.message
        assert other.connections == 0
        assert len(host.asked) == 1
        with pytest.raises(errors.RedirectRefusedError):
            model_ids(client)
        assert other.connections == 0
        assert len(host.asked) == 2
    shows_nothing(outcome.error)


def test_the_key_goes_to_its_host(way: Way, connect: Connect, canary_key: APIKey) -> None:
    """The host it is for gets it, in the Authorization header and nowhere else."""
    with Host(said("x")) as host:
        way.ask(connect(host.base_url, key=canary_key), f"Hello {chr(0x4F60)}")
    asked = host.asked[0]
    assert asked.headers.pop("authorization") == f"Bearer {CANARY}"
    assert not canary.seen_in(repr(asked))


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy"])
def test_loopback_needs_no_proxy(
    way: Way, connect: Connect, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """What is meant for this machine is not shown to a proxy."""
    with Host(said("proxied")) as proxy, Host(said("direct")) as host:
        monkeypatch.setenv(variable, f"http://127.0.0.1:{proxy.port}")
        assert way.ask(connect(host.base_url)).turn.text == "direct"
        assert proxy.connections == 0


def test_another_machine_is_reached_through_the_proxy(
    way: Way, connect: Connect, monkeypatch: pytest.MonkeyPatch, canary_key: APIKey
) -> None:
    """The proxy of the environment is respected there; it gets a tunnel to make, and no key."""
    with Host(whole(b"no", 403)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        outcome = way.ask(connect("https://glm.invalid/v1", key=canary_key))
    assert type(outcome.error) is errors.ConnectionFailedError
    assert [one.line for one in proxy.asked] == ["CONNECT glm.invalid:443 HTTP/1.1"]
    assert not canary.seen_in(repr(proxy.asked))
    shows_nothing(outcome.error)


def test_netrc_is_not_read(way: Way, connect: Connect, home: Path) -> None:
    """A password in `.netrc` for the host is not sent."""
    (home / ".netrc").write_text("machine 127.0.0.1 login me password netrc-secret\n")
    with Host(said("x")) as host:
        way.ask(connect(host.base_url))
    assert "authorization" not in host.asked[0].headers


def _echo(**fields: str) -> list[Any]:
    return [delta(**{name: letter}) for name, text in fields.items() for letter in text]


ECHOES = {
    "one_chunk": stream(delta(f"You sent Bearer {CANARY}."), last(), DONE),
    "by_character": stream(*_echo(content=f"You sent Bearer {CANARY}."), last(), DONE),
    "reasoning": stream(*_echo(reasoning_content=f"Bearer {CANARY}"), delta("x"), last(), DONE),
    "thought": stream(*_echo(content=f"<think>{CANARY}</think>x"), last(), DONE),
    "document": whole({"choices": [{"message": {"content": f"Bearer {CANARY}"}}], "model": CANARY}),
    "model": stream({**delta("x"), "model": CANARY, "id": CANARY}, last(), DONE),
    "tool": stream(
        delta(tool_calls=[{"id": CANARY, "function": {"name": CANARY, "arguments": CANARY}}]),
        last("tool_calls"),
        DONE,
    ),
    "cut": [*stream(*_echo(content=CANARY[:-1]), then=()), CUT],
}


@pytest.mark.parametrize("case", ECHOES)
def test_an_echo_is_not_in_the_answer(
    way: Way, connect: Connect, canary_key: APIKey, case: str
) -> None:
    """A host that says the key back, in whatever way, does not bring it into deltas or turn."""
    with Host(ECHOES[case]) as host:
        outcome = way.ask(connect(host.base_url, key=canary_key))
    joined = "".join(one.text for one in outcome.deltas) + "".join(
        d.reasoning for d in outcome.deltas
    )
    assert not canary.seen_in(f"{outcome.deltas!r}{outcome.turn!r}{joined}")
    assert "[API key redacted]" in f"{outcome.turn!r}{outcome.deltas!r}"


REFUSALS = {
    "header_in_message": refused("1000", 401, f"Bad header: Bearer {CANARY}"),
    "code": refused(CANARY, 401),
    "string": whole({"error": f"Invalid key {CANARY}"}, 401),
    "detail": whole({"detail": [{"input": {"authorization": f"Bearer {CANARY}"}}]}, 422),
    "text": whole(f"nginx: {CANARY}", 500, "text/plain"),
    "in_200": whole({"code": 401, "msg": CANARY, "success": False}),
    "in_stream": stream({"error": {"code": "1000", "message": CANARY}}),
    "not_json": whole(f'{{"choices": "{CANARY}'),
    "page": whole(f"<html>{CANARY}</html>", kind="text/html"),
    "reset": [RESET],
    "late_reset": stream(delta("a"), 0.02, RESET),
    "silence": [head(), HOLD],
}


@pytest.mark.parametrize("case", REFUSALS)
def test_no_error_holds_the_key(way: Way, connect: Connect, canary_key: APIKey, case: str) -> None:
    """Neither its text, nor its causes, nor the frames of its traceback show the key."""
    limits = dataclasses.replace(QUICK, idle_seconds=0.2)
    with Host(REFUSALS[case]) as host:
        outcome = way.ask(connect(host.base_url, limits, key=canary_key))
    shows_nothing(outcome.error)
    assert not canary.seen_in(repr(outcome.turn))


def test_no_connection_holds_the_key(way: Way, connect: Connect, canary_key: APIKey) -> None:
    """A host that is not there gives an error without httpx, and without the key."""
    with Host(said("x")) as host:
        url = host.base_url
    client = connect(url, key=canary_key)
    shows_nothing(way.ask(client).error)
    with pytest.raises(errors.ConnectionFailedError) as raised:
        model_ids(client)
    assert not any(map(canary.seen_in, locals_seen(raised.value)))


def test_an_echo_is_in_no_list(connect: Connect, canary_key: APIKey) -> None:
    """A host that says the key back does not bring it into its list, nor a course into a report."""
    escaped = whole(f'{{"data": [{{"id": "Bearer \\u{ord(CANARY[0]):04x}{CANARY[1:]}"}}]}}')
    told = {"course": "c", "student": CANARY, "mode": "open", "models": [CANARY], CANARY: [CANARY]}
    with Host(escaped, whole(told)) as host:
        client = connect(host.base_url, key=canary_key)
        assert model_ids(client) == ["Bearer [API key redacted]"]
        assert not canary.seen_in(repr(course(client)))


@pytest.mark.parametrize("state", [[HOLD], [head(kind="application/json"), HOLD]])
def test_an_interrupt_is_a_stop_without_the_key(
    connect: Connect, canary_key: APIKey, state: list[bytes | str]
) -> None:
    """Ctrl-C while the host is waited for: no traceback of the library, whose frames hold it."""
    with Host(state) as host:
        client = connect(host.base_url, key=canary_key)
        client.http()  # not to be interrupted while it is made

        def interrupt() -> None:
            until(lambda: host.asked)
            _thread.interrupt_main()

        pressing = threading.Thread(target=interrupt)
        pressing.start()
        with pytest.raises(errors.Stopped) as raised:
            model_ids(client)
        pressing.join()
    assert raised.value.__context__ is None
    assert not any(map(canary.seen_in, locals_seen(raised.value)))


def test_nothing_shows_the_key(
    connect: Connect, canary_key: APIKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No text form, copy, pickle or JSON of what holds the key shows it."""
    monkeypatch.setenv("ZAI_API_KEY", CANARY)
    settings = resolve()
    assert settings.key == canary_key
    bench = Workbench()
    bench.ring.give("https://a.example:443", canary_key)
    client = connect("http://127.0.0.1:9/v1", key=canary_key)
    question = bench.question("Hello")
    holders: list[Any] = [
        canary_key,
        settings,
        bench.ring,
        bench,
        client,
        question,
        question.preview(),
        client.send(question.request()),
        [canary_key],
        {"key": canary_key},
    ]
    for one in holders:
        texts = [repr(one), str(one), f"{one}", f"{one!r}", "%s" % (one,), repr(dir(one))]  # noqa: UP031
        texts += [repr(getattr(one, "__dict__", "")), repr(getattr(one, "__slots__", ""))]
        assert not any(map(canary.seen_in, texts))
    for one in (canary_key, settings, client, bench, bench.ring):
        for show in (json.dumps, pickle.dumps, copy.deepcopy):
            with pytest.raises(TypeError) as raised:
                show(one)
            assert not canary.seen_in(str(raised.value))
    with pytest.raises(TypeError):
        dataclasses.asdict(settings)
    with pytest.raises(TypeError):
        vars(canary_key)
    assert not canary.seen_in(question.preview().text())
    assert not canary.seen_in(repr(copy.copy(settings)))
    bench.close()


def test_no_long_lived_object_keeps_the_header(
    way: Way, connect: Connect, canary_key: APIKey
) -> None:
    """After an answer nothing that can be reached through the collector holds the header."""
    with Host(said("x"), said("y")) as host:
        client = connect(host.base_url, key=canary_key)
        way.ask(client)
        host.asked.clear()
        gc.collect()
        assert not canary.seen_in(repr(vars(client.http())))
        bearers = [
            one for one in gc.get_objects() if isinstance(one, dict) and "Authorization" in one
        ]
        assert not any(canary.seen_in(repr(one)) for one in bearers)


@pytest.fixture
def plain_server() -> Iterator[http.server.ThreadingHTTPServer]:
    """A server of the standard library, which writes its own log."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.dumps(
                {"choices": [{"message": {"content": self.headers["Authorization"]}}]}
            )
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *arguments: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_another_servers_echo(
    way: Way, plain_server: http.server.ThreadingHTTPServer, connect: Connect, canary_key: APIKey
) -> None:
    """An HTTP/1.0 server that we did not write, echoing the header, is read and cleaned."""
    url = f"http://127.0.0.1:{plain_server.server_address[1]}/v1"
    outcome = way.ask(connect(url, key=canary_key))
    assert outcome.turn.text == "Bearer [API key redacted]"
    assert Delta(text="Bearer [API key redacted]") in [
        dataclasses.replace(one, finish_reason="", usage=None) for one in outcome.deltas
    ]
