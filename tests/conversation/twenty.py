"""A conversation of 20 turns with two frames, as a user might have it; also for the benchmark."""

from collections.abc import Iterator

FRAMES = """\
import pandas
birds = pandas.DataFrame({
    "species": ["Adelie", "Gentoo", "Chinstrap"] * 50,
    "island": ["Biscoe", "Dream"] * 75,
    "grams": range(3000, 6000, 20),
})
sales = pandas.DataFrame({
    "day": pandas.date_range("2025-01-01", periods=120),
    "price": [n / 4 for n in range(120)],
    "shop": ["north", "south", "east"] * 40,
})
"""
_TOPICS = (
    "the mean mass by species", "the same by island", "the heaviest ten", "missing values",
    "a plot of it", "the mean price by shop", "the best day", "a trend", "outliers", "a summary",
)  # fmt: skip


def twenty() -> Iterator[tuple[str, str]]:
    """Options and prompt of each turn; the second frame comes in the middle."""
    for number in range(20):
        frame = "sales" if number >= 10 else "birds"
        options = f"--frame {frame}" if number % 3 == 0 or number == 10 else ""
        yield options, f"Question {number + 1}: show me {_TOPICS[number % 10]}, please."
