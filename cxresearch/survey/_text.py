"""Text from files and users as it may be shown: control characters escaped, long values cut."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

LONGEST_MESSAGE = 2_500  # characters of one message that lists many things
LONGEST = 40  # characters of a foreign value that a message shows


def shown(value: Any, longest: int = LONGEST) -> str:
    r"""Return a value as a message may show it.

    Examples
    --------
    >>> shown("a" * 100)
    "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…' (100 characters)"
    >>> shown(4.0), shown("ring\x07")
    ('4', "'ring\\x07'")
    """
    if isinstance(value, bool) or value is None:
        return str(value)
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, int):
        return str(value)
    text = value if isinstance(value, str) else str(value)
    cut = text[:longest]
    body = repr(cut + "…") if len(text) > longest else repr(cut)
    body = body if isinstance(value, str) else body[1:-1]
    return f"{body} ({len(text):,} characters)" if len(text) > longest else body


def rows(count: int) -> str:
    """Return a count of rows in words."""
    return "1 row" if count == 1 else f"{count:,} rows"


def shortened(lines: Sequence[str], rest: str, most: int = LONGEST_MESSAGE) -> list[str]:
    """Return the lines of a message up to about `most` characters, then how many more there are."""
    kept: list[str] = []
    for line in lines:
        if kept and sum(map(len, kept)) + len(line) > most:
            return [*kept, f"... and {len(lines) - len(kept):,} more; {rest}."]
        kept.append(line)
    return kept
