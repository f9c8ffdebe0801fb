"""How much does a stock point order when it looks at its inventory position alone?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onhand.errors import ShapeError
from onhand.inventory.terms import SupplyTerms

__all__ = ["PACK_SLACK", "SMALLEST_ORDER", "LevelRule", "order_quantity"]

Array = NDArray[np.float64]

#: A need this little above whole packs, in packs, does not open another pack (rounding errors).
PACK_SLACK = 1e-9

#: A need below this, in units, is a rounding error and not an order.
SMALLEST_ORDER = 1e-9


@dataclass(frozen=True)
class LevelRule:
    """Order up to a level when the inventory position is at or below the reorder point.

    One noun for the classical rules, by what is given besides the level `S`:

    - nothing: base stock (order-up-to)
    - `reorder_point` s: (s, S)
    - `largest_order` r: capped base stock, order min(r, S - position)
    - level r + 1 and a pack size Q in the terms: (r, nQ)

    N stock points are looked at under K alternatives, with levels that stay (P = 1) or change with
    the period (P = H). Build it with `of`, `by_period` or `alternatives`.

    order_up_to_level : (N, K, P) units
    reorder_point : (N, K) units; infinity: every review may order
    largest_order : (N, K) units, > 0; infinity: no cap

    >>> LevelRule.of([10.0, 20.0], reorder_point=4.0).reorder_point.tolist()
    [[4.0], [4.0]]
    """

    order_up_to_level: Array
    reorder_point: Array
    largest_order: Array

    def __post_init__(self) -> None:
        if self.order_up_to_level.ndim != 3:
            raise ShapeError(
                f"order_up_to_level has shape {self.order_up_to_level.shape}; it must be (N, K, P)"
            )
        if not np.isfinite(self.order_up_to_level).all():
            raise ShapeError("order_up_to_level holds NaN or infinity; give a level in units")
        for name in ("reorder_point", "largest_order"):
            values = getattr(self, name)
            if values.shape != self.order_up_to_level.shape[:2]:
                raise ShapeError(
                    f"{name} has shape {values.shape}; the levels ask for "
                    f"{self.order_up_to_level.shape[:2]}"
                )
            if np.isnan(values).any():
                raise ShapeError(f"{name} holds NaN; give units, or infinity for none")
        if not (self.largest_order > 0).all():
            raise ShapeError("largest_order must be above 0; give infinity for no cap")

    @classmethod
    def of(
        cls,
        order_up_to_level: ArrayLike,
        *,
        reorder_point: ArrayLike = np.inf,
        largest_order: ArrayLike = np.inf,
    ) -> LevelRule:
        """One rule for each stock point: levels (N,), the rest (N,) or numbers."""
        level = np.atleast_1d(np.asarray(order_up_to_level, dtype=np.float64))
        return cls(
            level[:, None, None],
            _spread(reorder_point, level.shape)[:, None],
            _spread(largest_order, level.shape)[:, None],
        )

    @classmethod
    def by_period(
        cls,
        order_up_to_level: ArrayLike,
        *,
        reorder_point: ArrayLike = np.inf,
        largest_order: ArrayLike = np.inf,
    ) -> LevelRule:
        """One rule for each stock point, with a level for each period: levels (N, H)."""
        level = np.asarray(order_up_to_level, dtype=np.float64)
        return cls(
            level[:, None, :],
            _spread(reorder_point, level.shape[:1])[:, None],
            _spread(largest_order, level.shape[:1])[:, None],
        )

    @classmethod
    def alternatives(
        cls,
        order_up_to_level: ArrayLike,
        *,
        reorder_point: ArrayLike = np.inf,
        largest_order: ArrayLike = np.inf,
    ) -> LevelRule:
        """K rules for each stock point, to be compared on the same demand: levels (N, K)."""
        level = np.asarray(order_up_to_level, dtype=np.float64)
        return cls(
            level[:, :, None],
            _spread(reorder_point, level.shape),
            _spread(largest_order, level.shape),
        )

    @property
    def n_series(self) -> int:
        """Number of stock points, N."""
        return self.order_up_to_level.shape[0]

    @property
    def n_alternatives(self) -> int:
        """Number of rules for each stock point, K."""
        return self.order_up_to_level.shape[1]

    def rows(self, index: slice) -> LevelRule:
        """The rules of some stock points."""
        return LevelRule(
            self.order_up_to_level[index], self.reorder_point[index], self.largest_order[index]
        )


def order_quantity(
    rule: LevelRule, inventory_position: Array, terms: SupplyTerms, period: int = 0
) -> Array:
    """Units ordered at a review, (N, S), by the first alternative of `rule`.

    The need is the level minus the position, at most the largest order; then it is raised to the
    minimum order and rounded up to whole packs; a pack size of 1 rounds nothing.

    >>> terms = SupplyTerms.of(lead_time=1, minimum_order=5.0, pack_size=4.0, n_series=1)
    >>> rule = LevelRule.of([10.0], reorder_point=8.0)
    >>> order_quantity(rule, np.array([[9.0, 8.0, 0.0]]), terms).tolist()
    [[0.0, 8.0, 12.0]]
    """
    by_period = rule.order_up_to_level.shape[2] > 1
    level = rule.order_up_to_level[:, 0, period if by_period else 0][:, None]
    need = np.minimum(level - inventory_position, rule.largest_order[:, :1])
    is_due = (inventory_position <= rule.reorder_point[:, :1]) & (need > SMALLEST_ORDER)
    least = np.maximum(need, terms.minimum_order[:, None])
    pack = terms.pack_size[:, None]
    packed = np.where(pack == 1, least, np.ceil(least / pack - PACK_SLACK) * pack)
    return np.where(is_due, packed, 0.0)


def _spread(values: ArrayLike, shape: tuple[int, ...]) -> Array:
    return np.broadcast_to(np.asarray(values, dtype=np.float64), shape)
