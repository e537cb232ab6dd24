"""The one place that picks concrete parts: settings, client, frames, conversation."""

from __future__ import annotations

import os
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .budget import Spending, TurnBudget
from .chat.chat import Chat
from .chat.conversation import Conversation
from .chat.rounds import InTurn
from .chat.window import first_kept
from .course import Course, find_course
from .errors import ArgumentError, SettingsError, StoreError
from .fields import check_name
from .gathering import Detail, Hiding, gather
from .hosts import Hosts
from .manner import taken_from
from .origins import KeyRing
from .questions import AnyClient, Question
from .replay import ReplayClient, recordings_beside
from .settings import Settings, choose_provider, replay_mode, resolve
from .shelf import Shelf
from .store.ledger import Ledger
from .surroundings import AROUND, graded
from .terms import (
    SEARCH,
    advice_on,
    cost_of,
    our_prompt,
    price_for,
    request_fields,
    taught,
    window_tokens,
    without_keys,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .api.client import Client
    from .catalog import Provider
    from .chat.asking import Asking
    from .chat.rounds import Rounds
    from .manner import Manner
    from .tools.approving import Approvals
    from .tools.declaring import Tool
    from .tools.typed import Typed


class Workbench:
    """The parts of one process, put together: keys, settings, clients, one conversation.

    Attributes:
        ring: The keys, each for its one host.
        hosts: The clients.
        stand_in: Answers in place of the host while it is set; tests set it.
        ledger: What was spent.
        hiding: Columns that never leave.
        shelf: The conversations; nothing is read before one is asked for.
    """

    def __init__(self) -> None:
        self.ring = KeyRing()
        self.hosts = Hosts()
        self.stand_in: AnyClient | None = None
        self.ledger = Ledger()
        self._spending = Spending(self.ledger)
        self.hiding = Hiding(names=lambda: AROUND.names())
        self.shelf = Shelf(lambda: AROUND.notebook(), lambda sentence: AROUND.warn(sentence))

    @cached_property
    def approvals(self) -> Approvals:
        """What was approved so far."""
        from .tools.approving import Approvals

        return Approvals()

    @property
    def course(self) -> Course | None:
        """The course file that holds now; raises like `find_course`."""
        return find_course(AROUND.notebook())

    def settings(
        self,
        options: Mapping[str, Any] | None = None,
        *,
        need_key: bool = True,
        allowed: bool = True,
    ) -> Settings:
        """What holds now, with `allowed=False` also against the course; raises like `resolve`."""
        for name in options or ():
            check_name(name)
        course, configured = self.course, AROUND.configured()
        layer, alone = (course.layer, not course.named) if course else (None, False)
        found = resolve(
            options, configured, self.ring, need_key=need_key, course=layer, came_along=alone
        )
        if course and allowed:
            course.check_settings(found)
        return found

    def provider(self, options: Mapping[str, Any] | None = None) -> tuple[Provider, str]:
        """Who would be asked, and at which URL, whether or not there is a key."""
        layer = self.course.layer if self.course else None
        return choose_provider(options, AROUND.configured(), self.ring, layer)

    def question(
        self,
        prompt: str,
        frames: Mapping[str, object] | None = None,
        *,
        pictures: Mapping[str, object] | None = None,
        images: Sequence[str] = (),
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
            frames: Variables to describe, by name; an `Attachment` is sent as it is.
            pictures: Figures and images to send as pictures, by name; for V models.
            images: URLs of images, for V models.
            cell: The place in the conversation.
            once: Leave the conversation out.
            chat: The user's name for another conversation than the notebook's.
            conversation: A conversation that is kept nowhere; it stands above `chat`.
            need_key: False to look at the request without a key being there.
            **options: For this question only: settings, and what `Manner` has.

        Raises:
            GLMError: An option, a key or a frame cannot be used.
        """
        manner, options = taken_from(options)
        settings = self._settings_for(manner, options, frames, need_key=need_key)
        detail = self._detail(settings, manner)
        attached = gather(frames or {}, detail, pictures or {}, AROUND.progress)
        if conversation is None:
            conversation = self._conversation(chat, once=once)
        offered, typed = self._offered(manner, frames or {}, detail), manner.typed()
        fields = request_fields(settings, prompt, images, manner, offered, typed)
        kept = without_keys(manner.told() | options, settings)
        fields |= {"options": kept, "cell": cell, "once": once}
        pictured = any((*images, *(one.image for one in attached)))
        advice = advice_on(settings, (prompt, *images), manner, pictured=pictured)
        client = self.asked(settings, fields["prompt"], options)
        budget = self._budget(settings, client, conversation)
        asker = self._chat(settings, client, conversation, budget)
        return Question(
            settings, attached, advice, asker, price_for(settings), fields, budget.check,
            self._rounds(manner, offered, typed, budget), typed,
        )  # fmt: skip

    def _settings_for(
        self, manner: Manner, options: Mapping[str, Any], frames: object, *, need_key: bool
    ) -> Settings:
        mode, _ = replay_mode(options, AROUND.configured())
        if manner.fresh and mode != "record" and not graded():
            mode = "live"
        # Where a recording may do, a key is missed only when there is none.
        asks = mode in ("live", "record") and self.stand_in is None
        settings = self.settings({**options, "replay": mode}, need_key=need_key and asks)
        if course := self.course:
            usual = settings.frame_detail if frames else "schema"
            course.check_question(manner.detail(usual), AROUND.tags())
            settings = taught(settings, course.mode, our_prompt("system"))
        return settings

    def _budget(self, settings: Settings, client: object, conversation: Conversation) -> TurnBudget:
        free = {"costs_nothing": client.answers} if isinstance(client, ReplayClient) else {}
        return TurnBudget(settings, price_for(settings), conversation.name, self._spending, **free)

    def asked(self, settings: Settings, prompt: str, options: Mapping[str, Any]) -> AnyClient:
        """Who answers: a model, its stand-in, or what is recorded, as `settings.replay` says."""

        def live() -> AnyClient:
            return self.stand_in or self.client(self.settings({**options, "replay": "auto"}))

        if settings.replay == "live":
            return self.stand_in or self.client(settings)
        beside = recordings_beside(AROUND.notebook(), Path.cwd())
        return ReplayClient(settings, prompt, beside, live)

    def _detail(self, settings: Settings, manner: Manner) -> Detail:
        level = manner.level or settings.frame_detail
        sees = settings.model.images is not False
        return Detail(level, manner.rows, manner.quantiles, self.hiding, sees, settings.known_keys)

    def _offered(
        self, manner: Manner, frames: Mapping[str, object], detail: Detail
    ) -> tuple[Tool, ...]:
        """The tools that the model may call."""
        if not manner.tools and not manner.agent:
            return ()
        from .tools.cells import cell_tool
        from .tools.offering import tools_for

        run_cell = manner.run_cell or AROUND.run_cell
        if manner.agent and run_cell is None:
            message = "The agent works in the cells of a notebook, and there is none."
            raise ArgumentError(message, "Use it there, after %load_ext glm_magic.")
        own = [cell_tool(run_cell)] if manner.agent and run_cell else []
        named = [one for one in manner.tools if one != SEARCH]
        return tools_for([*own, *named], frames, detail)

    def _rounds(
        self,
        manner: Manner,
        tools: Sequence[Tool],
        typed: Typed | None,
        budget: TurnBudget,
    ) -> Rounds | None:
        """What happens between two answers of a turn."""
        kinds: list[Rounds] = []
        if tools:
            from .tools.approving import ask_by_input, nobody
            from .tools.calling import ToolRounds

            ask = manner.approve or (ask_by_input if AROUND.person() else nobody)
            kinds.append(ToolRounds(tools, self.approvals, ask, budget, self.hiding))
        if typed is not None:
            from .tools.typed import TypedRounds

            kinds.append(TypedRounds(typed, budget))
        return InTurn(kinds) if kinds else None

    def _chat(
        self, settings: Settings, client: AnyClient, conversation: Conversation, budget: TurnBudget
    ) -> Chat:
        chat = Chat(
            client,
            settings.provider.name,
            conversation,
            lambda turn: cost_of(turn, settings),
            window_tokens(settings),
        )
        chat.finished = lambda asking: self._book(asking, budget)
        return chat

    def in_window(self) -> set[str]:
        """Ids of the current conversation's turns that the next question sends along."""
        settings = self.settings(need_key=False)
        conversation = self.shelf.current
        turns = conversation.before(None)
        limit = window_tokens(settings)
        first = 0 if limit is None else first_kept(turns, limit, conversation.tokens)
        return {turn.id for turn in turns[first:]}

    def summary_question(self, cell: str | None) -> Question:
        """A question for a summary of all before this place; it stands for them afterwards."""
        return self.question(our_prompt("compact"), cell=cell, sums_up=True)

    def _conversation(self, chat: str | None, *, once: bool) -> Conversation:
        if once:
            return Conversation()
        if chat:
            return self.shelf.named(chat)
        current = self.shelf.current
        self.shelf.heed_order()
        return current

    def _book(self, asking: Asking, budget: TurnBudget) -> None:
        try:
            budget.book(asking)
        except StoreError as error:
            AROUND.warn(f"{error.message} {error.remedy}")

    def client(self, settings: Settings) -> Client:
        """The client for these settings.

        Raises:
            SettingsError: nbgrader runs the notebook; then nobody is asked anything.
        """
        if graded():
            message = "No host is asked while nbgrader runs the notebook (NBGRADER_EXECUTION)."
            raise SettingsError(message, "Ask before you hand in, or record the answers.")
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
