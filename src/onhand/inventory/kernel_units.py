"""In which units should the kernel count: whole ones in 32 bits, or fractions in 64?"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from onhand.errors import ShapeError
from onhand.inventory.level_rule import LevelRule
from onhand.inventory.stock import Stock
from onhand.inventory.terms import SupplyTerms

__all__ = ["in_units", "units_for"]

WHOLE_LIMIT = 2**30  # the kernel sums one period over all paths in int32; half of it is slack
UNBOUNDED = 2**30  # stands for infinity among whole units


def units_for(
    demand: NDArray[Any], opening: Stock, rule: LevelRule, terms: SupplyTerms
) -> type[np.generic]:
    """int32 when every quantity is whole and no sum over paths can leave it; float64 otherwise."""
    most = _largest(demand)
    if demand.dtype.kind not in "ui":
        return np.float64
    caps, points = (v[np.isfinite(v)] for v in (rule.largest_order, rule.reorder_point))
    given = (
        opening.on_hand,
        opening.pipeline,
        opening.backorders,
        rule.order_up_to_level,
        caps,
        points,
        terms.minimum_order,
        terms.pack_size,
    )
    if not all((v == np.rint(v)).all() for v in given):
        return np.float64
    _, H, S = demand.shape
    reach = sum(float(np.abs(v).max(initial=0)) for v in given)
    reach += float(opening.on_order.max(initial=0)) + most * H
    is_small = reach * S < WHOLE_LIMIT and most <= np.iinfo(np.uint16).max
    return np.int32 if is_small else np.float64


def _largest(demand: NDArray[Any]) -> float:
    """A bound on the demand; bytes are not even looked at."""
    if demand.dtype == np.uint8:
        return 255.0
    most = float(demand.max(initial=0))
    if not (demand.min(initial=0) >= 0 and np.isfinite(most)):  # NaN fails both
        raise ShapeError("demand holds a negative, NaN or infinite quantity; demand is >= 0")
    return most


def in_units(
    demand: NDArray[Any],
    opening: Stock,
    rule: LevelRule,
    terms: SupplyTerms,
    units: type[np.generic],
) -> tuple[Any, ...]:
    """The kernel's arguments in its units, from few enough types to compile few kernels."""
    if units is np.float64:
        kind: type[np.generic] = np.float32 if demand.dtype == np.float32 else np.float64
    else:
        kind = np.uint8 if demand.dtype == np.uint8 else np.uint16
    N = len(demand)
    on_paths = opening.on_hand.reshape(N, -1) - opening.backorders.reshape(N, -1)
    pipeline = opening.pipeline.reshape(N, -1, opening.pipeline.shape[-1])
    points, caps = (
        np.clip(v, -UNBOUNDED, UNBOUNDED) if units is np.int32 else v
        for v in (rule.reorder_point, rule.largest_order)
    )
    quantities = (
        on_paths,
        pipeline,
        rule.order_up_to_level,
        points,
        caps,
        terms.minimum_order,
        terms.pack_size,
    )
    return (
        np.ascontiguousarray(demand, dtype=kind),
        *(np.ascontiguousarray(v, dtype=units) for v in quantities),
        terms.lead_time,
    )
