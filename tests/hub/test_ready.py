"""The ready configurations say what is true of the service, the hub and the client."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from jupyterhub.app import JupyterHub
from jupyterhub.spawner import Spawner
from traitlets.config import Config

from glm_magic.cli import _parser, main
from glm_magic.hub.rules import _FIELDS, RulesFile, read_rules
from glm_magic.settings import resolve

from .course import ACCESS
from .hub import READY


def test_the_command_writes_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`glm-magic hub --ready FOLDER` copies all of them, and keeps what is there."""
    mine = tmp_path / "glm-hub.toml"
    mine.write_text("title = 'Mine'\n")
    assert main(["hub", "--ready", str(tmp_path)]) == 0
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {path.name for path in READY.iterdir() if path.is_file()}
    assert mine.read_text() == "title = 'Mine'\n"
    assert str(mine) not in capsys.readouterr().out


def test_a_file_where_a_folder_should_be_is_two_lines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the ready files nor budgets can be written below a file, and a damaged ledger too."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "of-the-service")
    monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", "/services/glm/")
    Path("a-file").write_text("x")
    Path("rules.toml").write_text('provider = "sandbox"\n')
    Path("damaged").mkdir()
    Path("damaged", "budgets.sqlite").write_text("no database " * 500)
    for words in ("--ready a-file", "--ready a-file/below", "rules.toml --data a-file",
                  "rules.toml --data damaged"):  # fmt: skip
        assert main(["hub", *words.split()]) == 1
        first, second = capsys.readouterr().err.splitlines()
        assert first.startswith(f"glm-magic: {words.split()[-1]}")
        assert "another" in second


def test_the_example_rules_name_everything() -> None:
    """The example is valid, and each name that there is stands in it, but the host's URL."""
    rules = RulesFile(READY / "glm-hub.toml").now
    assert rules.places == 10
    assert len(rules.windows) == 2
    names = set(tomllib.loads((READY / "glm-hub.toml").read_text()))
    assert names == set(_FIELDS) - {"base_url"} | {"window"}


def values() -> dict[str, Any]:
    """The Helm chart's values."""
    found: dict[str, Any] = yaml.safe_load((READY / "z2jh-values.yaml").read_text())
    return found


def test_the_helm_values_are_a_hub_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the chart hands them to JupyterHub: scopes, service, rules and port fit together."""
    hub = values()["hub"]
    (service,) = [{"name": name, **one} for name, one in hub["services"].items()]
    c = Config()
    c.JupyterHub.services = [service]
    monkeypatch.setenv("ZAI_API_KEY", "the-key")
    exec(hub["extraConfig"]["glm"], {"c": c})
    assert c.JupyterHub.services[0]["environment"] == {"ZAI_API_KEY": "the-key"}
    assert ACCESS in hub["loadRoles"]["user"]["scopes"]
    assert ACCESS in c.Spawner.server_token_scopes
    assert set(Spawner.server_token_scopes.default()) < set(c.Spawner.server_token_scopes)
    assert JupyterHub(config=c).services[0]["name"] == "glm"
    (port,) = hub["service"]["extraPorts"]
    assert service["url"].endswith(f":{port['targetPort']}")
    (ingress,) = hub["networkPolicy"]["ingress"]
    assert ingress["ports"] == [{"port": port["port"]}]
    (rules,) = hub["extraFiles"].values()
    assert read_rules(rules["stringData"]).mode == "hints"
    assert rules["mountPath"] in service["command"]
    server = values()["singleuser"]["extraEnv"]
    assert server["GLM_MODEL"] in read_rules(rules["stringData"]).models


def test_the_commands_are_ones_that_there_are() -> None:
    """What the hub is told to start is understood by our command line."""
    (service,) = values()["hub"]["services"].values()
    options = _parser().parse_args(service["command"][3:])
    assert (options.ip, options.data) == ("0.0.0.0", "/srv/jupyterhub/glm")


@pytest.mark.parametrize("name", ["z2jh", "litellm"])
def test_students_servers_get_settings_that_hold(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """With each configuration's variables a question would go where it should, with its key."""
    lines = (READY / "litellm.env").read_text().splitlines()
    pairs = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    given = pairs if name == "litellm" else values()["singleuser"]["extraEnv"]
    for variable, value in given.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "the-servers-own-token")
    settings = resolve()
    assert settings.base_url == given["GLM_BASE_URL"]
    assert settings.key is not None
    expected = {"litellm": "GLM_API_KEY", "z2jh": "JUPYTERHUB_API_TOKEN"}[name]
    assert settings.sources["key"] == f"{expected} in the environment"


def test_the_data_sheet_names_what_is_stored() -> None:
    """Every file, and every field of a record, is on the sheet; it fits one page."""
    sheet = (READY / "data-sheet.md").read_text()
    for word in ("budgets.sqlite", "records/", "keep_days", "record_content", "user_id", "HMAC"):
        assert word in sheet
    assert len(sheet.split()) < 600
