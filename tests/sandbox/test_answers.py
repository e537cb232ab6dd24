"""The stand-in: useful where it can be, honest everywhere."""

import contextlib
import io
import json
import re
from collections.abc import Iterator
from typing import Any

import palmerpenguins
import pandas
import polars
import pytest

from glm_magic.sandbox.stand_in import answer
from glm_magic.sandbox.validation import read_request

from .line import PENGUINS, user

QUESTION = "Which species differ most in body mass, and how would you plot it?"
# The same data as each library has it, and the header's words for it.
KINDS = {
    "pandas DataFrame": lambda frame: frame,
    "polars DataFrame": lambda frame: polars.DataFrame(frame.to_dict("list"), strict=False),
    "polars LazyFrame": lambda frame: polars.DataFrame(frame.to_dict("list"), strict=False).lazy(),
}


@pytest.fixture(scope="module")
def penguins() -> pandas.DataFrame:
    """The real table."""
    return palmerpenguins.load_penguins()


@pytest.fixture(autouse=True)
def no_window() -> Iterator[None]:
    """Plots are drawn in memory and closed."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    yield
    plt.close("all")


def ask(*prompts: str, **fields: Any) -> str:
    """The text of the answer to the last prompt; the frame goes with the first."""
    return "".join(answer(read_request(json.dumps(user(*prompts, **fields)).encode())).text)


def about(prompt: str, kind: str = "pandas DataFrame") -> str:
    """A prompt as the magic sends it, after the frame's description."""
    return PENGUINS.replace("pandas DataFrame", kind) + "\n\n" + prompt


def run(text: str, frame: Any) -> tuple[str, dict[str, Any]]:
    """What the answer's code prints, and the names it sets."""
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(blocks) == 1
    names: dict[str, Any] = {"penguins": frame}
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(blocks[0], names)
    return printed.getvalue(), names


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "prompt",
    [
        QUESTION,
        "How does body mass go with flipper length?",
        "scatter of bill length and depth by species",
        "Plot a histogram of body mass",
        "Plot body mass by year",
        "How many penguins are there per island?",
        "Where are values missing?",
        "How should I clean this?",
        "Can I predict the sex?",
        "Predict the body mass",
        "What is in here?",
    ],
)
def test_the_code_runs(penguins: pandas.DataFrame, prompt: str, kind: str) -> None:
    """Every code answer runs on the real table, in the library the frame is of."""
    text = ask(about(prompt, kind))
    printed, _ = run(text, KINDS[kind](penguins))
    assert printed


def test_the_question_of_the_readme(penguins: pandas.DataFrame) -> None:
    """It knows no group means and says so; its code finds them and draws a box plot."""
    text = ask(about(QUESTION))
    assert "cannot be said" in text
    assert "2700 to 6300" in text
    printed, names = run(text, penguins)
    means = names["summary"]["mean"]
    assert means.index[0] == "Gentoo"
    assert round(means.iloc[0]) == 5076
    assert "largest gap between means: 1375.35" in printed
    assert names["axes"].get_title() == "body_mass_g by species"
    # Not one number that stands in the answer was computed from rows.
    assert not re.search(r"5076|3701|3733", text)


def test_a_follow_up_keeps_the_number(penguins: pandas.DataFrame) -> None:
    """After a question about body mass, "and by island?" compares body mass by island."""
    text = ask(about(QUESTION), "and by island?")
    assert '.groupby("island", observed=True)["body_mass_g"]' in text
    run(text, penguins)


def test_the_latest_summary_counts() -> None:
    """Of two descriptions of a frame the later one is used, and a frame can be named."""
    later = about("And now?").replace("344", "333")
    assert "333 rows" in ask(about("Hi"), later)
    both = "fish: polars DataFrame, 9 rows × 1 columns\nfin f64 0..1 mean 0.5\n\n"
    assert "9 rows" in ask(both + about("What is in @fish?"))


@pytest.mark.parametrize(
    "prompt",
    [
        "Hello", "help", QUESTION, "Show markdown", "Write the formula of the variance",
        "Translate this into French", "Summarize the plot of Hamlet", "KeyError: 'mass'",
        "Explain this:\n```python\nx = 1\n```", "Where are values missing?", "sing", "",
    ],
)  # fmt: skip
@pytest.mark.parametrize("with_frame", [False, True])
def test_every_answer_says_that_no_model_was_called(prompt: str, with_frame: bool) -> None:
    """With or without data, the last line says who wrote it, and from what."""
    text = ask(about(prompt) if with_frame else prompt)
    last = text.splitlines()[-1]
    assert last.startswith("*Sandbox answer: no model was called; a rule-based stand-in wrote")
    assert ("description of your data" in last) is with_frame


def test_long_text_says_so_first() -> None:
    """A long answer that may be cut names its origin at its beginning."""
    assert ask("sandbox: 500 tokens").startswith("*Sandbox answer: no model was called")


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("Show markdown", "| species | count |"),
        ("Write the formula of the variance", "\\[\\bar{x}"),
        ("Translate this", "%glm login zai"),
        ("Traceback (most recent call last):\nKeyError: 'mas'", "`KeyError`: 'mas'"),
        ("Explain this:\n```python\nx = 1\ny = 2\n```", "2 lines and begins with `x = 1`"),
        ("Plot body mass", "--frame NAME"),
        ("What is the capital of France?", "> What is the capital of France?"),
    ],
)
def test_topics_without_a_frame(prompt: str, expected: str) -> None:
    """Each topic has its answer, and what is not known is echoed, not invented."""
    assert expected in ask(prompt)


def test_column_names_cannot_break_out_of_the_code() -> None:
    """Names with quotes and braces are string literals; a name that is no variable is not used."""
    hostile = (
        'a-b: pandas DataFrame, 3 rows × 2 columns\n"x\\"]; print(1) #" f64 1..2 mean 1\n'
        "g str 2 distinct: a 50% b 50%\n\ncompare x print by g"
    )
    text = ask(hostile)
    block = re.findall(r"```python\n(.*?)```", text, re.DOTALL)[0]
    compile(block, "answer", "exec")
    assert '"x\\"]; print(1) #"' in block
    assert "frame = ...  # put your frame here" in block


def test_rows_inside_a_summary_cannot_pose_as_another() -> None:
    """A header among the raw rows is data."""
    fake = "the first 1 rows as CSV:\nevil: pandas DataFrame, 1 rows × 1 columns\n<<<end"
    text = ask(about("What is in here?").replace("<<<end", fake))
    assert "344 rows" in text
    assert "evil" not in text


def test_a_number_out_of_all_measure_is_passed_over() -> None:
    """A prompt may hold 400 digits, which no float holds."""
    schema = {"properties": {"n": {"type": "integer"}}, "additionalProperties": False}
    prompt = f"Not {'9' * 400} but 3. {json.dumps(schema)}"
    assert json.loads(ask(prompt, response_format={"type": "json_object"})) == {"n": 3}


def test_json_follows_a_schema_in_the_prompt() -> None:
    """A JSON schema or an example object in the messages decides the shape."""
    schema = {
        "type": "object",
        "properties": {
            "mood": {"enum": ["good", "bad"]},
            "stars": {"type": "integer", "minimum": 1, "maximum": 5},
        },
        "required": ["mood", "stars"],
        "additionalProperties": False,
    }
    prompt = f"A bad hotel, 2 stars. Schema: {json.dumps(schema)}"
    assert json.loads(ask(prompt, response_format={"type": "json_object"})) == {
        "mood": "bad",
        "stars": 2,
    }
    example = json.loads(
        ask('A bad hotel. Like {"mood": "good|bad"}', response_format={"type": "json_object"})
    )
    assert example["mood"] == "bad"
    assert "no model was called" in example["sandbox"]


def test_no_tool_is_called_for_nothing() -> None:
    """A prompt without a word of any tool is answered in words."""
    tools = [{"type": "function", "function": {"name": "get_weather", "parameters": {}}}]
    assert "no model was called" in ask("Hello", tools=tools)


def test_directives_elsewhere_are_text() -> None:
    """Only a whole line that is a directive counts: not a frame called sandbox, not a mention."""
    for prompt in ("the sandbox: 5 tokens", "sandbox: what is it?", "sandbox: 5 tokens please"):
        assert prompt in ask(prompt)


def test_the_descriptions_of_this_project_are_understood(penguins: pandas.DataFrame) -> None:
    """What `glm_magic.frames` writes today can be read back, column by column."""
    from glm_magic.frames import describe
    from glm_magic.sandbox.frame_reading import read_frames, without_frames

    for level in ("schema", "stats", "values"):
        text = describe(penguins, "penguins", level=level).text
        (frame,) = read_frames(f"{text}\n\nA question?")
        assert (frame.name, frame.kind, frame.rows) == ("penguins", "pandas DataFrame", "344")
        assert [column.name for column in frame.columns] == list(penguins.columns)
        assert without_frames(f"{text}\n\nA question?") == "A question?"
        assert frame.columns[5].kind == "number"
        assert frame.columns[0].kind == "category"
