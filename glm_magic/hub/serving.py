"""Puts the service together from its environment and the course's file, and runs it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..api.client import Client, Limits
from ..errors import SettingsError
from ..keys import APIKey
from ..settings import resolve
from .budgets import Budgets
from .people import People, hub_auth
from .places import Places
from .records import Records
from .rules import RulesFile

if TYPE_CHECKING:
    from pathlib import Path

    from jupyterhub.services.auth import HubOAuth
    from tornado.web import Application, RequestHandler

    from ..sandbox import Sandbox

_LARGEST_REQUEST_BYTES = 16 * 2**20
_LOOPBACK = "http://127.0.0.1:10101"


class Service:
    """What the routes share.

    Args:
        rules: The course's file.
        auth: Asks the hub who people are.
        client: Speaks to the model's host.
        folder: Where budgets and records are kept.
    """

    def __init__(self, rules: RulesFile, auth: HubOAuth, client: Client, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.rules = rules
        self._client = client
        self.places = Places()
        self.budgets = Budgets(folder / "budgets.sqlite")
        self.records = Records(folder / "records")
        self.people = People(auth, self.budgets.note("salt", secrets.token_hex(32)))
        self._tidied = ""

    @property
    def client(self) -> Client:
        """Speaks to the model's host, as patiently as the rules say now."""
        limits, idle_seconds = self._client.limits, self.rules.now.idle_seconds
        if limits.idle_seconds != idle_seconds:
            self._client.limits = replace(limits, idle_seconds=idle_seconds)
        return self._client

    def record(self, day: str, record: dict[str, Any]) -> None:
        """Write a question's line, and tidy up with the first of a day; a full disk is logged."""
        try:
            self.tidy()
            self.records.add(day, record)
        except OSError as error:  # the answer is charged: the student gets it all the same
            sys.stderr.write(f"glm-magic hub: a question's record was not written: {error}\n")

    def tidy(self) -> None:
        """Forget what is older than the rules say, once a day."""
        rules, now = self.rules.now, datetime.now(UTC)
        if self._tidied != rules.day(now):
            self._tidied = rules.day(now)
            keep_from = rules.day(now - timedelta(days=rules.keep_days))
            self.budgets.forget_names(keep_from)
            self.records.forget(keep_from)

    def close(self) -> None:
        """Close files and connections."""
        self._client.close()
        self.budgets.close()

    def application(self, prefix: str) -> Application:
        """The routes below the hub's prefix for this service, with slashes at both ends."""
        from tornado.web import Application

        from .page import Callback, Page
        from .routes import Answers, Elsewhere, Health, Usage

        routes: list[Any] = [
            (prefix, Page),
            (f"{prefix}oauth_callback", Callback),
            (f"{prefix}health", Health),
            (f"{prefix}usage", Usage),
            (f"{prefix}v1/chat/completions", Answers),
        ]
        return Application(
            routes,
            default_handler_class=Elsewhere,
            cookie_secret=secrets.token_bytes(32),
            log_function=_log,
            service=self,
        )


def _log(handler: RequestHandler) -> None:
    """One line for what failed; what went well is in the records."""
    if handler.get_status() >= 500:
        request = handler.request
        sys.stderr.write(f"glm-magic hub: {request.method} {request.path} {handler.get_status()}\n")


def host_client(rules: RulesFile) -> tuple[Client, Sandbox | None]:
    """The client for the model's host; the sandbox is started where that is the provider.

    Raises:
        SettingsError: No key in the environment, or one for another host.
    """
    asked = {"provider": rules.now.provider or None, "base_url": rules.now.base_url or None}
    settings = resolve(asked)
    # Who waits is decided by `Places`; and what failed once is not charged twice.
    limits = Limits(idle_seconds=rules.now.idle_seconds, retries=0, requests_in_flight=10_000)
    if settings.provider.key != "none":
        return Client(settings.base_url, settings.key, settings.provider, limits), None
    from ..sandbox import Sandbox

    sandbox = Sandbox().start()
    return Client(sandbox.base_url, APIKey(sandbox.key), settings.provider, limits), sandbox


def serve(file: Path, folder: Path, ip: str | None = None) -> None:
    """Run the service where the hub says, until it is told to end.

    Args:
        file: The course's rules, TOML.
        folder: Where budgets and records are kept; made if it is not there.
        ip: The address to listen at, where it is not the one in the hub's URL of the service.

    Raises:
        GLMError: The file, the key or the hub's environment cannot be used.
    """
    if find_spec("jupyterhub") is None:
        raise SettingsError("The hub service needs JupyterHub.", "pip install 'glm_magic[hub]'")
    if not os.environ.get("JUPYTERHUB_API_TOKEN"):
        message = "This is a service for JupyterHub to start, and JUPYTERHUB_API_TOKEN is missing."
        raise SettingsError(
            message, "glm-magic hub --ready FOLDER writes a configuration for the hub."
        )
    rules = RulesFile(file)
    client, sandbox = host_client(rules)
    try:
        asyncio.run(_run(Service(rules, hub_auth(), client, folder), ip))
    finally:
        if sandbox is not None:
            sandbox.stop()


async def _run(service: Service, ip: str | None) -> None:
    from tornado.httpserver import HTTPServer

    where = urlsplit(os.environ.get("JUPYTERHUB_SERVICE_URL") or _LOOPBACK)
    prefix = os.environ.get("JUPYTERHUB_SERVICE_PREFIX") or "/services/glm/"
    server = HTTPServer(service.application(prefix), max_body_size=_LARGEST_REQUEST_BYTES)
    server.listen(where.port or 10101, ip or where.hostname or "127.0.0.1")
    over = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):  # Windows has no such handlers
            asyncio.get_running_loop().add_signal_handler(number, over.set)
    await over.wait()
    server.stop()
    await server.close_all_connections()
    await asyncio.sleep(0.1)  # the questions under way are settled
    service.close()
