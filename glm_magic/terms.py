"""What settings mean for one question: its fields, its window, its price, what to know first."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, TypeVar

from .catalog import CLASSROOM, Price, find_model, near_models, price_of
from .errors import ArgumentError
from .keys import redact_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .chat.turns import Turn
    from .manner import Manner
    from .settings import Settings
    from .tools.declaring import Tool
    from .tools.typed import Typed

_Said = TypeVar("_Said")

# What a question needs beyond settings, with the names of `Request`.
_SAMPLING = ("thinking", "effort", "temperature", "top_p", "max_tokens", "stop")


_HINTS = "the course file's hints mode"
SEARCH = "web_search"
FORMS = ("markdown", "code", "json", "text")


@cache
def our_prompt(name: str) -> str:
    """A text of ours for the model, from the folder `prompts`."""
    return files(__package__).joinpath(f"prompts/{name}.md").read_text(encoding="utf-8").strip()


def instruction_for(form: str | None, typed: Typed | None = None) -> str:
    """What a model is told to make of its answer: "code", "json" or "text"; "" for Markdown.

    Args:
        form: "agent" besides those, for work in cells.
        typed: What the answer must be.

    Raises:
        ArgumentError: An unknown form.
    """
    if typed is not None:
        return our_prompt("schema").format(schema=typed.text())
    if form in (None, "markdown"):
        return ""
    if form not in (*FORMS, "agent"):
        raise ArgumentError.unknown("form", str(form), FORMS, f"Use {', '.join(FORMS)}.")
    return our_prompt(str(form))


def taught(settings: Settings, mode: str, usual: str) -> Settings:
    """The settings, in a course's hints mode with the tutor's prompt before the system prompt.

    Args:
        settings: What was resolved.
        mode: The course's.
        usual: The system prompt where nobody has set one.
    """
    # A course's own service says it, and leaves code out too.
    if mode != "hints" or settings.provider.name == CLASSROOM:
        return settings
    system, hints = usual if settings.system is None else settings.system, our_prompt("hints")
    if system.startswith(hints):  # settings that came from a process where it was said already
        return settings
    values = {**settings.values, "system": f"{hints}\n\n{system}".strip()}
    return replace(settings, values=values, sources={**settings.sources, "system": _HINTS})


def window_tokens(settings: Settings) -> int | None:
    """What earlier turns may take: half of the window at least is for the question and answer."""
    context = settings.model.context_tokens
    return None if context is None else context // 2


def request_fields(
    settings: Settings,
    prompt: str,
    images: Sequence[str],
    manner: Manner,
    tools: Sequence[Tool],
    typed: Typed | None,
) -> dict[str, Any]:
    """What of the settings goes into the request, and the texts without any key in them.

    Args:
        settings: What was resolved.
        prompt: The user's own text.
        images: URLs of images.
        manner: How it is asked.
        tools: What is offered.
        typed: What the answer must be.
    """
    system = our_prompt("system") if settings.system is None else settings.system
    fields = {name: settings.values[name] for name in _SAMPLING}
    fields |= {"prompt": prompt, "system": system, "images": tuple(images)}
    fields = without_keys(fields, settings)
    fields["model"] = settings.model.id
    fields["instruction"] = instruction_for("agent" if manner.agent else manner.form, typed)
    # Some hosts refuse JSON mode beside tools; the prompt says it as well.
    documents = [one.document for one in tools]
    if SEARCH in manner.tools:
        from .tools.searching import search_document

        documents.append(search_document(settings.provider))
    fields["json_object"] = (manner.form == "json" or typed is not None) and not documents
    fields["tools"] = tuple(documents)
    fields["tool_stream"] = bool(tools) and settings.model.tool_stream is True
    fields["sees"] = settings.model.images is not False
    return fields


def price_for(settings: Settings, answered: str = "") -> Price | None:
    """USD per million tokens, or None where it is not known; the sandbox is free.

    Args:
        settings: What was resolved.
        answered: The model that the host named in its answer: routers pass questions on. One
            whose price is not known costs what the asked one does.
    """
    if settings.provider.key == "none":
        return Price(0, 0, 0)
    price = price_of(find_model(answered), settings.provider) if answered else None
    return price or price_of(settings.model, settings.provider)


def cost_of(turn: Turn, settings: Settings) -> float | None:
    """USD of a finished turn, or None where price or usage is not known."""
    if turn.recorded:
        return 0.0
    price, usage = price_for(settings, turn.model), turn.usage
    if price is None or usage is None:
        return None
    return price.cost(usage.prompt_tokens, usage.completion_tokens, usage.cached_tokens or 0)


def without_keys(said: _Said, settings: Settings) -> _Said:
    """Texts without any key, whoever pasted it there: some leave, and files keep what turns hold.

    Args:
        said: A text, or tuples and dictionaries of texts and other values.
        settings: What was resolved.
    """
    cleaned: _Said = redact_in(said, *settings.known_keys)
    return cleaned


def advice_on(
    settings: Settings, given: tuple[str, ...], manner: Manner, *, pictured: bool
) -> tuple[str, ...]:
    """What the user should know before the question is asked, one sentence each.

    Args:
        settings: What was resolved.
        given: The user's own text and addresses.
        manner: How it is asked.
        pictured: Whether pictures go along.
    """
    model, advice = settings.model, list[str]()
    if settings.sources["system"] == _HINTS:
        advice.append("Hints mode is on: the course file asks for hints, not for solutions.")
    if not model.listed and settings.provider.name in ("zai", "bigmodel", "cometapi"):
        near = near_models(model.id)
        hint = f" (did you mean {' or '.join(near)}?)" if near else ""
        advice.append(f"{model.id} is not in the catalog{hint}; it is asked for all the same.")
    if settings.provider.thinking == "none" and settings.thinking is not None:
        name = settings.provider.name
        advice.append(f"The provider {name} has no known switch for thinking; none is sent.")
    if pictured and model.images is False:
        advice.append(f"{model.id} reads no images; glm-4.5v does.")
    if SEARCH in manner.tools and settings.provider.key != "none":
        advice.append("The provider bills its web searches apart; the cost shown leaves them out.")
    if without_keys(given, settings) != given:
        advice.append("An API key was taken out of the prompt.")
    return tuple(advice)
