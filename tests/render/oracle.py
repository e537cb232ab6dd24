"""What a Markdown parser finds in a text: the judge of `inert`, independent of our own reading."""

import logging
import re
from collections.abc import Iterable, Iterator

from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from glm_magic.render.escapes import OWN_TAGS

from .attacks import ATTACKS
from .ordinary import ORDINARY

_TAG = re.compile(rf"</?(?:{'|'.join(OWN_TAGS)})>")
_LINK = re.compile(r"(?:https?://|mailto:|#)", re.IGNORECASE)
_PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
logging.getLogger("markdown_it").setLevel(logging.WARNING)  # a record for every rule it tries
_PARSER.validateLink = lambda url: True  # its own filter must not hide what we let through


def parse(markdown: str) -> list[Token]:
    """The parser's tokens."""
    return _PARSER.parse(markdown)


def html(markdown: str) -> str:
    """The parser's HTML, raw HTML kept."""
    return str(_PARSER.render(markdown))


def dangers(markdown: str) -> list[str]:
    """All that could run, fetch or leave: empty for an inert text."""
    return [*_in_tokens(parse(markdown)), *_in_source(markdown)]


def _in_tokens(tokens: Iterable[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type in ("html_inline", "html_block") and "<" in _TAG.sub("", token.content):
            yield f"HTML {token.content!r}"
        elif token.type == "image":
            yield f"image {token.attrs}"
        elif token.type == "link_open" and not _LINK.match(str(token.attrs["href"])):
            yield f"link {token.attrs}"
        elif token.type == "fence" and not re.fullmatch(r"[\w+#.-]+", token.info):
            yield f"info {token.info!r}"
        elif token.type == "fence" and "mermaid" in token.info.lower():
            yield "mermaid"
        yield from _in_tokens(token.children or ())


def _in_source(markdown: str) -> Iterator[str]:
    """What Jupyter would lift out as math, judged by a reading of its own rules."""
    for start, end in lifted(markdown):
        formula = markdown[start:end]
        if '"' in formula or "\n" in formula:
            yield f"lifted {formula!r}"


# As in JupyterLab's description: math begins at one of these and ends at its partner with all
# braces balanced; a blank line ends the search. Dollars in fences and code spans do not count.
_FENCED = re.compile(r"^(`{3,})[^`\n]*\n.*?^\1`*$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"(?<![\\`])(`+)(?!`)[^\n]*?[^`\n]\1(?!`)")
_TOKEN = re.compile(r"\$\$?|\\(?:begin|end)\{[a-zA-Z]*\*?\}|\\[{}$]|[{}]|\n\s*\n|\\\\[()\[\]]")


def lifted(markdown: str) -> list[tuple[int, int]]:
    """Where Jupyter's scan would take math out of the source before Markdown is parsed."""
    source = markdown
    for code in (_FENCED, _SPAN):
        source = code.sub(lambda match: match[0].replace("$", "\0"), source)
    found: list[tuple[int, int]] = []
    start, closing, depth, candidate = -1, "", 0, -1
    for token in _TOKEN.finditer(source):
        text = token[0]
        if start < 0:
            if text in ("$", "$$", "\\\\(", "\\\\[") or text.startswith("\\begin"):
                start, depth, candidate = token.start(), 0, -1
                closing = {"\\\\(": "\\\\)", "\\\\[": "\\\\]"}.get(text, text)
                closing = closing.replace("\\begin", "\\end")
        elif text == closing:
            candidate = token.end()
            if not depth:
                found.append((start, candidate))
                start = -1
        elif text[0] == "\n":
            if candidate > 0:
                found.append((start, candidate))
            start = -1
        else:
            depth = max(0, depth + (text == "{") - (text == "}"))
    return found


_SCRAPS = [
    *"`~$\\[](){}<>!|&@#:\"'\n\t -*+_=1ax中",
    *("``", "```", "````", "~~~", "```html", "\n```html\n", "\n```\n", "\n~~~\n", "\n  ```html\n"),
    *(
        "\n- ",
        "\n> ",
        "\n1. ",
        "\n   ",
        "\n    ",
        "\n\n",
        "\n- ```html\n",
        "\n> ```\n",
        "\n   ```\n",
    ),
    *("$$", "\\$", "\\(", "\\)", "\\[", "\\]", "\\\\(", "\\\\)", "\\\\[", "\\\\]"),
    *("\\begin{align}", "\\end{align}", "\\begin{x}", "\\end{x}", "@@0@@", "@@1", "\\{", "\\}"),
    *("![", "](", "]:", "]: x ", "[r]: https://a.test", "[r]", "<br>", "<br>\n", "<sub>2</sub>"),
    *("<script>", "</pre>", "<!--", "-->", "<a@b.c>", "<https://a.b>", "https://a.b/", "ftp://a.b"),
    *("[x](javascript:x)", "![x](https://e)", "[x](https://a.b", ' "t")', "|-|-|", "mermaid"),
]
# Scraps that meet each other, with whole attacks and ordinary answers among them.
texts = st.lists(
    st.one_of(
        st.sampled_from(_SCRAPS),
        st.sampled_from(_SCRAPS),
        st.sampled_from(_SCRAPS),
        st.sampled_from([text for text in ATTACKS.values() if len(text) < 200]),
        st.sampled_from([text for text, _ in ORDINARY.values()]),
        st.text(max_size=3),
    ),
    max_size=24,
).map("".join)
