"""Turns, models, chats and totals as a page shows them: plain values, model text inert."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..catalog import makers_name, models, price_of
from ..footer import footer, money, warnings
from ..render.answer import fenced
from ..render.cleaning import plain
from ..render.footnotes import footnotes
from ..render.steps import steps_markdown
from ..terms import price_for
from .growing import inert_blocks

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..catalog import Model, Price
    from ..chat.turns import Turn
    from ..settings import Settings
    from ..store.conversations import Summary
    from ..store.spent import Totals

View = dict[str, Any]

_MOST_CHATS = 50


def turn_head(turn: Turn) -> View:
    """What is known of a turn when it is asked."""
    return {
        "id": turn.id,
        "prompt": plain(turn.prompt),
        "attached": [one.label() for one in turn.attachments],
        "cell": turn.cell is not None,
    }


def turn_end(turn: Turn) -> View:
    """What is known of a turn when it is over, its words apart."""
    return {
        "id": turn.id,
        "footer": plain(footer(turn)),
        "warnings": [plain(one) for one in warnings(turn)],
        "sources": footnotes(turn.sources),
        "partial": bool(turn.partial_reason),
        "thought": round(turn.thought_seconds, 1),
    }


def shown_text(turn: Turn) -> str:
    """The answer as Markdown: JSON and plain text stand in a fence."""
    form = "json" if turn.options.get("schema") else turn.options.get("form")
    if form in ("json", "text") and "```" not in turn.text:
        return fenced(turn.text, str(form))
    return turn.text


def turn_view(turn: Turn) -> View:
    """A whole turn."""
    words = {"blocks": inert_blocks(shown_text(turn)), "reasoning": plain(turn.reasoning)}
    words["steps"] = steps_markdown(turn.steps)
    return turn_head(turn) | turn_end(turn) | words


def settings_view(settings: Settings) -> View:
    """Who would answer, and how."""
    current = makers_name(settings.model.id)
    listed = dict(models())
    if current not in listed:
        listed = {settings.model.id: settings.model, **listed}
    return {
        "models": [_model_view(one, _price(one, settings)) for one in listed.values()],
        "model": current if current in models() else settings.model.id,
        "provider": settings.provider.title,
        "sandbox": settings.provider.name == "sandbox",
        "key": settings.provider.key != "required" or settings.key is not None,
        "detail": settings.frame_detail,
        "defaults": {
            name: settings.values.get(name)
            for name in ("thinking", "effort", "temperature", "max_tokens")
        },
    }


def _price(model: Model, settings: Settings) -> Price | None:
    if settings.provider.key == "none":  # nothing is billed there
        return price_for(settings)
    return price_of(model, settings.provider)


def _model_view(model: Model, price: Price | None) -> View:
    context = model.context_tokens
    if price is None:
        cost = "price unknown"
    elif price.free:
        cost = "free"
    else:
        cost = f"${price.input:g} in, ${price.output:g} out per M tokens"
    return {
        "id": model.id,
        "context": "context unknown" if context is None else f"{context // 1000:,}k context",
        "cost": cost,
        "thinking": model.thinking,
        "efforts": list(model.efforts),
        "longest": model.max_output_tokens,
    }


def chat_views(
    kept: Iterable[Summary], own: str, current: str, begun: Mapping[str, str]
) -> list[View]:
    """The chats to choose from: the notebook's own, those just begun, then the newest."""
    newest = sorted(kept, key=lambda one: one.last, reverse=True)[:_MOST_CHATS]
    titles = {one.id: one.name or _file_name(one) or one.id[:8] for one in newest}
    titles = {own: "This notebook"} | {
        key: title for key, title in {**begun, **titles}.items() if key != own
    }
    titles.setdefault(current, current[:8])
    return [
        {"id": key, "title": plain(title), "current": key == current}
        for key, title in titles.items()
    ]


def _file_name(one: Summary) -> str:
    return str(one.notebook or "").rpartition("/")[2]


def totals_line(totals: Totals) -> str:
    """What a conversation has cost so far, in words."""
    if not totals.questions:
        return "nothing asked yet"
    count = "1 question" if totals.questions == 1 else f"{totals.questions:,} questions"
    cost = money(totals.usd) if totals.unpriced < totals.questions else "price unknown"
    if 0 < totals.unpriced < totals.questions:
        cost += f", {totals.unpriced} unpriced"
    return f"{count} · {totals.tokens:,} tokens · {cost}"
