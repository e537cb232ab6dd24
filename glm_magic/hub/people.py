"""Who asks: the hub says so for a token, and whether it may use this service."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tornado.web import HTTPError

from .refusing import Refused

if TYPE_CHECKING:
    from jupyterhub.services.auth import HubOAuth

    from .rules import Rules

_BEARER = re.compile(r"(?:bearer|token)\s+(\S+)\s*", re.IGNORECASE)
# How long the hub's word is kept: a token that was revoked works so long at most.
_REMEMBERED_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Person:
    """A user of the hub.

    Attributes:
        name: The hub's name.
        groups: The hub's groups.
        admin: Whether an admin of the hub.
    """

    name: str
    groups: frozenset[str]
    admin: bool

    def instructs(self, rules: Rules) -> bool:
        """Whether the instructor's page is for this person."""
        return self.admin or not self.groups.isdisjoint(rules.instructors)


def hub_auth() -> HubOAuth:
    """The hub's own way to ask who a token belongs to, configured by the hub's environment."""
    from jupyterhub.services.auth import HubOAuth

    auth: HubOAuth = HubOAuth.instance()
    auth.cache_max_age = _REMEMBERED_SECONDS
    return auth


class People:
    """Knows people by their tokens.

    Args:
        auth: Asks the hub.
        salt: Of the course, for pseudonyms.
    """

    def __init__(self, auth: HubOAuth, salt: str) -> None:
        self.auth = auth
        self._salt = salt.encode()

    def pseudonym(self, student: str) -> str:
        """A name that tells a model's host students apart, and not who they are."""
        return hmac.new(self._salt, student.encode(), hashlib.sha256).hexdigest()[:32]

    async def of(self, authorization: str) -> Person:
        """The person of an Authorization header.

        Raises:
            Refused: No token (401), a token the hub does not know, or one that may not come here.
        """
        token = _BEARER.fullmatch(authorization.strip())
        if token is None:
            raise Refused("course-token", "The request came without a hub token.", 401)
        try:
            model = await self.auth.user_for_token(token[1], sync=False)
        except HTTPError:
            message = "The hub did not answer when it was asked whose token this is."
            raise Refused("course-hub", message) from None
        if model is None:
            raise Refused("course-token", "The hub does not know this token, or no longer.")
        return self.allowed(model)

    def allowed(self, model: dict[str, Any]) -> Person:
        """The person of the hub's record.

        Raises:
            Refused: It is a service, or the token's scopes do not reach here.
        """
        if model.get("kind") != "user":
            raise Refused("course-scope", "The token is not a person's.")
        if not self.auth.check_scopes(self.auth.access_scopes, model):
            message = "This server's token may not use the course's service."
            raise Refused("course-scope", message)
        groups = frozenset(model.get("groups") or ())
        return Person(str(model["name"]), groups, bool(model.get("admin")))
