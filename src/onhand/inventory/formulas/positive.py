"""Is every number that a formula divides by, or takes the root of, above zero?"""

from __future__ import annotations

import math

from onhand.errors import InputError

__all__ = ["require_positive"]


def require_positive(**numbers: float) -> None:
    """Raise InputError, naming the first number that is not finite and above zero."""
    for name, value in numbers.items():
        if not (math.isfinite(value) and value > 0):
            raise InputError(f"{name} is {value}; the formula needs a number above 0")
