"""Promise 2: a turn is on disk, complete or marked with its reason, before its cell ends."""

import itertools
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from glm_magic.wiring import workbench
from tests.api.host import CUT, DONE, HOLD, Host, delta, last, refused, said, stream
from tests.jupyter.conftest import Shell
from tests.kernel import Kernel
from tests.store.disk import BROKEN, FULL, READ_ONLY, Disk

At = Callable[[str], Shell]
ASK = "%%glm --no-think\nWhat is lost?"


def written(folder: Path) -> Iterator[dict[str, Any]]:
    """Every event of every journal, as another program reads the files."""
    for path in sorted(folder.rglob("*.jsonl")):
        if "conversations" in path.parts:
            for line in path.read_text(encoding="utf-8").splitlines():
                yield json.loads(line)


ENDS: dict[str, tuple[list[Any], str, str]] = {
    "complete": (said("Nothing."), "Nothing.", ""),
    "cut": (stream(delta("Half"), then=[CUT]), "Half", "lost"),
    "refused": (refused("1214", 400), "", "no"),
    "stalled": (stream(delta("Half"), HOLD), "Half", "Nothing came"),
    "without an end": (stream(delta("Half")), "Half", "connection lost"),
    "withdrawn": (stream(delta("Bad"), last("sensitive"), DONE), "", "content policy"),
}


@pytest.mark.parametrize("end", ENDS)
def test_a_turn_is_on_disk_before_its_cell_ends(
    at: At, end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However an answer ends, when the cell is over another program finds it in the files."""
    monkeypatch.setenv("GLM_DATA_DIR", str(tmp_path))
    script, text, reason = ENDS[end]
    found: list[str] = []
    with Host(script) as host:
        shell = at(host.base_url)
        if end == "stalled":
            shell.run("%config GLM.idle_timeout_seconds = 0.3")

        def look(_: object) -> None:
            found.append(json.dumps(list(written(tmp_path)), ensure_ascii=False))

        shell.ip.events.register("post_run_cell", look)
        try:
            shell.run(ASK)
        finally:
            shell.ip.events.unregister("post_run_cell", look)
    assert "What is lost?" in found[0]
    assert text in found[0]
    assert reason in found[0]


@pytest.mark.parametrize("how", [FULL, READ_ONLY, BROKEN], ids=["full", "read-only", "broken"])
def test_a_disk_that_fails_at_any_call(
    at: At, host: Host, how: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ENOSPC, EROFS or EIO at the n-th call, for every n: the answer comes, and is kept in the end.

    The files hold whole lines only; what could not be written then is written with the next turn.
    """
    host.scripts[0] = said("Nothing.")
    for at_call in itertools.count(1):
        folder = tmp_path / str(at_call)
        monkeypatch.setenv("GLM_DATA_DIR", str(folder))
        workbench.cache_clear()
        shell = at(host.base_url)
        with Disk(at_call, how) as disk:
            shown = shell.run(ASK)
        assert "Nothing." in shown, shown
        assert "Traceback" not in shown, shown
        shell.run("%%glm --no-think\nAnd now?")
        texts = json.dumps(list(written(folder)))
        assert "What is lost?" in texts, at_call
        assert "And now?" in texts
        workbench().close()
        if not disk.reached:
            break
    assert at_call > 3


def test_a_killed_kernel_keeps_what_had_ended(tmp_path: Path, host: Host) -> None:
    """SIGKILL in the middle of an answer: the turn before is whole, the one in flight is marked.

    Of the one in flight the words are there, but perhaps those of the last second.
    """
    host.scripts.appendleft(stream(delta("Half an answer"), HOLD))
    host.scripts.appendleft(said("The first answer."))
    where = {
        "GLM_DATA_DIR": str(tmp_path / "data"), "JPY_SESSION_NAME": str(tmp_path / "a.ipynb"),
        "GLM_BASE_URL": host.base_url, "GLM_PROVIDER": "custom",
    }  # fmt: skip
    with Kernel(**where) as kernel:
        kernel.run("%load_ext glm_magic")
        assert kernel.run(ASK, cell="a").status == "ok"
        asking = kernel.start("%%glm\nAnd then?", cell="b")
        kernel.wait_for_display(asking, "Half")
        time.sleep(1.5)
        process = kernel.manager.provisioner.process  # type: ignore[union-attr]
        os.kill(process.pid, 9)
        process.wait()
    with Kernel(**where) as kernel:
        kernel.run("%load_ext glm_magic")
        assert "The first answer." in str(kernel.run("%glm show 1").outputs)
        rows = str(kernel.run("%glm show").outputs)
        assert "Half an answer" in str(kernel.run("%glm show 2").outputs)
    assert "What is lost?" in rows
    assert "And then?" in rows
    assert "not finished" in rows
