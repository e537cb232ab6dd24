"""The yardstick: the least that a cell must do to read the same answer, without any of our code.

Imported inside the kernel that is measured.
"""

import json
import os

import httpx
from IPython.display import display

_CLIENT = httpx.Client(trust_env=False, timeout=60)


def ask(prompt: str, *, show_first: bool = False) -> str:
    """Read an answer to its end.

    Args:
        prompt: The user's message.
        show_first: Display the first piece of text when it comes.
    """
    body = {
        "model": "glm-4.5", "stream": True, "thinking": {"type": "disabled"},
        "messages": [{"role": "user", "content": prompt}],
    }  # fmt: skip
    headers = {"Authorization": f"Bearer {os.environ['GLM_API_KEY']}"}
    url = f"{os.environ['GLM_BASE_URL']}/chat/completions"
    text: list[str] = []
    with _CLIENT.stream("POST", url, json=body, headers=headers) as response:
        for line in response.raise_for_status().iter_lines():
            if line.startswith("data: {"):
                piece = json.loads(line[6:])["choices"][0]["delta"].get("content") or ""
                if show_first and not text:
                    display({"text/markdown": piece, "text/plain": "…"}, raw=True)
                text.append(piece)
    return "".join(text)
