"""What the reader of a long panel feels: frames and bytes after a conversation of fifty turns."""

import time
from collections.abc import Iterator
from dataclasses import replace
from statistics import median

from glm_magic.sandbox import Sandbox
from tests.lab import Lab, missing

from .install import SkippedError
from .lab_page import PATIENCE_SECONDS, Reader, scripted_answer
from .report import Figure
from .smoothness import END, IDLE, LONG, PIECE, RUNS, SHORT, Case, reading, text_of

TITLE = "The panel after 50 turns, as its reader sees it"

_TURNS = 50
_CASES = (
    replace(SHORT, most_kb=100, least_fps=55),
    replace(LONG, most_kb=350, least_fps=45),
)
_BEFORE = (
    f"%load_ext glm_magic\nimport glm_magic\nfor _ in range({_TURNS}): glm_magic.ask('Go on.')"
)
# Runs in the page: counts frames from the moment the question is sent until the page rests.
_WATCH = """
const root = document.querySelector('.glm-panel'), log = root.querySelector('.glm-log');
const felt = window.felt = { frames: 0, freeze: 0, first: 0, done: 0 };
const turns = log.querySelector('.glm-turns'), before = turns.childElementCount;
const began = performance.now();
let last = began, rest = began, calm = 0, answer = null, seen = false;
const frame = now => {
    felt.frames += 1;
    felt.freeze = Math.max(felt.freeze, now - last);
    const took = now - last;
    last = now;
    // Little is looked at: an answer has hundreds of thousands of nodes.
    if (turns.childElementCount > before) {
        answer = turns.lastElementChild.querySelector('.glm-answer');
    }
    const block = answer?.lastElementChild;
    if (block?.firstElementChild) felt.first = felt.first || now - began;
    seen = seen || (block && !root.classList.contains('glm-streaming')
        && block.textContent.includes(argument));
    if (!seen || took > 50) { rest = now; calm = 0; }
    else if (now - rest > 1000) {
        felt.done = rest - began;
        felt.frames -= calm;
        return;
    }
    else calm += 1;
    requestAnimationFrame(frame);
};
const prompt = root.querySelector('textarea');
prompt.value = window.asked;
const enter = { key: 'Enter', bubbles: true, cancelable: true };
prompt.dispatchEvent(new KeyboardEvent('keydown', enter));
requestAnimationFrame(frame);
return null;
"""


def measure() -> Iterator[Figure]:
    """An answer of 20 kB and one of 200 kB, each with its promises.

    Raises:
        SkippedError: There is no browser.
    """
    if reason := missing():
        raise SkippedError(reason)
    with Sandbox(tokens_per_second=None) as sandbox, reading(sandbox) as reader:
        for case in _CASES:
            for kind in ("mixed", "dense mathematics"):
                yield from _answer(reader, sandbox, case, kind)


def _answer(reader: Reader, sandbox: Sandbox, case: Case, kind: str) -> Iterator[Figure]:
    text, runs = text_of(kind, case.length), []
    for _ in range(RUNS):
        reader.open(_BEFORE, "%glm panel")
        reader.run(1)
        reader.wait_for(_has_them_all, timeout_seconds=60)
        reader.page.wait_for_timeout(3_000)  # their formulas are set
        idle = reader.idle_frame_ms()
        sandbox.faults.append(scripted_answer(text, PIECE))
        reader.js("window.asked = argument, null", f"sandbox: rate {case.rate}")
        runs.append({**_watched(reader), "idle": idle})
    felt = {name: median(run[name] for run in runs) for name in runs[0]}
    name = f"{case.name}, {kind}: "
    yield Figure(name + "to the browser", felt["kilobytes"], "kB", len(text) / 1000, case.most_kb)
    frame = 1000 / felt["fps"]
    yield Figure(name + "a frame takes", frame, "ms", felt["idle"], 1000 / case.least_fps, IDLE)
    yield Figure(name + "longest freeze", felt["freeze_seconds"], "s")
    yield Figure(name + "first words after", felt["first_seconds"], "s")
    yield Figure(name + "done after", felt["done_seconds"], "s", case.seconds)


def _has_them_all(reader: Lab) -> bool:
    return bool(reader.js("document.querySelectorAll('.glm-turn').length") == _TURNS)


def _watched(reader: Reader) -> dict[str, float]:
    """Send the question that waits on the page; what its answer was like."""
    before, limit = reader.received, time.monotonic() + PATIENCE_SECONDS
    reader.js(_WATCH, END)
    while not (felt := reader.page.evaluate("window.felt"))["done"]:
        if time.monotonic() > limit:
            felt["done"] = 1000 * PATIENCE_SECONDS
            break
        reader.page.wait_for_timeout(1_000)
    return {
        "fps": 1000 * felt["frames"] / felt["done"],
        "freeze_seconds": felt["freeze"] / 1000,
        "first_seconds": felt["first"] / 1000,
        "done_seconds": felt["done"] / 1000,
        "kilobytes": (reader.received - before) / 1000,
    }
