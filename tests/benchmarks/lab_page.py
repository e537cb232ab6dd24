"""A reader before a page: JupyterLab in a headless Chromium, its frames and its bytes."""

import json
import secrets
import time
from typing import Any, Self

from glm_magic.sandbox import Fault, Step
from glm_magic.sandbox.steps import chunk_of, record_of
from glm_magic.sandbox.wire import dumps
from glm_magic.store.metadata import turns_of
from tests.lab import Lab, Server, document

PATIENCE_SECONDS = 90
# Runs in the page: counts frames from the moment the cell starts until its end is to be seen.
_WATCH = """
const area = notebook.widgets[1].outputArea, felt = window.felt = {
    frames: 0, freeze: 0, moved: 0, first: 0, done: 0, height: 0,
};
const began = performance.now();
let last = began, rest = began, top = null, over = false, seen = false, calm = 0;
kernel.statusChanged.connect((_, status) => { over = status === 'idle'; });
const frame = now => {
    felt.frames += 1;
    felt.freeze = Math.max(felt.freeze, now - last);
    const before = last;
    last = now;
    const heading = area.node.querySelector('h2, h3');
    if (heading) {
        const here = heading.getBoundingClientRect().top;
        if (top !== null) felt.moved = Math.max(felt.moved, Math.abs(here - top));
        top = here;
        felt.first = felt.first || now - began;
    }
    if (!seen && over && area.node.textContent.includes(argument)) seen = true;
    // Formulas are set after the text is there: done is when the page has come to rest.
    if (!seen || now - before > 50) rest = now;
    else if (now - rest > 1000) {
        felt.done = rest - began;
        felt.frames = felt.frames - calm;
        return;
    }
    calm = rest === now ? 0 : calm + 1;
    requestAnimationFrame(frame);
};
requestAnimationFrame(frame);
app.commands.execute('notebook:run-cell');
return null;
"""

_IDLE = """
() => new Promise(resolve => {
    const began = performance.now();
    let frames = 0;
    const frame = now => {
        frames += 1;
        if (now - began < 3000) requestAnimationFrame(frame);
        else resolve((now - began) / frames);
    };
    requestAnimationFrame(frame);
})
"""


def scripted_answer(text: str, piece: int) -> Fault:
    """An answer with exactly this text, so many characters in a delta."""

    def edit(steps: list[Step]) -> list[Step]:
        if len(steps) == 1:  # asked without a stream
            whole = chunk_of(steps[0])
            whole["choices"][0]["message"]["content"] = text
            return [dumps(whole)]
        first, last = chunk_of(steps[0]), chunk_of(steps[-2])
        last["choices"][0]["delta"] = {"role": "assistant", "content": ""}
        deltas = (
            {"role": "assistant", "content": text[at : at + piece]}
            for at in range(0, len(text), piece)
        )
        chunks = [{**first, "choices": [{"index": 0, "delta": delta}]} for delta in deltas]
        return [*map(record_of, chunks), record_of(last), steps[-1]]

    return Fault.edit(edit)


class Reader(Lab):
    """Opens notebooks with one question each, and watches the answer come.

    Attributes:
        received: Bytes that came over sockets so far.
    """

    def __init__(self, server: Server) -> None:
        super().__init__(server, [])

    def __enter__(self) -> Self:
        super().__enter__()
        self.received = 0
        devtools = self.page.context.new_cdp_session(self.page)
        devtools.send("Network.enable")
        devtools.on("Network.webSocketFrameReceived", self._count)
        return self

    def _count(self, event: dict[str, Any]) -> None:
        response = event["response"]
        encoded = response["opcode"] != 1  # a binary frame comes in base 64
        length = len(response["payloadData"])
        self.received += length * 3 // 4 if encoded else length

    def open(self, before: str, ask: str, python: str = "") -> None:
        """A new notebook with these two cells; the first one is run.

        Args:
            before: What is run first.
            ask: The cell to be watched.
            python: Whose kernel it is; that of the server when it is empty.
        """
        self.path = self._server.files / secrets.token_hex(4) / "test.ipynb"
        self.path.parent.mkdir()
        content = document([before, ask])
        if python:
            self._add_kernel(python)
            content["metadata"]["kernelspec"] = {"name": "other", "display_name": "Other"}
        self.path.write_text(json.dumps(content), encoding="utf-8")
        self.reload()
        self.run(0)
        self.select(1)

    def _add_kernel(self, python: str) -> None:
        place = self._server.folder / "data" / "kernels" / "other"
        place.mkdir(parents=True, exist_ok=True)
        command = [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        spec = {"argv": command, "display_name": "Other", "language": "python"}
        (place / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")

    def watch(self, end: str, length: int) -> dict[str, float]:
        """Run the cell until these words are on the page and it rests; what that was like.

        What is not done after a minute and a half is left alone and told as it is then.
        """
        before = self.received
        self.js(_WATCH, end)
        limit = time.monotonic() + PATIENCE_SECONDS
        while not (felt := self.page.evaluate("window.felt"))["done"]:
            if time.monotonic() > limit:
                felt["done"] = 1000 * PATIENCE_SECONDS
                break
            self.page.wait_for_timeout(1_000)
        return {
            "fps": 1000 * felt["frames"] / felt["done"],
            "freeze_seconds": felt["freeze"] / 1000,
            "done_seconds": felt["done"] / 1000,
            "first_seconds": felt["first"] / 1000,
            "kilobytes": (self.received - before) / 1000,
            "moved": felt["moved"],
            "lost": self._lost(length),
        }

    def idle_frame_ms(self) -> float:
        """What a frame takes while nothing happens: the least that this machine can do now."""
        return float(self.page.evaluate(_IDLE))

    def _lost(self, length: int) -> float:
        """How many characters of the answer the notebook does not hold."""
        outputs = self.outputs(1)
        turns = list(turns_of(outputs))
        if turns:
            return float(length - len(turns[-1][2].text))
        ours = any("glm_magic" in output.get("metadata", {}) for output in outputs)
        return float(length) if ours else 0.0
