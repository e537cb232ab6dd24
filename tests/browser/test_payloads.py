"""Hostile answers in a real JupyterLab and a real Notebook 7: nothing runs, fetches or leaves.

The corpus is that of `tests/render`, its addresses turned to a witness that must hear nothing.
Each attack is an answer of its own, with the attack as its reasoning too; before them, one long
answer streams them all, so that the page also sees them cut at any place.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from typing import Any

import pytest

from glm_magic.render.cleaning import plain
from glm_magic.sandbox import Sandbox
from tests.browser.stage import FRONT_ENDS, Page, Witness, says
from tests.canary import CANARY
from tests.render.attacks import ATTACKS, aimed

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
LOAD, ASK = "%load_ext glm_magic", "%%glm --once\nhello"
LONG, FIRST = 1, 2  # cells: the long answer, and the first with one attack
STATES = ("streaming", "live", "reopened", "untrusted")
_STREAM_SECONDS = 6.0
_LONGEST = 2_000  # the attack by length is for the tests of text
_INFO = re.compile(r"(?m)^[ \t>\d.-]*(?:`{3,}|~{3,}).*$")  # a fence's language is not shown

# Everything in our outputs that could act: by its kind, by an attribute, or by where it leads.
_ALIVE = """
const found = [], acting = ['src', 'srcset', 'poster', 'background', 'action', 'formaction',
    'ping', 'srcdoc', 'xlink:href', 'data', 'data-commandlinker-command', 'style', 'autofocus'];
const kinds = 'script,iframe,object,embed,link,meta,style,base,form,button,img,image,video,audio,'
    + 'source,picture,svg,template,dialog,frame,frameset,input:not([type=checkbox][disabled])';
for (const area of document.querySelectorAll('.jp-OutputArea-output.jp-RenderedMarkdown')) {
    for (const node of area.querySelectorAll('*')) {
        const math = node.closest('mjx-container'), words = node.outerHTML.slice(0, 150);
        if (node.matches(kinds)) found.push(words);
        for (const {name, value} of node.attributes) {
            const plain = math || node.closest('th, td'), ours = name === 'style' && plain;
            const act = /^on/i.test(name) || (acting.includes(name) && !ours);
            if (act || (ours && /url/i.test(value))) found.push(words);
            const leads = name === 'href' && !/^(https?:|mailto:|#)/.test(value);
            if (leads || (name === 'href' && math)) found.push(words);
        }
    }
}
return found;
"""
_READ = """
const areas = notebook.widgets[argument].outputArea.node.querySelectorAll('.jp-RenderedMarkdown');
return [...areas].map(area => area.textContent + ' '
    + [...area.querySelectorAll('a')].map(link => link.href + link.title).join(' ')).join(' ');
"""


@dataclass
class Sight:
    """What was to be seen of all answers in one state of the page."""

    alive: list[str]
    texts: list[str]
    trusted: list[bool]
    surprises: list[str]
    heard: list[str]


@dataclass
class Stage:
    """One front end, through all states."""

    page: Page
    sandbox: Sandbox
    witness: Witness
    sights: dict[str, Sight] = field(default_factory=dict)

    def play(self) -> None:
        """Ask everything, reopen the page, and open it once more as a stranger's notebook."""
        attacks = corpus(self.witness.host)
        together = "\n\n".join(attacks.values())
        slow = says(together, together[:2_000], piece=23, seconds=_STREAM_SECONDS)
        self.sandbox.faults.append(slow)
        self.page.run(0)
        self.page.start_cell(LONG)
        alive: list[str] = []
        while self.sandbox.faults or self.page.js("kernel.status") == "busy":
            alive += self.page.js(_ALIVE)
            self.page.page.wait_for_timeout(100)
        self.sights["streaming"] = self.look({}, alive)
        self.sandbox.faults.extend(says(text, text) for text in attacks.values())
        self.page.start("notebook:select-all")
        self.page.js("notebook.deselectAll(), notebook.activeCellIndex = argument", FIRST)
        self.page.start("notebook:run-all-below")
        self.page.wait_until_idle(timeout_seconds=120)
        self.sights["live"] = self.look(attacks)
        saved = self.page.save()
        self.page.reload()
        self.sights["reopened"] = self.look(attacks)
        saved["metadata"]["from"] = "elsewhere"  # so that nobody has signed it
        self.page.path = self.page.path.with_name("stranger.ipynb")
        self.page.path.write_text(json.dumps(saved), encoding="utf-8")
        self.page.reload()
        self.sights["untrusted"] = self.look(attacks)

    def look(self, attacks: dict[str, str], alive: list[str] | None = None) -> Sight:
        """Take down what there is to see, after a moment for what would load late."""
        self.page.page.wait_for_timeout(500)
        page = self.page
        cells = page.js("notebook.widgets.map(cell => cell.model.trusted)")
        texts = [page.js(_READ, FIRST + at) for at in range(len(attacks))]
        heard = [*self.witness.log, *page.foreign_requests]
        return Sight(
            page.js(_ALIVE) + (alive or []), texts, cells[FIRST:], [*page.surprises], heard
        )


def corpus(host: str) -> dict[str, str]:
    """The attacks, aimed at a host."""
    return {name: aimed(text, host) for name, text in ATTACKS.items() if len(text) < _LONGEST}


@pytest.fixture(scope="module", params=FRONT_ENDS)
def stage(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A front end in which everything was asked, reopened, and opened as a stranger's."""
    folder = tmp_path_factory.mktemp("front_end")
    with Sandbox(key=CANARY, tokens_per_second=None) as sandbox, Witness() as witness:
        environment = {
            "GLM_PROVIDER": "zai",
            "GLM_BASE_URL": sandbox.base_url,
            "GLM_API_KEY": CANARY,
        }
        cells = [LOAD, ASK, *(ASK for _ in corpus(""))]
        Page.witness = witness.host
        own = request.param(folder / "own", environment=environment)
        with own as server, Page(server, cells) as page:
            one = Stage(page, sandbox, witness)
            one.play()
            yield one


@pytest.mark.parametrize("state", STATES)
def test_nothing_happens(stage: Stage, state: str) -> None:
    """No dialog, no new tab, no other page, and nobody is asked for anything."""
    assert stage.sights[state].surprises == []
    assert stage.sights[state].heard == []


@pytest.mark.parametrize("state", STATES)
def test_nothing_could_happen(stage: Stage, state: str) -> None:
    """No element, attribute or link that would act when it is clicked, shown or pointed at."""
    assert stage.sights[state].alive == []


@pytest.mark.parametrize("state", STATES[1:])
def test_the_text_is_readable(stage: Stage, state: str) -> None:
    """The words of every attack are there to read, as text or as the address of a link."""
    attacks = corpus(stage.witness.host)
    texts = stage.sights[state].texts
    lost = {
        name: lost_words(attacks[name], text) for name, text in zip(attacks, texts, strict=True)
    }
    assert [f"{name}: {', '.join(words)}" for name, words in lost.items() if words] == []


def lost_words(attack: str, text: str) -> list[str]:
    """The words that cannot be read, when they are more than a few."""
    shown = _INFO.sub("", plain(unescape(attack))).lower()
    words = re.findall(r"[a-z]{3,}", shown)
    lost = [word for word in words if word not in text.lower()]
    return lost if len(lost) > len(words) / 5 else []


def test_both_kinds_of_trust_were_tried(stage: Stage) -> None:
    """The reopened notebook was trusted, the stranger's was not."""
    assert all(stage.sights["reopened"].trusted)
    assert not any(stage.sights["untrusted"].trusted)


def test_the_witness_and_the_judge_are_awake(stage: Stage) -> None:
    """Shown as it is, a part of the same corpus is heard, seen and found alive."""
    page, host = stage.page, stage.witness.host
    names = ("onerror", "image", "javascript link", "mermaid with a picture", "stylesheet")
    raw = "\n\n".join(corpus(host)[name] for name in names)
    page.rewrite(0, f"from IPython.display import Markdown\nMarkdown({raw!r})")
    page.run(0)
    page.wait_for(lambda _: len(stage.witness.log) > 1)
    page.wait_for(lambda _: "dialog 1" in page.surprises)
    assert len(page.js(_ALIVE)) >= 4
