"""`%glm models | model | login | logout | config`, and `%config GLM`."""

import getpass
import re
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from glm_magic import origins
from glm_magic.jupyter import commands, options
from glm_magic.sandbox import Sandbox
from glm_magic.testing import scripted
from glm_magic.wiring import workbench
from tests.canary import CANARY
from tests.jupyter.conftest import Shell


def test_models_show_limits_and_prices(shell: Shell) -> None:
    """The table has every seed model with context, thinking and Z.ai's price, source and date."""
    shown = shell.run("%glm models")
    for name in ("glm-4.5", "glm-4.5-air", "glm-4.5-x", "glm-4.5-airx", "glm-4.5-flash"):
        assert f"\n{name} " in shown
    air = next(line for line in shown.splitlines() if line.startswith("glm-4.5-air "))
    assert air.split()[1:] == ["131,072", "98,304", "auto", "0.2", "0.03", "1.1", "listed"]
    assert "Source: docs.z.ai" in shown
    assert "as of 2026-09" in shown
    said = " ".join(shown.split())
    assert "Thinking: auto = on unless switched off" in said
    assert "Status at Z.ai: listed = in the newest documented list" in said


def test_cometapi_prices_are_unknown_until_its_own_feed_was_read(shell: Shell) -> None:
    """No price of CometAPI is built in, and the table says why."""
    shown = shell.run("%glm models cometapi")
    air = next(line for line in shown.splitlines() if line.startswith("glm-4.5-air "))
    assert air.split()[-3:] == ["unknown", "unknown", "listed"]
    assert "could be confirmed" in " ".join(shown.split())


def test_a_tab_parts_words_too(shell: Shell) -> None:
    """Between the subcommand and what follows it."""
    assert shell.run("%glm model\tglm-4.5-air").strip() == "glm-4.5-air (%config)"


@pytest.mark.parametrize(("escape", "path"), [("", "C:\\my\\chat.md"), ("\\", "C:mychat.md")])
def test_backslashes_of_windows_stay(
    monkeypatch: pytest.MonkeyPatch, escape: str, path: str
) -> None:
    """There they part folders; elsewhere they take the meaning of the next character away."""
    monkeypatch.setattr(options, "_ESCAPE", escape)
    found = options.parse_words(commands.COMMANDS["export"][0], "C:\\my\\chat.md --overwrite")
    assert (found.file, found.overwrite) == (path, True)


def test_models_refresh_reads_the_hosts_own_list(
    shell: Shell, sandbox: Sandbox, settings_for: Callable[[Sandbox], None]
) -> None:
    """`--refresh` marks what the host itself says it serves."""
    settings_for(sandbox)
    shown = shell.run("%glm models --refresh")
    assert sandbox.requests[0].path.endswith("/models")
    assert "served" in shown
    assert any(line.startswith("glm-4.5 ") and line.endswith("yes") for line in shown.splitlines())


def test_the_model_is_chosen_for_the_kernel(shell: Shell) -> None:
    """`%glm model NAME` is the model of later questions, and says where it came from."""
    assert shell.run("%glm model").strip() == "glm-4.5 (default)"
    assert shell.run("%glm model glm-4.5-air").strip() == "glm-4.5-air (%config)"
    with scripted("yes") as client:
        shell.run("%%glm\nhi")
    assert client.requests[0].model == "glm-4.5-air"


def test_a_setting_comes_from_the_highest_source(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An option stands above `%config`, that above the environment, that above the default."""
    monkeypatch.setenv("GLM_MODEL", "glm-4.6")
    with scripted("1", "2", "3") as client:
        shell.run("%%glm --once\nhi")
        shell.run("%config GLM.model = 'glm-4.7'")
        shell.run("%%glm --once\nhi")
        shell.run("%%glm --once -m glm-5\nhi")
    assert [request.model for request in client.requests] == ["glm-4.6", "glm-4.7", "glm-5"]


def test_config_says_where_each_value_came_from(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`%glm config` shows the source of each value, and of the key only whether it is set."""
    monkeypatch.setenv("ZAI_API_KEY", CANARY)
    monkeypatch.setenv("GLM_MODEL", "glm-4.6")
    shell.run("%config GLM.temperature = 0.3")
    rows = {line.split()[0]: line for line in shell.run("%glm config").splitlines() if line}
    assert rows["model"].endswith("GLM_MODEL in the environment")
    assert rows["temperature"].endswith("%config")
    assert rows["provider"].endswith("the key that is present")
    assert rows["budget_usd"].split()[1:] == ["none", "default"]
    assert rows["system"].split()[1:] == ["our", "own", "default"]
    assert rows["top_p"].split()[1:4] == ["the", "server's", "default"]
    assert rows["key"].split()[1] == "set"
    assert rows["key"].endswith("ZAI_API_KEY in the environment")


def test_a_wrong_setting_is_refused_when_it_is_set(shell: Shell) -> None:
    """`%config GLM.x = nonsense` keeps the value before and says what is possible."""
    shell.run("%config GLM.temperature = 0.5")
    shell.run("%config GLM.temperature = 9")
    shell.run("%config GLM.thinking = 'no'")
    with scripted("yes") as client:
        shell.run("%%glm\nhi")
    assert client.requests[0].temperature == 0.5
    assert client.requests[0].thinking is False


def test_a_wrong_setting_keeps_the_extension_loadable(shell: Shell) -> None:
    """After a mistake in `%config` the extension loads anew, and says what it passed over."""
    shell.run("%config GLM.budget_usd = 0.5")
    shell.run("%config GLM.budget_usd = '2 USD'")
    assert "0.5" in shell.run("%glm config")
    shell.run("%unload_ext glm_magic")
    shell.ip.config.GLM.budget_usd = "2 USD"
    assert "budget_usd = '2 USD' is not understood" in shell.run("%load_ext glm_magic")
    assert "budget_usd" in shell.run("%glm config")


def test_settings_of_ipython_config_hold(bare_shell: Shell) -> None:
    """`c.GLM.model = …` in `ipython_config.py` is heeded when the extension loads."""
    bare_shell.ip.config.GLM.model = "glm-4.6"
    bare_shell.ip.run_line_magic("load_ext", "glm_magic")
    with scripted("yes") as client:
        bare_shell.run("%%glm\nhi")
    assert client.requests[0].model == "glm-4.6"


def test_login_keeps_the_key_for_one_host(
    shell: Shell, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`%glm login` asks without showing; the key goes to that host and is forgotten on logout."""
    monkeypatch.setenv("GLM_BASE_URL", sandbox.base_url)
    monkeypatch.setenv("GLM_PROVIDER", "zai")
    monkeypatch.setattr(getpass, "getpass", lambda prompt: CANARY)
    assert "is kept for this kernel" in shell.run("%glm login")
    assert "tokens in" in shell.run("%%glm\nsandbox: echo\nhi")
    assert sandbox.requests[0].headers["Authorization"].endswith(CANARY)
    other = sandbox.base_url.replace("127.0.0.1", "localhost")
    refused = shell.run(f"%config GLM.provider = 'zai'\n%config GLM.base_url = '{other}'\n%%glm")
    refused = shell.run("%%glm\nhi")
    assert "No API key for Z.ai" in refused
    shell.run("%config GLM.base_url = None")
    shell.run("%config GLM.provider = None")
    assert "forgotten" in shell.run("%glm logout")
    assert "No API key for Z.ai" in shell.run("%%glm\nhi")


def test_what_the_sandbox_advises_leads_to_a_model(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the sandbox was chosen by name: a key alone would change nothing there."""
    monkeypatch.setattr(getpass, "getpass", lambda prompt: CANARY)
    shell.run("%config GLM.provider = 'sandbox'")
    advice = re.search(r"For a real answer run `(.+?)`", shell.run("%%glm --once\nhello"))
    assert advice is not None
    shell.run(advice[1])
    assert workbench().settings().provider.name == "zai"


def test_the_key_is_in_no_history(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither `In`, nor the namespace, nor a verbose traceback holds the key."""
    monkeypatch.setattr(getpass, "getpass", lambda prompt: CANARY)
    shell.run("%glm login zai")
    shell.run("%xmode Verbose")
    shown = shell.run("%%glm --frame nothing\nhi") + shell.run("%tb") + shell.run("%glm config")
    held = repr({name: value for name, value in shell.ip.user_ns.items() if name != "__builtins__"})
    assert CANARY not in shown + held + repr(vars(workbench())) + repr(workbench().ring)


def test_login_without_a_person_says_what_to_do(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nobody can type, login names the variable to set."""

    def nobody(prompt: str) -> str:
        raise EOFError

    monkeypatch.setattr(getpass, "getpass", nobody)
    first, second = shell.run("%glm login zai").strip().splitlines()
    assert "No key was given" in first
    assert "ZAI_API_KEY" in second


def test_keep_needs_keyring(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--keep` without the optional package names the extra."""
    monkeypatch.setattr(origins, "find_spec", lambda name: None)
    assert "glm_magic[keyring]" in shell.run("%glm login zai --keep")


class LockedError(Exception):
    """What a back end raises is not always keyring's own."""


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A keyring package that holds a key for every host."""
    module: Any = ModuleType("keyring")
    module.get_password = lambda *_: CANARY
    monkeypatch.setitem(sys.modules, "keyring", module)
    monkeypatch.setattr(origins, "keyring_installed", lambda: True)
    return module


def refuse(*_: object) -> None:
    """Be locked."""
    raise LockedError("org.freedesktop.Secret.Error.IsLocked")


def test_a_keyring_that_keeps_the_key_is_told(shell: Shell, keyring: Any) -> None:
    """Two lines say that the key is still there."""
    keyring.delete_password = refuse
    first, second = shell.run("%glm logout zai").strip().splitlines()
    assert "SettingsError: The system's keyring did not give up the key for https://api.z" in first
    assert "still there" in second


def test_a_keyring_that_fails_holds_no_key(shell: Shell, keyring: Any) -> None:
    """Whatever its back end raises, a question says only that there is no key."""
    keyring.get_password = refuse
    assert "KeyMissingError: No API key for Z.ai" in shell.run("%%glm --provider zai\nHello")
    assert "There was no key" in shell.run("%glm logout zai")


def test_a_keyring_that_takes_no_key_is_told(
    shell: Shell, keyring: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key is kept for this kernel then."""
    keyring.set_password = refuse
    monkeypatch.setattr(getpass, "getpass", lambda *_: CANARY)
    assert "kept for this kernel only" in shell.run("%glm login zai --keep")


def test_python_heeds_config_before_any_magic(shell: Shell) -> None:
    """`glm_magic.ask` knows what `%config` said, also when no magic has run yet."""
    shell.run("%config GLM.model = 'glm-4.6'")
    with scripted("yes") as client:
        shell.run("import glm_magic\nglm_magic.ask('hi')")
    assert client.requests[0].model == "glm-4.6"


@pytest.mark.parametrize("asked", ["-h", "--help"])
@pytest.mark.parametrize("name", commands.COMMANDS)
def test_every_subcommand_has_a_help(shell: Shell, name: str, asked: str) -> None:
    """Also those that need a word: what is missing is not told instead of it."""
    shown = shell.run(f"%glm {name} {asked}")
    assert shown.startswith(f"usage: %glm {name} ")
    assert str(commands.COMMANDS[name][0].description).split()[0] in shown


def test_help_shows_what_a_subcommand_takes(shell: Shell) -> None:
    """In the list of all, with what may be left out in brackets."""
    shown = shell.run("%glm help")
    for usage in ("fork NAME ", "show [N|all] ", "hide [PATTERN …] ", "login [PROVIDER] ", "undo "):
        assert f"\n  %glm {usage}" in shown
