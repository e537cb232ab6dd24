"""Which columns likely hold data about persons, by their header or the look of their values.

A net, not a proof: it misses names in free text and flags some harmless columns. A flagged column
only loses its values in the description; its name and type are always shown. Headers of passwords
and keys are flagged as those of persons are.
"""

from __future__ import annotations

import re
from decimal import Decimal
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

# Words of a header, in the languages of likely users. A whole word must match: "telescope" is
# no "tel".
_PERSONAL = """
firstname lastname surname forename fullname username nickname middlename maidenname login handle
email mail phone telephone tel mobile cellphone fax
address street addr postcode zip zipcode postal
iban account creditcard ssn nhs passport license licence signature
birth birthday birthdate born dob ip ipaddress patient kin
vorname nachname familienname telefon telefonnummer handy handynummer adresse strasse straße
hausnummer plz geburt geburtstag geburtsdatum kontonummer steuerid steuernummer
prenom prénom naissance courriel apellido apellidos correo telefono
teléfono direccion dirección nacimiento cognome indirizzo telefoon adres
"""
_PERSONAL_WORDS = frozenset(_PERSONAL.split())
_CHINESE = "姓名 名字 邮箱 邮件 电话 手机 地址 身份证 护照 生日 出生"
_PERSONAL_PARTS = tuple(_CHINESE.split())
# Words that mean persons together, and words that do so when they are all of a header.
_PAIRS = (
    {"credit", "card"},
    {"card", "number"},
    {"cc", "number"},
    {"social", "security"},
    {"tax", "id"},
    {"national", "id"},
    {"contact", "person"},
    {"emergency", "contact"},
)
_ROLES = frozenset(
    {"author", "cell", "contact", "doctor", "employee", "passenger", "person", "teacher"}
)
# A name may be a thing's: "name" alone counts, "product_name" does not.
_NAME_WORDS = frozenset({"name", "names", "nom", "nombre", "nome"})
_THINGS = """
product file column country city brand company model species event class table field variable
category region state store channel host domain item group team project course subject
common scientific genus island station sensor service metric feature layer dataset study
film movie book song album game app package module function parameter page sheet server network
place river lake mountain park county district school university college hospital airport hotel
restaurant bank ship gene protein drug disease unit device machine software job role department
"""
_THING_WORDS = frozenset(_THINGS.split())
# With one of these words a header is about the column beside it: "email_verified".
_ABOUT = """
count total sum rate ratio share length len has is type status valid verified n size balance
model os version traffic session sessions calls volume rating usage software
"""
_ABOUT_WORDS = frozenset(_ABOUT.split())

EMAIL = re.compile(r"[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+")
# Groups of digits with separators; an international prefix; a Chinese or national mobile number.
PHONE = re.compile(
    r"\+\d[\d ()./\-]{6,20}"
    r"|\(?\d{1,4}\)?(?:[ ./\-]\(?\d{2,4}\)?){2,5}"
    r"|\(\d{3}\) ?\d{3}-\d{4}|\d{3}-\d{4}|1[3-9]\d{9}|0[1-9]\d{7,10}"
    r"|(?:\(0\d{0,5}\) ?|0\d{1,5}[ /\-])[1-9]\d{0,4}[ /\-]?\d{4,9}"
)
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
_CARD = re.compile(r"[3-6]\d{3}(?:[ \-]?\d){9,15}")
_IP = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}")
# A Chinese resident's number holds the day of birth.
NATIONAL_ID = re.compile(
    r"[1-9]\d{5}(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]"
)
_MOBILE = re.compile(r"1[3-9]\d{9}")
# What has the digits and separators of a phone number: days, thousands, coordinates, DOIs.
_NO_PHONE = re.compile(
    r"\d{4}([-/. ])\d{1,2}\1\d{1,2}.*|\d{1,2}([-/. ])\d{1,2}\2(?:19|20)?\d{2}"
    r"|\d{1,2}(?:[ .]\d{3})+|\d{1,3}\.\d+[ /]\d{1,3}\.\d+|10\.\d{4,9}/.*"
)

# Names of what must not be known, for whole names, and for what stands in front of "=" in a text.
SECRETS = r"(?:pass(?:word|wd|phrase)|pwd|secret|credential|(?:api|access|private)_?key"
SECRETS += r"|(?:auth|access|api|bearer)_?token)s?"
_SECRET_NAME = re.compile(rf"(?:\w*_)?(?:{SECRETS})(?:_\w*)?", re.I)

# So large a share of the probe's values must look personal.
_PERSONAL_SHARE = 0.1


def is_personal_header(name: str) -> bool:
    """Whether a column's name says that it holds data about persons."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name[:200])
    words = set(re.findall(r"[^\W\d_]+", spaced.lower()))
    if words & _ABOUT_WORDS:
        return False
    if words & _NAME_WORDS and not words & _THING_WORDS:
        return True
    if any(pair <= words for pair in _PAIRS) or (len(words) == 1 and words <= _ROLES):
        return True
    joined = "".join(re.findall(r"[^\W\d_]+", name[:200].lower()))
    return bool(words & _PERSONAL_WORDS or joined in _PERSONAL_WORDS) or any(
        part in name for part in _PERSONAL_PARTS
    )


def is_secret_name(name: str) -> bool:
    """Whether a name says that a password, key or token stands under it: "apiKey", "API key"."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|\W+", "_", name[:200])
    return any(map(_SECRET_NAME.fullmatch, (name, spaced)))


def is_phone(text: str) -> bool:
    """Whether the whole text looks like a phone number and not like a date."""
    digits = sum(map(str.isdigit, text))
    return bool(7 <= digits <= 19 and PHONE.fullmatch(text) and not _NO_PHONE.fullmatch(text))


def is_iban(text: str) -> bool:
    """Whether the whole text is an IBAN, with or without spaces; its check digits are right."""
    # Without the spaces first: one pattern for both would try thousands of ways to split.
    plain = text.replace(" ", "") if len(text) <= 42 else ""
    if _IBAN.fullmatch(plain) is None:
        return False
    return int("".join(str(int(each, 36)) for each in plain[4:] + plain[:4])) % 97 == 1


def is_card(text: str) -> bool:
    """Whether the whole text is a payment card's number; its check digit is right."""
    if _CARD.fullmatch(text) is None:
        return False
    digits = [int(each) for each in reversed(text) if each.isdigit()]
    doubled = (2 * each - 9 * (each > 4) for each in digits[1::2])
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def is_ip(text: str) -> bool:
    """Whether the whole text is an address on the internet, which may be a person's."""
    if _IP.fullmatch(text) is None:
        return False
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def is_personal_text(text: str) -> bool:
    """Whether a text is a number or address of a person, or holds an e-mail address."""
    text = text[:200].strip()
    if "@" in text and EMAIL.search(text):
        return True
    if not any(map(str.isdigit, text)):
        return ":" in text and is_ip(text)
    found = is_phone(text) or is_iban(text) or is_card(text) or is_ip(text)
    return found or NATIONAL_ID.fullmatch(text) is not None


def is_personal_number(value: object, *, alone: bool = False) -> bool:
    """Whether a whole number has the digits of a card, of a resident or of a mobile telephone.

    Args:
        value: Anything.
        alone: Whether nothing but this one number is known: then a telephone's could be a size.
    """
    number = _whole(value)
    if number is None:
        return False
    text = str(number)
    known = is_card(text) or NATIONAL_ID.fullmatch(text)
    return bool(known or (not alone and _MOBILE.fullmatch(text)))


def _whole(value: Any) -> int | None:
    """Its number, if it is whole and as long as such are; of other objects nothing is asked."""
    kind = type(value)
    if not (kind is int or kind is float or (kind is Decimal and not value.is_nan())):
        return None
    return int(value) if 10**10 <= value < 10**19 and int(value) == value else None


def are_personal_numbers(values: Sequence[object]) -> bool:
    """Whether half of a column's numbers look personal: a tenth of all long ones pass for a card's.

    Args:
        values: Values of the probe, shape (values,).
    """
    alone = len(set(map(_whole, values))) == 1
    hits = sum(is_personal_number(value, alone=alone) for value in values)
    return 0 < len(values) <= 2 * hits


def is_personal_sample(texts: Sequence[str]) -> bool:
    """Whether enough of a column's texts look personal.

    Args:
        texts: Values of the probe, shape (values,).
    """
    hits = sum(map(is_personal_text, texts))
    return bool(texts) and hits / len(texts) >= _PERSONAL_SHARE
