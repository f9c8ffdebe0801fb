"""What would happen at every stock point, on many demand paths, under a level rule?

Order of events, exactly that of `onhand.inventory.moves` (the opening stock stands at the end of
the period just over, so a review comes first):

    review and order (every `review_period`-th period) → goods arrive → demand is served → costs

`simulate` runs the compiled kernel; `simulate_plainly` runs the plain moves and is its oracle: on
whole units both give the same numbers to the last digit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onhand.errors import ShapeError
from onhand.inventory.kernel_units import in_units, units_for
from onhand.inventory.level_rule import LevelRule, order_quantity
from onhand.inventory.moves import place, serve_or_backorder, serve_or_lose
from onhand.inventory.simulated import N_SUMS, Simulated, name_sums
from onhand.inventory.stock import Stock
from onhand.inventory.terms import SupplyTerms

__all__ = ["Shortage", "simulate", "simulate_in_blocks", "simulate_plainly"]

Array = NDArray[np.float64]
Shortage = Literal["lost_sales", "backorder"]

BLOCK_BYTES = 32 * 2**20


def simulate(
    demand: NDArray[Any],
    opening: Stock,
    rule: LevelRule,
    terms: SupplyTerms,
    *,
    shortage: Shortage = "lost_sales",
    lead_times: ArrayLike | None = None,
) -> Simulated:
    """What happens when `rule` orders on every path of `demand`, compiled.

    Parameters
    ----------
    demand : (N, H, S) units, whole or not, >= 0
        Period before path: the kernel walks through the periods and takes all paths at a time.
        `DemandPaths.values` is (N, S, H); hand over `values.swapaxes(1, 2)`. Small whole types
        (uint8, uint16) are fastest and smallest.
    opening : Stock, leading shape (N,), or (N, S) when every path opens differently
    rule : LevelRule for the N stock points; its K alternatives meet the same demand
    terms : SupplyTerms for the N stock points; the first review is before the first period
    shortage : "lost_sales" or "backorder"
    lead_times : (N, H, S) or (N, H, 1) whole periods, of the order placed before each period, in
        place of `terms.lead_time`; orders may overtake each other, a negative one never arrives.
        None: every order takes `terms.lead_time`.

    Returns
    -------
    Simulated, each array (N, K)

    Raises
    ------
    ShapeError
        When the parts do not have the same N, a lead time does not fit the pipeline, demand is
        negative or not finite, or lost sales are asked for with backorders standing.

    >>> demand = np.array([[[4], [4], [4]]])  # one stock point, three periods, one path
    >>> opening = Stock.of([5.0], [[0.0, 0.0]])
    >>> terms = SupplyTerms.of(lead_time=1, n_series=1)
    >>> result = simulate(demand, opening, LevelRule.of([6.0]), terms)
    >>> result.served.tolist(), result.short.tolist(), result.final_on_hand.tolist()
    ([[10.0]], [[2.0]], [[0.0]])
    """
    return simulate_in_blocks(
        lambda rows: demand[rows],
        demand.shape,
        opening,
        rule,
        terms,
        shortage=shortage,
        lead_times=lead_times,
        block=_rows_per_block(demand),
    )


def simulate_in_blocks(
    draw: Callable[[slice], NDArray[Any]],
    shape: tuple[int, ...],
    opening: Stock,
    rule: LevelRule,
    terms: SupplyTerms,
    *,
    shortage: Shortage = "lost_sales",
    lead_times: ArrayLike | None = None,
    block: int = 1024,
) -> Simulated:
    """As `simulate`, with demand made block by block, so that it never stands in memory at once.

    `draw(rows)` gives the (n, H, S) demand of the stock points `rows`; `shape` is the whole
    (N, H, S).
    """
    from onhand.inventory.kernels import run_block  # numba: only when something is simulated

    leads = _check(shape, opening, rule, terms, shortage, lead_times)
    totals = np.zeros((shape[0], rule.n_alternatives, N_SUMS))
    for start in range(0, shape[0], block):
        rows = slice(start, min(start + block, shape[0]))
        demand = draw(rows)
        units = units_for(demand, opening.rows(rows), rule.rows(rows), terms.rows(rows))
        run_block(
            *in_units(demand, opening.rows(rows), rule.rows(rows), terms.rows(rows), units),
            np.ascontiguousarray(leads[rows]),
            terms.review_period[rows],
            shortage == "lost_sales",
            totals[rows],
        )
    return name_sums(totals, shape[2], shape[1])


def simulate_plainly(
    demand: NDArray[Any],
    opening: Stock,
    rule: LevelRule,
    terms: SupplyTerms,
    *,
    shortage: Shortage = "lost_sales",
    lead_times: ArrayLike | None = None,
) -> Simulated:
    """As `simulate` with one alternative, through the plain moves: slow, and plainly right."""
    leads = _check(demand.shape, opening, rule, terms, shortage, lead_times)
    N, H, S = demand.shape
    serve = serve_or_lose if shortage == "lost_sales" else serve_or_backorder
    stock = _on_paths(opening, S)
    sums = np.zeros((N_SUMS, N))
    for t in range(H):
        is_review = (t % terms.review_period == 0)[:, None]
        need = order_quantity(rule, stock.inventory_position, terms, t)
        order = np.where(is_review, need, 0.0)  # (N, S)
        lead = leads[:, t] if len(leads) else terms.lead_time[:, None]
        stock, flow = serve(place(stock, order, lead), demand[:, t])
        charged = flow.short if shortage == "lost_sales" else flow.backorders
        for k, moved in enumerate((flow.demand, flow.served, flow.short, flow.on_hand, charged)):
            sums[k] += moved.sum(axis=1)
        sums[5] += order.sum(axis=1)
        sums[6] += (order > 0).sum(axis=1)
        sums[7] += (flow.short > 0).sum(axis=1)
        sums[12] += (flow.on_hand > 0).sum(axis=1)
        sums[8] += np.where(lead < 0, order, 0.0).sum(axis=1)
    for k, left in enumerate((stock.on_hand, stock.on_order, stock.backorders), start=9):
        sums[k] = left.sum(axis=1)
    return name_sums(sums.T[:, None], S, H)


def _check(
    shape: tuple[int, ...],
    opening: Stock,
    rule: LevelRule,
    terms: SupplyTerms,
    shortage: str,
    lead_times: ArrayLike | None,
) -> NDArray[np.int16]:
    """The lead times as the kernel takes them, once everything fits together."""
    if len(shape) != 3:
        raise ShapeError(f"demand has shape {shape}; it must be (N, H, S): period before path")
    if shortage not in ("lost_sales", "backorder"):
        raise ShapeError(f'shortage is "{shortage}"; it must be "lost_sales" or "backorder"')
    N, H, S = shape
    if opening.on_hand.shape not in ((N,), (N, S)):
        raise ShapeError(
            f"opening stock has shape {opening.on_hand.shape}; demand asks for {(N,)} or {(N, S)}"
        )
    for name, n in (("rule", rule.n_series), ("terms", terms.lead_time.shape[0])):
        if n != N:
            raise ShapeError(f"{name} has {n} stock points; demand has {N}")
    if rule.order_up_to_level.shape[2] not in (1, H):
        raise ShapeError(
            f"the rule has levels for {rule.order_up_to_level.shape[2]} periods; demand has {H}"
        )
    if shortage == "lost_sales" and opening.backorders.any():
        raise ShapeError(
            "opening stock has backorders, which lost sales cannot have; "
            'clear them or simulate shortage="backorder"'
        )
    if lead_times is None:
        leads = np.zeros((0, 0, 0), dtype=np.int16)
        longest = int(terms.lead_time.max(initial=0))
    else:
        leads = np.asarray(lead_times, dtype=np.int16)
        if leads.shape not in ((N, H, S), (N, H, 1)):
            raise ShapeError(
                f"lead_times have shape {leads.shape}; demand asks for {shape} or {(N, H, 1)}"
            )
        longest = int(leads.max(initial=0))
    if longest >= opening.pipeline.shape[-1]:
        raise ShapeError(
            f"a lead time of {longest} periods does not fit a pipeline of "
            f"{opening.pipeline.shape[-1]} slots; build the stock with at least {longest + 1}"
        )
    return leads


def _on_paths(stock: Stock, S: int) -> Stock:
    if stock.on_hand.ndim == 2:
        return stock
    N, W = stock.pipeline.shape
    return Stock(
        np.broadcast_to(stock.on_hand[:, None], (N, S)),
        np.broadcast_to(stock.pipeline[:, None], (N, S, W)),
        np.broadcast_to(stock.backorders[:, None], (N, S)),
    )


def _rows_per_block(demand: NDArray[Any]) -> int:
    if demand.ndim != 3 or not demand.shape[0]:
        return 1
    return max(1, int(BLOCK_BYTES * demand.shape[0] / max(1, demand.size * 8)))
