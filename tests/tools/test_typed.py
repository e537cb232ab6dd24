"""Typed answers: what fits becomes a value, what does not is repaired or told, nothing is lost."""

import json
import subprocess
import sys
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import pytest

import glm_magic
from glm_magic.errors import AnswerError, ArgumentError, BudgetError
from glm_magic.sandbox import Sandbox
from glm_magic.testing import scripted
from glm_magic.wiring import workbench
from tests.jupyter.conftest import Shell
from tests.kernel import Kernel

from .schemas import SCHEMAS, WRONG, Invoice
from .wire import bodies

CASES = [(name, way) for name in SCHEMAS for way in WRONG]


@pytest.fixture(autouse=True)
def _fresh() -> Any:
    """A process whose workbench begins empty."""
    workbench.cache_clear()
    yield
    workbench().close()
    workbench.cache_clear()


def test_there_are_as_many_as_promised() -> None:
    """Twenty types, ten ways to be wrong."""
    assert (len(SCHEMAS), len(WRONG)) == (20, 10)


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_right_answer(name: str) -> None:
    """Plain or in a fence, it becomes a value of the type, without a second question."""
    kind, document, value = SCHEMAS[name]
    text = json.dumps(document, ensure_ascii=False)
    with scripted(text, f"Here:\n\n```json\n{text}\n```\n") as client:
        for _ in range(2):
            answer = glm_magic.ask("Read this.", schema=kind, once=True)
            assert answer.value == value
            assert type(answer.value) is type(value)
            assert answer.turn.warnings == ()
    assert len(client.requests) == 2
    assert all(request.json_object for request in client.requests)


@pytest.mark.parametrize(("name", "way"), CASES)
def test_a_wrong_answer_is_repaired(name: str, way: str) -> None:
    """The model is told what is wrong with it, and its second answer counts."""
    kind, document, value = SCHEMAS[name]
    text = json.dumps(document, ensure_ascii=False)
    wrong = WRONG[way](text)
    with scripted(wrong, text) as client:
        answer = glm_magic.ask("Read this.", schema=kind, once=True)
    assert answer.value == value
    assert answer.text == text
    first, second = client.requests
    said, repair = second.messages[len(first.messages) :]
    assert said.content == (wrong.strip("\n") or "(nothing)")
    assert repair.content.startswith("That does not fit the schema: ")
    assert len(repair.content) < 2_000
    assert answer.markdown().startswith("<details><summary>Repaired")


@pytest.mark.parametrize(("name", "way"), list(zip(SCHEMAS, cycle(WRONG), strict=False)))
def test_an_answer_that_stays_wrong(name: str, way: str) -> None:
    """Two repairs, then a clear error; the text is there as it came."""
    kind, document, _ = SCHEMAS[name]
    wrong = WRONG[way](json.dumps(document, ensure_ascii=False))
    with scripted(wrong, wrong, wrong) as client:
        answer = glm_magic.ask("Read this.", schema=kind, once=True)
    assert len(client.requests) == 3
    assert answer.text == wrong
    assert answer.turn.warnings
    with pytest.raises(AnswerError, match=r"answer\.text"):
        answer.value  # noqa: B018 - raises


PRINT = """
from tests.tools.schemas import SCHEMAS
from glm_magic.tools.typed import Typed
for kind, _, _ in SCHEMAS.values():
    print(Typed(kind).text())
"""


def test_the_schema_is_always_the_same_text() -> None:
    """In every process; and questions of one type begin with the same bytes, to be cached."""
    texts = {
        subprocess.run(
            [sys.executable, "-c", PRINT],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True, check=True, text=True, encoding="utf-8",
        ).stdout
        for seed in ("1", "2", "3")
    }  # fmt: skip
    assert len(texts) == 1
    text = json.dumps(SCHEMAS["flat"][1])
    with scripted(text, text) as client:
        glm_magic.ask("One invoice.", schema=Invoice, once=True)
        glm_magic.ask("Another invoice.", schema=Invoice, once=True)
    one, other = (request.messages[-1].content for request in client.requests)
    assert one.removesuffix("One invoice.") == other.removesuffix("Another invoice.")
    assert '"number"' in one


def test_a_repair_is_not_part_of_the_conversation() -> None:
    """Later questions send the answer that counted, as if it had come at once."""
    right = json.dumps(SCHEMAS["flat"][1])
    with scripted("Sorry?", right, "Yes.") as client:
        glm_magic.ask("Read this.", schema=Invoice)
        glm_magic.ask("Sure?")
    assert [one.role for one in client.requests[-1].messages] == [
        "system", "user", "assistant", "user",
    ]  # fmt: skip
    assert client.requests[-1].messages[2].content == right


class WordlessError(Exception):
    """Cannot say what is wrong."""

    def __str__(self) -> str:
        raise RuntimeError


RATES = {"EUR": 1.0}


@dataclass
class Price:
    """Has checks of its own."""

    currency: str

    def __post_init__(self) -> None:
        if not self.currency:
            raise WordlessError
        RATES[self.currency]


@pytest.mark.parametrize(("wrong", "told"), [("USD", "KeyError: 'USD'."), ("", "WordlessError.")])
def test_a_check_of_the_type_may_fail_in_any_way(wrong: str, told: str) -> None:
    """Whatever it raises is told to the model, which answers again; it is no traceback."""
    with scripted(json.dumps({"currency": wrong}), '{"currency": "EUR"}') as client:
        answer = glm_magic.ask("Read this.", schema=Price, once=True)
    assert answer.value == Price("EUR")
    assert told in client.requests[-1].messages[-1].content


def test_all_rounds_are_paid_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The usage of the repairs is counted, and a repair that would pass the budget is not sent."""
    with scripted("Sorry?", json.dumps(SCHEMAS["flat"][1])):
        answer = glm_magic.ask("Read this.", schema=Invoice, once=True)
    assert answer.usage is not None
    assert answer.usage.completion_tokens > 6
    options: Any = {"budget_tokens": 2_000, "max_tokens": 900, "once": True}
    with scripted("Sorry?", "Sorry?") as client, pytest.raises(BudgetError):
        glm_magic.ask("Read this.", schema=Invoice, **options)
    assert len(client.requests) == 1


@dataclass
class Odd:
    """Holds what JSON has not."""

    shell: Shell


@pytest.mark.parametrize("kind", [Odd, "Invoice", 3, Invoice("a", 1, True)])
def test_what_is_no_type(kind: Any) -> None:
    """Two lines, before anything is sent."""
    with scripted() as client, pytest.raises(ArgumentError) as caught:
        glm_magic.ask("Read this.", schema=kind)
    assert caught.value.remedy
    assert client.requests == []


DEFINED = '''
from dataclasses import dataclass

@dataclass
class Invoice:
    """A bill."""
    number: str
    total: float
'''


def test_from_a_cell(kernel: Kernel, sandbox: Sandbox) -> None:
    """`--schema TYPE` takes the user's own type; `--schema` alone is how much is told of frames."""
    kernel.run(DEFINED)
    ran = kernel.run(
        '%%glm --as json --schema Invoice --out bill\nInvoice number "A-17", total 12', cell="a"
    )
    assert ran.error == ""
    assert kernel.run("print(bill.value)").printed.startswith("Invoice(number='A-17', total=")
    (body,) = bodies(sandbox)
    assert body["response_format"] == {"type": "json_object"}
    assert '"required":["number","total"]' in body["messages"][-1]["content"]
    ran = kernel.run("%glm retry")
    assert ran.error == ""
    assert bodies(sandbox)[-1] == body
    ran = kernel.run("%%glm --schema Invoise\nhi", cell="b")
    assert "Invoice" in ran.error.replace("Invoise", "")
    assert "Traceback" not in ran.error
    ran = kernel.run("%glm ask --schema=Invoice Invoice number B-2, total 3", cell="c")
    assert ran.error == ""
    assert '{"number":' in ran.outputs[-1]["data"]["text/markdown"]


def test_an_answer_that_stays_wrong_in_a_cell(kernel: Kernel) -> None:
    """The answer is shown and bound, with a warning; the error is two lines."""
    kernel.run(DEFINED)
    ran = kernel.run("%%glm --schema Invoice --out bill\nsandbox: echo\nhello", cell="a")
    assert "AnswerError" in ran.error
    assert "The answer is no Invoice" in ran.error
    assert "Traceback" not in ran.error
    assert kernel.run("print(bill.turn.steps[0].content)").printed.endswith("hello\n")
    assert "no model was called" in kernel.run("print(bill.text)").printed
