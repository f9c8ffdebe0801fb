"""What does a past review look like to every contender?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from onhand.data.panel import Panel
from onhand.demand import believe
from onhand.demand.history import DemandHistory
from onhand.evaluate.deliveries import PastDeliveries
from onhand.evaluate.replay import Window
from onhand.forecast.forecaster import FittedForecaster, Forecaster
from onhand.inventory.costs import Costs
from onhand.inventory.stock import Stock
from onhand.inventory.supply_odds import OrderWorlds, SupplyOdds, draw_worlds
from onhand.inventory.terms import SupplyTerms
from onhand.plan.config import Config
from onhand.plan.draw import Draw
from onhand.plan.economics import Economics
from onhand.plan.ordinary import ordinary_stock
from onhand.plan.past import Stretch, fit_origins, window
from onhand.plan.past_deliveries import deliveries_of, supply_odds, timing_at
from onhand.plan.progress import Progress

__all__ = ["Stage", "set_stage"]

_CELLS = 1 << 26  # origins x stock points x samples x periods held at a time: 256 MiB of paths
_WORLDS = 0x5EED  # beside the seed: worlds of deliveries are not those of demand


@dataclass(frozen=True)
class Stage:
    """Everything needed to build a window of the past for any stock points and any forecaster.

    drawn : the stock points, and how many each stands for
    taught : the panel that forecasters saw; its first rows are those drawn
    fits : name of forecaster -> origin -> what it had learned then
    openings : stretch -> the stock that everybody starts with
    horizon, n_samples, seed : of the sample paths at each review
    supply : how late and short orders come, and the worlds of it that policies are told of; None: exactly
        as the terms say
    timing : origin -> terms of an order placed then, where suppliers wait for an order day or close; empty:
        the same terms always
    kept : paths that another stretch will ask for again, where they all fit in memory
    """

    drawn: Draw
    taught: Panel
    panel: Panel
    history: DemandHistory
    terms: SupplyTerms
    costs: Costs
    unit_cost: NDArray[np.float64]
    fits: Mapping[str, Mapping[int, FittedForecaster]]
    openings: Mapping[Stretch, Stock]
    horizon: int
    n_samples: int
    seed: int
    supply: tuple[SupplyOdds, OrderWorlds] | None = None
    timing: Mapping[int, SupplyTerms] = field(default_factory=dict)
    kept: dict[str, dict[int, NDArray[np.float32]]] = field(
        default_factory=dict, repr=False, compare=False
    )

    @property
    def origins(self) -> list[int]:
        """Periods before which there was a review."""
        return sorted({origin for fits in self.fits.values() for origin in fits})

    def window(self, stretch: Stretch, rows: slice, forecaster: str) -> Window:
        """A stretch of the past as one forecaster let it be seen, for some stock points."""
        is_kept = self._is_small and rows == slice(0, self.panel.n_series)
        seen = window(
            stretch,
            self.fits[forecaster],
            self.history,
            self.openings[stretch],
            self.terms,
            self.costs,
            rows,
            horizon=self.horizon,
            n_samples=self.n_samples,
            seed=self.seed,
            kept=self.kept.setdefault(forecaster, {}) if is_kept else None,
            supply=self._deliveries(stretch, rows),
        )
        if not self.timing:
            return seen
        terms = (self.timing.get(origin) for origin in range(stretch.start, stretch.stop))
        return replace(seen, timing=[None if t is None else t.rows(rows) for t in terms])

    def _deliveries(self, stretch: Stretch, rows: slice) -> PastDeliveries | None:
        """What becomes of the orders of a stretch, the same for every policy and forecaster."""
        if self.supply is None:
            return None
        return deliveries_of(*self.supply, stretch.start, stretch.stop, self.seed).rows(rows)

    @property
    def _is_small(self) -> bool:
        """Whether the paths of all forecasters at all reviews may be held at a time."""
        each = self.panel.n_series * self.n_samples * self.horizon
        return len(self.origins) * len(self.fits) * each <= _CELLS

    def blocks(self) -> list[slice]:
        """Slices of stock points whose windows fit in memory together."""
        n = self.panel.n_series
        each = len(self.origins) * self.n_samples * self.horizon
        step = max(1, _CELLS // each)
        return [slice(a, min(n, a + step)) for a in range(0, n, step)]


def set_stage(
    history: DemandHistory,
    forecasters: Mapping[str, Forecaster],
    terms: Economics,
    config: Config,
    drawn: Draw,
    cut: Sequence[Stretch],
    horizon: int,
    seed: int,
    progress: Progress,
) -> Stage:
    """The past of the stock points drawn: what every forecaster said at every review of `cut`.

    A forecaster that learned from the larger ones alone would expect too much of the others: it learns
    from those beside them, too.
    """
    rows = drawn.rows
    small, taught = history.rows(rows), history.panel.rows(drawn.taught)
    supply = terms.terms.rows(rows)
    every = int(np.gcd.reduce(supply.review_period))
    cover = config.stock.cover_days * small.panel.frequency.per_year / 365.25
    odds = supply_odds(small.panel, terms, rows, config)
    worlds = None
    if odds is not None:
        rng = np.random.default_rng([seed, _WORLDS])
        worlds = odds, draw_worlds(odds, config.replay.n_samples, rng)
        more = max(0, horizon - int(supply.protection_interval.max(initial=1)))
        horizon = max(horizon, worlds[1].reach() + more)
    timing = timing_at(history.panel, terms, rows, [o for s in cut for o in s.origins(every)])
    if timing and odds is None:
        reach = max(int(t.protection_interval.max(initial=1)) for t in timing.values())
        horizon += max(0, reach - int(supply.protection_interval.max(initial=1)))
    return Stage(
        drawn=drawn,
        taught=taught,
        panel=small.panel,
        history=small,
        terms=supply,
        costs=terms.costs.rows(rows),
        unit_cost=terms.unit_cost[rows],
        fits=fit_origins(taught, forecasters, cut, every, progress),
        openings={
            stretch: ordinary_stock(
                believe(small.panel.until(stretch.start)), supply, cover, config.policy.rounding
            )
            for stretch in cut
        },
        horizon=horizon,
        n_samples=config.replay.n_samples,
        seed=seed,
        supply=worlds,
        timing=timing,
    )
