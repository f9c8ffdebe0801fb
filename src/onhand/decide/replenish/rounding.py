"""Which quantity can really be ordered, and what did each of the supplier's rules add?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onhand.errors import ConfigError, ShapeError
from onhand.inventory.terms import SupplyTerms

__all__ = ["RoundedOrder", "RoundingMode", "round_order"]

Array = NDArray[np.float64]
RoundingMode = Literal["up", "down", "nearest"] | float


@dataclass(frozen=True)
class RoundedOrder:
    """A quantity that the supplier accepts, and how it came about from the need.

    need : (N,) units, >= 0
        What the policy asked for.
    increments : constraint -> (N,) units
        What each constraint added (above 0) or took away (below 0): `minimum_order`, then
        `pack_size`.
    quantity : (N,) units, >= 0
        need plus all increments.
    """

    need: Array
    increments: Mapping[str, Array]
    quantity: Array


def round_order(
    need: ArrayLike, terms: SupplyTerms, mode: RoundingMode = "nearest"
) -> RoundedOrder:
    """The allowed quantity next to `need`.

    Allowed are 0 and every multiple of the pack that reaches the minimum order. Of the two allowed
    quantities around the need, `mode` takes the upper one

    - "up": always, so that the need is met,
    - "down": never, so that the need is not exceeded,
    - "nearest": when it is not farther than the lower one,
    - a share between 0 and 1: when the need lies at least that share of the way up to it.

    A need of 0 orders nothing in every mode.

    Parameters
    ----------
    need : (N,) units, finite and >= 0
    terms : SupplyTerms, (N,)
    mode : "up", "down", "nearest" or 0 < share < 1

    Raises
    ------
    ConfigError
        When the mode is none of these.
    ShapeError
        When need is negative, not finite, or does not fit the terms.

    >>> terms = SupplyTerms.of(lead_time=1, minimum_order=10, pack_size=6, n_series=1)
    >>> order = round_order([4.0], terms, "up")              # allowed: 0, 12, 18, ...
    >>> order.quantity.tolist(), {k: v.tolist() for k, v in order.increments.items()}
    ([12.0], {'minimum_order': [6.0], 'pack_size': [2.0]})
    >>> round_order([4.0], terms, "nearest").quantity.tolist()
    [0.0]
    """
    share = _share(mode)
    wanted = np.asarray(need, dtype=np.float64)
    _check(wanted, terms)
    # 0.1 + 0.2 is above 0.3 in floating point; a billionth of a pack is no reason for another one.
    packs = np.round(wanted / terms.pack_size, 9)
    fewest = np.ceil(np.round(terms.minimum_order / terms.pack_size, 9))
    lower = np.where(packs >= fewest, np.floor(packs), 0.0)
    upper = np.maximum(np.ceil(packs), fewest)
    gap = np.maximum(upper - lower, 1.0)
    is_up = (packs > lower) & ((packs - lower) / gap >= share - 1e-9)
    quantity = np.where(is_up, upper, lower) * terms.pack_size
    return RoundedOrder(wanted, _increments(wanted, quantity, terms.minimum_order), quantity)


def _increments(need: Array, quantity: Array, minimum: Array) -> Mapping[str, Array]:
    is_below = need < minimum
    by_minimum = np.where(is_below, np.where(quantity > 0, minimum, 0.0) - need, 0.0)
    by_minimum = np.where(need > 0, by_minimum, 0.0)
    return MappingProxyType(
        {"minimum_order": by_minimum, "pack_size": quantity - (need + by_minimum)}
    )


def _share(mode: RoundingMode) -> float:
    """How far up the way between two allowed quantities the need must lie to take the upper."""
    named = {"up": 0.0, "nearest": 0.5, "down": np.inf}
    if isinstance(mode, str) and mode in named:
        return named[mode]
    if isinstance(mode, float) and 0 < mode < 1:
        return mode
    raise ConfigError(
        f"rounding mode {mode!r}; choose 'up', 'down', 'nearest' or a share between 0 and 1"
    )


def _check(need: Array, terms: SupplyTerms) -> None:
    if need.shape != terms.minimum_order.shape:
        raise ShapeError(f"need has shape {need.shape}; terms have {terms.minimum_order.shape}")
    if need.size and not (need.min() >= 0 and np.isfinite(need.max())):
        raise ShapeError("need holds a negative, NaN or infinite quantity; orders are >= 0")
