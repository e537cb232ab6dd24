"""The host's list of models, and a provider's public prices."""

from collections.abc import Callable
from typing import Any

import pytest

from glm_magic import errors
from glm_magic.api.client import Client
from glm_magic.api.documents import course, model_ids, price_feed
from glm_magic.catalog import Price, find_provider
from glm_magic.keys import APIKey

from .asking import Way
from .host import (
    CUT,
    Asked,
    Host,
    Script,
    refused,
    whole,
)

Connect = Callable[..., Client]


def test_the_list_of_models(connect: Connect, canary_key: APIKey) -> None:
    """The host's list is asked for with the key and comes sorted; odd records are passed over."""
    with Host(whole({"data": [{"id": "b"}, {"id": "a"}, None, "x"]})) as host:
        assert model_ids(connect(host.base_url, key=canary_key)) == ["a", "b"]
    assert host.asked[0].line == "GET /v1/models HTTP/1.1"
    assert host.asked[0].headers["authorization"].startswith("Bearer ")


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (whole({"data": None}), errors.ProtocolError),
        (whole([]), errors.ProtocolError),
        (whole("<html>"), errors.ProtocolError),
        (whole("[" * 100_000), errors.ProtocolError),
        (refused("1000", 401), errors.AuthenticationError),
        ([CUT], errors.ConnectionFailedError),
        (whole(b"\x1f\x8b", Content_Encoding="gzip"), errors.ProtocolError),
    ],
)
def test_a_list_that_does_not_come(
    connect: Connect, script: Script, kind: type[errors.GLMError]
) -> None:
    """No list, no answer, no access: one of our errors."""
    with Host(script) as host, pytest.raises(kind):
        model_ids(connect(host.base_url))


COURSE = {"course": "c", "student": "s", "mode": "open", "models": ["glm-4.5"]}


@pytest.mark.parametrize(
    "document",
    [
        {"mode": "open"},
        {**COURSE, "models": [1]},
        {**COURSE, "models": None},
        {**COURSE, "mode": None},
        {**COURSE, "tokens": "7"},
        {**COURSE, "tokens": 7, "tokens_limit": "x"},
        [COURSE],
        None,
    ],
)
def test_a_document_that_is_no_courses(connect: Connect, document: Any) -> None:
    """What has not the shape of a course's report is told as such, whatever it is."""
    with Host(whole(COURSE), whole(document)) as host:
        client = connect(host.base_url, provider="classroom")
        assert course(client) == COURSE
        with pytest.raises(errors.ProtocolError, match="not a course's service"):
            course(client)


@pytest.mark.parametrize("url", ["https://xn--zz.invalid/v1", "https://[v1.x]/v1"])
def test_a_host_that_no_library_takes(way: Way, connect: Connect, url: str) -> None:
    """Said as what it is: a base URL that cannot be used, for questions and for lists."""
    client = connect(url)
    assert type(way.ask(client).error) is errors.SettingsError
    with pytest.raises(errors.SettingsError, match="cannot be used"):
        model_ids(client)


def _feed(url: str) -> Any:
    import dataclasses

    return dataclasses.replace(find_provider("cometapi"), price_feed=f"{url}/api/models")


def test_the_price_feed(connect: Connect, canary_key: APIKey) -> None:
    """Prices are read without a key; what has no price, or no sensible one, is left out."""
    records = [
        {"id": "glm-4.5", "pricing": {"input": 0.48, "output": 1.92}},
        {"id": "free", "pricing": {"input": 0, "output": 0}},
        {"id": "a", "pricing": {"per_request": 1}},
        {"id": "b", "pricing": None},
        {"id": "c"},
        {"id": "d", "pricing": {"input": -1, "output": 1}},
        {"id": "e", "pricing": "x"},
        None,
        5,
        {"id": "f", "pricing": {"input": "1", "output": 1}},
        {"id": "g", "pricing": {"input": 1, "output": None}},
    ]
    with Host(whole({"success": True, "data": records})) as host:
        client = connect(host.base_url, key=canary_key, provider="cometapi")
        client.provider = _feed(host.base_url)
        assert price_feed(client) == {"glm-4.5": Price(0.48, 1.92), "free": Price(0, 0)}
    asked: Asked = host.asked[0]
    assert "authorization" not in asked.headers
    assert asked.headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("document", [None, [], {"data": None}, {"data": "x"}, {}, "text"])
def test_a_price_feed_of_another_shape_has_no_prices(connect: Connect, document: Any) -> None:
    """Whatever stands there, it is no price and no error."""
    with Host(whole(document)) as host:
        client = connect(host.base_url)
        assert price_feed(client) == {}
        assert host.connections == 0
        client.provider = _feed(host.base_url)
        assert price_feed(client) == {}
