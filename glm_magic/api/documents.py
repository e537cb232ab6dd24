"""What a host tells besides answers, in one JSON document each: models, prices, a course."""

from __future__ import annotations

import json
import math
from contextlib import closing
from typing import TYPE_CHECKING, Any, TypeGuard
from urllib.parse import urlsplit

from ..catalog import Price
from ..errors import ConnectionFailedError, ProtocolError, Stopped
from ..keys import redact_in
from .client import UNPACKED
from .failures import response_error
from .responses import raw_body, refuse_redirect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .client import Client

_MOST_BYTES = 16 * 2**20


def course(client: Client) -> dict[str, Any]:
    """What a course's service says of the one who asks: mode, models, budget.

    Raises:
        APIError: The service refused.
        TransportError: No connection, or no such service.
    """
    url = client.base_url.removesuffix("/v1") + "/usage"
    document = _document(client, url, with_key=True)
    if not _is_course(document):
        message = f"{url} is not a course's service."
        raise ProtocolError(message, "Check GLM_BASE_URL: it ends in /services/glm/v1.")
    return document


def model_ids(client: Client) -> list[str]:
    """What the host says it serves; Z.ai's own list is known to be incomplete.

    Raises:
        APIError: The host refused.
        TransportError: No connection, or no list.
    """
    document = _document(client, f"{client.base_url}/models", with_key=True)
    records = document.get("data") if isinstance(document, dict) else None
    if not isinstance(records, list):
        raise ProtocolError("The host sent no list of models.", "It may not offer one.")
    return sorted(str(record.get("id")) for record in records if isinstance(record, dict))


def price_feed(client: Client) -> Mapping[str, Price]:
    """The provider's public prices by model id; empty when it publishes none.

    The shape is CometAPI's (`{"data": [{"id", "pricing": {"input", "output"}}]}`), read from
    the source of its official command line, cometapi-cli 0.3.10. No key is sent.

    Raises:
        APIError: The host refused.
        TransportError: No connection.
    """
    feed = client.provider.price_feed
    if not feed:
        return {}
    document = _document(client, feed, with_key=False)
    records = document.get("data") if isinstance(document, dict) else None
    priced = map(_priced, records if isinstance(records, list) else ())
    return dict(one for one in priced if one is not None)


def _document(client: Client, url: str, *, with_key: bool) -> Any:
    import httpx

    http = client.http()
    failed, stopped = "", False
    try:
        # The request hides its headers; an argument would stand in the library's frames.
        request = http.build_request(
            "GET",
            url,
            headers=client.headers() if with_key else UNPACKED,
            timeout=client.limits.connect_seconds,
        )
        with closing(http.send(request, stream=True)) as response:
            refuse_redirect(response.status_code)
            body = raw_body(response, _MOST_BYTES)
    except httpx.HTTPError as error:
        failed = type(error).__name__
    except KeyboardInterrupt:
        stopped = True
    # Raised outside of the handlers: what was caught holds frames with the key.
    if stopped:
        raise Stopped
    if failed:
        message = f"No answer from {urlsplit(url).netloc} ({failed})."
        raise ConnectionFailedError(message, "Check the connection and %glm config.")
    if response.status_code != 200:
        raise response_error(response.status_code, response.headers, body, model="", key=client.key)
    try:
        return redact_in(json.loads(body), client.key)  # a host may say it back
    except (ValueError, RecursionError):
        return None


def _is_course(document: Any) -> TypeGuard[dict[str, Any]]:
    """Whether it has the shape of what `hub` tells of the one who asks."""
    if not isinstance(document, dict):
        return False
    texts = [document.get(name) for name in ("course", "student", "mode")]
    models = document.get("models", [])
    counts = [document.get(name) for name in ("requests", "tokens")]
    counts += [document.get(f"{name}_limit") for name in ("requests", "tokens")]
    return (
        isinstance(models, list)
        and all(isinstance(one, str) for one in (*texts, *models))
        and all(isinstance(one, int | None) for one in counts)
    )


def _priced(record: Any) -> tuple[str, Price] | None:
    """The model's id and price, or None for a record without them."""
    pricing = record.get("pricing") if isinstance(record, dict) else None
    if not isinstance(pricing, dict):
        return None
    prices = [pricing.get("input"), pricing.get("output")]
    usable = [one for one in prices if isinstance(one, int | float) and 0 <= one < math.inf]
    return (str(record.get("id")), Price(*usable)) if len(usable) == 2 else None
