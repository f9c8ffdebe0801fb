"""When, how late and how short would the orders of a past window have come?

As the receipts teach (`onhand.plan.buying.receipts`), like the orders of the plan itself: a policy's number
that was tuned where every order is punctual is too cautious, or too bold, where orders are late and the
policy foresees it. Where nothing strays, an order waits for its supplier's next order day, and for the end
of a closure, like an order of the plan.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from onhand.data.panel import Panel
from onhand.evaluate.deliveries import PastDeliveries
from onhand.inventory.lead_times import fit_lateness
from onhand.inventory.supply_odds import OrderWorlds, SupplyOdds
from onhand.inventory.terms import SupplyTerms
from onhand.plan.buying.order_days import timing_of
from onhand.plan.buying.supplier_days import OrderDays
from onhand.plan.config import Config
from onhand.plan.economics import Economics, whole_periods

__all__ = ["deliveries_of", "supply_odds", "timing_at"]

_LONGEST_WAIT = 92.0  # days: a past closure of half a year would have every forecast look that far
_LUCK = 0x1A7E  # beside the seed and the period of the order


def supply_odds(
    panel: Panel, terms: Economics, rows: NDArray[np.int64], config: Config
) -> SupplyOdds | None:
    """The odds of the orders of some stock points; None where they come as planned.

    That is where nothing ever came late, early or short, and where `supply.deliveries` is "planned".
    """
    if config.supply.deliveries == "planned" or terms.deliveries.is_sure:
        return None
    orders = pl.DataFrame(
        {
            "supplier": terms.offer["supplier"].gather(rows),
            "promised": terms.promised_days[rows],
            "review": terms.terms.review_period[rows],
        }
    )
    kinds = orders.unique(maintain_order=True).with_row_index("kind")
    keys = ["supplier", "promised", "review"]
    kind = orders.join(kinds, on=keys, how="left", nulls_equal=True, maintain_order="left")["kind"]
    told = [
        _lead_times(panel, terms, supplier, promised)
        for supplier, promised in kinds.select("supplier", "promised").iter_rows()
    ]
    width = max(map(len, told), default=1)
    return SupplyOdds(
        kind=kind.to_numpy().astype(np.int64),
        lead_time=np.array([np.pad(odds, (0, width - len(odds))) for odds in told]),
        delivered=[terms.deliveries.share_of(supplier) for supplier in kinds["supplier"]],
        review_period=kinds["review"].to_numpy().astype(np.int64),
    )


def _lead_times(
    panel: Panel, terms: Economics, supplier: str | None, promised: int
) -> NDArray[np.float64]:
    """Probability of 0, 1, … periods from an order to its arrival, (W,)."""
    record = terms.deliveries.of(supplier) or fit_lateness([])
    # Early goods come on the day after the order at the earliest.
    days = np.maximum(min(promised, 1), promised + np.ceil(record.days))
    took = whole_periods(panel, days)
    return np.bincount(took, weights=record.weight).astype(np.float64)


def deliveries_of(
    odds: SupplyOdds, worlds: OrderWorlds, start: int, stop: int, seed: int
) -> PastDeliveries:
    """The luck of all orders placed before periods start .. stop - 1.

    It belongs to the stock point and the period: stretches that overlap have it in common.
    """
    n = len(odds.kind)
    luck = [np.random.default_rng([seed, _LUCK, p]).random((2, n)) for p in range(start, stop)]
    late, short = np.stack(luck, axis=2)  # (2, N, P)
    return PastDeliveries(*odds.drawn(late, short), odds.kind, worlds)


def timing_at(
    panel: Panel, terms: Economics, rows: NDArray[np.int64], origins: Sequence[int]
) -> dict[int, SupplyTerms]:
    """Terms of some stock points' orders placed before each period of `origins`, by supplier's order days
    and closures; empty where no supplier of theirs has any, or none makes a difference."""
    names = set(terms.offer["supplier"].gather(rows).to_list())
    of_all = terms.order_days.get(None, OrderDays())
    if all(terms.order_days.get(name, of_all) == OrderDays() for name in names):
        return {}
    usual = terms.terms.rows(rows)
    wait = int(np.ceil(_LONGEST_WAIT * panel.frequency.per_year / 365.25))
    found = {}
    for origin in origins:
        then = timing_of(panel.until(origin), terms, terms.order_days).terms.rows(rows)
        lead_time = np.minimum(then.lead_time, usual.lead_time + wait)
        most = np.maximum(1, usual.protection_interval + wait - lead_time)
        review_period = np.minimum(then.review_period, most)
        found[origin] = replace(usual, lead_time=lead_time, review_period=review_period)
    differs = any(
        (t.lead_time != usual.lead_time).any() or (t.review_period != usual.review_period).any()
        for t in found.values()
    )
    return found if differs else {}
