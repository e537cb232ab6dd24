"""The panel replays as cells do."""

from pathlib import Path

import pytest

import glm_magic
from glm_magic.testing import scripted
from tests.panel.conftest import Page, page

__all__ = ["page"]  # a fixture


def test_the_panel_replays_and_tells_what_is_missing(
    folder: Path, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A recorded prompt is answered without a key; another gets an honest miss."""
    with scripted("Gentoo."):
        glm_magic.Chat(replay="record").ask("Which?")
    monkeypatch.setenv("GLM_REPLAY", "replay")
    page.ask("Which?")
    page.ask("What else?")
    (failed,) = page.told("failed")
    assert "nothing was sent" in failed["message"]
    assert "“Which?”" in failed["remedy"]
    assert page.prompts() == ["Which?"]
    assert "recorded" in str(page.told("ended"))
