"""Promise 4: Run All twice sends the same requests twice; a cell run again replaces its turn."""

from pathlib import Path

from tests.api.host import Host, said
from tests.kernel import Kernel

CELLS = {
    "load": "%load_ext glm_magic",
    "data": "import numpy, pandas, glm_magic\n"
    "t = pandas.DataFrame({'shop': ['North', 'South'] * 20, 'n': range(40)})\n"
    "weights = numpy.arange(6.0)\n"
    "@glm_magic.tool(auto=True)\n"
    "def count(shop: str) -> int:\n    'Count a shop.'\n    return 20",
    "first": "%%glm --frame t\nWhich shop?",
    "second": "%%glm --var weights --cells 1 -t 0.2\nAnd this?",
    "third": "%%glm --tools count --rows 2 --frame t --as json\nA JSON object, please.",
    "fourth": "%%glm --once\nAlone.",
    "fifth": "for word in ('one', 'two'):\n    glm_magic.ask(f'Loop {word}.')",
    "sixth": "%glm ask And at last?",
}


def test_the_same_bytes_again(tmp_path: Path, host: Host) -> None:
    """With frames, variables, cells, tools, rows and loops: in one kernel, and in the next one."""
    host.scripts[0] = said('{"a": 1}')
    where = {
        "GLM_DATA_DIR": str(tmp_path / "data"), "JPY_SESSION_NAME": str(tmp_path / "a.ipynb"),
        "GLM_BASE_URL": host.base_url, "GLM_PROVIDER": "custom",
    }  # fmt: skip
    runs: list[list[bytes]] = []
    for times in (2, 1):
        with Kernel(**where) as kernel:
            for _ in range(times):
                before = len(host.asked)
                for cell, source in CELLS.items():
                    ran = kernel.run(source, cell=cell)
                    assert ran.status == "ok", ran.error
                runs.append([asked.body for asked in host.asked[before:]])
            shown = str(kernel.run("%glm show", cell="look").outputs)
    first, second, third = runs
    assert len(first) == 7
    assert first == second == third
    assert shown.count("Which shop?") == 1
