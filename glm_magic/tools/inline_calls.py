"""Tool calls that glm-4.5 sometimes writes into its text instead of where they belong.

<tool_call>name
<arg_key>city</arg_key>
<arg_value>Paris</arg_value>
</tool_call>
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..chat.messages import ToolCall

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..chat.messages import Message
    from .declaring import Tool

_CALL = re.compile(r"<tool_call>\s*([\w-]{1,64})(.*?)(?:</tool_call>|\Z)", re.DOTALL)
_ARGUMENT = re.compile(r"<arg_key>(.*?)</arg_key>\s*<arg_value>(.*?)(?:</arg_value>|\Z)", re.DOTALL)


def with_calls_found(said: Message, offered: Mapping[str, Tool]) -> Message:
    """What the model said, with calls of offered functions taken out of its words."""
    if said.tool_calls or "<tool_call>" not in said.content + said.reasoning:
        return said
    calls: list[ToolCall] = []

    def take(match: re.Match[str]) -> str:
        if match[1] not in offered:
            return match[0]
        kinds = offered[match[1]].parameters.get("properties", {})
        given = {
            key.strip(): _value(text, kinds.get(key.strip(), {}))
            for key, text in _ARGUMENT.findall(match[2])
        }
        calls.append(ToolCall("", match[1], json.dumps(given, ensure_ascii=False)))
        return ""

    text = _CALL.sub(take, said.content)
    reasoning = _CALL.sub(take, said.reasoning)
    if not calls:
        return said
    return replace(said, content=text.strip(), reasoning=reasoning.strip(), tool_calls=tuple(calls))


def _value(text: str, schema: Mapping[str, Any]) -> Any:
    """JSON where it is some, else the text; where a text is wanted, or none, that as it stands."""
    kinds = {one.get("type") for one in schema.get("anyOf", [schema])}
    if "string" in kinds and kinds <= {"string", "null"}:
        return None if "null" in kinds and text.strip() == "null" else text.strip()
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text.strip()
