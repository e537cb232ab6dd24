"""A finished answer on a page: everything is what it should be, also for who cannot see it.

In light and dark JupyterLab and in Notebook 7, when it has just come and after a reload.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from glm_magic.sandbox import Sandbox
from tests.browser.stage import Notebook7, Page, says
from tests.canary import CANARY
from tests.lab import Server

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
LOAD, ASK = "%load_ext glm_magic", "%%glm\nWhich species differ most?"
DARK = {"@jupyterlab/apputils-extension:themes": {"theme": "JupyterLab Dark"}}
THOUGHT = "## The user wants a comparison.\n\n1. means\n2. a `plot`\n\n##### So be it."
TEXT = r"""## Which species differ most?

**Gentoo** penguins are the heaviest, \(1.4\) kg above Adelie; a box of 12 costs $5, not $6.

| species | mean mass (g) |
|:--------|--------------:|
| Adelie  | 3,701 |
| Gentoo  | 5,076 |

\[
\bar{x} \pm t_{n-1} \cdot \frac{s}{\sqrt{n}}
\]

#### A plot

```python
ax.hist(penguins["body_mass_g"], alpha=0.5)  # grams
```

1. overlap
   - nearly none

> One bird is not a mean. See [the data](https://data.test/penguins), ![a plot](https://data.test/p.png).
"""
# What is on the page, by what a reader would call it.
SEEN = """
const area = [...document.querySelectorAll('.jp-OutputArea-output.jp-RenderedMarkdown')].at(-1);
const text = query => [...area.querySelectorAll(query)].map(node => node.textContent.trim());
const code = area.querySelector('pre');
return {
    headings: [...area.querySelectorAll('h1,h2,h3,h4,h5,h6')]
        .filter(node => !node.closest('details')).map(node => node.tagName + ' ' + node.innerText),
    heads: text('table th'), cells: text('table td').length,
    formulas: area.querySelectorAll('mjx-container').length,
    spoken: area.querySelectorAll('mjx-container mjx-assistive-mml math').length,
    colours: new Set([...code.querySelectorAll('span')].map(n => getComputedStyle(n).color)).size,
    code: code.textContent.trim(), summary: text('summary'), nested: text('ol ul li'),
    links: [...area.querySelectorAll('a:not(.jp-InternalAnchorLink)')].map(n => n.textContent),
    footer: text('small').at(-1), pictures: area.querySelectorAll('img').length,
    words: area.innerText, open: area.querySelector('details').open,
};
"""


@pytest.fixture(
    scope="module",
    params=[
        (Server, {}),
        pytest.param((Server, DARK), marks=pytest.mark.soak),
        (Notebook7, {}),
    ],
    ids=["light", "dark", "notebook7"],
)
def page(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A page on which the answer has just come, a second after its reasoning began."""
    kind, settings = request.param
    with ExitStack() as stack:
        sandbox = stack.enter_context(Sandbox(key=CANARY, tokens_per_second=None))
        environment = {
            "GLM_PROVIDER": "zai",
            "GLM_BASE_URL": sandbox.base_url,
            "GLM_API_KEY": CANARY,
        }
        folder = tmp_path_factory.mktemp("reading") / "own"
        server = stack.enter_context(kind(folder, environment=environment, settings=settings))
        one = stack.enter_context(Page(server, [LOAD, ASK], size=(1100, 1300)))
        one.run(0)
        sandbox.faults.append(says(TEXT, THOUGHT, seconds=3))
        one.run(1)
        one.wait_for(lambda _: one.js(SEEN)["formulas"] == 2)
        yield one


def check(seen: dict[str, Any]) -> None:
    """All that the answer is made of is there, in order."""
    assert seen["headings"] == ["H2 Which species differ most?", "H3 A plot"]
    assert (seen["heads"], seen["cells"]) == (["species", "mean mass (g)"], 4)
    assert (seen["formulas"], seen["spoken"]) == (2, 2)
    assert seen["colours"] >= 3
    assert seen["code"] == 'ax.hist(penguins["body_mass_g"], alpha=0.5)  # grams'
    assert seen["summary"][0].startswith("Thought for ")
    assert not seen["open"]
    assert seen["nested"] == ["nearly none"]
    assert seen["links"] == ["the data", "image: a plot"]
    assert seen["pictures"] == 0
    assert "costs $5, not $6." in seen["words"]
    assert "glm-4.5 · " in seen["footer"]
    assert "sent: the prompt only" in seen["footer"]


def test_everything_is_there(page: Page, request: pytest.FixtureRequest) -> None:
    """Table, formulas, coloured code, lists, links, the folded reasoning and the footer."""
    check(page.js(SEEN))
    page.screenshot(f"answer_{request.node.callspec.id}")


def test_axe_finds_nothing(page: Page) -> None:
    """The rules of axe-core hold in the answer, folded and unfolded: contrast, order, names."""
    for _ in range(2):
        found = Axe().run(page.page, context=".jp-OutputArea-output.jp-RenderedMarkdown")
        assert found.violations_count == 0, found.generate_report()
        page.page.locator(".jp-RenderedMarkdown details summary").first.click()


def test_it_is_the_same_after_a_reload(page: Page) -> None:
    """From the file, without a kernel's help; no widget and no script is saved in it."""
    saved = page.save()
    (output,) = saved["cells"][1]["outputs"]
    assert set(output["data"]) == {"text/markdown", "text/plain"}
    assert "widgets" not in saved["metadata"]
    page.reload()
    page.wait_for(lambda _: page.js(SEEN)["formulas"] == 2)
    check(page.js(SEEN))
