"""A headless Chromium for tests, which asks its vendor's hosts for nothing."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_MAC_CHROME = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
# Without these Chromium looks up its vendor's hosts at every start.
_ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


def executable() -> str:
    """Where the browser to use is, or ""."""
    names = [os.environ.get("CHROMIUM", ""), *_NAMES, _MAC_CHROME]
    return next((path for name in names if name and (path := shutil.which(name))), "")


@contextmanager
def chromium() -> Iterator[Any]:
    """A new browser, as Playwright has it, closed at the end."""
    # Here, so that what only looks for a browser needs no Playwright.
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=_ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()
