"""Requests to JSON, JSON to deltas: the chat-completions format of docs.z.ai/openapi.json.

What is sent follows the provider's profile, because some hosts refuse fields they do not know
(`transformers serve` answers 422) and others ignore them silently. What is read is what any of
them was seen to send.
"""

from __future__ import annotations

import json
from typing import Any

from ..catalog import Provider, find_model
from ..chat.deltas import Delta, ToolCallPiece
from ..chat.messages import Message, Request, Usage
from ..errors import ProtocolError
from ..keys import APIKey
from .failures import error_in, refusal_error
from .scrub import Scrubber
from .sse import Event, EventDecoder


def request_body(request: Request, provider: Provider) -> dict[str, Any]:
    """The JSON document of a request, for this provider; fields nobody set are left out."""
    model = request.model
    if provider.model_prefix and "/" not in model and find_model(model).listed:
        model = provider.model_prefix + model
    body: dict[str, Any] = {
        "model": model,
        "messages": [_message(message, provider) for message in request.messages],
        "stream": request.stream,
    }
    body |= _thinking(request, provider)
    optional = {
        "temperature": request.temperature,
        "top_p": request.top_p,
        "max_tokens": request.max_tokens,
        "stop": [request.stop] if request.stop else None,
        "response_format": {"type": "json_object"} if request.json_object else None,
        "tools": list(request.tools) or None,
    }
    body |= {name: value for name, value in optional.items() if value is not None}
    if request.stream and provider.stream_options:
        body["stream_options"] = {"include_usage": True}
    return body


def body_bytes(body: dict[str, Any]) -> bytes:
    """The body exactly as it is sent: compact JSON in UTF-8; a lone surrogate becomes "?"."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")


def _message(message: Message, provider: Provider) -> dict[str, Any]:
    document: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.images:
        pictures = [{"type": "image_url", "image_url": {"url": url}} for url in message.images]
        document["content"] = [*pictures, {"type": "text", "text": message.content}]
    if message.reasoning and provider.reasoning_in_request:
        document["reasoning_content"] = message.reasoning
    if message.tool_calls:
        document["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for call in message.tool_calls
        ]
    if message.tool_call_id:
        document["tool_call_id"] = message.tool_call_id
    return document


def _thinking(request: Request, provider: Provider) -> dict[str, Any]:
    """The host's own way to say whether to think; nothing when nobody said."""
    on, effort = request.thinking, request.effort
    if provider.thinking == "reasoning":  # openrouter.ai/docs, reasoning tokens
        reasoning: dict[str, Any] = {"enabled": on} if on is not None else {}
        reasoning |= {"effort": effort} if effort else {}
        return {"reasoning": reasoning} if reasoning else {}
    if provider.thinking == "reasoning_effort":  # Ollama's OpenAI endpoint
        value = "none" if on is False else effort
        return {"reasoning_effort": value} if value else {}
    if provider.thinking == "chat_template_kwargs":  # vLLM, SGLang, llama.cpp
        return {} if on is None else {"chat_template_kwargs": {"enable_thinking": on}}
    if provider.thinking == "thinking":  # docs.z.ai/guides/capabilities/thinking-mode
        body: dict[str, Any] = {}
        if on is not None:
            body["thinking"] = {"type": "enabled" if on else "disabled"}
        if effort:
            body["reasoning_effort"] = effort
        return body
    return {}


class AnswerDecoder:
    """Bytes of a response, cut anywhere, to deltas.

    Args:
        key: The key that was sent, so that an echo of it is taken out.
        model: The model asked for, to make refusals clear.
        events: Whether the body is a stream of events; else it is one JSON document.
    """

    def __init__(self, *, key: APIKey | None = None, model: str = "", events: bool = True) -> None:
        self._key = key
        self._model = model
        self._events = EventDecoder() if events else None
        self._document = bytearray()
        self._content = Scrubber(key, marks=True)
        self._thought = Scrubber(key, marks=False)
        self._bad_records = 0

    def feed(self, data: bytes) -> list[Delta]:
        """The deltas completed by these bytes.

        Raises:
            APIError: The host reports an error inside the answer.
            ProtocolError: This is no answer.
        """
        if self._events is None:
            self._document += data
            return []
        return self._deltas(self._events.feed(data))

    def finish(self) -> list[Delta]:
        """What the end of the body completes; raises like `feed`."""
        events = self._whole() if self._events is None else self._events.finish()
        deltas = self._deltas(events)
        text, thought = self._content.feed("", final=True)
        thought += self._thought.feed("", final=True)[0]
        if text or thought:
            deltas.append(Delta(text=text, reasoning=thought))
        if self._bad_records:
            records = "record was" if self._bad_records == 1 else "records were"
            warning = f"{self._bad_records} broken {records} left out of the stream."
            deltas.append(Delta(warning=warning))
        return deltas

    def _whole(self) -> list[Event]:
        """A non-streamed answer, read as the one event that ends."""
        try:
            json.loads(self._document)
        except ValueError:
            message = "The host's answer is not JSON."
            raise ProtocolError(message, "Check the base URL: %glm config.") from None
        return [Event("", self._document.decode("utf-8", "replace")), Event("", "[DONE]")]

    def _deltas(self, events: list[Event]) -> list[Delta]:
        deltas = []
        for event in events:
            if event.data.strip() == "[DONE]":
                deltas.append(Delta(ended=True))
                continue
            for chunk in self._chunks(event.data):
                if error := error_in(chunk) or (event.type == "error" and ("", event.data)):
                    raise refusal_error(None, *error, model=self._model, key=self._key)
                deltas.append(self._delta(chunk))
        return deltas

    def _chunks(self, data: str) -> list[dict[str, Any]]:
        """The JSON objects of one event: usually one, sometimes several glued by `data:`.

        A broken record is counted and passed over (github.com/zai-org/GLM-5/issues/66).
        """
        chunks, decoder, at = [], json.JSONDecoder(), 0
        while at < len(data):
            try:
                chunk, at = decoder.raw_decode(data, at)
            except ValueError:
                self._bad_records += 1
                following = data.find("data:", at + 1)
                at = len(data) if following < 0 else following
            else:
                if isinstance(chunk, dict):
                    chunks.append(chunk)
            at += len(data[at:]) - len(data[at:].lstrip())
            if data.startswith("data:", at):
                at += len("data:")
                at += len(data[at:]) - len(data[at:].lstrip())
        return chunks

    def _delta(self, chunk: dict[str, Any]) -> Delta:
        choice = _first(chunk.get("choices"))
        said = choice.get("delta") or choice.get("message") or {}
        text, thought = self._content.feed(_string(said.get("content")))
        reasoning = _string(said.get("reasoning_content")) or _string(said.get("reasoning"))
        if reasoning:
            thought += self._thought.feed(reasoning)[0]
        return Delta(
            text=text,
            reasoning=thought,
            tool_calls=_tool_pieces(said.get("tool_calls")),
            finish_reason=_string(choice.get("finish_reason")),
            usage=_usage(chunk.get("usage")),
            model=_string(chunk.get("model")),
            response_id=_string(chunk.get("id")),
        )


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""


def _first(choices: object) -> dict[str, Any]:
    first = choices[0] if isinstance(choices, list) and choices else None
    return first if isinstance(first, dict) else {}


def _tool_pieces(calls: object) -> tuple[ToolCallPiece, ...]:
    pieces = []
    for place, call in enumerate(calls if isinstance(calls, list) else ()):
        if not isinstance(call, dict):
            continue
        function = call.get("function") or {}
        arguments = function.get("arguments")
        if arguments is not None and not isinstance(arguments, str):
            arguments = json.dumps(arguments, ensure_ascii=False)  # the documentation's form
        index = call.get("index")
        pieces.append(
            ToolCallPiece(
                index if isinstance(index, int) else place,
                _string(call.get("id")),
                _string(function.get("name")),
                arguments or "",
            )
        )
    return tuple(pieces)


def _usage(usage: object) -> Usage | None:
    if not isinstance(usage, dict):
        return None

    def count(record: object, name: str) -> int | None:
        value = record.get(name) if isinstance(record, dict) else None
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    prompt, completion = count(usage, "prompt_tokens"), count(usage, "completion_tokens")
    if prompt is None or completion is None:
        return None
    cached = count(usage.get("prompt_tokens_details"), "cached_tokens")
    reasoning = count(usage.get("completion_tokens_details"), "reasoning_tokens")
    return Usage(prompt, completion, cached, reasoning)
