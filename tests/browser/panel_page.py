"""A notebook with an open panel, as a user of the panel sees it."""

from collections.abc import Callable
from typing import Any

from glm_magic.sandbox import Sandbox
from tests.canary import CANARY
from tests.lab import Lab

PROMPT = ".glm-panel textarea"
SLOW = "sandbox: 5000 tokens\nsandbox: rate 100\ngo on"
CELLS = [
    "%load_ext glm_magic\nimport pandas as pd, time\n"
    "penguins = pd.DataFrame({'species': ['Adelie', 'Gentoo'] * 20, 'mass': range(40)})",
    "%glm panel",
    "%%glm\nfrom a cell",
    "for _ in range(300): time.sleep(0.1)",
    "%glm show",
]
LOAD, PANEL, ASK, BUSY, SHOW = range(len(CELLS))


def environment(sandbox: Sandbox) -> dict[str, str]:
    """What points a server's kernels at a sandbox."""
    return {
        "GLM_PROVIDER": "zai",
        "GLM_BASE_URL": sandbox.base_url,
        "GLM_API_KEY": CANARY,
    }


class PanelPage:
    """The panel on a page.

    Args:
        lab: The notebook, made of `CELLS`.
    """

    def __init__(self, lab: Lab) -> None:
        self.lab, self.page = lab, lab.page

    def open(self) -> None:
        """Run the cells that show it."""
        self.lab.run(LOAD)
        self.lab.run(PANEL)
        self.ready()

    def ready(self) -> None:
        """Wait until the kernel has answered it."""
        self.page.wait_for_selector(".glm-totals:not(:empty)", timeout=30_000)

    def fresh(self) -> None:
        """An empty chat of its own, and nothing in the prompt."""
        self.page.fill(PROMPT, "")
        before = self.chat()
        self.press("New chat")
        self.lab.wait_for(lambda _: self.chat() != before and not self.turns())

    def chat(self) -> str:
        """The current chat's title."""
        return str(self.js("one('[aria-label=Chat]').selectedOptions[0]?.textContent ?? ''"))

    def send(self, prompt: str) -> None:
        """Type a prompt and press Enter; does not wait."""
        self.page.fill(PROMPT, prompt)
        self.page.press(PROMPT, "Enter")

    def ask(self, prompt: str) -> None:
        """Send a prompt and wait for the end of its answer."""
        before = len(self.turns())
        self.send(prompt)
        self.wait(lambda: len(self.turns()) > before and not self.streaming())

    def press(self, label: str) -> None:
        """Press the button with this label."""
        self.page.click(f".glm-panel button:text-is('{label}')")

    def wait(self, holds: Callable[[], object], *, timeout_seconds: float = 20) -> None:
        """Wait until something holds."""
        self.lab.wait_for(lambda _: holds(), timeout_seconds=timeout_seconds)

    def turns(self) -> list[dict[str, str]]:
        """What is on the page of each turn: its prompt, its answer, and what stands below."""
        return self.js(  # type: ignore[no-any-return]
            """all('.glm-turn').map(turn => ({
                prompt: turn.querySelector('.glm-words').textContent,
                answer: turn.querySelector('.glm-answer').textContent,
                below: turn.querySelector('.glm-below').textContent,
            }))"""
        )

    def prompts(self) -> list[str]:
        """The prompts on the page."""
        return [turn["prompt"] for turn in self.turns()]

    def streaming(self) -> bool:
        """Whether an answer is under way."""
        return bool(self.js("!!one('.glm-streaming')"))

    def focused(self) -> str:
        """The name of what has the keyboard."""
        name = "document.activeElement.ariaLabel ?? document.activeElement.textContent"
        return str(self.page.evaluate(name))

    def is_at_the_end(self) -> bool:
        """Whether the newest words are to be seen."""
        left = "one('.glm-log').scrollHeight - one('.glm-log').clientHeight"
        return bool(self.js(f"{left} - one('.glm-log').scrollTop < 4"))

    def status(self) -> str:
        """What the panel says."""
        return str(self.js("one('.glm-status').textContent"))

    def js(self, expression: str, argument: Any = None) -> Any:
        """Evaluate with `one` and `all`, which look in the panel."""
        names = (
            "const root = document.querySelector('.glm-panel');"
            "const one = found => found === '' ? root : root.parentElement.querySelector(found);"
            "const all = found => [...root.querySelectorAll(found)];"
        )
        return self.lab.js(f"{names} return ({expression});", argument)
