"""The one place that picks concrete parts: settings, client, frames, conversation."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from .budget import book, check_budget
from .chat.asking import Chat
from .chat.attachments import Attachment
from .chat.conversation import Conversation
from .chat.window import first_kept
from .errors import StoreError
from .hosts import Hosts
from .keys import redact
from .origins import KeyRing
from .questions import AnyClient, Question
from .settings import Settings, check_name, choose_provider, resolve
from .shelf import Shelf
from .store.ledger import Ledger
from .surroundings import AROUND
from .terms import advice_on, cost_of, our_prompt, price_for, request_fields, window_tokens

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .api.client import Client
    from .catalog import Price, Provider
    from .chat.asking import Asking
    from .keys import APIKey


class Workbench:
    """The parts of one process, put together: keys, settings, clients, one conversation.

    Attributes:
        ring: The keys, each for its one host.
        hosts: The clients.
        stand_in: Answers in place of the host while it is set; tests set it.
        ledger: What was spent.
    """

    def __init__(self) -> None:
        self.ring = KeyRing()
        self.hosts = Hosts()
        self.stand_in: AnyClient | None = None
        self.ledger = Ledger()
        self._shelf: Shelf | None = None

    @property
    def shelf(self) -> Shelf:
        """The conversations; nothing is read before this is first used."""
        if self._shelf is None:
            self._shelf = Shelf(lambda: AROUND.notebook(), lambda sentence: AROUND.warn(sentence))
        return self._shelf

    def settings(
        self, options: Mapping[str, Any] | None = None, *, need_key: bool = True
    ) -> Settings:
        """What holds now; raises like `settings.resolve`."""
        return resolve(options, AROUND.configured(), self.ring, need_key=need_key)

    def provider(self, options: Mapping[str, Any] | None = None) -> tuple[Provider, str]:
        """Who would be asked, and at which URL, whether or not there is a key."""
        return choose_provider(options, AROUND.configured(), self.ring)

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
        need_key: bool = True,
        **options: Any,
    ) -> Question:
        """Resolve everything a prompt needs; nothing is sent.

        Args:
            prompt: The user's own text.
            frames: What to describe, by name; an `Attachment` is sent as it is.
            level: How much of a frame is described; None takes `frame_detail`.
            rows: Raw rows to send of each frame, the only way rows ever leave.
            images: URLs of images, for V models.
            json_object: Whether the answer must be one JSON object.
            cell: The place in the conversation.
            once: Leave the conversation out.
            chat: The user's name for another conversation than the notebook's.
            conversation: A conversation that is kept nowhere; it stands above `chat`.
            need_key: False to look at the request without a key being there.
            **options: Settings for this question only.

        Raises:
            GLMError: An option, a key or a frame cannot be used.
        """
        for name in options:
            check_name(name)
        settings = self.settings(options, need_key=need_key and self.stand_in is None)
        attachments = tuple(
            _describe(frame, name, level or settings.frame_detail, rows, settings.key)
            for name, frame in (frames or {}).items()
        )
        if conversation is None:
            conversation = self._conversation(chat, once=once)
        given = {"level": level, "rows": rows or None, "json_object": json_object or None}
        fields = request_fields(settings, prompt)
        fields |= {"options": {k: v for k, v in (given | options).items() if v is not None}}
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
        chat.finished = lambda asking: self._book(asking, conversation.name, price_for(settings))
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

    def _book(self, asking: Asking, conversation: str, price: Price | None) -> None:
        try:
            book(asking, conversation, price, self.ledger)
        except StoreError as error:
            AROUND.warn(f"{error.message} {error.remedy}")

    def client(self, settings: Settings) -> Client:
        """The client for these settings."""
        return self.hosts.client(settings)

    def close(self) -> None:
        """End all connections and the sandbox; everything can be used again afterwards."""
        self.hosts.close()


@cache
def workbench() -> Workbench:
    """This process's own workbench, shared by the magics and by `glm_magic.ask`."""
    bench = Workbench()
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=bench.hosts.forget)
    return bench


def _describe(frame: object, name: str, level: str, rows: int, key: APIKey | None) -> Attachment:
    from .frames import describe

    if isinstance(frame, Attachment):  # described before, and sent again as it was
        return frame
    found = describe(frame, name, level=level, rows=rows)
    text = redact(found.text, key)
    if text == found.text:
        return found
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
    notes = (*found.notes, "An API key in the data was taken out.")
    return replace(found, text=text, digest=digest, notes=notes)
