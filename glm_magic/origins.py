"""Which key may go to which host: every key is bound to one origin."""

from __future__ import annotations

import ipaddress
import os
import re
from contextlib import suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar
from urllib.parse import urlsplit

from .catalog import Provider, find_provider, providers
from .errors import KeyRefusedError, SettingsError, Stopped
from .keys import APIKey

if TYPE_CHECKING:
    from collections.abc import Callable

_Given = TypeVar("_Given")

_GENERIC = "GLM_API_KEY"
_KEYRING_SERVICE = "glm_magic"
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST_NAME = re.compile(rf"(?:{_LABEL}\.)*{_LABEL}")


def is_loopback(host: str) -> bool:
    """Whether this host name or address is this machine itself."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def check_url(url: str) -> None:
    """Refuse a URL that a key must not be sent to.

    Raises:
        SettingsError: Not https (http is for loopback only), or a URL with a user name, query,
            fragment, space, control character, or a host that is not a plain name or address.
    """
    reason = _url_fault(url)
    if reason:
        # What stands around these characters may be a password or a key.
        shown = "The base URL" if any(c in url for c in "@?#") else repr(url)
        message = f"{shown} is not safe for a key: {_FAULTS[reason]}."
        raise SettingsError(message, "Use a plain URL such as https://api.z.ai/api/paas/v4")


_FAULTS = {
    "characters": "it has spaces, control or non-ASCII characters",
    "user": "it holds a user name or password",
    "parts": "it has a query or fragment",
    "host": "its host is not a plain name or address",
    "port": "its port is not a number from 1 to 65535",
    "scheme": "it is not https (http is for this machine only)",
}


def _url_fault(url: str) -> str:
    if not url.isascii() or any(c <= " " or c in "\x7f\\" for c in url):
        return "characters"
    try:
        parts = urlsplit(url)
    except ValueError:  # a bracket without its other half, or no address within
        return "host"
    host = parts.hostname or ""
    if "@" in parts.netloc:
        return "user"
    if "?" in url or "#" in url:
        return "parts"
    if not (_HOST_NAME.fullmatch(host) or ":" in host):
        return "host"
    try:
        if parts.port == 0:
            return "port"
    except ValueError:
        return "port"
    safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    return "" if safe else "scheme"


def origin_of(url: str) -> str:
    """Scheme, host and port of a URL, in one spelling; "" for what is no URL."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    except ValueError:
        return ""
    host = (parts.hostname or "").lower()
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{port}"


class KeyRing:
    """The keys this process knows, each for one origin.

    A key from a provider's own variable belongs to that provider's host. `GLM_API_KEY` belongs
    to the host of `GLM_BASE_URL` or `GLM_PROVIDER` when these stand beside it, else to the first
    provider it is used for; a course file that came with a notebook does not choose that one. A key
    from `%glm login` belongs to the host that was set then. The
    hub's token, of the one provider that has a key and no host, belongs to that of `GLM_BASE_URL`.
    """

    def __init__(self) -> None:
        self._given: dict[str, APIKey] = {}
        self._generic_origin = ""

    def __repr__(self) -> str:
        return f"KeyRing({', '.join(self._given) or 'environment only'})"

    def give(self, origin: str, key: APIKey) -> None:
        """Keep this key, for this origin only, until the process ends."""
        self._given[origin] = key

    def forget(self, origin: str) -> bool:
        """Drop the key given for this origin; tells whether there was one."""
        return self._given.pop(origin, None) is not None

    def has(self, provider: Provider) -> bool:
        """Whether a key of the provider's own is here, without looking into the keyring."""
        return (
            any(map(_is_set, provider.key_env)) or origin_of(provider.base_url or "") in self._given
        )

    def known(self, key: APIKey | None = None) -> tuple[APIKey, ...]:
        """All keys that were given or stand in the environment, whatever host they are for.

        Args:
            key: One more, which may be the keyring's.
        """
        found = [*self._given.values(), *([key] if key else ())]
        own = [name for provider in providers().values() for name in provider.key_env]
        for name in filter(_is_set, (_GENERIC, *own)):
            with suppress(SettingsError):  # what cannot be a key is none
                found.append(APIKey(os.environ[name]))
        return tuple(dict.fromkeys(found))

    def find(
        self, provider: Provider, origin: str, *, is_own: bool, bind: bool = True
    ) -> tuple[APIKey | None, str]:
        """The key for this origin and where it came from.

        Args:
            provider: Whose variables to look at.
            origin: Where the key would go.
            is_own: Whether the URL is the catalog's own for this provider.
            bind: False to look only: `GLM_API_KEY` does not settle on this origin yet.

        Raises:
            KeyRefusedError: There is a key, but it was given for another host.
        """
        if origin in self._given:
            return self._given[origin], "%glm login"
        # No variable here holds a secret: a traceback keeps what its frames hold.
        if _is_set(_GENERIC) and self._binds_generic(origin, is_own, bind):
            return APIKey(os.environ[_GENERIC]), f"{_GENERIC} in the environment"
        own_url = provider.base_url or os.environ.get("GLM_BASE_URL", "").strip()
        for name in filter(_is_set, provider.key_env):
            if origin != origin_of(own_url):
                _refuse(name, origin_of(own_url) if own_url else "GLM_BASE_URL's host", origin)
            return APIKey(os.environ[name]), f"{name} in the environment"
        stored = _from_keyring(origin)
        if stored:
            return stored, "keyring"
        if _is_set(_GENERIC):
            _refuse(_GENERIC, self._generic_origin or "another host", origin)
        return None, "none"

    def _binds_generic(self, origin: str, is_own: bool, bind: bool) -> bool:
        beside_url = os.environ.get("GLM_BASE_URL", "").strip()
        beside_name = os.environ.get("GLM_PROVIDER", "").strip()
        if beside_url:
            self._generic_origin = origin_of(beside_url)
        elif beside_name:
            self._generic_origin = origin_of(find_provider(beside_name).base_url or "")
        elif not self._generic_origin and is_own:
            self._generic_origin = origin if bind else ""
            return True
        return origin == self._generic_origin


def _is_set(name: str) -> bool:
    return bool(os.environ.get(name, "").strip())


def _refuse(name: str, belongs: str, origin: str) -> NoReturn:
    message = f"The key in {name} belongs to {belongs} and is not sent to {origin}."
    remedy = f"For this host: %glm login, or set GLM_API_KEY and GLM_BASE_URL together ({origin})."
    raise KeyRefusedError(message, remedy)


def keyring_installed() -> bool:
    """Whether the optional `keyring` package is here."""
    return find_spec("keyring") is not None


def _in_keyring(deed: Callable[[Any], _Given], refused: SettingsError, kept: str = "") -> _Given:
    # Raised outside of the handlers: the keyring's frames may hold the secret.
    raised: BaseException
    try:
        import keyring

        return deed(keyring)
    except KeyboardInterrupt:
        raised = Stopped(kept)
    except Exception:  # back ends raise what they like
        raised = refused
    raise raised


def _from_keyring(origin: str) -> APIKey | None:
    if not keyring_installed():
        return None
    closed = SettingsError("The system's keyring is locked or missing.")
    try:
        secret = _in_keyring(lambda ring: ring.get_password(_KEYRING_SERVICE, origin), closed)
    except SettingsError:  # then it holds no key
        return None
    return APIKey(secret) if secret else None


def keep_in_keyring(origin: str, key: APIKey) -> None:
    """Store the key for this origin with the optional `keyring` package.

    Raises:
        SettingsError: The keyring refused.
        Stopped: The user interrupted it.
    """
    message = "The system's keyring did not take the key; it is kept for this kernel only."
    refused = SettingsError(message, "Set the provider's environment variable to keep it.")
    _in_keyring(
        lambda ring: ring.set_password(_KEYRING_SERVICE, origin, key.reveal()),
        refused,
        "The key is kept for this kernel only.",
    )


def drop_from_keyring(origin: str) -> bool:
    """Remove the stored key of this origin; tells whether there was one.

    Raises:
        SettingsError: The keyring refused.
        Stopped: The user interrupted it.
    """
    if _from_keyring(origin) is None:
        return False
    message = f"The system's keyring did not give up the key for {origin}."
    remedy = "It is still there: delete it with the keyring's own program."
    refused = SettingsError(message, remedy)
    _in_keyring(lambda ring: ring.delete_password(_KEYRING_SERVICE, origin), refused)
    return True
