"""The API key: an opaque value that cannot be shown by accident, and a net for secrets in text."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any, NoReturn

from .errors import SettingsError

# A GLM key is 32 hexadecimal digits, a dot, 16 letters or digits. The shape is unknown to the
# public secret scanners (trufflesecurity/trufflehog#4658, gitleaks/gitleaks#2168).
# The end of an escaped character in JSON, or in JSON within JSON, is not a part of one.
_BEGIN = r"(?:(?<![0-9A-Za-z])|(?<=\\[nrtbf])|(?<=\\u[0-9a-fA-F]{4}))"
GLM_KEY = re.compile(rf"{_BEGIN}[0-9a-fA-F]{{32}}\.[0-9A-Za-z]{{16}}(?![0-9A-Za-z])")
REDACTED = "[API key redacted]"

# Secrets whose issuers give them a shape of their own, so that plain data is hardly ever hit: by
# what a reader is told they are, the group's name and the shape.
_SHAPES = (
    (
        "API key",
        "key",
        rf"{GLM_KEY.pattern}"
        r"|(?<![0-9A-Za-z])(?:"
        r"sk-(?=[\w\-]{0,80}\d)[\w\-]{20,}"  # OpenAI, Anthropic, OpenRouter, DeepSeek
        r"|[sr]k_(?:live|test)_[0-9A-Za-z]{16,}"  # Stripe
        r"|A[KS]IA[2-7A-Z]{16}(?![0-9A-Za-z])"  # AWS
        r"|AIza[\w\-]{35})"  # Google
        r"|(?<=AccountKey=)[0-9A-Za-z+/=]{40,}",  # Azure
    ),
    (
        "token",
        "token",
        r"(?<![0-9A-Za-z])(?:"
        r"gh[opsur]_[0-9A-Za-z]{36,}|github_pat_\w{22,}"  # GitHub
        r"|glpat-[\w\-]{20,}"  # GitLab
        r"|hf_[0-9A-Za-z]{30,}"  # Hugging Face
        r"|xox[abeprs]-[0-9A-Za-z\-]{10,}"  # Slack
        r"|eyJ[\w\-]{8,}\.eyJ[\w\-]{8,}(?:\.[\w\-]*)?)"  # JSON web token, RFC 7519
        r"|(?<=[Bb]earer )(?=[\w.~+/\-]{0,80}\d)[\w.~+/\-]{20,}=*",  # RFC 6750
    ),
    (
        "private key",
        "pem",  # RFC 7468; also where the end was cut off, or line breaks are escaped
        r"-----BEGIN [0-9A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
        r"(?:(?s:.){0,8000}?-----END [0-9A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
        r"|(?:(?:\s|\\[nr]){0,4}[0-9A-Za-z+/=]{20,})*)",
    ),
    (
        "password",
        "password",  # in a URL, RFC 3986: postgres://user:password@host
        r"(?<=://)[^\s/:@]{0,100}:(?P<secret>[^\s/@]{1,200})@",
    ),
)
_SECRET = re.compile("|".join(f"(?P<{group}>{shape})" for _, group, shape in _SHAPES))
_KINDS = {group: kind for kind, group, _ in _SHAPES}
# What stands in a text for a secret that was taken out.
MARKER = re.compile(rf"\[({'|'.join(_KINDS.values())}) redacted\]")


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


def redact_in(value: Any, *keys: APIKey | None) -> Any:
    """The same with the keys taken out of all texts in lists, tuples and dictionaries."""
    if isinstance(value, str):
        return redact(value, *keys)
    if isinstance(value, list | tuple):
        return type(value)(redact_in(one, *keys) for one in value)
    if isinstance(value, dict):
        return {redact_in(name, *keys): redact_in(one, *keys) for name, one in value.items()}
    return value


def redact_secrets(text: str, end: int | None = None) -> str:
    """The text with keys, tokens, private keys and passwords in URLs taken out.

    A net of well-known shapes for what a user attaches: it misses a password that stands alone.
    What the user types goes through `redact` only, and otherwise stays as it is.

    Args:
        text: Any text.
        end: Only so many characters of the text are returned; the rest helps to tell a secret
            that begins before. Such a secret is taken out whole.
    """
    end = len(text) if end is None else end
    pieces, done = [], 0
    for match in _SECRET.finditer(text):
        group = match.lastgroup or ""
        start, stop = match.span("secret" if group == "password" else group)
        if start >= end:
            break
        pieces += [text[done:start], f"[{_KINDS[group]} redacted]"]
        done = stop
    return "".join([*pieces, text[done:end]])


def say_redacted(text: str) -> str:
    """What was taken out of a text, counted: "2 API keys, 1 password"; "" for nothing."""
    counts = Counter(MARKER.findall(text))
    return ", ".join(
        f"{counts[kind]:,} {kind}{'' if counts[kind] == 1 else 's'}"
        for kind in _KINDS.values()
        if counts[kind]
    )
