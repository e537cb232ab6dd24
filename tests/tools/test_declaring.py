"""What becomes a tool, and what the built-in ones may see."""

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pydantic import Field

import glm_magic
from glm_magic.errors import ArgumentError
from glm_magic.gathering import Detail, Hiding
from glm_magic.tools.frame_tools import frame_tools
from glm_magic.tools.results import MOST_CHARACTERS, outcome_of
from tests.canary import CANARY
from tests.jupyter.conftest import Shell

if TYPE_CHECKING:
    from decimal import Decimal


def test_a_tool_stays_a_function() -> None:
    """It can be called, and its description is the docstring and the signature's schema."""

    @glm_magic.tool(name="grow")
    def add(
        one: Annotated[int, Field(description="first")], two: Literal["a", "b"] = "a"
    ) -> "Decimal":
        """Add them."""
        return f"{one}{two}"  # type: ignore[return-value]

    assert add(1, two="b") == "1b"
    function = add.document["function"]
    assert (function["name"], function["description"]) == ("grow", "Add them.")
    schema = function["parameters"]
    assert schema["required"] == ["one"]
    assert schema["properties"]["one"]["description"] == "first"
    assert schema["properties"]["two"]["enum"] == ["a", "b"]
    assert schema["additionalProperties"] is False


def _bare(city: str) -> None:
    pass


def _unknown(city: "Nowhere") -> None:  # type: ignore[name-defined]  # noqa: F821
    """A type that is not there."""


def _frame(data: pd.DataFrame) -> None:
    """What JSON has not."""


def _nameless(city: str, /) -> None:
    """Without names."""


def _yields() -> Iterator[int]:
    """One by one."""
    yield 1


async def _yields_too() -> AsyncIterator[int]:
    """One by one."""
    yield 1


NO_TOOLS = [_bare, _unknown, _frame, _nameless, _yields, _yields_too, dict.get, lambda: 1]


@pytest.mark.parametrize("function", NO_TOOLS)
def test_what_is_no_tool(function: Any) -> None:
    """Two lines that say what to do."""
    with pytest.raises(ArgumentError) as caught:
        glm_magic.tool(function)
    assert caught.value.remedy


def test_results_are_bounded_and_hold_no_secret() -> None:
    """Beginning and end stay; a key is taken out wherever the cut falls."""
    text = outcome_of("a " * 15_000 + CANARY + " the end").text
    assert len(text) < MOST_CHARACTERS + 100
    assert text.endswith("the end")
    assert CANARY not in text
    assert CANARY[:20] not in text
    assert outcome_of(None).text == "(nothing)"
    assert outcome_of({"a": float("nan"), "b": [1, "é"]}).text == '{"a": NaN, "b": [1, "é"]}'
    frame = outcome_of(pd.DataFrame({"x": range(1_000)})).text
    assert "1,000 rows" in frame


@pytest.fixture
def tools() -> dict[str, Any]:
    """The built-in tools over a frame with a hidden column."""
    frame = pd.DataFrame(
        {"city": ["Oslo"] * 60, "n": range(60), "secret": [f"pass-{n}" for n in range(60)]}
    )
    hiding = Hiding(hidden=["sales.secret"])
    return dict(frame_tools({"sales": frame, "number": 3}, Detail(hiding=hiding)))


def test_queries(tools: dict[str, Any]) -> None:
    """SQL over the frame, bounded, without its hidden column."""
    query = tools["frame_query"]
    assert query("select city, sum(n) as s from sales group by city") == "city,s\nOslo,1770\n"
    many = query("select * from sales")
    assert many.startswith("city,n\n")
    assert len(many.splitlines()) == 52
    assert "left out" in many
    with pytest.raises(Exception, match="secret"):
        query("select secret from sales")


FRAMES = {
    "a field": pl.DataFrame({"n": [1], "person": [{"email": "qZ7", "age": 3}]}),
    "a field of arrow": pl.DataFrame({"n": [1], "person": [{"email": "qZ7"}]}).to_arrow(),
    "a field in lists": pl.DataFrame({"n": [1], "people": [[{"email": "qZ7"}]]}),
    "a key": pd.DataFrame({"n": [1], "person": [{"email": "qZ7", "age": 3}]}),
    "a key in lists": pd.DataFrame({"n": [1], "people": [[{"email": "qZ7"}]]}),
    "a map": pa.table(
        {"n": [1], "person": pa.array([[("email", "qZ7")]], pa.map_(pa.string(), pa.string()))}
    ),
    "spaces": pd.DataFrame({"n": [1], " email ": ["qZ7"]}),
    "an accent": pd.DataFrame({"n": [1], "pre\u0301nom": ["qZ7"]}),
}


@pytest.mark.parametrize("case", FRAMES)
def test_queries_and_heads_see_nothing_hidden(case: str) -> None:
    """However a name is written, and wherever it lies, as in descriptions."""
    hiding = Hiding(hidden=["f.email", "pr\u00e9nom"])
    made = frame_tools({"f": FRAMES[case]}, Detail(hiding=hiding))
    assert "qZ7" not in made["frame_head"]("f")
    result = made["frame_query"]("select * from f")
    assert "qZ7" not in result
    assert result.startswith("n")


@pytest.mark.parametrize(
    "sql",
    [
        "drop table sales", "select 1; select 2", "", "copy sales to '/tmp/x.csv'",
        "create table x as select 1", "attach '/tmp/x.db'", "install httpfs", "set threads = 1",
        "select * from read_csv('/etc/passwd')", "select * from '/etc/passwd'",
        "select * from read_text('/etc/passwd')", "select * from glob('/*')",
        "from read_parquet('https://a.example/x')", "select * from frame", "select * from hiding",
        "select getenv('HOME')", "pragma database_list", "call pragma_version()",
        "select * from duckdb_secrets()",
    ],
)  # fmt: skip
def test_queries_can_do_nothing_else(tools: dict[str, Any], sql: str) -> None:
    """No other statement, no file, no address, no variable that was not attached."""
    try:
        result = tools["frame_query"](sql)
    except Exception:
        return
    assert "root:" not in result
    assert len(result.splitlines()) <= 1


def test_who_is_asked(tools: dict[str, Any]) -> None:
    """Rows leave when somebody approved it, or said `--rows` before."""
    assert {name: tool.auto for name, tool in tools.items()} == {
        "frame_query": False, "frame_head": False, "describe": True,
    }  # fmt: skip
    said = frame_tools({}, Detail(rows=3))
    assert all(tool.auto for tool in said.values())


def test_heads_and_descriptions(tools: dict[str, Any]) -> None:
    """As `--rows` and `--frame` show them; a name that is no frame is told."""
    assert "Oslo" in tools["frame_head"]("sales", rows=2)
    for text in (tools["frame_head"]("sales", 1_000), tools["describe"]("sales")):
        assert "secret" not in text
        assert "pass-" not in text
    with pytest.raises(LookupError, match="there are: sales"):
        tools["describe"]("number")


@pytest.mark.parametrize("name", ["describe", "frame_head"])
@pytest.mark.parametrize(
    ("level", "said", "unsaid"),
    [
        ("schema", "n i64", "0..59"),
        ("stats", "0..59", "Oslo 100%"),
        ("values", "Oslo 100%", "secret"),
        ("rows", "Oslo 100%", "secret"),
    ],
)
def test_no_tool_tells_more_of_columns_than_the_question(
    name: str, level: str, said: str, unsaid: str
) -> None:
    """What runs unasked keeps to the level that the user chose."""
    frame = pd.DataFrame({"city": ["Oslo"] * 60, "n": range(60)})
    text = frame_tools({"sales": frame}, Detail(level, rows=3))[name]("sales")
    assert said in text
    assert unsaid not in text


def test_tab_completes_tools(shell: Shell) -> None:
    """The user's first, then the built-in ones."""
    shell.run("import glm_magic\n@glm_magic.tool\ndef look(a: int):\n    'Look.'")
    assert shell.complete("%%glm --tools lo") == ["look"]
    assert shell.complete("%%glm --tools frame_") == ["frame_head", "frame_query"]


def test_an_unknown_tool(shell: Shell) -> None:
    """Two lines with the near name."""
    said = shell.run("%%glm --tools frame_quary\nhi")
    assert "frame_query" in said
    assert "Traceback" not in said
