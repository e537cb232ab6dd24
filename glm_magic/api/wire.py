"""Requests to JSON: the chat-completions format of docs.z.ai/openapi.json.

What is sent follows the provider's profile, because some hosts refuse fields they do not know
(`transformers serve` answers 422) and others ignore them silently.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ..catalog import Provider, find_model, makers_name
from ..keys import redact

if TYPE_CHECKING:
    from ..chat.deltas import ToolCallPiece
    from ..chat.messages import Message, Request, ToolCall
    from ..keys import APIKey


def chat_url(base_url: str) -> str:
    """Where questions go on this host."""
    return f"{base_url}/chat/completions"


def request_body(request: Request, provider: Provider) -> dict[str, Any]:
    """The JSON document of a request, for this provider; fields nobody set are left out."""
    model = request.model
    if not provider.own_model_names and find_model(model).listed:
        model = provider.model_prefix + makers_name(model)
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
    if request.user:
        body[_user_field(provider)] = request.user
    if request.tools and request.tool_stream:
        body["tool_stream"] = True
    if request.stream and provider.stream_options:
        body["stream_options"] = {"include_usage": True}
    return body


def body_bytes(body: dict[str, Any], key: APIKey | None = None) -> bytes:
    """The body exactly as it is sent: compact JSON in UTF-8; a lone surrogate becomes "?".

    Keys are taken out here, whichever field they stood in.
    """
    text = redact(json.dumps(body, ensure_ascii=False, separators=(",", ":")), key)
    return text.encode("utf-8", "replace")


def _user_field(provider: Provider) -> str:
    """The maker's hosts call it `user_id` (docs.z.ai/openapi.json), all others as OpenAI did."""
    makers = ("zai", "zai-coding", "bigmodel", "bigmodel-coding", "sandbox")
    return "user_id" if provider.name in makers else "user"


def _message(message: Message, provider: Provider) -> dict[str, Any]:
    document: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.images:
        pictures = [{"type": "image_url", "image_url": {"url": url}} for url in message.images]
        document["content"] = [*pictures, {"type": "text", "text": message.content}]
    if message.reasoning and provider.reasoning_in_request:
        document["reasoning_content"] = message.reasoning
    if message.tool_calls:
        document["tool_calls"] = list(map(call_document, message.tool_calls))
    if message.tool_call_id:
        document["tool_call_id"] = message.tool_call_id
    return document


def call_document(call: ToolCall | ToolCallPiece) -> dict[str, Any]:
    """A tool call, or a piece of one, as the wire has it."""
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": call.id, "type": "function", "function": function}


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
