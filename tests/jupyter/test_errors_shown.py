"""Errors are two lines, however the user has IPython show errors."""

import pytest

from tests.jupyter.conftest import Shell


@pytest.mark.parametrize("mode", ["Plain", "Context", "Verbose", "Minimal", "Docs"])
def test_an_error_is_two_lines_in_every_mode(shell: Shell, mode: str) -> None:
    """`%xmode` changes nothing: what happened, and what to do, each on its line."""
    shell.run(f"%xmode {mode}")
    printed = shell.run("%glm modles").strip("\n").split("\n")
    assert [line.split(":")[0] for line in printed] == [
        "ArgumentError",
        "Did you mean models or model?",
    ]
