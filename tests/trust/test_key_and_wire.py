"""The key goes to exactly one host, over TLS, and is shown, logged, stored and sent nowhere else.

Every case runs cells. That no output, log record or file of any case holds the key is seen by
`tests/leaks.py`, which looks at every test.
"""

import copy
import http.server
import json
import pickle
import sqlite3
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme

from glm_magic import errors
from glm_magic.wiring import workbench
from tests import canary
from tests.api.host import DONE, HOLD, Host, delta, last, refused, said, stream, whole
from tests.canary import CANARY
from tests.jupyter.conftest import Shell
from tests.kernel import Kernel

At = Callable[[str], Shell]
ASK = "%%glm --no-think\nHello"


def two_lines(printed: str, first: str, second: str) -> None:
    """What a cell printed is one error of two lines."""
    lines = printed.strip("\n").split("\n")
    assert len(lines) == 2, printed
    assert first in lines[0], printed
    assert second in lines[1], printed


@pytest.mark.parametrize("status", [300, 301, 302, 303, 305, 307, 308])
@pytest.mark.parametrize("to", ["port", "name", "scheme", "relative"])
def test_no_redirect_is_followed(at: At, host: Host, status: int, to: str) -> None:
    """A redirect, wherever it leads, is an error that names it; nothing else is ever asked."""
    with Host(said("stolen")) as thief:
        host.scripts[0] = whole(b"", status, Location={
            "port": thief.base_url,
            "name": f"http://localhost:{thief.port}/v1",
            "scheme": f"https://127.0.0.1:{thief.port}/v1",
            "relative": "/elsewhere",
        }[to])  # fmt: skip
        two_lines(at(host.base_url).run(ASK), "redirect", "one host only")
        assert (thief.connections, len(host.asked)) == (0, 1)


def test_a_key_that_was_typed_is_in_no_history(
    host: Host, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """In a real kernel: `%glm login` is in IPython's history on disk, what was typed is not."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    with Kernel(GLM_PROVIDER="zai", GLM_BASE_URL=host.base_url) as kernel:
        kernel.run("%load_ext glm_magic")
        ran = kernel.run("%glm login", says=[CANARY])
        assert "not shown" in ran.asked[0]
        assert "is kept" in ran.printed
        asked = kernel.run(ASK)
        assert asked.status == "ok", asked.error
        assert f"Bearer {CANARY}" in str(host.asked[-1].headers)
        told = kernel.run(
            "%history -g\nprint(In, Out)\nget_ipython().history_manager.end_session()"
        )
        assert "%glm login" in told.printed
    with closing(sqlite3.connect(next(tmp_path.rglob("history.sqlite")))) as base:
        held = "\n".join(base.iterdump())
    assert "%glm login" in held
    assert not any(canary.seen_in(text) for text in (held, told.printed, str(ran.messages)))


@pytest.mark.parametrize("way", ["config", "option", "environment"])
def test_an_old_key_does_not_follow_to_a_new_host(
    at: At, host: Host, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A base URL that changes, however it is said, gets no key and no connection."""
    shell = at(host.base_url)
    assert "All is well." in shell.run(ASK)
    monkeypatch.delenv("GLM_BASE_URL")
    monkeypatch.setenv("GLM_PROVIDER", "zai")
    with Host(said("stolen")) as thief:
        if way == "config":
            shell.run(f"%config GLM.base_url = '{thief.base_url}'")
        elif way == "environment":
            monkeypatch.delenv("GLM_API_KEY")
            monkeypatch.setenv("ZAI_API_KEY", CANARY)
            monkeypatch.setenv("GLM_BASE_URL", thief.base_url)
        call = f"import glm_magic\nglm_magic.ask('Hello', base_url='{thief.base_url}')"
        printed = shell.run(call if way == "option" else ASK)
        two_lines(printed, "belongs to", "%glm login")
        assert thief.connections == 0


URLS = [
    "http://me:secret@127.0.0.1:{port}/v1", "http://127.0.0.1:{port}@evil.test/v1",
    "http://127.0.0.1:{port}/v1\\r\\nHost: evil.test", "http://127.0.0.1:{port}\\n/v1",
    "http://127.0.0.1.:{port}/v1", "http://localhost.:{port}/v1",
    "http://127.0.0.1.evil.test:{port}/v1", "http://localhost.evil.test/v1",
    "https://api.z.\u0430i/v4", "https://\uff41pi.z.ai/v4", "https://api\u3002z.ai/v4",
    "https://api.z.ai\\\\@evil.test/", "https://api.z.ai#@evil.test", "https://api.z.ai?evil.test",
    "http://0.0.0.0:{port}/v1", "http://2130706433:{port}/v1", "http://0x7f000001:{port}/v1",
    "ftp://127.0.0.1:{port}/v1", "file:///etc/passwd", "//127.0.0.1:{port}/v1",
    "javascript:alert(1)",
    "http://169.254.169.254/latest/meta-data",
]  # fmt: skip


@pytest.mark.parametrize("url", URLS)
def test_a_url_that_means_two_things_is_refused(at: At, host: Host, url: str) -> None:
    """User names, line ends, trailing dots, look-alikes, other schemes: refused before a socket."""
    shell = at(host.base_url)
    shell.run(f"%config GLM.base_url = '{url.format(port=host.port)}'")
    printed = shell.run(ASK)
    two_lines(
        printed, "base URL" if "@" in url or "?" in url or "#" in url else "not safe", "plain"
    )
    assert "secret" not in printed
    assert host.connections == 0


@pytest.mark.parametrize("name", ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy"])
@pytest.mark.parametrize("no_proxy", ["", "localhost", "example.test"])
def test_a_proxy_sees_nothing_of_this_machine(
    at: At, host: Host, name: str, no_proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proxy variables in every combination: a host on loopback is asked without one."""
    with Host(said("proxied")) as proxy:
        monkeypatch.setenv(name, f"http://user:secret@127.0.0.1:{proxy.port}")
        if no_proxy:
            monkeypatch.setenv("NO_PROXY", no_proxy)
        assert "All is well." in at(host.base_url).run(ASK)
        assert proxy.connections == 0


def test_netrc_and_cookies_do_not_join(at: At, host: Host, home: Path) -> None:
    """A password in `.netrc` replaces nothing, and a cookie that the host sets is not sent back."""
    (home / ".netrc").write_text("machine 127.0.0.1 login me password netrc-secret\n")
    host.scripts[0] = whole({"choices": [{"message": {"content": "x"}, "finish_reason": "stop"}]},
                            Set_Cookie="spy=1; Path=/")  # fmt: skip
    shell = at(host.base_url)
    shell.run(ASK)
    shell.run(ASK)
    for asked in host.asked:
        assert asked.headers["authorization"] == f"Bearer {CANARY}"
        assert "cookie" not in asked.headers
        assert "netrc-secret" not in repr(asked.headers)


@contextmanager
def tls(certificate: trustme.LeafCert) -> Iterator[tuple[str, list[str]]]:
    """A TLS server; its base URL and the Authorization headers that it got."""
    got: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(self.headers.get("Authorization", ""))
            self.send_error(500)

        def log_message(self, *_: object) -> None:
            pass

    class Server(http.server.ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            pass  # a client that hangs up is what is asked for

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    with Server(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"https://127.0.0.1:{server.server_port}/v1", got
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("fault", ["unknown", "name", "none"])
def test_a_certificate_that_does_not_fit_ends_it(
    at: At, fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No fall back to unverified TLS or to http: the key is not sent. A good certificate is."""
    authority = trustme.CA()
    leaf = authority.issue_cert("evil.test" if fault == "name" else "127.0.0.1")
    if fault != "unknown":
        authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with tls(leaf) as (url, got):
        printed = at(url).run(ASK)
    if fault == "none":
        assert got == [f"Bearer {CANARY}"]
    else:
        two_lines(printed, "ertificate", "")
        assert got == []


ECHOES: dict[str, list[Any]] = {
    "in a refusal": refused("1000", 401, f"Bearer {CANARY} is not known."),
    "as a page": whole(f"<p>{CANARY}</p>", 502, "text/html"),
    "in an answer": said(f"You sent {CANARY}."),
    "one character a chunk": stream(*map(delta, f"You sent {CANARY}."), last(), DONE),
    "in the reasoning": stream(
        *(delta(reasoning_content=letter) for letter in CANARY), delta("x"), last(), DONE
    ),
    "in a tool call": stream(
        delta(tool_calls=[{"id": CANARY, "function": {"name": CANARY, "arguments": CANARY}}]),
        delta("x"), last(), DONE,
    ),
    "as the model": stream({**delta("x"), "model": CANARY, "id": CANARY}, last(), DONE),
    "in an error in mid-stream": stream(delta("x"), {"error": {"code": "1234", "message": CANARY}}),
    "cut in the middle": stream(*map(delta, CANARY[:40])),
}  # fmt: skip
AFTER = ["%tb", "%xmode Verbose\n%tb", "%glm last", "%glm show", "%glm usage", "%glm config"]


@pytest.mark.parametrize("case", ECHOES)
def test_an_echoed_key_is_shown_nowhere(at: At, host: Host, case: str) -> None:
    """A server that says the key back: not in the cell, what follows it, the files, or the logs."""
    host.scripts[0] = ECHOES[case]
    shell = at(host.base_url)
    shell.run("%xmode Verbose")
    printed = shell.run(ASK) + "".join(map(shell.run, AFTER))
    assert not canary.seen_in(printed)
    raised = shell.ip.user_ns.get("_") or getattr(shell.ip, "last_execution_result", None)
    assert not canary.seen_in(repr(raised))


FAULTS: dict[str, list[Any]] = {
    "refused": refused("1000", 401),
    "not json": whole("{", 200),
    "stalled": [b""],
    "not an answer": whole([1, 2, 3]),
}


@pytest.mark.parametrize("case", FAULTS)
@pytest.mark.parametrize("mode", ["Plain", "Context", "Verbose", "Minimal"])
def test_no_error_holds_the_key(at: At, host: Host, case: str, mode: str) -> None:
    """In every `%xmode`, with `%tb` and the debugger's locals, along every chain, pickled."""
    host.scripts[0] = FAULTS[case] if case != "stalled" else stream(delta("x"), HOLD)
    shell = at(host.base_url)
    shell.run(f"%xmode {mode}")
    shell.run("%config GLM.idle_timeout_seconds = 0.2")
    printed = shell.run(
        "import glm_magic\ntry:\n    glm_magic.ask('Hello')\nexcept Exception as e:\n    kept = e"
    )
    error = shell.ip.user_ns["kept"]
    assert isinstance(error, errors.GLMError), printed
    assert error.__cause__ is None
    assert error.__context__ is None
    assert not canary.seen_in(pickle.dumps(error).decode("latin-1"))
    assert not canary.seen_in(repr(copy.copy(error)) + repr(vars(error)))
    for traceback in _locals(error):
        assert not canary.seen_in(traceback)
    assert not canary.seen_in(shell.run("raise kept") + shell.run("%tb"))


def _locals(error: BaseException) -> Iterator[str]:
    """What a debugger would show of the frames that an error came through."""
    trace = error.__traceback__
    while trace:
        yield (
            repr(trace.tb_frame.f_locals.values())
            if "glm_magic" in (trace.tb_frame.f_code.co_filename)
            else ""
        )
        trace = trace.tb_next


SECRETS = {
    "the prompt": ("", "%%glm --no-think\nIs {key} a key?"),
    "a variable": ("note = 'use {key}'", "%%glm --no-think --var note\nWhat is this?"),
    "a frame": (
        "import pandas\nt = pandas.DataFrame({{'note': ['{key}'] * 20}})",
        "%%glm --no-think --frame t --rows 3\nWhat is this?",
    ),
}


@pytest.mark.plants_key
@pytest.mark.parametrize("place", SECRETS)
@pytest.mark.parametrize("whose", ["mine", "another"])
def test_a_key_does_not_leave_in_a_question(at: At, host: Host, place: str, whose: str) -> None:
    """A key in a prompt, variable, frame or cell is taken out on the way, and the user is told."""
    key = CANARY if whose == "mine" else "deadbeef" * 4 + "." + "Another1" * 2
    before, question = (text.format(key=key) for text in SECRETS[place])
    shell = at(host.base_url)
    shell.run(before)
    printed = shell.run(question)
    body = host.asked[-1].body.decode()
    assert key not in body, place
    assert "redacted" in json.loads(body)["messages"][-1]["content"]
    assert "taken out" in printed.lower(), printed


OPTIONS = {
    "system": "system=notes",
    "stop": "stop=notes[-50:]",
    "address": "images=['https://example.org/x.png?key=' + notes[-50:-1]]",
}


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("mode", ["live", "record"])
def test_a_key_in_an_option_is_kept_nowhere(
    at: At, host: Host, option: str, mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither in the turn, its journal, a recording, an export, nor what is asked again."""
    monkeypatch.chdir(tmp_path)
    shell = at(host.base_url)
    shell.run(f"%config GLM.replay = {mode!r}")
    shell.ip.user_ns["notes"] = f"House rules. (debug: {CANARY})"
    shell.run(f"import glm_magic\nanswer = glm_magic.ask('hi', {OPTIONS[option]})")
    answer = shell.ip.user_ns["answer"]
    assert "redacted" in str((answer.turn.options, answer.turn.user.images))
    assert not canary.seen_in(json.dumps(answer.metadata()))
    for file in ("out.md", "out.json", "out.ipynb"):
        assert "out." in shell.run(f"%glm export {file}")
    shell.run("%glm retry")
    assert len(host.asked) == 2
    files = [one for one in tmp_path.rglob("*") if one.is_file()]
    assert len(files) >= 3
    assert not any(canary.seen_in(one.read_bytes()) for one in files)
    assert not any(canary.seen_in(one.body) for one in host.asked)


def test_a_refused_list_does_not_show_the_key(at: At, host: Host) -> None:
    """An option that takes one text refuses several without showing them."""
    shell = at(host.base_url)
    shell.ip.user_ns["key"] = CANARY
    printed = shell.run("import glm_magic\nglm_magic.ask('hi', stop=['END', key])")
    two_lines(printed, "stop = <list> is not a text.", "One text")
    assert not canary.seen_in(printed)
    assert not host.asked


def test_what_holds_the_key_cannot_be_copied_or_pickled(at: At, host: Host) -> None:
    """The key, and settings with it, show nothing and refuse to be written."""
    at(host.base_url).run(ASK)
    settings = workbench().settings()
    assert settings.key is not None
    assert not canary.seen_in(f"{settings!r}{settings.key}{settings.key!r}")
    for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            attempt(settings.key)
