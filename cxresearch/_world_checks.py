"""Plain checks of a world's dials: each refuses by name what cannot be, says what was given, and the way out."""

from __future__ import annotations

import math
from collections.abc import Iterable
from numbers import Integral, Real

from cxresearch.errors import WorldError

SMALLEST = 1e-9  # share of answers that is still cut off from its neighbours
PERCENT = " These look like per cent: divide by 100."


def number(what: str, value: object, low: float = -math.inf) -> None:
    """Refuse what is no finite number, or one below `low`."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise WorldError(f"{what} must be a number; got {value!r}.")
    if not (math.isfinite(value) and float(value) >= low):
        least = "" if low == -math.inf else f" of {low:g} or more"
        raise WorldError(f"{what} must be a finite number{least}; got {value:g}.")


def share(what: str, value: object) -> None:
    """Refuse what is no number between 0 and 1."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise WorldError(f"{what} must be a number between 0 and 1; got {value!r}.")
    if not 0 <= float(value) <= 1:
        hint = PERCENT if 2 <= float(value) <= 100 else ""
        raise WorldError(f"{what} must lie between 0 and 1; got {value:g}.{hint}")


def whole(what: str, value: object, least: int, why: str = "") -> None:
    """Refuse what is no whole number, or one below `least`."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise WorldError(f"{what} must be a whole number of at least {least}; got {value!r}.{why}")
    if value < least:
        raise WorldError(f"{what} must be at least {least}; got {value}.")


def text(what: str, value: object) -> None:
    """Refuse what is no text, or an empty one."""
    if not isinstance(value, str) or not value:
        raise WorldError(f"{what} must be a text; got {value!r}.")


def several(what: str, values: object, kind: type) -> None:
    """Refuse what is no tuple (or list) of one kind of thing."""
    if not isinstance(values, (tuple, list)):
        raise WorldError(f"{what} must be a tuple of {kind.__name__}; got {_shown(values)}. {_way(values)}")
    for value in values:
        if not isinstance(value, kind):
            raise WorldError(f"{what} must hold nothing but {kind.__name__}; got {_shown(value)}.")


def numbers(what: str, values: object, *, finite: bool = True) -> None:
    """Refuse what is no tuple (or list) of numbers."""
    if not isinstance(values, (tuple, list)):
        raise WorldError(f"{what} must be a tuple of numbers; got {_shown(values)}. {_way(values)}")
    for value in values:
        if isinstance(value, bool) or not isinstance(value, Real) or (finite and not math.isfinite(value)):
            raise WorldError(f"{what} must be finite numbers; got {_shown(value)} in {tuple(values)}.")


def listed(values: object) -> object:
    """Return an array, a series or the like as a list; what is none as it is, to be refused."""
    return list(values) if isinstance(values, Iterable) and not isinstance(values, str) else values


def shares(what: str, given: object, count: int | None = None, *, empty: bool = False) -> None:
    """Refuse shares that are too few or too many, that nobody has unless `empty`, or that do not add up to 1."""
    numbers(what, given)
    assert isinstance(given, (tuple, list))
    if count is not None and len(given) != count:
        raise WorldError(f"{what} must be {count} numbers; got {len(given)}.")
    total = math.fsum(given)
    if not math.isclose(total, 1, abs_tol=1e-6):
        hint = PERCENT if math.isclose(total, 100, abs_tol=1) else ""
        raise WorldError(f"{what} must add up to 1; {tuple(given)} add up to {total:.6g}.{hint}")
    low = min(given)
    if not (low >= 0 if empty else low > 0):
        raise WorldError(f"{what} must be {'0 or more' if empty else 'above 0'} each; got {low:g}.")
    if not empty and low < SMALLEST:
        raise WorldError(
            f"{what} must be {SMALLEST:g} or more each, or no cut is left between two; got {low:g}."
        )


def _way(values: object) -> str:
    """How to make a tuple of what is none."""
    many = isinstance(values, Iterable) and not isinstance(values, str)
    return "Write tuple(...) around it." if many else "Of one, write (it,) with a comma."


def _shown(value: object) -> str:
    """A value as a message shows it: short."""
    if isinstance(value, (int, float, str)) or value is None:
        return repr(value)
    return f"a {type(value).__name__}"
