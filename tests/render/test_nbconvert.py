"""A third judge, and a front end of its own: nbconvert, whose Markdown parser is mistune.

What it makes of the saved outputs is read as a browser reads it.
"""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

import html5lib
import nbformat
import pytest
from nbconvert import HTMLExporter

from glm_magic.render.answer import answer_markdown

from .attacks import ATTACKS
from .ordinary import ORDINARY
from .test_browser_reading import LEADS, TAGS

# What nbconvert adds: coloured code, links to headings, boxes of task lists, scrolling tables.
ITS_TAGS = {*TAGS, "div", "input"}
ITS_ATTRIBUTES = {"class", "id", "disabled", "checked", "start", "title"}


def pages(markdowns: list[str]) -> list[Element]:
    """Saved outputs with this Markdown, as nbconvert shows them in one page."""
    new = nbformat.v4
    cells = []
    for text in markdowns:
        shown = new.new_output("display_data", {"text/markdown": text})  # type: ignore[no-untyped-call]
        cells.append(new.new_code_cell("ask()", outputs=[shown]))  # type: ignore[no-untyped-call]
    notebook = new.new_notebook(cells=cells)  # type: ignore[no-untyped-call]
    page, _ = HTMLExporter().from_notebook_node(notebook)  # type: ignore[no-untyped-call]
    tree = html5lib.parse(page, namespaceHTMLElements=False)
    return [n for n in tree.iter("div") if "jp-RenderedMarkdown" in n.get("class", "")]


def acting(output: Element) -> Iterator[str]:
    """Everything in an output that could run, fetch, leave, hide or steer."""
    for node in list(output.iter())[1:]:
        if not isinstance(node.tag, str):
            yield f"comment {node.text!r}"
            continue
        if node.tag not in ITS_TAGS or (node.tag, node.get("type")) == ("input", "text"):
            yield f"<{node.tag}>"
        for name, value in node.attrib.items():
            if not _harmless(node.tag, name, value.lower()):
                yield f"<{node.tag} {name}={value!r}>"


def _harmless(tag: str, name: str, value: str) -> bool:
    if (tag, name) == ("a", "href"):
        return value.startswith(LEADS)
    if name == "style":
        return value.replace(" ", "").rstrip(";") in {
            f"text-align:{s}" for s in ("left", "center", "right")
        }
    return name in ITS_ATTRIBUTES or (tag, name, value) == ("input", "type", "checkbox")


@pytest.fixture(scope="module")
def attacked() -> dict[str, Element]:
    """The whole corpus on one page, by name."""
    corpus = {name: text for name, text in ATTACKS.items() if len(text) < 2_000}
    shown = [answer_markdown(text, text, footer="FOOT") for text in corpus.values()]
    return dict(zip(corpus, pages(shown), strict=True))


def test_the_corpus_is_dead(attacked: dict[str, Element]) -> None:
    """No attack is an element, an attribute or an address that does anything."""
    found = {name: list(acting(output)) for name, output in attacked.items()}
    assert {name: one for name, one in found.items() if one} == {}


def test_no_attack_breaks_the_frame(attacked: dict[str, Element]) -> None:
    """Each answer ends with its footer, outside of the folded reasoning."""
    for name, output in attacked.items():
        folded = output.findall(".//details")
        assert len(folded) == 1, name
        assert [n.text for n in output.iter("small")] == ["FOOT"], name
        assert not list(folded[0].iter("small")), name


def test_this_judge_can_say_no() -> None:
    """Raw, the corpus acts here too, as far as one attack does not swallow the next."""
    found = pages(list(ATTACKS.values()))
    assert sum(bool(list(acting(one))) for one in found) > 10


def test_an_answer_reads_well() -> None:
    """Tables, code in colours, lists, quotes, links and the folded reasoning are what they are."""
    whole = "\n\n".join(text for text, _ in ORDINARY.values())
    (output,) = pages([answer_markdown(f"{whole}\n\n```python\ndef f(): return 1\n```", "Hm.")])
    assert not list(acting(output))
    tags = {node.tag for node in output.iter()}
    assert tags >= {"table", "details", "summary", "ol", "ul", "blockquote", "strong", "pre", "a"}
    coloured = [node for node in output.iter("span") if node.get("class") == "k"]
    assert "def" in [node.text for node in coloured]
