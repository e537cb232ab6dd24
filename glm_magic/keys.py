"""The API key: an opaque value that cannot be shown by accident, and a net for keys in text."""

from __future__ import annotations

import re
from typing import NoReturn

from .errors import SettingsError

# A GLM key is 32 hexadecimal digits, a dot, 16 letters or digits. The shape is unknown to the
# public secret scanners (trufflesecurity/trufflehog#4658, gitleaks/gitleaks#2168).
GLM_KEY = re.compile(r"(?<![0-9A-Za-z])[0-9a-fA-F]{32}\.[0-9A-Za-z]{16}(?![0-9A-Za-z])")
REDACTED = "[API key redacted]"


class APIKey:
    """A secret that only `reveal` gives away.

    `repr`, `str`, formatting, `vars`, copying and pickling never show it: IPython's verbose
    tracebacks print the `repr` of local variables, and notebooks are shared.
    """

    __slots__ = ("_reveal",)

    def __init__(self, secret: str) -> None:
        secret = secret.strip()
        if not secret or not secret.isascii() or not secret.isprintable() or " " in secret:
            del secret  # a traceback keeps what its frames hold
            message = "An API key is one word of printable ASCII characters; this one is not."
            raise SettingsError(message, "Copy it again from the provider's console.")

        # A closure, not an attribute: object browsers list attribute values.
        def reveal() -> str:
            return secret

        self._reveal = reveal

    def reveal(self) -> str:
        """The secret itself, for the Authorization header only."""
        return self._reveal()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, APIKey) and other.reveal() == self.reveal()

    def __hash__(self) -> int:
        return hash(self.reveal())

    def __repr__(self) -> str:
        return "APIKey(hidden)"

    def __reduce__(self) -> NoReturn:
        message = "An API key cannot be pickled or copied; pass it through the environment."
        raise TypeError(message)


def redact(text: str, *keys: APIKey | None) -> str:
    """The text with the given keys, and everything of a GLM key's shape, taken out."""
    for key in keys:
        secret = key.reveal() if key else ""
        if (
            len(secret) >= 8
        ):  # a shorter "key" (say "none" for a local host) is a word, not a secret
            text = text.replace(secret, REDACTED)
    return GLM_KEY.sub(REDACTED, text) if "." in text else text
