"""Is this share a share?"""

from __future__ import annotations

from onhand.errors import ConfigError

__all__ = ["between_0_and_1"]


def between_0_and_1(name: str, value: float) -> None:
    """Raise unless 0 < value < 1.

    >>> between_0_and_1("quantile", 0.75)
    """
    if not 0.0 < value < 1.0:
        raise ConfigError(f"{name} is {value}; it is a share strictly between 0 and 1, such as 0.8")
