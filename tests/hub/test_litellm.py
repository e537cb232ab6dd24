"""A real LiteLLM between a student and the host, configured as `litellm.env` says."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

import glm_magic
from glm_magic.sandbox import Sandbox
from glm_magic.wiring import workbench
from tests.interpreters import environment

from .test_ready import READY

pytestmark = [pytest.mark.soak, pytest.mark.timeout(600)]
KEY = "sk-master-of-the-test"


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def parameters(sandbox: Sandbox) -> dict[str, object]:
    """What the ready file says that a model needs, with the sandbox as its host."""
    told = re.search(r"litellm_params: \{(.*)\}", (READY / "litellm.env").read_text("utf-8"))
    assert told
    given = dict(re.findall(r"(\w+): (\[.*?\]|[^,]+)", told[1]))
    allowed = given["allowed_openai_params"].strip("[]").split(", ")
    own = {"api_base": sandbox.base_url, "api_key": sandbox.key, "allowed_openai_params": allowed}
    return {**given, **own}


def test_answers_come_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Streamed, with and without thinking, and over rows; counted as the host counts."""
    inside = environment(sys.executable, tmp_path / "environment", [["litellm[proxy]"]])
    base, port = Path(inside).parent, free_port()
    with Sandbox(tokens_per_second=None) as sandbox:
        model = {"model_name": "glm-4.5-air", "litellm_params": parameters(sandbox)}
        config = {"model_list": [model], "general_settings": {"master_key": KEY}}
        (tmp_path / "config.yaml").write_text(json.dumps(config))  # JSON is YAML
        command = [base / "litellm", "--config", "config.yaml", "--host", "127.0.0.1"]
        local = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_TELEMETRY": "False"}
        with subprocess.Popen(
            [*command, "--port", str(port)], cwd=tmp_path, env={**os.environ, **local}
        ) as proxy:
            try:
                _wait(f"http://127.0.0.1:{port}/health/liveliness")
                monkeypatch.setenv("GLM_PROVIDER", "litellm")
                monkeypatch.setenv("GLM_BASE_URL", f"http://127.0.0.1:{port}/v1")
                monkeypatch.setenv("GLM_API_KEY", KEY)
                for thinking in (True, False):
                    answer = glm_magic.ask("hello", model="glm-4.5-air", thinking=thinking)
                    assert answer.text.startswith("Hello. This is the sandbox")
                    assert bool(answer.reasoning) == thinking
                    assert answer.usage is not None
                (row,) = glm_magic.map([{"t": "hello"}], "{t}", model="glm-4.5-air", progress=False)
                assert row["_error"] is None
                assert len(sandbox.requests) == 3
            finally:
                workbench().close()
                workbench.cache_clear()
                proxy.terminate()


def _wait(address: str) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end:
        try:
            if httpx.get(address).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.5)
    pytest.fail("LiteLLM did not start.")
