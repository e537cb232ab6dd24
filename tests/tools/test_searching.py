"""The provider's own web search: asked for by name, its pages are footnotes."""

from typing import Any

import pytest

import glm_magic
from glm_magic.chat.messages import Source
from glm_magic.errors import ArgumentError
from glm_magic.render.footnotes import footnotes
from glm_magic.sandbox import Sandbox
from glm_magic.wiring import workbench
from tests.kernel import Kernel
from tests.render.oracle import dangers

from .conftest import record


def test_from_a_cell(kernel: Kernel, sandbox: Sandbox) -> None:
    """The request holds the documented tool; the page found is a footnote, and is kept."""
    ran = kernel.run("%%glm --tools web_search\nWhat is new?", cell="a")
    (body,) = [one.json for one in sandbox.requests]
    assert body["tools"] == [
        {
            "type": "web_search",
            "web_search": {
                "enable": True, "search_engine": "search_pro_jina", "search_result": True,
            },
        }
    ]  # fmt: skip
    shown = ran.outputs[-1]["data"]["text/markdown"]
    assert "](https://docs.z.ai/guides/tools/web-search) (docs&#46;z&#46;ai)" in shown
    assert "billed" in ran.printed or "bills" in ran.printed
    assert record(ran)["sources"][0]["mark"] == "ref_1"
    ran = kernel.run("%glm show 1")
    assert "https://docs.z.ai/guides/tools/web-search" in str(ran.outputs[-1]["data"])


def test_a_model_that_refuses(kernel: Kernel) -> None:
    """The refusal says which field it is about."""
    ran = kernel.run("%%glm --tools web_search -m glm-5.3-flash\nWhat is new?", cell="a")
    assert "only function is supported" in ran.error
    assert "Traceback" not in ran.error


def test_a_provider_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two lines, before anything is sent."""
    workbench.cache_clear()
    options: Any = {"provider": "ollama", "tools": ["web_search"]}
    with pytest.raises(ArgumentError, match="Ollama has no web search"):
        glm_magic.ask("What is new?", **options)


@pytest.mark.parametrize(
    "source",
    [
        Source("ref_1", "<img src=x onerror=alert(1)>", "javascript:alert(1)"),
        Source("](x)", "a](https://evil.example) b", "data:text/html,x"),
        Source("", "", 'https://a.example/"onmouseover="x'),
        Source("ref\n\n# 1", "title\n\n# head", "https://a.example/)[x](javascript:alert(1))"),
        Source("$x$", "`$\\href{javascript:1}{x}$`", "https://a.example/$x$"),
    ],
)
def test_pages_are_untrusted(source: Source) -> None:
    """Neither a title nor an address becomes anything but text and a link to where it says."""
    assert dangers(footnotes([source])) == []
