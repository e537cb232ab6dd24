"""One run over rows, in a process of its own that tells what it took: `… KIND ROWS IN_FLIGHT`.

The peers run in environments of their own, which have nothing of this project; so each function
imports what it needs, and nothing here needs anything else.
"""

import asyncio
import importlib
import json
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any

URL, KEY = os.environ.get("GLM_BASE_URL", ""), os.environ.get("GLM_API_KEY", "")
MODEL = "glm-4.5-air"
TASK = "Sort the text into one of: praise, complaint, question. Answer with one word. "


def bare(rows: int, flying: int) -> int:
    """The yardstick: aiohttp, a semaphore, and nothing else."""
    import aiohttp

    async def one(session: aiohttp.ClientSession, places: asyncio.Semaphore, row: int) -> str:
        said = [{"role": "system", "content": TASK}, {"role": "user", "content": str(row)}]
        body = {"model": MODEL, "thinking": {"type": "disabled"}, "messages": said}
        headers = {"Authorization": f"Bearer {KEY}"}
        async with (
            places,
            session.post(f"{URL}/chat/completions", json=body, headers=headers) as response,
        ):
            answer = await response.json()
            return str(answer["choices"][0]["message"]["content"])

    async def every() -> int:
        places = asyncio.Semaphore(flying)
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
            return len(await asyncio.gather(*(one(session, places, row) for row in range(rows))))

    return asyncio.run(every())


def ours(rows: int, flying: int) -> int:
    """`glm.map`; IN_FLIGHT 0 leaves it to find the limit."""
    import glm_magic as glm

    table = [{"text": f"row {row}"} for row in range(rows)]
    found = glm.map(table, TASK + "{text}", model=MODEL, in_flight=flying or None, progress=False)
    return sum(1 for row in found if row["_error"] is None)


def ours_file(rows: int, flying: int) -> int:
    """`glm.map` from a Parquet file to another one, which the environment names."""
    import glm_magic as glm

    folder = Path(os.environ["ROWS_FOLDER"])
    glm.map(
        folder / f"{rows}.parquet", TASK + "{text}", model=MODEL, in_flight=flying,
        progress=False, to=folder / f"{rows}.answered.parquet",
    )  # fmt: skip
    return rows


def openai(rows: int, flying: int) -> int:
    """OpenAI's own client, with a semaphore."""
    from openai import AsyncOpenAI

    async def every() -> int:
        places = asyncio.Semaphore(flying)
        async with AsyncOpenAI(base_url=URL, api_key=KEY) as client:

            async def one(row: int) -> bool:
                messages = [{"role": "user", "content": f"{TASK}row {row}"}]
                async with places:
                    try:
                        await client.chat.completions.create(model=MODEL, messages=messages)
                    except Exception:
                        return False
                    return True

            return sum(await asyncio.gather(*map(one, range(rows))))

    return asyncio.run(every())


def curator(rows: int, flying: int) -> int:
    """Bespoke Curator."""
    from bespokelabs import curator

    model = curator.LLM(
        model_name=MODEL, backend="openai",
        backend_params={
            "base_url": URL, "api_key": KEY, "max_requests_per_minute": 1_000_000,
            "max_tokens_per_minute": 1_000_000_000, "max_concurrent_requests": flying,
        },
    )  # fmt: skip
    return len(model([f"{TASK}row {row}" for row in range(rows)]).dataset)


def fenic(rows: int, flying: int) -> int:
    """Fenic, whose limits are requests and tokens a minute; of models it knows OpenAI's only."""
    import fenic as fc
    from openai.resources.chat.completions import AsyncCompletions

    create = AsyncCompletions.create

    async def with_our_model(self: Any, **options: Any) -> Any:
        return await create(self, **{**options, "model": MODEL})

    AsyncCompletions.create = with_our_model
    os.environ["OPENAI_API_KEY"] = KEY
    model = fc.OpenAILanguageModel(
        model_name="gpt-4.1-nano", rpm=1_000_000, tpm=1_000_000_000, base_url=URL
    )
    semantic = fc.SemanticConfig(language_models={"it": model})
    session = fc.Session.get_or_create(fc.SessionConfig(app_name="rows", semantic=semantic))
    frame = session.create_dataframe({"text": [f"row {row}" for row in range(rows)]})
    answer = fc.semantic.map(TASK + "{{text}}", text=fc.col("text")).alias("answer")
    return sum(one is not None for one in frame.select(answer).to_pydict()["answer"])


def lotus(rows: int, flying: int) -> int:
    """LOTUS, which asks through LiteLLM."""
    import lotus
    import pandas as pd

    model = lotus.models.LM(
        model=f"openai/{MODEL}", api_base=URL, api_key=KEY, max_batch_size=flying
    )
    lotus.settings.configure(lm=model)
    table = pd.DataFrame({"text": [f"row {row}" for row in range(rows)]})
    return int(table.sem_map(TASK + "{text}")["_map"].str.len().gt(0).sum())


def openaivec(rows: int, flying: int) -> int:
    """openaivec, one row a request; it speaks OpenAI's Responses, so its transport translates."""
    import httpx
    from openai import AsyncOpenAI
    from openaivec import AsyncBatchResponses

    class Translating(httpx.AsyncHTTPTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            asked = json.loads(request.content)
            parts = (("system", asked["instructions"]), ("user", asked["input"]))
            said = [{"role": role, "content": text} for role, text in parts]
            body = {"model": MODEL, "thinking": {"type": "disabled"}, "messages": said}
            headers = {"Authorization": f"Bearer {KEY}"}
            url = f"{URL}/chat/completions"
            sent = httpx.Request("POST", url, headers=headers, json=body)
            response = await super().handle_async_request(sent)
            answer = json.loads(await response.aread())
            ids = [one["id"] for one in json.loads(asked["input"])["user_messages"]]
            text = answer["choices"][0]["message"]["content"]
            replies = {"assistant_messages": [{"id": one, "body": text} for one in ids]}
            return httpx.Response(200, json=_as_response(json.dumps(replies)))

    async def every() -> int:
        transport = Translating(limits=httpx.Limits(max_connections=None))
        async with httpx.AsyncClient(transport=transport) as http:
            client = AsyncOpenAI(base_url=URL, api_key=KEY, http_client=http)
            asking = AsyncBatchResponses.of(
                client, MODEL, TASK, batch_size=1, max_concurrency=flying
            )
            found = await asking.parse([f"row {row}" for row in range(rows)])
            return sum(one is not None for one in found)

    return asyncio.run(every())


def _as_response(text: str) -> dict[str, Any]:
    part = {"type": "output_text", "text": text, "annotations": []}
    said = {
        "type": "message", "id": "1", "role": "assistant", "status": "completed", "content": [part]
    }  # fmt: skip
    return {
        "id": "1", "object": "response", "created_at": 0, "model": MODEL, "status": "completed",
        "output": [said], "parallel_tool_calls": False, "tool_choice": "auto", "tools": [],
    }  # fmt: skip


class _Encoding:
    """In place of a token table, which would be fetched from the network."""

    def encode(self, text: str, **_: object) -> list[int]:
        return [0] * (len(text) // 4 + 1)

    encode_ordinary = encode


def _without_token_tables() -> None:
    try:
        import tiktoken
    except ImportError:
        return
    tiktoken.get_encoding = tiktoken.encoding_for_model = lambda *_: _Encoding()


_IMPORTED = {
    "bare": ("aiohttp",),
    "ours": ("glm_magic.rows.calls", "glm_magic.api.posting_aiohttp", "glm_magic.api.whole"),
    "ours_file": ("glm_magic.rows.streams", "glm_magic.api.posting_aiohttp", "glm_magic.api.whole"),
    "openai": ("openai",),
    "curator": ("bespokelabs.curator",),
    "fenic": ("fenic",),
    "lotus": ("lotus",),
    "openaivec": ("openaivec",),
}


def _peak_mb() -> float:
    """The most memory since this program began; `getrusage` counts its parent's, too."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    line = next(one for one in status.read_text().splitlines() if one.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def main() -> None:
    """Run, and print one line of JSON."""
    kind, rows, flying = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    run = globals()[kind]
    _without_token_tables()
    for module in _IMPORTED.get(kind, ()):  # is not what is measured
        importlib.import_module(module)
    began, cpu = time.monotonic(), time.process_time()
    answered = run(rows, flying)
    peak = _peak_mb()
    took = {"seconds": time.monotonic() - began, "cpu": time.process_time() - cpu, "mb": peak}
    print(json.dumps({**took, "answered": answered}))


if __name__ == "__main__":
    main()
