"""A column that is hidden in a table is hidden under each of its names, and in parts of it."""

import pandas
import pytest

from glm_magic.chat.deltas import Delta, ToolCallPiece
from glm_magic.testing import scripted
from glm_magic.wiring import workbench
from tests.jupyter.conftest import Shell

WAYS = {
    "its name": "glm.ask('hi', sales, rows=2)",
    "another name": "glm.ask('hi', same, rows=2)",
    "another name, by a magic": "%%glm --frame same --rows 2\nhi",
    "its name once more": "glm.ask('hi', same, sales, rows=2)",
    "an expression": "glm.ask('hi', sales.head(3), rows=2)",
    "a selection": "glm.ask('hi', sales[sales.n > 3], rows=2)",
    "an argument": "def about(df):\n    glm.ask('hi', df, rows=2)\nabout(sales)",
    "an argument of that name": "def about(sales):\n    glm.ask('hi', sales, rows=2)\nabout(other)",
    "a part as an argument": "def about(df):\n    glm.ask('hi', df, rows=2)\nabout(sales.head(3))",
    "an output": "sales.head(3)\nglm.ask('hi', _1, rows=2)",
    "records": "glm.ask('hi', sales.to_dict('records'), rows=2)",
    "columns made of it": "import pandas\nglm.ask('hi', pandas.get_dummies(sales), rows=2)",
    "rows made of it": "glm.ask('hi', sales.melt(), rows=2)",
    "a chat": "glm.Chat().ask('hi', sales.head(3), rows=2)",
}


@pytest.fixture
def sales(shell: Shell) -> Shell:
    """A shell with a table, a second name of it, and another table like it."""
    made = [pandas.DataFrame({"salary_band": ["A", "B"] * 40, "n": range(80)}) for _ in range(2)]
    shell.ip.user_ns |= {"sales": made[0], "same": made[0], "other": made[1], "_1": made[0][:3]}
    shell.run("import glm_magic as glm")
    shell.run("%glm hide sales.salary_band")
    return shell


@pytest.mark.parametrize("way", WAYS)
def test_it_is_hidden(sales: Shell, way: str) -> None:
    """By whatever way it goes along, rows included."""
    with scripted("fine") as client:
        sales.run(WAYS[way])
    (request,) = client.requests
    assert "n" in request.messages[-1].content
    assert "salary_band" not in str(request.messages)


@pytest.mark.parametrize("frame", ["pandas.get_dummies(sales)", "sales.melt('n')"])
def test_no_query_sees_what_was_made_of_it(sales: Shell, frame: str) -> None:
    """The model may ask for every column and row."""
    sales.run("%glm hide salary_band")  # under a name of its own it is another table
    sales.run(f"import pandas\nmade = {frame}")
    arguments = '{"sql": "select * from made"}'
    call = (ToolCallPiece(0, "c", "frame_query", arguments),)
    asks = [Delta(tool_calls=call), Delta(finish_reason="tool_calls", ended=True)]
    with scripted(asks, "fine") as client:
        sales.run("glm.ask('hi', made, rows=1, tools=['frame_query'])")
    returned = client.requests[1].messages[-1]
    assert returned.role == "tool"
    assert returned.content.startswith("n")
    assert "salary_band" not in returned.content


@pytest.mark.parametrize("table", ["same", "sales.head(1)", "sales.to_dict('records')"])
def test_rows_with_it_are_refused(sales: Shell, table: str) -> None:
    """The same holds for one prompt over many rows."""
    shown = sales.run(f"glm.map({table}, 'What is {{salary_band}}?', dry_run=True)")
    assert "The column salary_band is hidden" in shown


@pytest.mark.parametrize("result", ["sales", "sales.head(3)", "sales[:3].to_dict('records')"])
def test_no_tool_gives_it_back(sales: Shell, result: str) -> None:
    """What a function returns is a table like any other."""
    sales.run(f"@glm.tool(auto=True)\ndef look() -> object:\n    'Look.'\n    return {result}")
    call = (ToolCallPiece(0, "c", "look", "{}"),)
    asks = [Delta(tool_calls=call), Delta(finish_reason="tool_calls", ended=True)]
    with scripted(asks, "fine") as client:
        sales.run("glm.ask('hi', tools=[look])")
    returned = client.requests[1].messages[-1]
    assert returned.role == "tool"
    assert "n" in returned.content
    assert "salary_band" not in returned.content


def test_another_variable_is_another_table(sales: Shell) -> None:
    """The pattern names one table; whoever means all leaves the name away."""
    with scripted("fine") as client:
        sales.run("glm.ask('hi', other)")
    assert "salary_band" in client.requests[0].messages[-1].content


def test_what_is_allowed_is_allowed_by_name(sales: Shell) -> None:
    """`--allow` shows more, so it is for the table that it names and no other."""
    made = pandas.DataFrame({"email": ["shop@example.com"] * 40})
    sales.ip.user_ns |= {"shops": made, "also": made}
    sales.run("%glm hide --allow shops.email")
    hiding = workbench().hiding
    assert "email" in hiding.of(made, "also")[1]
    assert "email" not in hiding.of(made[:20], "frame_1")[1]
