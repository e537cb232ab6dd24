"""The one place that picks concrete parts: settings, client, frames, conversation."""

from __future__ import annotations

import sys
import threading
from functools import cache
from typing import TYPE_CHECKING, Any

from .api.client import Client, Limits
from .budget import book, check_budget
from .chat.asking import Chat
from .chat.conversation import Conversation
from .chat.window import first_kept
from .errors import StoreError
from .keys import APIKey
from .origins import KeyRing
from .questions import AnyClient, Question
from .settings import Settings, check_name, choose_provider, parse, resolve
from .shelf import Shelf
from .store.ledger import Ledger
from .terms import advice_on, cost_of, our_prompt, price_for, request_fields, window_tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from .catalog import Provider
    from .chat.attachments import Attachment
    from .chat.turns import Turn
    from .sandbox import Sandbox


class Workbench:
    """The parts of one process, put together: keys, settings, clients, one conversation.

    Attributes:
        ring: The keys, each for its one host.
        configured: What `%config` says; the notebook's face fills it.
        stand_in: Answers in place of the host while it is set; tests set it.
        place: Names the cell that asks, or None; the notebook's face sets it.
        notebook: Says where the running notebook is, or None; the notebook's face sets it.
        warn: Told, in one sentence, what went wrong beside the answer.
    """

    def __init__(self) -> None:
        self.ring = KeyRing()
        self.configured: dict[str, Any] = {}
        self.stand_in: AnyClient | None = None
        self.place: Callable[[], str | None] = lambda: None
        self.notebook: Callable[[], Path | None] = lambda: None
        self.warn: Callable[[str], None] = _warn
        self.ledger = Ledger()
        self._shelf: Shelf | None = None
        self._clients: dict[tuple[Any, ...], Client] = {}
        self._sandbox: Sandbox | None = None
        self._lock = threading.Lock()

    @property
    def shelf(self) -> Shelf:
        """The conversations; nothing is read before this is first used."""
        if self._shelf is None:
            self._shelf = Shelf(lambda: self.notebook(), lambda sentence: self.warn(sentence))
        return self._shelf

    def settings(
        self, options: Mapping[str, Any] | None = None, *, need_key: bool = True
    ) -> Settings:
        """What holds now; raises like `settings.resolve`."""
        return resolve(options, self.configured, self.ring, need_key=need_key)

    def provider(self, options: Mapping[str, Any] | None = None) -> tuple[Provider, str]:
        """Who would be asked, and at which URL, whether or not there is a key."""
        return choose_provider(options, self.configured, self.ring)

    def configure(self, name: str, value: Any) -> None:
        """Set a setting for this process, or with None leave it to the environment again.

        Raises:
            ArgumentError: No such setting, or not a value of it.
        """
        check_name(name)
        if value is None:
            self.configured.pop(name, None)
        else:
            self.configured[name] = parse(name, value)

    def question(
        self,
        prompt: str,
        frames: Mapping[str, object] | None = None,
        *,
        level: str | None = None,
        rows: int = 0,
        images: Sequence[str] = (),
        json_object: bool = False,
        cell: str | None = None,
        once: bool = False,
        chat: str | None = None,
        conversation: Conversation | None = None,
        **options: Any,
    ) -> Question:
        """Resolve everything a prompt needs; nothing is sent.

        Args:
            prompt: The user's own text.
            frames: What to describe, by name.
            level: How much of a frame is described; None takes `frame_detail`.
            rows: Raw rows to send of each frame, the only way rows ever leave.
            images: URLs of images, for V models.
            json_object: Whether the answer must be one JSON object.
            cell: The place in the conversation.
            once: Leave the conversation out.
            chat: The user's name for another conversation than the notebook's.
            conversation: A conversation that is kept nowhere; it stands above `chat`.
            **options: Settings for this question only.

        Raises:
            GLMError: An option, a key or a frame cannot be used.
        """
        for name in options:
            check_name(name)
        settings = self.settings(options, need_key=self.stand_in is None)
        attachments = tuple(
            _describe(frame, name, level or settings.frame_detail, rows)
            for name, frame in (frames or {}).items()
        )
        if conversation is None:
            conversation = self._conversation(chat, once=once)
        asked_with = {"level": level, "rows": rows or None, **options}
        fields = request_fields(settings, prompt)
        fields |= {"options": {name: one for name, one in asked_with.items() if one is not None}}
        fields |= {"json_object": json_object, "images": tuple(images), "cell": cell, "once": once}
        advice = advice_on(settings, prompt, images)
        return self._question(settings, attachments, advice, conversation, fields)

    def _question(
        self,
        settings: Settings,
        attachments: tuple[Attachment, ...],
        advice: tuple[str, ...],
        conversation: Conversation,
        fields: Mapping[str, Any],
    ) -> Question:
        client = self.stand_in or self.client(settings)
        chat = Chat(
            client,
            settings.provider.name,
            conversation,
            lambda turn: cost_of(turn, settings),
            window_tokens(settings),
        )
        chat.finished = lambda turn: self._book(turn, conversation.name)
        return Question(
            settings,
            attachments,
            advice,
            chat,
            client,
            price_for(settings),
            fields,
            lambda question: check_budget(question, self.ledger),
        )

    def in_window(self) -> set[str]:
        """Ids of the current conversation's turns that the next question sends along."""
        settings = self.settings(need_key=False)
        turns = self.shelf.current.before(None)
        limit = window_tokens(settings)
        first = 0 if limit is None else first_kept(turns, limit)
        return {turn.id for turn in turns[first:]}

    def summary_question(self) -> Question:
        """A question for a summary of the current conversation; it is not part of it."""
        told = Conversation()
        told.adopt(list(self.shelf.current))
        return self.question(our_prompt("compact"), conversation=told)

    def _conversation(self, chat: str | None, *, once: bool) -> Conversation:
        if once:
            return Conversation()
        if chat:
            return self.shelf.named(chat)
        current = self.shelf.current
        self.shelf.heed_order()
        return current

    def _book(self, turn: Turn, conversation: str) -> None:
        try:
            book(turn, conversation, self.ledger)
        except StoreError as error:
            self.warn(f"{error.message} {error.remedy}")

    def client(self, settings: Settings) -> Client:
        """The client for these settings; one is kept for each host, key and set of limits."""
        limits = Limits(
            settings.connect_timeout_seconds,
            settings.idle_timeout_seconds,
            settings.total_timeout_seconds,
            settings.retries,
        )
        key, url = settings.key, settings.base_url
        if settings.provider.key == "none":
            url, key = self._sandbox_address()
        parts = (url, settings.provider.name, key, limits)
        with self._lock:
            if parts not in self._clients:
                self._clients[parts] = Client(url, key, settings.provider, limits)
            return self._clients[parts]

    def _sandbox_address(self) -> tuple[str, APIKey]:
        from .sandbox import Sandbox

        with self._lock:
            if self._sandbox is None:
                self._sandbox = Sandbox().start()
            return self._sandbox.base_url, APIKey(self._sandbox.key)

    def close(self) -> None:
        """End all connections and the sandbox; everything can be used again afterwards."""
        for client in self._clients.values():
            client.close()
        self._clients.clear()
        if self._sandbox is not None:
            self._sandbox.stop()
            self._sandbox = None


@cache
def workbench() -> Workbench:
    """This process's own workbench, shared by the magics and by `glm_magic.ask`."""
    return Workbench()


def _warn(sentence: str) -> None:
    sys.stderr.write(f"glm: {sentence}\n")


def _describe(frame: object, name: str, level: str, rows: int) -> Attachment:
    from .frames import describe

    return describe(frame, name, level=level, rows=rows)
