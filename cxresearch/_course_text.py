"""Numbers as people type them: with a unit, a percentage sign, thousands marks or a decimal comma."""

from __future__ import annotations

import re

_BLANKS = str.maketrans(
    {"\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2212": "-", "\u2013": "-", "\u2019": "'"}
)
_NUMBER = re.compile(
    r"(?<![\w.])[-+]?(?:[1-9]\d{0,2}(?:[ ',]\d{3})+(?!\d)(?:\.\d+)?|\d+(?:[.,]\d+)?|\.\d+)(?:[eE][-+]?\d+(?!\w))?"
)
_WORD = re.compile(r"(?<!\w)[^\W\d_]\w*")
_MARKS = frozenset("%=~()[]. ")
_TIMES_MORE = re.compile(r"(?<![^\W\d_])(?:k|m|hundred|thousand|million|dozen|half)(?!\w)", re.IGNORECASE)


def numbers_in(text: str, wanted: int = 1) -> list[float]:
    """Return the one or two numbers of a text; an empty list if it holds another number of them, or riddles.

    A comma before three digits marks thousands, unless the number begins with 0; any other comma is a decimal one.

    Examples
    --------
    >>> numbers_in("36,2 %"), numbers_in("1 557 customers"), numbers_in("1,557"), numbers_in("r = -.05")
    ([36.2], [1557.0], [1557.0], [-0.05])
    >>> numbers_in("(0.039, 0.232)", 2), numbers_in("-0.1 to 0,25", 2), numbers_in("0.039-0.232", 2)
    ([0.039, 0.232], [-0.1, 0.25], [0.039, 0.232])
    >>> numbers_in("4 or 5"), numbers_in("1/3"), numbers_in("5k"), numbers_in("abc")
    ([], [], [], [])
    """
    plain = _plain(text)
    found = _NUMBER.findall(plain)
    rest = _NUMBER.sub("", plain)
    marks = set(_WORD.sub("", rest)) <= _MARKS | set(",;-" if wanted > 1 else "")
    if len(found) != wanted or not marks or _TIMES_MORE.search(rest):
        return []
    return [_value(token) for token in found]


def comma_read(text: str) -> str:
    """Return how the commas of a text were read, for the reply; empty if its numbers have none.

    Examples
    --------
    >>> comma_read("36,2 %")
    '`36,2` was read as 36.2: decimals take a point, thousands no mark.'
    >>> comma_read("36.2")
    ''
    """
    with_commas = [token for token in _NUMBER.findall(_plain(text)) if "," in token]
    if not with_commas:
        return ""
    read = " and ".join(f"`{token}` was read as {_value(token):.15g}" for token in with_commas)
    return f"{read}: decimals take a point, thousands no mark."


def _plain(text: str) -> str:
    """Return text with plain blanks and minus signs, a leading sign beside its number."""
    return re.sub(r"^(?:-|minus)\s+", "-", text.translate(_BLANKS).strip())


def _value(token: str) -> float:
    decimal_comma = token.count(",") == 1 and not re.fullmatch(r"[-+]?[1-9]\d{0,2},\d{3}(?:\D.*)?", token)
    if decimal_comma and "." not in token:
        return float(token.replace(",", "."))
    return float(re.sub("[ ',]", "", token))
