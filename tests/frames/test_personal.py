"""Which headers and values are taken for personal: what is found, and what is missed."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from glm_magic.frames import describe
from glm_magic.frames.columns import Column, Distinct
from glm_magic.frames.personal import is_personal_header, is_personal_text, is_secret_name
from glm_magic.frames.top_values import has_few_values

PERSONAL_HEADERS = """
name|Full Name|CustomerName|first_name|Nachname|Geburtsdatum|姓名|nombre|prénom|nom de famille
email|E-Mail|customerEmail|CUSTOMER_EMAIL|Phone No.|guardian_phone|mobile|Handynummer|telefon
home_address|Straße|zip_code|PLZ|IBAN|credit_card|account_number|ssn|passport_no|tax_id
date_of_birth|DOB|ip_address|patient_id|username|twitter_handle|emergency_contact|next_of_kin
"""
PLAIN_HEADERS = """
product_name|productName|filename|country|species|studyName|station_name|gene_name|film_name
email_verified|email_count|has_phone|phone_model|account_balance|account_type|n_names|IP_rating
telescope|hotel|zipper|telemetry|nominal|chip|trip_distance|status|region|genre|title|id|sku|url
age|sex|island|bill_length_mm|Unnamed: 0|od280/od315_of_diluted_wines|birth_rate|cell_count
"""
SECRET_HEADERS = """
password|Password|user_password|userPassword|API key|api-key|apiKey|accessToken|private_key|pwd_hash
"""
# Known and kept: the words alone do not tell them apart.
MISSED_HEADERS = "cust_nm|lat_home|Kd.-Bez.|who"
TAKEN_HEADERS = "street_lights|mobile_home_price|mail_order"

PERSONAL_VALUES = """
ann@example.org|Ann <ann@example.org>|mailto:ann@example.org|+49 170 1234567|+1 (415) 555-0132
(415) 555-0132|415-555-0132|415.555.0132|0170 1234567|030/1234567|020 7946 0958|06 12 34 56 78
13812345678|+86 138 1234 5678|(0)30 12345678|DE89 3704 0044 0532 0130 00|GB29NWBK60161331926819
11010519491231002X|078-05-1120|4111 1111 1111 1111|378282246310005|192.168.0.1|2001:db8::1
"""
PLAIN_VALUES = """
2024-01-31|31.12.2024|12/31/2024|2024 01 31|2020-2021|2024-01-31 10:30:00|202401311030|10:30:00
12.5|1,234.56|1 234 567|1.234.567|1.234.567,89|10 000 000 000|1234567|000000001|0000123456|1e-05
Adelie|SKU-12345|A-100-200|100-200|1.2.3|v1.10.2|1.0.0.1000|00:1A:2B:3C:4D:5E|R2-D2|#FF00AA|@ home
550e8400-e29b-41d4-a716-446655440000|978-3-16-148410-0|52.5200, 13.4050|52.5200 13.4050|10.1000/182
EN123456789012345|AB12CDEFGHIJKLMNOP|DE00370400440532013000|4111111111111112|1234567890123456789
"""
# Known and kept: numbers that only their column tells from a telephone's.
TAKEN_VALUES = "0306406152|12 34 56 78 90|123 456 789"


def _each(text: str) -> list[str]:
    return [part for line in text.split("\n") for part in line.split("|") if part]


@pytest.mark.parametrize("header", _each(PERSONAL_HEADERS))
def test_personal_headers_are_found(header: str) -> None:
    """In five languages and every spelling of several words."""
    assert is_personal_header(header)


@pytest.mark.parametrize("header", _each(PLAIN_HEADERS))
def test_plain_headers_are_left_alone(header: str) -> None:
    """A thing's name, a figure about an address, a word that only begins like one."""
    assert not is_personal_header(header)


@pytest.mark.parametrize("value", _each(PERSONAL_VALUES))
def test_personal_values_are_found_under_any_header(value: str) -> None:
    """Addresses and numbers of persons are never shown, however frequent, unless allowed."""
    assert is_personal_text(value)
    frame = pl.DataFrame({"code": [value] * 20})
    text = describe(frame, "frame").text
    assert value not in text
    assert "(personal?)" in text


@pytest.mark.parametrize("value", _each(PLAIN_VALUES))
def test_plain_values_are_shown(value: str) -> None:
    """Days, amounts, versions, keys of other tables, coordinates, numbers with wrong digits."""
    assert not is_personal_text(value)
    assert "(personal?)" not in describe(pl.DataFrame({"code": [value] * 20}), "frame").text


CARDS = [4111111111111111, 5555555555554444, 4012888888881881]
NUMBERS = {
    "card": CARDS,
    "mobile": [13800138000, 13912345678, 13712345678],
    "resident": [110101199003070012, 110101198503070037, 110101197003070050],
}
MAKERS: dict[str, Any] = {
    "pandas": lambda numbers: pd.DataFrame({"code": numbers}),
    "missing": lambda numbers: pd.DataFrame({"code": [*map(float, numbers), None]}),
    "decimals": lambda numbers: pd.DataFrame({"code": list(map(Decimal, numbers))}),
    "objects": lambda numbers: pd.DataFrame({"code": [*numbers, "text"]}),
    "polars": lambda numbers: pl.DataFrame({"code": numbers}),
    "arrow": lambda numbers: pa.table({"code": numbers}),
}


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("kind", NUMBERS)
@pytest.mark.parametrize("level", ["stats", "values"])
def test_numbers_of_persons_are_found_where_they_are_numbers(
    make: str, kind: str, level: str
) -> None:
    """A file that is read makes numbers of them: no range, no quartile, no frequent value."""
    frame = MAKERS[make](NUMBERS[kind] * 20)
    text = describe(frame, "f", level=level, quantiles=True).text
    assert "(personal?)" in text
    assert not any(str(number)[:6] in text for number in NUMBERS[kind])
    assert not any(str(float(number))[:4] in text for number in NUMBERS[kind])
    assert "(personal?)" not in describe(frame, "f", level=level, allowed=["code"]).text


@pytest.mark.parametrize(
    "numbers",
    [
        range(10**15, 10**15 + 500),
        [1_700_000_000_000 + 977 * i for i in range(500)],
        [4_000_000_000_000_000 + 7919 * i for i in range(500)],
        [17179869184] * 20,
        [2.5e12 + i / 3 for i in range(60)],
        [*CARDS, 1, 2, 3, 4],
    ],
    ids=["ids", "milliseconds", "long ids", "one size", "fractions", "a few"],
)
def test_other_long_numbers_are_shown(numbers: Any) -> None:
    """Keys, moments and sizes: a tenth of the long ones pass for a card's by chance."""
    assert "(personal?)" not in describe(pl.DataFrame({"code": numbers}), "f").text


def test_the_known_mistakes_are_these() -> None:
    """What the net misses and what it takes by mistake, so that a change of either is seen."""
    assert not any(map(is_personal_header, _each(MISSED_HEADERS)))
    assert all(map(is_personal_header, _each(TAKEN_HEADERS)))
    assert all(map(is_personal_text, _each(TAKEN_VALUES)))


def test_a_tenth_of_a_column_is_enough() -> None:
    """A free text in which some addresses stand is personal as a whole."""
    cells = ["no contact"] * 88 + ["write to ann@example.org"] * 12
    text = describe(pl.DataFrame({"note": cells}), "frame").text
    assert "no contact" not in text
    assert "(personal?)" in text


@pytest.mark.parametrize("level", ["schema", "stats", "values"])
def test_no_level_shows_a_personal_range(level: str) -> None:
    """Numbers and days under a personal header have no smallest and no largest."""
    frame = pl.DataFrame(
        {
            "dob": pl.date_range(pl.date(1971, 3, 1), pl.date(1971, 3, 20), eager=True),
            "account_number": range(777_000, 777_020),
            "IBAN": ["DE89370400440532013000"] * 20,
        }
    )
    text = describe(frame, "frame", level=level, quantiles=True).text
    assert "1971" not in text
    assert "777" not in text
    assert "DE89" not in text
    assert text.count("(personal?)") == 3


@pytest.mark.parametrize("header", _each(SECRET_HEADERS))
def test_secrets_by_their_header_are_held_back(header: str) -> None:
    """Passwords, keys and tokens: no value, and the user is told; allowed ones are shown."""
    frame = pl.DataFrame({header: ["changeme"] * 20, "pin_of_password": [4711] * 20})
    attachment = describe(frame, "frame")
    assert "changeme" not in attachment.text
    assert "4711" not in attachment.text
    assert any("Likely personal" in note and header in note for note in attachment.notes)
    assert "changeme" in describe(frame, "frame", allowed=(header,)).text


def test_a_word_that_only_holds_a_secret_is_none() -> None:
    """Passengers, secretaries, and what is said of passwords in numbers of true and false."""
    headers = "passenger_count|secretary|passes|tokens|keyword|primary_key"
    assert not any(map(is_secret_name, _each(headers)))
    frame = pl.DataFrame({"has_password": [True] * 20})
    assert "(personal?)" not in describe(frame, "frame").text


def test_values_of_personal_columns_are_not_even_counted() -> None:
    """What is not known cannot leave."""
    column = Column("email", "str", "text", distinct=Distinct(3, 300))
    assert has_few_values(column)
    assert not has_few_values(replace(column, personal=True))
