"""Hostile answers in the panel: nothing runs, fetches or leaves, and their words can be read.

The corpus is that of `tests/render`, its addresses turned to a witness that must hear nothing.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from html import unescape
from itertools import islice
from typing import Any

import pytest

from glm_magic.render.cleaning import plain
from glm_magic.sandbox import Sandbox
from tests.browser.panel_page import BUSY, CELLS, PanelPage, environment
from tests.browser.stage import FRONT_ENDS, Page, Witness, says
from tests.canary import CANARY
from tests.render.attacks import ATTACKS, aimed

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
_LONGEST = 2_000  # the attack by length is for the tests of text
_MANY = len(CELLS)
_BATCH = 60  # turns: a panel shows the newest hundred

# Everything in the answers that could act: by its kind, by an attribute, or by where it leads.
_ALIVE = """
const found = [], acting = ['src', 'srcset', 'poster', 'background', 'action', 'formaction',
    'ping', 'srcdoc', 'xlink:href', 'data', 'data-commandlinker-command', 'autofocus'];
const kinds = 'script,iframe,object,embed,link,meta,style,base,form,img,image,video,audio,'
    + 'source,picture,svg,template,dialog,frame,frameset,input:not([type=checkbox][disabled])';
for (const node of document.querySelectorAll('.glm-log *')) {
    const math = node.closest('mjx-container'), words = node.outerHTML.slice(0, 150);
    if (node.matches(kinds)) found.push(words);
    for (const {name, value} of node.attributes) {
        if (/^on/i.test(name) || acting.includes(name)) found.push(words);
        if (name === 'style' && /url/i.test(value)) found.push(words);
        const leads = name === 'href' && !/^(https?:|mailto:|#)/.test(value);
        if (leads || (name === 'href' && math)) found.push(words);
    }
}
return found;
"""
_READ = """
return [...document.querySelectorAll('.glm-turn')].map(turn => turn.textContent + ' '
    + [...turn.querySelectorAll('a')].map(link => link.getAttribute('href')).join(' '));
"""


@dataclass
class Seen:
    """What there was to see.

    Attributes:
        attacks: Each attack by its name, as the model answered it.
        alive: What could have acted, at any moment.
        texts: The words of each turn.
        happened: What nobody asked for.
    """

    attacks: dict[str, str]
    alive: list[str]
    texts: list[str]
    happened: list[str]


def _has_turns(panel: PanelPage, count: int) -> bool:
    return len(panel.turns()) == count


def batched(texts: Iterable[str], size: int) -> Iterator[list[str]]:
    """The texts, so many at a time."""
    rest = iter(texts)
    while batch := list(islice(rest, size)):
        yield batch


@pytest.fixture(scope="module", params=FRONT_ENDS)
def seen(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    """A panel in which all attacks streamed as one answer, then stood each by itself."""
    with ExitStack() as stack:
        sandbox = stack.enter_context(Sandbox(key=CANARY, tokens_per_second=None))
        witness = stack.enter_context(Witness())
        attacks = {
            name: aimed(text, witness.host)
            for name, text in ATTACKS.items()
            if len(text) < _LONGEST
        }
        many = "import glm_magic\nfor _ in range(count): glm_magic.ask('x')"
        folder = tmp_path_factory.mktemp("payloads") / "own"
        server = stack.enter_context(request.param(folder, environment=environment(sandbox)))
        Page.witness = witness.host
        page = stack.enter_context(Page(server, [*CELLS, many]))
        panel = PanelPage(page)
        panel.open()
        together = "\n\n".join(attacks.values())
        sandbox.faults.append(says(together, together[:2_000], piece=23, seconds=5))
        alive: list[str] = []
        panel.send("all of them")
        panel.wait(panel.streaming)
        while panel.streaming():
            alive += page.js(_ALIVE)
            page.page.wait_for_timeout(100)
        texts: list[str] = []
        for batch in batched(attacks.values(), _BATCH):
            panel.press("Clear")
            panel.wait(lambda: not panel.turns())
            sandbox.faults.extend(says(text, text) for text in batch)
            page.rewrite(BUSY, f"count = {len(batch)}")
            page.run(BUSY)
            page.run(_MANY, timeout_seconds=120)
            panel.wait(partial(_has_turns, panel, len(batch)))
            page.page.wait_for_timeout(2_000)
            alive += page.js(_ALIVE)
            texts += page.js(_READ)
        happened = [*page.surprises, *page.foreign_requests, *witness.log]
        yield Seen(attacks, alive, texts, happened)


def test_nothing_happened(seen: Seen) -> None:
    """No dialog, no new tab, no other page, and nobody was asked for anything."""
    assert seen.happened == []


def test_nothing_could_happen(seen: Seen) -> None:
    """No element, attribute or link that would act when it is clicked, shown or pointed at."""
    assert seen.alive == []


def test_the_words_are_there(seen: Seen) -> None:
    """The words of every attack can be read, as text or as the address of a link."""
    lost = {}
    for (name, attack), text in zip(seen.attacks.items(), seen.texts, strict=True):
        words = re.findall(r"[A-Za-z]{3,}", plain(unescape(attack)))
        missing = [word for word in words if word not in text]
        if len(missing) > len(words) / 5:
            lost[name] = missing
    assert lost == {}
