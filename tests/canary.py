"""The one API key of the test suite: shaped like a real one, worth nothing, and never to be seen.

It is written in pieces, so that a search for keys in the repository finds none at all.
"""

import base64
import re

SECRET_HALF = "Canary42" * 2
CANARY = "c0ffee01" * 4 + "." + SECRET_HALF


def _base64_forms(text: str) -> list[str]:
    """The parts of the base64 of `text` that stay the same whatever stands before and after it."""
    forms = []
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + text.encode()).decode().rstrip("=")
        forms.append(encoded[-(-offset * 4 // 3) + 1 : -1])
    return forms


# Half a key is a leak too, and so is a key in another spelling.
_FORMS = [SECRET_HALF, SECRET_HALF[::-1], SECRET_HALF.encode().hex(), *_base64_forms(SECRET_HALF)]
_NET = re.compile("|".join(map(re.escape, _FORMS)))
_BYTES_NET = re.compile(_NET.pattern.encode())


def seen_in(text: str | bytes) -> bool:
    """Whether the canary, or a form of it that gives it away, is in the text."""
    net = _NET if isinstance(text, str) else _BYTES_NET
    return net.search(text) is not None  # type: ignore[arg-type]


def hide(text: str) -> str:
    """The text with the canary taken out, for reports about a leak."""
    return _NET.sub("<canary>", text)
