"""Who may call what: every route, method and kind of token."""

import json
from typing import Any

import httpx
import pytest

from tests.canary import CANARY

from .course import ACCESS, Course, body_of

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
ROUTES = ("", "usage", "v1/chat/completions", "v1/models", "v1", "oauth_callback/x", "health/x")
NOT_SERVED = {405, 404}


def call(course: Course, method: str, route: str, token: str | None) -> httpx.Response:
    """One request with the token, if there is one."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    body = json.dumps(body_of("Hello")) if method in ("POST", "PUT", "PATCH") else None
    return course.http.request(method, route, headers=headers, content=body)


@pytest.mark.parametrize("route", ROUTES)
def test_nobody_gets_in_without_a_good_token(course: Course, route: str) -> None:
    """No token is 401; a stranger's, another service's or one without the scope is 403."""
    tokens = {
        "none": None,
        "unknown": "0" * 32,
        "service": course.hub.service("other"),
        "no scope": course.hub.person("nora", scopes=["read:users:name!user=nora"]),
        "other scope": course.hub.person("otto", scopes=["access:services!service=other"]),
        "like it": course.hub.person("lea", scopes=[f"{ACCESS}x"]),
    }
    wanted = {(method, name): 403 if token else 401
              for method in METHODS for name, token in tokens.items()}  # fmt: skip
    seen = {(method, name): call(course, method, route, tokens[name]) for method, name in wanted}
    if route == "":  # a browser is sent to the hub's login
        assert "/hub/api/oauth2/authorize" in seen["GET", "none"].headers["location"]
        wanted["GET", "none"] = 302
    assert {way: answer.status_code for way, answer in seen.items()} == wanted
    assert not course.upstream.requests


def test_a_good_token_meets_only_what_there_is(course: Course) -> None:
    """With a student's token, whatever is not a route or a method of one is 404 or 405."""
    token = course.hub.person("anna")
    served = {("GET", ""), ("GET", "usage"), ("POST", "v1/chat/completions")}
    for route in ROUTES:
        for method in METHODS:
            status = call(course, method, route, token).status_code
            if (method, route) not in served:
                assert status in NOT_SERVED, (method, route)
    assert call(course, "GET", "", token).status_code == 403  # the instructor's page


def test_only_the_health_is_told_to_everybody(course: Course) -> None:
    """Without a token `/health` says that it runs, and nothing else; the callback says no."""
    answer = course.http.get("health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert course.http.get("oauth_callback").status_code == 400
    assert course.http.get(f"{course.origin}/").status_code == 401


def test_a_revoked_token_stops_working(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token that the hub has taken back is 403, at the latest when the hub's word is old."""
    from jupyterhub.services.auth import HubOAuth

    from glm_magic.hub.people import hub_auth

    token = course.hub.person("rita")
    assert course.ask(token).status == 200
    fresh = course.hub.person("rita")
    del course.hub.people[fresh]
    assert course.ask(fresh).status == 403
    monkeypatch.setenv("JUPYTERHUB_CLIENT_ID", "service-glm")
    HubOAuth.clear_instance()
    assert hub_auth().cache_max_age <= 10
    HubOAuth.clear_instance()


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"model": "glm-4.6"}, "course-model"),
        ({"model": ["glm-4.5-air"]}, "course-model"),
        ({"base_url": "http://127.0.0.1:1"}, "course-field"),
        ({"api_base": "http://127.0.0.1:1"}, "course-field"),
        ({"api_key": "mine"}, "course-field"),
        ({"user_id": "somebody"}, "course-field"),
        ({"user": "somebody"}, "course-field"),
        ({"n": 5}, "course-field"),
        ({"extra_headers": {"Host": "x"}}, "course-field"),
    ],
)
def test_overrides_are_refused(course: Course, fields: dict[str, Any], code: str) -> None:
    """Another model, host, key or user is 403, and nothing goes upstream."""
    reply = course.ask(course.hub.person("olga"), **fields)
    assert (reply.status, reply.code) == (403, code)
    assert not course.upstream.requests


def test_what_goes_upstream_is_written_anew(course: Course) -> None:
    """The host sees allowed fields only, a pseudonym, and a limit no higher than the course's."""
    token = course.hub.person("ulla@example.org")
    reply = course.ask(token, max_tokens=99_999, temperature=0.5, stream_options={"x": 1})
    assert reply.status == 200
    sent = course.upstream.requests[-1]
    assert set(sent.json) == {"model", "messages", "stream", "temperature", "max_tokens", "user_id"}
    assert sent.json["max_tokens"] == 2000
    assert len(sent.json["user_id"]) == 32
    assert b"ulla" not in sent.body
    again = course.ask(token)
    assert again.status == 200
    assert course.upstream.requests[-1].json["user_id"] == sent.json["user_id"]
    course.ask(course.hub.person("uwe"))
    assert course.upstream.requests[-1].json["user_id"] != sent.json["user_id"]


def test_the_hosts_echo_of_the_key_is_taken_out(course: Course) -> None:
    """Whatever the host says, the key is not in what a student gets, nor in the records."""
    from glm_magic.sandbox.faults import Fault

    token = course.hub.person("edda")
    course.upstream.faults.append(Fault.refuse("1210", f"Bearer {CANARY} is wrong"))
    reply = course.ask(token)
    assert (reply.status, reply.code) == (400, "1210")
    assert CANARY not in reply.text
    course.upstream.faults.append(
        Fault.answer(f"Authorization: Bearer {CANARY}", 500, "text/plain")
    )
    assert CANARY not in course.ask(token).text


def test_a_hub_that_does_not_answer_is_told(course: Course) -> None:
    """While the hub is down nobody is let in, and the message says why."""
    token = course.hub.person("hugo")
    course.hub.down = True
    reply = course.ask(token)
    assert (reply.status, reply.code) == (503, "course-hub")


def test_a_client_that_does_not_stream_gets_one_document(course: Course) -> None:
    """Other clients of the wire work too: one JSON answer with its usage, and labelled so."""
    headers = {"Authorization": f"Bearer {course.hub.person('sven')}"}
    body = body_of("Say hello.", stream=False)
    answer = course.http.post("v1/chat/completions", headers=headers, json=body)
    assert answer.headers["content-type"] == "application/json"
    document = answer.json()
    assert document["choices"][0]["message"]["content"]
    assert document["usage"]["total_tokens"] > 0
    del body["stream"]
    unsaid = course.http.post("v1/chat/completions", headers=headers, json=body)
    assert unsaid.json()["choices"][0]["message"]["content"]
