"""The subcommands of `%glm`: the table of all, and those for models, keys and settings."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from ..errors import ArgumentError, CourseError, SettingsError
from ..surroundings import graded
from . import answer_commands as going_on
from . import context_commands as leaving
from . import conversation_commands as talk
from . import options as opts
from . import panel_command as panels
from .doctor_command import doctor
from .manual import ABOUT, FLAGS, WORDS
from .tables import show_table

if TYPE_CHECKING:
    from ..catalog import Model, Price
    from .magics import GLMMagics

_UNSET = {"system": "our own", "budget_usd": "none", "budget_tokens": "none"}

Command = Callable[[argparse.Namespace, "GLMMagics"], None]


def _parser(name: str, help: str) -> argparse.ArgumentParser:  # noqa: A002 - argparse's own word
    parser = opts.Parser(prog=f"%glm {name}", description=help, add_help=False, allow_abbrev=False)
    parser.add_argument("-h", "--help", action="store_true", help="show this")  # see `run`
    return parser


def models(options: argparse.Namespace, magics: GLMMagics) -> None:
    """List models with limits and prices."""
    from ..catalog import about, find_provider, makers_name, models, price_of, providers

    if options.providers:
        _show_providers(providers())
        return
    bench = magics.workbench()
    current = bench.settings(need_key=False)
    provider = find_provider(options.provider) if options.provider else current.provider
    if provider.key == "none":  # nothing is billed there: the maker's prices tell more
        provider = find_provider("zai")
    served: set[str] | None = None
    if options.refresh:
        served = _refresh(magics, options.provider)
    rows = [
        _model_row(one, price_of(one, provider), makers_name(current.model.id), served)
        for one in models().values()
    ]
    heads = ["model", "", "context", "longest answer", "thinking"]
    heads += ["in, $/M", "cached, $/M", "out, $/M", "status" if served is None else "served"]
    extra = sorted((served or set()) - set(models()))
    notes = [f"Prices at {provider.title}, USD per million tokens. {provider.note}".strip()]
    notes.append(f"Thinking: {about()['thinking']}.")
    if served is None:
        notes.append(f"Status {about()['status']}.")
    notes.append(f"Source: {about()['source']}.")
    if extra:
        notes.append(f"Also served: {', '.join(extra)}.")
    show_table(heads, rows, notes)


def _model_row(
    model: Model, price: Price | None, current: str, served: set[str] | None
) -> list[str]:
    status = model.status if served is None else "yes" if model.id in served else "no"
    prices = ("unknown", "", "unknown")
    if price is not None:
        cached = "" if price.cached_input is None else _usd(price.cached_input)
        prices = (_usd(price.input), cached, _usd(price.output))
    mark = "←" if model.id == current else ""
    limits = (_tokens(model.context_tokens), _tokens(model.max_output_tokens))
    return [model.id, mark, *limits, model.thinking, *prices, status]


def _refresh(magics: GLMMagics, provider: str | None) -> set[str]:
    """Ask the provider itself: its list of models, and its price feed where it has one."""
    from ..api.documents import model_ids, price_feed
    from ..catalog import set_prices

    bench = magics.workbench()
    settings = bench.settings({"provider": provider} if provider else None)
    client = bench.client(settings)
    if prices := price_feed(client):
        set_prices(settings.provider, prices)
    prefix = settings.provider.model_prefix
    return {name.removeprefix(prefix) for name in model_ids(client)}


def _show_providers(providers: object) -> None:
    assert isinstance(providers, dict)  # noqa: S101 - for the type checker
    rows = [
        [one.name, one.title, one.base_url or "set base_url", ", ".join(one.key_env) or one.key]
        for one in providers.values()
    ]
    notes = ["GLM_API_KEY stands above the providers' own variables."]
    show_table(["provider", "who", "base URL", "key"], rows, notes)


def _usd(price: float) -> str:
    return "free" if price == 0 else f"{price:g}"


def _tokens(count: int | None) -> str:
    return "unknown" if count is None else f"{count:,}"


def model(options: argparse.Namespace, magics: GLMMagics) -> None:
    """Show the model, or choose another for this kernel."""
    from ..catalog import find_model, near_models

    if options.name:
        magics.settings.set_trait("model", options.name)
        chosen = find_model(options.name)
        if not chosen.listed:
            near = near_models(options.name)
            hint = f"; did you mean {' or '.join(near)}?" if near else "."
            sys.stderr.write(f"glm: {options.name} is not in the catalog{hint}\n")
    settings = magics.workbench().settings(need_key=False)
    sys.stdout.write(f"{settings.model.id} ({settings.sources['model']})\n")


def login(options: argparse.Namespace, magics: GLMMagics) -> None:
    """Ask for an API key and keep it for this kernel, for one host only."""
    from getpass import getpass

    from ..keys import APIKey
    from ..origins import keep_in_keyring, keyring_installed, origin_of

    if graded():
        sys.stdout.write("glm: no key is needed; nbgrader runs this notebook.\n")
        return
    bench = magics.workbench()
    chosen = {"provider": options.provider} if options.provider else None
    provider, url = bench.provider(chosen)
    if provider.key == "none" or not url:
        raise SettingsError(f"{provider.title} takes no key.", "Choose one: %glm login zai")
    if options.keep and not keyring_installed():
        raise SettingsError("--keep needs the keyring package.", "pip install glm_magic[keyring]")
    secret = ""
    with suppress(EOFError, NotImplementedError):  # nobody is there who could type
        secret = getpass(f"API key for {provider.title} ({origin_of(url)}), not shown: ")
    if not secret.strip():
        remedy = (
            f"Run it where you can type, or set {' or '.join(provider.key_env) or 'GLM_API_KEY'}."
        )
        raise SettingsError("No key was given.", remedy)
    key = APIKey(secret)
    bench.ring.give(origin_of(url), key)
    if options.provider:
        magics.settings.set_trait("provider", options.provider)
    kept = "for this kernel"
    if options.keep:
        keep_in_keyring(origin_of(url), key)
        kept = "in the system's keyring"
    sys.stdout.write(f"The key for {origin_of(url)} is kept {kept}.\n")
    if bench.settings(need_key=False).replay == "auto":
        sys.stdout.write("Recorded answers still come first; --fresh asks the model.\n")
    if not options.keep and keyring_installed():
        sys.stdout.write("To keep it for later kernels too: %glm login --keep\n")


def logout(options: argparse.Namespace, magics: GLMMagics) -> None:
    """Forget the key that was given with login, in the system's keyring too."""
    from ..origins import drop_from_keyring, origin_of

    bench = magics.workbench()
    _, url = bench.provider({"provider": options.provider} if options.provider else None)
    gone = bool(url) and bench.ring.forget(origin_of(url))
    bench.close()
    gone = (bool(url) and drop_from_keyring(origin_of(url))) or gone
    sys.stdout.write("The key is forgotten.\n" if gone else "There was no key from %glm login.\n")


def config(_: argparse.Namespace, magics: GLMMagics) -> None:
    """Show every setting and where it came from."""
    from ..fields import FIELDS

    bench = magics.workbench()
    settings, course = bench.settings(need_key=False, allowed=False), bench.course
    shown = {
        "provider": f"{settings.provider.name} ({settings.provider.title})",
        "base_url": settings.base_url or "(the sandbox's own)",
        "model": settings.model.id,
    }
    rows = [
        [name, shown.get(name) or _value(name, settings.values.get(name)), settings.sources[name]]
        for name in FIELDS
    ]
    # Never a piece of the key: prefixes and masked keys end up in shared notebooks.
    rows.append(["key", "set" if settings.key else "missing", settings.sources["key"]])
    notes = ["Change one: %config GLM.model = 'glm-4.5-air'"]
    if course is not None:
        notes += course.told()
        try:
            course.check_settings(settings)
        except CourseError as error:
            notes.append(f"Refused: {error.message} {error.remedy}")
    show_table(["setting", "value", "from"], rows, notes)


def _value(name: str, value: object) -> str:
    return _UNSET.get(name, "the server's default") if value is None else str(value)


def _commands() -> dict[str, tuple[argparse.ArgumentParser, Command]]:
    table: dict[str, tuple[argparse.ArgumentParser, Command]] = {}
    for name, run_it in (
        ("show", talk.show), ("last", talk.last), ("undo", talk.undo), ("redo", talk.redo),
        ("clear", talk.clear), ("refresh", talk.refresh), ("compact", talk.compact),
        ("chats", talk.chats), ("fork", talk.fork), ("export", talk.export),
        ("import", talk.import_), ("usage", talk.usage),
        ("hide", leaving.hide), ("code", going_on.code), ("copy", going_on.copy),
        ("panel", panels.show_panel),
        ("models", models), ("model", model), ("login", login), ("logout", logout),
        ("config", config), ("doctor", doctor),
    ):  # fmt: skip
        table[name] = (_parser(name, str(run_it.__doc__)), run_it)
    for name, word, count, shown, text in WORDS:
        table[name][0].add_argument(word, nargs=count, metavar=shown, help=text)
    for name, flag, text in FLAGS:
        table[name][0].add_argument(flag, action="store_true", help=text)
    return table


def _ask(options: argparse.Namespace, prompt: str, magics: GLMMagics) -> None:
    if not prompt.strip():
        remedy = "Write it behind the options: %glm ask How are you?"
        raise ArgumentError("There is no prompt.", remedy)
    magics.ask(options, prompt)


COMMANDS = _commands()
# These take a prompt, though `retry` refuses it, and the options of `options.line_parser`.
ASKING: dict[str, Callable[[argparse.Namespace, str, GLMMagics], None]] = {
    "ask": _ask, "context": leaving.context, "fix": going_on.fix, "explain": going_on.explain,
    "retry": going_on.retry, "continue": going_on.go_on,
}  # fmt: skip
NAMES = (*ASKING, *COMMANDS, "help")


def run(word: str, rest: str, magics: GLMMagics) -> None:
    """Run one subcommand.

    Raises:
        ArgumentError: An unknown subcommand or option.
    """
    if word not in COMMANDS:
        remedy = "To ask a question: %glm ask … ; %glm help lists what there is."
        raise ArgumentError.unknown("subcommand", word, NAMES, remedy)
    parser, run_it = COMMANDS[word]
    if opts.wants_help(rest):
        sys.stdout.write(parser.format_help())
    else:
        run_it(opts.parse_words(parser, rest), magics)


def help_text() -> str:
    """What `%glm help` prints."""
    takes = {"ask": " prompt", "retry": ""}
    rows = [(f"{k} [options]{takes.get(k, ' [prompt]')}", text) for k, text in ABOUT.items()]
    rows += [(name + _takes(one), str(one.description)) for name, (one, _) in COMMANDS.items()]
    rows += [("help", "Show this."), ("NAME --help", "Show a subcommand's options.")]
    width = max(len(name) for name, _ in rows)
    lines = [f"  %glm {name:<{width}}  {text}" for name, text in rows]
    return "\n".join(["Subcommands:", *lines, "", opts.CELL.format_help()])


def _takes(parser: argparse.ArgumentParser) -> str:
    """The words that a subcommand takes besides options."""
    shapes = {"None": " {}", "?": " [{}]", "*": " [{} …]"}
    found = [one for one in parser._actions if not one.option_strings]
    return "".join(shapes[str(one.nargs)].format(one.metavar) for one in found)
