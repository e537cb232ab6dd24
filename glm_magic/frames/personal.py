"""Which columns likely hold data about persons, by their header or the look of their values.

A net, not a proof: it misses names in free text and flags some harmless columns. A flagged column
only loses its values in the description; its name and type are always shown.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# Words of a header, in the languages of likely users. A whole word must match: "telescope" is
# no "tel".
_PERSONAL = """
firstname lastname surname forename fullname username nickname middlename maidenname
email mail phone telephone tel mobile cellphone fax
address street addr postcode zip zipcode postal
iban account ssn passport license licence
birth birthday birthdate born dob ip ipaddress patient
vorname nachname familienname telefon handy adresse strasse straße plz geburt geburtstag
geburtsdatum prenom prénom naissance courriel apellido apellidos correo telefono
teléfono direccion dirección nacimiento cognome indirizzo telefoon adres
"""
_PERSONAL_WORDS = frozenset(_PERSONAL.split())
_CHINESE = "姓名 名字 邮箱 邮件 电话 手机 地址 身份证 护照 生日 出生"
_PERSONAL_PARTS = tuple(_CHINESE.split())
# A name may be a thing's: "name" alone counts, "product_name" does not.
_NAME_WORDS = frozenset({"name", "names", "nom", "nombre", "nome"})
_THINGS = """
product file column country city company brand model species event class table field variable
category region state store channel host domain item group team project course subject
common scientific genus island station sensor service metric feature layer dataset
"""
_THING_WORDS = frozenset(_THINGS.split())
# With one of these words a header is about the column beside it: "email_verified".
_ABOUT = "count total sum rate ratio share length len has is type status valid verified"
_ABOUT_WORDS = frozenset(_ABOUT.split())

EMAIL = re.compile(r"[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+")
# Groups of digits with separators; an international prefix; a Chinese or national mobile number.
PHONE = re.compile(
    r"\+\d[\d ()./\-]{6,20}"
    r"|\(?\d{1,4}\)?(?:[ ./\-]\(?\d{2,4}\)?){2,5}"
    r"|\(\d{3}\) ?\d{3}-\d{4}|\d{3}-\d{4}|1[3-9]\d{9}|0\d{8,11}"
)
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
NATIONAL_ID = re.compile(r"\d{17}[\dXx]")
_DATE_LIKE = re.compile(r"\d{4}([-/.])\d{1,2}\1\d{1,2}.*|\d{1,2}([-/.])\d{1,2}\2\d{2,4}.*")

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
    joined = "".join(re.findall(r"[^\W\d_]+", name[:200].lower()))
    return bool(words & _PERSONAL_WORDS or joined in _PERSONAL_WORDS) or any(
        part in name for part in _PERSONAL_PARTS
    )


def is_phone(text: str) -> bool:
    """Whether the whole text looks like a phone number and not like a date."""
    digits = sum(map(str.isdigit, text))
    return bool(7 <= digits <= 19 and PHONE.fullmatch(text) and not _DATE_LIKE.fullmatch(text))


def is_iban(text: str) -> bool:
    """Whether the whole text looks like an IBAN, with or without spaces."""
    # Without the spaces first: one pattern for both would try thousands of ways to split.
    return len(text) <= 42 and _IBAN.fullmatch(text.replace(" ", "")) is not None


def is_personal_text(text: str) -> bool:
    """Whether a text is a phone number, IBAN or national id, or holds an e-mail address."""
    text = text[:200].strip()
    if "@" in text and EMAIL.search(text):
        return True
    if not any(map(str.isdigit, text)):
        return False
    return bool(is_phone(text) or is_iban(text) or NATIONAL_ID.fullmatch(text))


def is_personal_sample(texts: Sequence[str]) -> bool:
    """Whether enough of a column's texts look personal.

    Args:
        texts: Values of the probe, shape (values,).
    """
    hits = sum(map(is_personal_text, texts))
    return bool(texts) and hits / len(texts) >= _PERSONAL_SHARE
