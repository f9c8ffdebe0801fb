"""What did the VN2 competition give its participants, and by which rules did it charge them?

Timing, by the organiser's rules. The order of round r is decided at the end of week r - 1 and
arrives at the start of week r + 2: two full weeks lie in between, so `lead_time` is 2, and with a
review every week the protection interval is 3. In the arrays below, period p is week p + 1 and
the review just before it is round p + 1:

    end of week 0   week 1   week 2   week 3   ...   week 6   week 7   week 8
    round 1 decided                   round 1's
             round 2 decided                   round 2's ...
                                                     (rounds 1..6: periods 0..5; none at 6 and 7)
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from onhand.data.panel import Frequency, Panel
from onhand.inventory.costs import Costs
from onhand.inventory.stock import Stock
from onhand.inventory.terms import SupplyTerms

N_WEEKS = 8  # weeks of the competition
N_ROUNDS = 6  # orders
FIRST_SCORED = 2  # weeks 1 and 2 are the same for everybody
LEAD_TIME = 2
HOLDING_COST, SHORTAGE_COST = 0.2, 1.0
CRITICAL_RATIO = SHORTAGE_COST / (SHORTAGE_COST + HOLDING_COST)
N_PER_YEAR = 52


@dataclass(frozen=True)
class Contest:
    """Eight weeks to be played.

    start : columns of `panel` known before round 1; week 1 is column `start`
    panel : the history, and the eight weeks, whose sales are the demand that was revealed
    opening : stock at the end of week 0
    """

    name: str
    start: int
    panel: Panel
    opening: Stock

    @property
    def demand(self) -> NDArray[np.float64]:
        """Revealed demand of the eight weeks, (N, 8)."""
        return self.panel.sales[:, self.start : self.start + N_WEEKS].astype(np.float64)

    @property
    def is_all_seen(self) -> NDArray[np.bool_]:
        """Stock points that were in stock in all eight weeks, (N,): their sales are demand."""
        seen = self.panel.in_stock[:, self.start : self.start + N_WEEKS] > 0
        return np.asarray(seen.all(axis=1))


def terms(n_series: int) -> SupplyTerms:
    """Two full weeks between order and arrival, a review every week, single units."""
    return SupplyTerms.of(LEAD_TIME, n_series=n_series)


def costs(n_series: int) -> Costs:
    """0.2 per unit left at the end of a week, 1 per unit of lost sales."""
    return Costs.of(HOLDING_COST, SHORTAGE_COST, n_series=n_series)


def read_history(folder: Path) -> Panel:
    """The three years before week 1, (599, 157), with the products' attributes."""
    sales = pl.read_parquet(folder / "sales_history.parquet").sort("row", "week")
    master = pl.read_parquet(folder / "master.parquet").sort("row")
    weeks = sales["week"].unique().sort().to_numpy().astype("datetime64[D]")
    shape = (len(master), len(weeks))
    attributes = [c for c in master.columns if c not in ("row", "store", "product")]
    return Panel.of(
        sales["sales"].to_numpy().reshape(shape),
        dates=weeks,
        frequency=Frequency.WEEK,
        items=master["product"].to_numpy(),
        locations=master["store"].to_numpy(),
        in_stock=sales["in_stock"].to_numpy().reshape(shape),
        static={name: master[name].to_numpy() for name in attributes},
    )


def official_contest(folder: Path, history: Panel, truth: Path) -> Contest:
    """The competition itself: weeks 1 to 8 from `truth`, opening stock from the organiser."""
    state = pl.read_parquet(folder / "initial_state.parquet").sort("row")
    pipeline = [state[f"in_transit_w{w}"].to_numpy() for w in (1, 2)]
    none_yet = np.zeros(len(state))
    opening = Stock.of(state["end_inventory"].to_numpy(), np.stack([*pipeline, none_yet], axis=1))
    panel = _with_truth(history, pl.read_parquet(truth))
    return Contest("weeks 1-8", history.n_periods, panel, opening)


def _with_truth(history: Panel, truth: pl.DataFrame) -> Panel:
    """The history with the revealed weeks after it; everybody saw that demand, so: in stock."""
    ordered = truth.sort("row", "sim_week")
    if len(ordered) != history.n_series * N_WEEKS:
        raise SystemExit(
            f"the truth file has {len(ordered)} rows; {history.n_series} stock points x "
            f"{N_WEEKS} weeks are needed"
        )
    demand = ordered["demand"].to_numpy().reshape(history.n_series, N_WEEKS).astype(np.float32)
    return Panel.of(
        np.concatenate([history.sales, demand], axis=1),
        dates=np.concatenate([history.dates, history.future_dates(N_WEEKS)]),
        frequency=history.frequency,
        items=history.items,
        locations=history.locations,
        in_stock=np.concatenate([history.in_stock, np.ones_like(demand)], axis=1),
        static=dict(history.static),
    )


def cut_contests(history: Panel, n_contests: int = 11) -> list[Contest]:
    """Competitions of the same form cut out of the history, the latest ending at week 0.

    Eight spread evenly over the last year, so that the first of them plays the same eight weeks of
    the year as the competition, then every six weeks further back. Their scored weeks do not
    overlap. Demand is recorded sales, as in the competition's own truth; a week that ended without
    stock shows 0.
    """
    last = history.n_periods - N_WEEKS
    first_of_year = history.n_periods - N_PER_YEAR
    in_year = np.round(np.linspace(last, first_of_year, 8)).astype(int)
    earlier = first_of_year - 6 * np.arange(1, max(1, n_contests - 7))
    starts = np.sort(np.concatenate([in_year, earlier])[:n_contests])
    return [
        Contest(
            str(history.dates[start]), int(start), history, opening_like_official(history, start)
        )
        for start in starts
    ]


def opening_like_official(history: Panel, start: int) -> Stock:
    """An opening stock made as the organiser's seems to have been made.

    The organiser's `end_inventory` is the mean of the last 52 weeks in stock, rounded up, at least
    1 (true of 96 % of the pairs); nothing arrives in week 1; what arrives in week 2 is that same
    number less 0, 1 or 2, about equally often and never below 0.
    """
    known = np.where(history.in_stock > 0, history.sales, np.nan)[:, max(0, start - 52) : start]
    n_known = np.maximum(np.isfinite(known).sum(axis=1), 1)
    on_hand = np.maximum(1, np.ceil(np.nansum(known, axis=1) / n_known))
    less = np.random.default_rng(start).integers(0, 3, len(on_hand))
    week_2 = np.maximum(0, on_hand - less)
    return Stock.of(on_hand, np.stack([np.zeros_like(week_2), week_2, np.zeros_like(week_2)], 1))
