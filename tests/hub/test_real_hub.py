"""A real JupyterHub with the ready configuration: two students, an instructor, and no leak."""

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest

from glm_magic.sandbox import Sandbox
from tests import canary
from tests.canary import CANARY
from tests.leaks import files_with_canary

from .hub import Hub, proxy_command, text_of

pytestmark = [pytest.mark.soak, pytest.mark.timeout(300)]

RULES = """
title = "Statistics 101"
models = ["glm-4.5-air"]
student_requests = 5
[[window]]
mode = "off"
groups = ["exam"]
note = "Exam"
[[window]]
mode = "hints"
"""
_SECRET = CANARY.partition(".")[2]
# Everything of the machine that this account can read, for the second half of a key.
SNOOP = f"""
import glob, os
secret = {_SECRET[:8]!r} + {_SECRET[8:]!r}
def holds(path):
    try:
        with open(path, "rb") as file:
            return secret.encode() in file.read(1 << 20)
    except OSError:
        return False
places = glob.glob("/proc/[0-9]*/environ") + glob.glob("/proc/[0-9]*/cmdline")
others = [place for place in places if os.path.exists(place) and not os.access(place, os.R_OK)]
roots = [os.environ["HOME"], os.environ["COURSE_FOLDER"], "/etc/glm", "/var/lib/glm-hub"]
files = [os.path.join(f, n) for root in roots for f, _, names in os.walk(root) for n in names]
print("looked at", len(places), "processes and", len(files), "files as", os.getuid())
print("closed to us:", len(others) > 0)
print("found in", [place for place in [*places, *files] if holds(place)])
print("in our environment:", any(secret in value for value in os.environ.values()))
"""


@pytest.fixture(scope="module")
def upstream() -> Iterator[Sandbox]:
    """The model's host."""
    with Sandbox(key=CANARY, tokens_per_second=None) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def hub(upstream: Sandbox) -> Iterator[Hub]:
    """The hub, with the servers of two students running."""
    if proxy_command() is None:
        reason = "There is no configurable-http-proxy; .ci/proxy installs it."
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    # Pytest keeps its folders to itself, and the students have an account of their own.
    with TemporaryDirectory(prefix="glm-hub-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        with Hub(folder, RULES, upstream) as running:
            for student in ("anna", "ben"):
                running.login(student)
                running.start_server(student)
            yield running
        assert files_with_canary(folder) == []


def ask(hub: Hub, token: str, **fields: object) -> httpx.Response:
    """Ask the service through the hub's proxy."""
    body = {"model": "glm-4.5-air", "messages": [{"role": "user", "content": "Hello"}], **fields}
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{hub.url}/services/glm/v1/chat/completions"
    return httpx.post(url, headers=headers, json=body, timeout=60)


def test_a_students_cell_streams_through_the_service(hub: Hub, upstream: Sandbox) -> None:
    """`%%glm` in a real server of the hub needs nothing but what the hub gives it."""
    loaded, asked = hub.run("anna", ["%load_ext glm_magic", "%%glm\nWhat is a median?"])
    assert "Traceback" not in text_of(loaded)
    said = text_of(asked)
    assert "What is a median?" in said
    assert "Hints mode is on" in said.replace("&#58;", ":")
    sent = upstream.requests[-1]
    assert sent.headers["Authorization"] == f"Bearer {CANARY}"
    assert b"anna" not in sent.body
    assert len(sent.json["user_id"]) == 32
    assert not canary.seen_in(said)


def test_the_key_is_nowhere_a_student_can_read(hub: Hub) -> None:
    """From a student's kernel, with an account of its own: no process, file or variable has it."""
    folder = f"import os; os.environ['COURSE_FOLDER'] = {str(hub.rules.parent)!r}"
    _, ran = hub.run("ben", [folder, SNOOP])
    said = text_of(ran)
    assert "in our environment: False" in said
    if hub.user is None:  # the same account: then /proc is no secret, as the documentation says
        assert os.geteuid() != 0, "as root the students must get an account of their own"
        return
    assert f"files as {hub.user}" in said
    assert "closed to us: True" in said
    assert "found in []" in said


def test_tokens_of_all_kinds(hub: Hub) -> None:
    """One with the scope works; another service's, one without it and a revoked one do not."""
    made = hub.api("POST", "/users/anna/tokens", json={"scopes": ["access:services!service=glm"]})
    assert ask(hub, made["token"]).status_code == 200
    hub.api("DELETE", f"/users/anna/tokens/{made['id']}")
    narrow = hub.api("POST", "/users/anna/tokens", json={"scopes": ["read:users:name!user"]})
    assert ask(hub, narrow["token"]).status_code == 403
    assert ask(hub, hub.other).status_code == 403
    assert ask(hub, "0" * 32).status_code == 403
    gone = hub.api("POST", "/users/anna/tokens", json={"scopes": ["access:services!service=glm"]})
    hub.api("DELETE", f"/users/anna/tokens/{gone['id']}")
    assert ask(hub, gone["token"]).status_code == 403
    assert httpx.get(f"{hub.url}/services/glm/usage").status_code == 401


def test_overrides_budget_and_exam(hub: Hub) -> None:
    """Overridden fields are 403, a sixth question is 429, the exam's group is 403."""
    scope = {"scopes": ["access:services!service=glm"]}
    hub.login("carl")
    token = hub.api("POST", "/users/carl/tokens", json=scope)["token"]
    for fields in ({"model": "glm-4.6"}, {"base_url": "http://127.0.0.1:1"}, {"user_id": "x"}):
        assert ask(hub, token, **fields).status_code == 403
    statuses = [ask(hub, token).status_code for _ in range(6)]
    assert statuses == [200] * 5 + [429]
    hub.login("eve")
    exam = ask(hub, hub.api("POST", "/users/eve/tokens", json=scope)["token"])
    assert (exam.status_code, exam.json()["error"]["code"]) == (403, "course-off")


def test_the_instructor_sees_the_page_and_students_do_not(hub: Hub) -> None:
    """In a browser, after the hub's own login."""
    page = hub.login("iris").browser.get("/services/glm/")
    assert page.status_code == 200
    assert "<h1>Statistics 101</h1>" in page.text
    assert "<td>anna<td>" in page.text
    assert not canary.seen_in(page.text)
    assert hub.login("anna").browser.get("/services/glm/").status_code == 403


def test_nobodys_log_has_the_key(hub: Hub) -> None:
    """What hub, service and servers printed shows neither key nor tokens."""
    printed = hub.printed()
    assert not canary.seen_in(printed)
    assert hub.admin not in printed
