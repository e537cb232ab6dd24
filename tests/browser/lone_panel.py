"""The panel's page code in a browser of its own: no JupyterLab, and a kernel that tests speak for.

For what depends on the moment an event arrives, on where the keyboard is then, or on a kernel that
does not answer.
"""

from typing import Any

from glm_magic.widget.static import script, static
from glm_magic.widget.view import _SCRIPTS

_PAGE = "<style>%s</style><textarea id=cell></textarea><div id=one></div><div id=two></div>"
_KERNEL = """
const hearers = new Set(), watchers = new Set();
Object.assign(window, { render, sent: [], deaf: false, dead: false });
window.tell = event => hearers.forEach(hear => hear(event));
window.become = status => watchers.forEach(slot => slot(null, status));
window.model = {
  get: name => ({ door: '', cell: 'here' })[name],
  on: (_, hear) => hearers.add(hear),
  off: (_, hear) => hearers.delete(hear),
  send(command) {
    if (window.dead) throw new Error('Cannot send');
    sent.push(command);
    const heard = { kind: 'heard', id: command.id, way: 'widget' };
    if (!window.deaf) Promise.resolve().then(() => tell(heard));
  },
  widget_manager: { kernel: {
    interrupt() {},
    statusChanged: { connect: slot => watchers.add(slot), disconnect: () => watchers.clear() },
  } },
};
"""


def welcome(**more: Any) -> dict[str, Any]:
    """What a page is told first."""
    models = [
        {
            "id": name,
            "context": "131k context",
            "cost": "free",
            "thinking": "optional",
            "efforts": [],
            "longest": 100,
        }
        for name in ("glm-4.5", "glm-4.5-air", "glm-4.5-x")
    ]
    usual = {
        "busy": False,
        "cell": False,
        "models": models,
        "model": "glm-4.5",
        "provider": "Z.ai",
        "sandbox": False,
        "key": True,
        "detail": "values",
    }
    return {"kind": "welcome", **usual, **more}


def turn(name: str, prompt: str) -> dict[str, Any]:
    """A whole turn as a page is told of it."""
    words = {"blocks": ["An answer."], "reasoning": "", "steps": ""}
    end = {"footer": "glm-4.5", "warnings": [], "sources": "", "partial": False, "thought": 0}
    return {"id": name, "prompt": prompt, "attached": [], "cell": False, **words, **end}


def turns(*told: dict[str, Any], current: str = "own", **more: Any) -> dict[str, Any]:
    """How the conversation stands, with two chats to choose from."""
    titles = {"own": "This notebook", "c1": "Chat 1"}
    usual = {
        "order": [one["id"] for one in told],
        "turns": list(told),
        "stale": [],
        "earlier": 0,
        "chats": [{"id": i, "title": t, "current": i == current} for i, t in titles.items()],
        "totals": "nothing asked yet",
    }
    return {"kind": "turns", **usual, **more}


def begun(name: str = "t1", prompt: str = "go", instead: str = "") -> dict[str, Any]:
    """A question was asked."""
    head = {"id": name, "prompt": prompt, "attached": [], "cell": False}
    return {"kind": "begun", "turn": head, "instead": instead}


class LonePanel:
    """A page with the panel, in one view or two.

    Attributes:
        page: Playwright's own page.
        errors: What the page complained about.
    """

    def __init__(self, browser: Any) -> None:
        self.page = browser.new_page()
        self.page.set_default_timeout(5_000)
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.set_content(_PAGE % static("panel.css"))
        code = script(*_SCRIPTS).replace("export default { render };", "")
        self.page.evaluate(f"() => {{ {code}\n{_KERNEL} }}")

    def view(self, name: str = "one") -> Any:
        """Show a view of it, as a page or another place in it would; its root."""
        self.page.evaluate(
            "name => void render({ model, el: document.getElementById(name) })", name
        )
        return self.page.locator(f"#{name} .glm-panel")

    def opened(self) -> Any:
        """A view that was welcomed to an empty conversation."""
        view = self.view()
        self.tell(welcome(), turns())
        return view

    def tell(self, *events: dict[str, Any]) -> None:
        """Say these as the kernel."""
        for event in events:
            self.page.evaluate("event => tell(event)", event)

    def sent(self, kind: str) -> list[dict[str, Any]]:
        """What the page has sent of a kind."""
        return [one for one in self.page.evaluate("sent") if one["kind"] == kind]

    def set(self, name: str, *, to: bool) -> None:
        """Have the kernel be `deaf`, or its line `dead`."""
        self.page.evaluate(f"to => {{ window.{name} = to; }}", to)

    def become(self, status: str) -> None:
        """Have the kernel's line say what became of it."""
        self.page.evaluate("status => become(status)", status)

    def focused(self) -> str:
        """The tag and class of what has the keyboard."""
        here = "document.activeElement"
        return str(self.page.evaluate(f"`${{{here}.tagName}} ${{{here}.className}}`.trim()"))
