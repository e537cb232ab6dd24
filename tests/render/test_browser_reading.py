"""A second judge of `inert`: what a browser's HTML parser makes of the rendered Markdown.

markdown-it renders with raw HTML kept, and html5lib reads the result as the HTML standard says a
browser must, mended tags and odd comments included. Neither shares a line with our own reading.
"""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

import html5lib
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glm_magic.render.answer import answer_markdown
from glm_magic.render.inert import inert

from .attacks import ATTACKS
from .oracle import html, texts

# What Markdown itself makes, and our own few tags; the attributes that may stand on them.
TAGS = {
    *("a", "blockquote", "br", "code", "del", "details", "em", "h1", "h2", "h3", "h4", "h5", "h6"),
    *("hr", "kbd", "li", "ol", "p", "pre", "s", "small", "span", "strong", "sub", "summary", "sup"),
    *("table", "tbody", "td", "th", "thead", "tr", "ul"),
}
PLAIN = {("code", "class"), ("a", "title"), ("ol", "start"), ("td", "style"), ("th", "style")}
ALIGNED = {"text-align:left", "text-align:center", "text-align:right"}
LEADS = ("http://", "https://", "mailto:", "#")


def acting(rendered: str) -> Iterator[str]:
    """Everything in rendered HTML that could run, fetch, leave, hide or steer."""
    tree = html5lib.parseFragment(rendered, namespaceHTMLElements=False)
    for node in tree.iter():
        if not isinstance(node.tag, str):
            yield f"comment {node.text!r}"
        elif node is not tree and node.tag not in TAGS:
            yield f"<{node.tag}>"
        else:
            yield from _acting_attributes(node)


def _acting_attributes(node: Element) -> Iterator[str]:
    for name, value in node.attrib.items():
        leads_well = (node.tag, name) == ("a", "href") and value.lower().startswith(LEADS)
        plain = (node.tag, name) in PLAIN and (name != "style" or value in ALIGNED)
        if not leads_well and not plain:
            yield f"<{node.tag} {name}={value!r}>"


def found(markdown: str) -> list[str]:
    """The same for Markdown."""
    return list(acting(html(markdown)))


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_an_attack_is_dead_however_it_is_cut(attack: str) -> None:
    """The whole attack, and every beginning of it as a stream shows it, are dead."""
    assert found(inert(attack)) == []
    step = max(1, len(attack) // 120)
    for end in range(0, len(attack), step):
        assert found(inert(attack[:end])) == [], attack[:end]


def test_the_second_judge_can_say_no() -> None:
    """Without `inert` most of the corpus is found to act."""
    assert sum(bool(found(attack)) for attack in ATTACKS.values()) > 110


quick = settings(max_examples=1_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@quick
@given(texts)
def test_any_text_is_dead(text: str) -> None:
    """Whatever scraps meet: nothing acts, in an answer's frame or alone."""
    assert found(inert(text)) == []


@settings(quick, max_examples=300)
@given(texts, texts)
def test_a_whole_answer_is_dead(text: str, reasoning: str) -> None:
    """With reasoning, warnings and a footer made of the same."""
    shown = answer_markdown(text, reasoning, footer=text[:100], warnings=[reasoning[:100]])
    assert found(shown) == []


@quick
@given(st.text(alphabet="<>&\"'`!-/=[]()$\\{}*_~|:;#.@ \n\tabjscriptonlmghef", max_size=60))
def test_any_characters_are_dead(text: str) -> None:
    """Short texts of the characters that matter, without any grammar."""
    assert found(inert(text)) == []
