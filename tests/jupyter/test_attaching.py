"""What goes along with a question: mentions, variables, cells, a failure; and what is hidden."""

from typing import Any

import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glm_magic.chat.tokens import estimate_tokens
from glm_magic.gathering import Hiding, mentioned
from glm_magic.testing import scripted
from glm_magic.wiring import workbench
from tests.jupyter.conftest import Shell


def sales() -> pandas.DataFrame:
    """1,000 rows with a key, a category and an address."""
    return pandas.DataFrame(
        {
            "store_id": range(1000),
            "region": ["north", "south"] * 500,
            "email": [f"person{n % 40}@example.com" for n in range(1000)],
        }
    )


def ask(shell: Shell, cell: str) -> tuple[str, str]:
    """Run one asking cell: the user message that was sent, and what was printed."""
    with scripted("yes") as client:
        printed = shell.run(cell)
    assert len(client.requests) == 1, printed
    return client.requests[0].messages[-1].content, printed


def test_a_mention_attaches_a_frame_and_leaves_the_prompt_alone(shell: Shell) -> None:
    """`@sales` in the prompt is `--frame sales`; the prompt is sent as it was written."""
    shell.ip.user_ns["sales"] = sales()
    sent, printed = ask(shell, "%%glm --once\nWhat is in @sales?")
    assert sent.endswith("\n\nWhat is in @sales?")
    assert "sales: pandas DataFrame, 1,000 rows × 3 columns" in sent
    tokens = estimate_tokens(sent.removesuffix("\n\nWhat is in @sales?"))
    assert f"sales (1,000 × 3, values) ~{tokens:,} tokens" in printed


@pytest.mark.parametrize(
    "prompt",
    [
        "mail me@sales and sales@example.com", "`@sales`", "```\n@sales\n```", "a.@sales",
        "@sales_2", "@other", "@@sales", "/@sales", "npm i @sales/x@sales-1 --no",
    ],
)  # fmt: skip
def test_what_is_no_mention_attaches_nothing(shell: Shell, prompt: str) -> None:
    """E-mail addresses, code, longer names and unknown names are text and nothing else."""
    shell.ip.user_ns["sales"] = sales()
    sent, _ = ask(shell, f"%%glm --once\n{prompt}")
    assert sent == prompt


def test_a_decorator_is_no_mention(shell: Shell) -> None:
    """Names of functions, classes and modules in the prompt attach nothing."""
    shell.run("import os\nfrom dataclasses import dataclass")
    sent, _ = ask(shell, "%%glm --once\nWhy @dataclass, @property and @os?")
    assert sent == "Why @dataclass, @property and @os?"


@given(st.text(max_size=60))
def test_a_mention_is_a_name_that_stands_in_the_prompt(text: str) -> None:
    """Whatever the prompt, only known names that it holds after an @ are found."""
    namespace = {"a": 1, "sales": 2, "é": 3}
    found = mentioned(text, namespace)
    assert set(found) <= set(namespace)
    assert all(f"@{name}" in text for name in found)


def test_a_variable_of_any_kind_goes_along(shell: Shell) -> None:
    """`--var` describes what is no frame; `--frame` for it says which option is meant."""
    shell.ip.user_ns["limits"] = {"low": 1, "high": 9}
    sent, printed = ask(shell, "%%glm --once --var limits\nWhich is higher?")
    assert sent.endswith("Which is higher?")
    assert "limits" in sent.split("Which is")[0]
    assert "limits" in printed
    assert "--var limits" in shell.run("%%glm --once --frame limits\nhi")


def test_an_unknown_variable_is_two_lines_with_the_nearest_name(shell: Shell) -> None:
    """A misspelt name is told with what there is, and nothing is sent."""
    shell.ip.user_ns["limits"] = [1, 2]
    with scripted() as client:
        printed = shell.run("%%glm --once --var limit\nhi")
    assert "limits" in printed
    assert not client.requests


@pytest.mark.parametrize(
    ("cell", "first", "second"),
    [
        ("%%glm --frame sales.email", "sales.email is no variable", "part = sales.email"),
        ("%%glm --frame sales.head()", "sales.head() is no variable", "part = sales.head()"),
        ("%%glm --rows 3", "nothing to show rows of", "--frame NAME"),
    ],
)
def test_what_names_nothing_is_two_lines(shell: Shell, cell: str, first: str, second: str) -> None:
    """An expression has no name to tell the model, and rows need a frame; nothing is sent."""
    shell.ip.user_ns["sales"] = sales()
    with scripted() as client:
        said = shell.run(f"{cell}\nhi").strip().splitlines()
    assert first in said[0]
    assert second in said[1]
    assert not client.requests


def test_cells_go_along_with_code_and_output(shell: Shell) -> None:
    """`--cells 2` attaches the two cells that ran last before, in their order, and no question."""
    for cell in ("first = 1", "print('seen ' + 'here')", "%glm hide", "3 + 4"):
        shell.ip.run_cell(cell, store_history=True)
    with scripted("a", "b") as client:
        shell.ip.run_cell("%%glm --once\nno cells", store_history=True)
        shell.ip.run_cell("%%glm --once --cells 2\nwith cells", store_history=True)
    assert client.requests[0].messages[-1].content == "no cells"
    sent = client.requests[1].messages[-1].content
    assert sent.index("print('seen ' + 'here')") < sent.index("3 + 4") < sent.index("with cells")
    assert "first = 1" not in sent
    assert "%%glm" not in sent
    assert "\n7\n" in sent


def test_cells_are_bounded_and_cannot_leave_their_fence(shell: Shell) -> None:
    """Long output keeps head and tail, steering characters are escaped, colours are taken out.

    Printed and as a result: before version 9 IPython keeps results only.
    """
    shell.ip.run_cell(
        "text = 'x\\n' * 5000 + '\\x1b[31mred\\x1b[0m \\u202eback'\n"
        "print(text)\n"
        "type('Long', (), {'__repr__': lambda self: text})()",
        store_history=True,
    )
    with scripted("a") as client:
        shell.ip.run_cell("%%glm --once --cells 1\nhi", store_history=True)
    sent = client.requests[0].messages[-1].content
    assert len(sent) < 4000
    assert "lines left out" in sent
    assert "\x1b" not in sent
    assert "\u202e" not in sent


def test_cells_that_show_a_hidden_column_are_told(shell: Shell) -> None:
    """They are sent as they stand, so whoever hides a column must see it before."""
    shell.ip.user_ns["sales"] = sales().assign(email_valid=True)
    for cell in ('%glm hide sales.email "*_id"', "sales.head()", "data = 'none'"):
        shell.ip.run_cell(cell, store_history=True)
    told = "It names columns that you hide, and is sent as it stands: email, email_valid, store_id."
    assert told in shell.run("%%glm --once --cells 2 --preview\nhi")
    assert "you hide" not in shell.run("%%glm --once --cells 1 --preview\nhi")


def test_no_cell_before_is_an_error(shell: Shell) -> None:
    """`--cells` in the first cell says that there is nothing to attach."""
    assert "No cell ran before" in shell.run("%%glm --once --cells 1\nhi")


def test_fix_attaches_the_failed_cell_its_exception_and_its_frames(shell: Shell) -> None:
    """`%glm fix` takes the last exception, the cell, and the frames that the cell names."""
    shell.ip.user_ns |= {"sales": sales(), "other": sales()}
    shell.ip.run_cell("total = sales['regio'].sum()", store_history=True)
    shell.ip.run_cell("1 + 1", store_history=True)
    with scripted("It is region.") as client:
        shell.ip.run_cell("%glm fix be brief", store_history=True)
    sent = client.requests[0].messages[-1].content
    assert "total = sales['regio'].sum()" in sent
    assert "KeyError: 'regio'" in sent
    assert "sales: pandas DataFrame" in sent
    assert "other: pandas DataFrame" not in sent
    assert sent.endswith("be brief")
    assert "site-packages" not in sent


@pytest.mark.parametrize(
    "code", ["penguin.mean()", "import json\njson.loads('{')", "sum([1, '2'])", "(1).reall"]
)
def test_a_failure_is_told_alike_by_every_python(shell: Shell, code: str) -> None:
    """No marks, no guesses and no path of the interpreter: a recorded answer is found again."""
    with scripted("Rename it.") as client:
        shell.ip.run_cell("penguins = real = 1\n" + code, store_history=True)
        shell.ip.run_cell("%glm fix", store_history=True)
    sent = client.requests[0].messages[-1].content
    assert "Error" in sent
    assert "^" not in sent
    assert "Did you mean" not in sent
    assert "lib/python3" not in sent


def test_fix_without_a_failure_says_so(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """With nothing to fix, nothing is sent."""
    for name in ("last_exc", "last_value"):
        monkeypatch.delattr(f"sys.{name}", raising=False)
    with scripted() as client:
        assert "No cell has failed" in shell.run("%glm fix")
    assert not client.requests


def test_a_failure_is_kept_as_text(shell: Shell) -> None:
    """Remembering a failure keeps no variable of the failed cell alive."""
    import gc
    import weakref

    class Big:
        pass

    big = Big()
    watch = weakref.ref(big)
    shell.ip.user_ns["fails"] = _failing
    shell.ip.user_ns["big"] = big
    shell.run("fails(big)")
    del big
    shell.run("del big")
    shell.run("1/0")  # Python itself keeps the last exception
    gc.collect()
    assert watch() is None


def _failing(value: Any) -> None:
    raise ValueError("on purpose")


def test_hidden_columns_never_leave(shell: Shell) -> None:
    """`%glm hide` takes columns out of every description, rows included, and tells the user."""
    shell.ip.user_ns["sales"] = sales()
    shell.run("%glm hide sales.email")
    sent, printed = ask(shell, "%%glm --once --frame sales --rows 3\nhi")
    assert "email" not in sent
    assert "@example" not in sent
    assert "hidden by the user" in sent
    assert "email" in printed
    assert "email" not in ask(shell, "%%glm --once\nlook at @sales")[0]


def test_hiding_is_listed_undone_and_by_pattern(shell: Shell) -> None:
    """Patterns work for all frames; `--reset` forgets them; everything at once is refused."""
    shell.ip.user_ns["sales"] = sales()
    shell.run('%glm hide "*_id"')
    assert "store_id" not in ask(shell, "%%glm --once --frame sales\nhi")[0]
    assert "*_id" in shell.run("%glm hide")
    shell.run("%glm hide --reset")
    assert "store_id" in ask(shell, "%%glm --once --frame sales\nhi")[0]
    assert "every column" in shell.run('%glm hide "*"')


def test_a_pattern_that_fits_nothing_is_told(shell: Shell) -> None:
    """A misspelt column is kept as a pattern, and the user hears that nothing fits it now."""
    shell.ip.user_ns["sales"] = sales()
    assert "sales.emial fits no column" in shell.run("%glm hide sales.emial")
    assert "fits no column" not in shell.run("%glm hide sales.email")


def test_secrets_in_cells_stay_here(shell: Shell) -> None:
    """A private key over several lines and a token in a cell are taken out, and counted."""
    pem = "-----BEGIN PRIVATE KEY-----\n" + "A" * 64 + "\n-----END PRIVATE KEY-----"
    shell.ip.run_cell(f"print({pem!r})\ntoken = 'ghp_{'a1' * 18}'", store_history=True)
    with scripted("a") as client:
        printed = shell.ip.run_cell("%%glm --once --cells 1 --out said\nhi", store_history=True)
    assert printed.success
    sent = client.requests[0].messages[-1].content
    assert "AAAA" not in sent
    assert "a1a1" not in sent
    assert any("private key" in note for note in shell.ip.user_ns["said"].turn.attachments[0].notes)


def test_a_column_that_looks_personal_may_be_allowed(shell: Shell) -> None:
    """`%glm hide --allow` shows frequent values of a column that only looks personal."""
    shell.ip.user_ns["sales"] = sales().assign(email=["shop@example.com"] * 1000)
    assert "shop@" not in ask(shell, "%%glm --once --frame sales\nhi")[0]
    shell.run("%glm hide --allow sales.email")
    assert "shop@" in ask(shell, "%%glm --once --frame sales\nhi")[0]


def test_patterns_with_a_frame_are_for_that_frame() -> None:
    """A pattern such as sales.email hides a column in that frame; dotted names work too."""
    variables = {"sales": [1], "stores": [1], "anything": [1]}
    hiding = Hiding(["sales.email", "*_name", "st*.x"], names=lambda: variables)
    hidden = {name: hiding.of(value, name)[0] for name, value in variables.items()}
    assert "email" in hidden["sales"]
    assert "email" not in hidden["stores"]
    assert "x" in hidden["stores"]
    assert "*_name" in hidden["anything"]


def test_shared_key_columns_are_pointed_out(shell: Shell) -> None:
    """Two frames with a column of one name and common values are told to be joinable by it."""
    stores = pandas.DataFrame({"store_id": range(500), "region": ["x"] * 500})
    shell.ip.user_ns |= {"sales": sales(), "stores": stores}
    sent, printed = ask(shell, "%%glm --once\nJoin @sales and @stores")
    assert "sales.store_id and stores.store_id share values: 50%" in sent
    assert "sales.region and" not in sent
    assert "1 shared column" in printed
    assert "share values" not in ask(shell, "%%glm --once --schema\nJoin @sales and @stores")[0]
    shell.run('%glm hide "store_id"')
    assert "store_id" not in ask(shell, "%%glm --once\nJoin @sales and @stores")[0]


def test_context_shows_parts_and_costs_and_sends_nothing(shell: Shell) -> None:
    """`%glm context` lists what a question would take along; alone, what could be attached."""
    shell.ip.user_ns["sales"] = sales()
    with scripted() as client:
        alone = shell.run("%glm context")
        parts = shell.run("%glm context --frame sales how many?")
    assert not client.requests
    assert "sales" in alone
    assert "tokens, schema" in alone
    for part in ("system prompt", "sales", "prompt", "together"):
        assert part in parts


def test_the_footer_says_what_was_sent_before(shell: Shell) -> None:
    """A description that an earlier turn of the request holds is not sent twice, nor counted."""
    shell.ip.user_ns["sales"] = sales()
    with scripted("yes", "no") as client:
        shell.run("%%glm --frame sales\nhi")
        printed = shell.run("%%glm --frame sales\nand now?")
    assert client.requests[1].messages[-1].content == "and now?"
    assert "sales (1,000 × 3, values) sent before" in printed


@pytest.mark.parametrize("level", ["schema", "stats", "values"])
def test_the_level_can_be_set_for_the_notebook(shell: Shell, level: str) -> None:
    """`%config GLM.frame_detail` holds for each question; an option stands above it."""
    shell.ip.user_ns["sales"] = sales()
    shell.run(f'%config GLM.frame_detail = "{level}"')
    assert f"(level: {level})" in ask(shell, "%%glm --once\nlook at @sales")[0]
    assert "(level: stats)" in ask(shell, "%%glm --once --stats --frame sales\nhi")[0]


def test_context_says_what_the_conversation_holds_already(shell: Shell) -> None:
    """A frame that was sent before, unchanged, costs nothing again."""
    shell.ip.user_ns["sales"] = sales()
    with scripted("yes"):
        shell.run("%%glm --frame sales\nhi")
        parts = shell.run("%glm context --frame sales and now?")
    assert "conversation" in parts
    assert "sent before" in parts


def test_several_frames_share_one_budget(shell: Shell) -> None:
    """Ten wide frames together stay near the budget of one question."""
    wide = pandas.DataFrame({f"column_{chr(97 + n % 26)}_{n}": range(50) for n in range(300)})
    shell.ip.user_ns |= {f"frame{n}": wide.rename(columns=str.upper) for n in range(10)}
    names = " ".join(f"@frame{n}" for n in range(10))
    with scripted("yes"):
        question = workbench().question(names, {f"frame{n}": wide for n in range(10)})
    assert sum(one.tokens for one in question.attachments) <= 4500
