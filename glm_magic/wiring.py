"""The one place that picks concrete parts: settings, client, frames, conversation."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Protocol

from .api.client import Client, Limits
from .catalog import Price, Provider, near_models, price_of
from .chat.asking import Asking, Chat
from .chat.asking import Client as ChatClient
from .chat.conversation import Conversation
from .chat.tokens import estimate_tokens
from .keys import APIKey, redact
from .origins import KeyRing
from .settings import Settings, check_name, choose_provider, parse, resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .chat.attachments import Attachment
    from .chat.messages import Request
    from .chat.turns import Turn
    from .sandbox import Sandbox

# What a question needs beyond settings, with the names of `Request`.
_SAMPLING = ("thinking", "effort", "temperature", "top_p", "max_tokens", "stop")


class AnyClient(ChatClient, Protocol):
    """A client with an address to show."""

    @property
    def url(self) -> str:
        """Where questions go."""


@cache
def default_system_prompt() -> str:
    """The system prompt that is sent when nobody set one."""
    return files(__package__).joinpath("prompts/system.md").read_text(encoding="utf-8").strip()


@dataclass(frozen=True, slots=True)
class Preview:
    """A request that was not sent.

    Attributes:
        url: Where it would go.
        body: Exactly the bytes that would be sent.
        settings: Whose key would go along, and where every value came from.
        tokens: Estimated prompt tokens.
        price: USD per million tokens, or None where it is not known.
    """

    url: str
    body: bytes
    settings: Settings
    tokens: int
    price: Price | None

    def text(self) -> str:
        """The request for a reader: every value as sent, and nothing hidden but the key."""
        key = self.settings.key
        document = json.dumps(json.loads(self.body), ensure_ascii=False, indent=2)
        cost = "price unknown"
        if self.price is not None:
            usd = self.price.cost(self.tokens, 0)
            cost = "free" if self.price.free else f"about ${usd:.6f} before the answer"
        shown_key = f"Bearer … (from {self.settings.sources['key']})" if key else "none"
        if self.settings.provider.key == "none":
            shown_key = "Bearer … (the sandbox's own)"
        lines = [
            "Preview: nothing was sent.",
            f"POST {self.url}",
            f"Authorization: {shown_key}",
            document,
            f"{len(self.body):,} bytes · about {self.tokens:,} tokens in · {cost}",
        ]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Question:
    """A prompt with everything resolved: look at it with `preview`, or `ask` it.

    Attributes:
        settings: What was resolved, and from where.
        attachments: What goes along.
        advice: What the user should know before it is asked, one sentence each.
    """

    settings: Settings
    attachments: tuple[Attachment, ...]
    advice: tuple[str, ...]
    _chat: Chat
    _client: AnyClient
    _fields: Mapping[str, Any]

    def request(self) -> Request:
        """The request as values."""
        fields = dict(self._fields)
        return self._chat.request(fields.pop("prompt"), self.attachments, **fields)

    def preview(self) -> Preview:
        """The exact request, not sent."""
        request = self.request()
        tokens = sum(estimate_tokens(message.content) + 4 for message in request.messages)
        body = self._client.body(request)
        price = _price(self.settings)
        return Preview(self._client.url, body, self.settings, tokens, price)

    def ask(self) -> Asking:
        """Ask it; iterate over the result for the deltas."""
        fields = dict(self._fields)
        return self._chat.ask(fields.pop("prompt"), self.attachments, **fields)


class Workbench:
    """The parts of one process, put together: keys, settings, clients, one conversation.

    Attributes:
        ring: The keys, each for its one host.
        configured: What `%config` says; the notebook's face fills it.
        stand_in: Answers in place of the host while it is set; tests set it.
        place: Names the cell that asks, or None; the notebook's face sets it.
    """

    def __init__(self) -> None:
        self.ring = KeyRing()
        self.configured: dict[str, Any] = {}
        self.stand_in: AnyClient | None = None
        self.place: Callable[[], str | None] = lambda: None
        self.conversation = Conversation()
        self._clients: dict[tuple[Any, ...], Client] = {}
        self._sandbox: Sandbox | None = None
        self._lock = threading.Lock()

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
            conversation: Another conversation than this process's own.
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
        client = self.stand_in or self.client(settings)
        talk = self.conversation if conversation is None else conversation
        chat = Chat(client, settings.provider.name, talk, lambda turn: _cost(turn, settings))
        system = default_system_prompt() if settings.system is None else settings.system
        fields = {name: settings.values[name] for name in _SAMPLING}
        fields |= {"prompt": _without_keys(prompt, settings), "model": settings.model.id}
        fields |= {"system": _without_keys(system, settings), "json_object": json_object}
        fields |= {"images": tuple(images), "cell": cell, "once": once}
        advice = _advice(settings, prompt, images)
        return Question(settings, attachments, advice, chat, client, fields)

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


def _describe(frame: object, name: str, level: str, rows: int) -> Attachment:
    from .frames import describe

    return describe(frame, name, level=level, rows=rows)


def _price(settings: Settings) -> Price | None:
    if settings.provider.key == "none":
        return Price(0, 0, 0)
    return price_of(settings.model, settings.provider)


def _cost(turn: Turn, settings: Settings) -> float | None:
    price, usage = _price(settings), turn.usage
    if price is None or usage is None:
        return None
    return price.cost(usage.prompt_tokens, usage.completion_tokens, usage.cached_tokens or 0)


def _without_keys(text: str, settings: Settings) -> str:
    """Keys never leave inside a prompt, whoever pasted them there."""
    return redact(text, settings.key)


def _advice(settings: Settings, prompt: str, images: Sequence[str]) -> tuple[str, ...]:
    model, advice = settings.model, []
    if not model.listed and settings.provider.name in ("zai", "bigmodel", "cometapi"):
        near = near_models(model.id)
        hint = f" (did you mean {' or '.join(near)}?)" if near else ""
        advice.append(f"{model.id} is not in the catalog{hint}; it is asked for all the same.")
    if settings.provider.thinking == "none" and settings.thinking is not None:
        name = settings.provider.name
        advice.append(f"The provider {name} has no known switch for thinking; none is sent.")
    if images and model.images is False:
        advice.append(f"{model.id} reads no images; glm-4.5v does.")
    if _without_keys(prompt, settings) != prompt:
        advice.append("An API key was taken out of the prompt.")
    return tuple(advice)
