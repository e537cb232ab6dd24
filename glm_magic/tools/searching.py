"""The provider's own web search: asked for as a tool, done by the provider within its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import ArgumentError

if TYPE_CHECKING:
    from ..catalog import Provider

NAME = "web_search"


def search_document(provider: Provider) -> dict[str, Any]:
    """How the wire describes it (docs.z.ai chat completion reference).

    Raises:
        ArgumentError: The provider has none.
    """
    if provider.web_search is None:
        message = f"{provider.title} has no web search of its own."
        raise ArgumentError(
            message, "Leave web_search out, or ask another provider: --provider zai"
        )
    wish = {"enable": True, "search_engine": provider.web_search, "search_result": True}
    return {"type": NAME, NAME: wish}
