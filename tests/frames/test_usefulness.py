"""Whether a description holds what is needed to write the right code: 30 questions with answers.

For every question there is pandas code whose result is the known answer, and the facts somebody
needs who writes this code without having seen the data: names, types, categories, ranges. Each fact
is looked up in the line of its column. What the description does not say, by design, is marked.
"""

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

import pandas as pd
import pytest
from sklearn.datasets import load_wine
from vega_datasets import local_data

from glm_magic.frames import describe

from .samples import line_of, penguins


def cars() -> pd.DataFrame:
    """The cars, read without the reader of vega_datasets, which new versions of pandas warn of."""
    return pd.DataFrame(json.loads(local_data.cars.raw())).astype({"Year": "datetime64[ns]"})


DATASETS = {
    "penguins": penguins,
    "cars": cars,
    "weather": local_data.seattle_weather,
    "wine": lambda: load_wine(as_frame=True).frame,
    "riots": local_data.la_riots,
}


@dataclass(frozen=True)
class Question:
    """A question about a dataset.

    Attributes:
        data: The dataset's name.
        asked: In words.
        code: An expression about `df`.
        answer: What it gives.
        facts: What the line of a column must say, by column.
        missing: A fact that is not told, and so the question cannot be answered safely.
    """

    data: str
    asked: str
    code: str
    answer: Any
    facts: dict[str, tuple[str, ...]]
    missing: str = ""


QUESTIONS = [
    Question(
        "penguins",
        "How much do female Gentoos weigh on average?",
        'df[(df.species == "Gentoo") & (df.sex == "female")].body_mass_g.mean().round(1)',
        4679.7,
        {"species": ("str", "Gentoo"), "sex": ("str", "female"), "body_mass_g": ("f64",)},
    ),
    Question(
        "penguins",
        "How many Chinstraps have flippers longer than 20 cm?",
        '((df.species == "Chinstrap") & (df.flipper_length_mm > 200)).sum()',
        18,
        {"species": ("Chinstrap",), "flipper_length_mm": ("f64", "172..231")},
    ),
    Question(
        "penguins",
        "How do length and depth of the bill correlate among Adelies?",
        'df[df.species == "Adelie"].bill_length_mm.corr(df.bill_depth_mm).round(3)',
        0.391,
        {"species": ("Adelie",), "bill_length_mm": ("f64",), "bill_depth_mm": ("f64",)},
    ),
    Question(
        "penguins",
        "On which island do most Adelies live?",
        'df[df.species == "Adelie"].island.value_counts().idxmax()',
        "Dream",
        {"species": ("Adelie",), "island": ("str", "3 distinct")},
    ),
    Question(
        "penguins",
        "Of how many birds is the sex unknown?",
        "df.sex.isna().sum()",
        11,
        {"sex": ("3.2% missing", "2 distinct")},
    ),
    Question(
        "penguins",
        "How many birds were seen in each year?",
        'df.groupby("year").size().to_dict()',
        {2007: 110, 2008: 114, 2009: 120},
        {"year": ("i64", "2007..2009", "3 distinct")},
    ),
    Question(
        "cars",
        "How many miles per gallon do Japanese cars go?",
        'df[df.Origin == "Japan"].Miles_per_Gallon.mean().round(2)',
        30.45,
        {"Origin": ("str", "Japan"), "Miles_per_Gallon": ("f64", "2% missing")},
    ),
    Question(
        "cars",
        "Which car with eight cylinders is the heaviest?",
        'df[df.Cylinders == 8].nlargest(1, "Weight_in_lbs").Name.item()',
        "pontiac safari (sw)",
        {"Cylinders": ("i64", " 8 "), "Weight_in_lbs": ("i64",), "Name": ("str",)},
    ),
    Question(
        "cars",
        "How many cars are of 1982?",
        "(df.Year.dt.year == 1982).sum()",
        61,
        {"Year": ("datetime", "1970-01-01..1982-01-01")},
    ),
    Question(
        "cars",
        "Of how many cars is the power unknown?",
        "df.Horsepower.isna().sum()",
        6,
        {"Horsepower": ("f64", "1.5% missing", "46..230")},
    ),
    Question(
        "cars",
        "How many cars have the fewest cylinders, three?",
        "(df.Cylinders == 3).sum()",
        4,
        {"Cylinders": ("i64", "3..8")},
    ),
    Question(
        "cars",
        "How often is the Ford Pinto in the table?",
        '(df.Name == "ford pinto").sum()',
        6,
        {"Name": ("str", "lower case")},
    ),
    Question(
        "weather",
        "On how many days did it snow?",
        '(df.weather == "snow").sum()',
        23,
        {"weather": ("str", "5 distinct", "snow")},
    ),
    Question(
        "weather",
        "How much rain fell in 2014?",
        "df[df.date.dt.year == 2014].precipitation.sum().round(1)",
        1232.8,
        {"date": ("datetime", "2012-01-01..2015-12-31"), "precipitation": ("f64", "0..55.9")},
    ),
    Question(
        "weather",
        "Which day was the hottest?",
        'df.loc[df.temp_max.idxmax(), "date"].strftime("%Y-%m-%d")',
        "2014-08-11",
        {"temp_max": ("f64", "-1.6..35.6"), "date": ("datetime", "all distinct")},
    ),
    Question(
        "weather",
        "How many nights had frost?",
        "(df.temp_min < 0).sum()",
        72,
        {"temp_min": ("f64", "-7.1..18.3")},
    ),
    Question(
        "weather",
        "How strong is the wind on days of rain?",
        'df[df.weather == "rain"].wind.mean().round(2)',
        3.67,
        {"weather": ("rain",), "wind": ("f64", "0.4..9.5")},
    ),
    Question(
        "weather",
        "In which month does it drizzle most often?",
        'df[df.weather == "drizzle"].date.dt.month.value_counts().idxmax()',
        1,
        {"weather": ("drizzle",), "date": ("datetime",)},
    ),
    Question(
        "wine",
        "How much alcohol do wines of class 1 have?",
        "df[df.target == 1].alcohol.mean().round(2)",
        12.28,
        {"target": ("i64", "0..2", " 1 "), "alcohol": ("f64",)},
    ),
    Question(
        "wine",
        "What is the most proline in a wine of class 0?",
        "df[df.target == 0].proline.max()",
        1680,
        {"target": ("i64", " 0 "), "proline": ("f64", "278..1680")},
    ),
    Question(
        "wine",
        "Which measure goes along with the class most closely?",
        'df.drop(columns="target").corrwith(df.target).abs().idxmax()',
        "flavanoids",
        dict.fromkeys(("alcohol", "malic_acid", "ash", "magnesium", "hue", "proline"), ("f64",))
        | {"target": ("i64",)},
    ),
    Question(
        "wine",
        "How many wines have a hue below 0.7?",
        "(df.hue < 0.7).sum()",
        28,
        {"hue": ("f64", "0.48..1.71")},
    ),
    Question(
        "wine",
        "What is the median of OD280/OD315?",
        'df["od280/od315_of_diluted_wines"].median().round(2)',
        2.78,
        {'"od280/od315_of_diluted_wines"': ("f64", "1.27..4")},
    ),
    Question(
        "wine",
        "How many flavanoids does each class have on average?",
        'df.groupby("target").flavanoids.mean().round(2).to_dict()',
        {0: 2.98, 1: 2.08, 2: 0.78},
        {"target": ("3 distinct",), "flavanoids": ("f64",)},
    ),
    Question(
        "riots",
        "How many of the dead were not men?",
        '(df.gender != "Male").sum()',
        7,
        {"gender": ("str", "2 distinct", "Male")},
    ),
    Question(
        "riots",
        "How old were the Latino victims on average?",
        'df[df.race == "Latino"].age.mean().round(1)',
        29.7,
        {"race": ("str", "Latino"), "age": ("f64", "15..87")},
    ),
    Question(
        "riots",
        "How many died on 30 April 1992?",
        '(df.death_date == "1992-04-30").sum()',
        28,
        {"death_date": ("datetime", "1992-04-29..1993-11-24")},
    ),
    Question(
        "riots",
        "How many were shot by officers?",
        '(df.type == "Officer-involved shooting").sum()',
        10,
        {"type": ("str", "Officer-involved shooting")},
    ),
    Question(
        "riots",
        "How many deaths had nothing to do with the riots?",
        '(df.type == "Not riot-related").sum()',
        9,
        {"type": ("str", "4 distinct")},
        missing="Not riot-related",  # nine rows: rarer than ten are not told
    ),
    Question(
        "riots",
        "How many died in Koreatown?",
        '(df.neighborhood == "Koreatown").sum()',
        4,
        {"neighborhood": ("str", "title case")},
    ),
]


@cache
def data(name: str) -> pd.DataFrame:
    """A dataset, read once."""
    frame: pd.DataFrame = DATASETS[name]()
    return frame


def told(question: Question) -> bool:
    """Whether every fact is in the description, at its default level and budget."""
    attachment = describe(data(question.data), question.data)
    lines = {name: line_of_quoted(attachment, name) for name in question.facts}
    return all(fact in lines[name] for name, facts in question.facts.items() for fact in facts)


def line_of_quoted(attachment: Any, name: str) -> str:
    """The line of a column with a space behind it, so that a value can be looked up as a word."""
    return line_of(attachment, name) + " "


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.asked)
def test_the_code_gives_the_known_answer(question: Question) -> None:
    """The answers are true: the code, run on the data, gives them."""
    found = eval(question.code, {"df": data(question.data)})
    assert found == question.answer


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.asked)
def test_the_facts_for_the_code_are_told(question: Question) -> None:
    """Names, types, categories and ranges the code needs stand in the lines of their columns."""
    assert told(question)
    assert not question.missing or question.missing not in describe(data(question.data), "d").text


def test_twenty_nine_of_thirty_questions_can_be_answered() -> None:
    """All but one, whose category is too rare to be told; over five datasets, six each."""
    answerable = [question for question in QUESTIONS if told(question) and not question.missing]
    print(f"{len(answerable)} of {len(QUESTIONS)} questions can be answered.")
    assert len(QUESTIONS) == 30
    assert len(answerable) == 29
    assert {name: sum(q.data == name for q in QUESTIONS) for name in DATASETS} == dict.fromkeys(
        DATASETS, 6
    )


def test_people_in_the_data_stay_unnamed() -> None:
    """Of a table of real victims, neither name nor address is told."""
    frame = data("riots")
    text = describe(frame, "riots").text
    for column in ("first_name", "last_name", "address"):
        assert "(personal?)" in next(line for line in text.split("\n") if line.startswith(column))
        assert not [
            value for value in frame[column] if f'"{value}"' in text or f" {value} " in text
        ]
