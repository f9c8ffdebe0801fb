"""What was known at each past review, and what happened then?

At every origin the demand is believed anew from the periods before it, and the forecaster looks anew
at that; nothing that came later can reach it. A forecaster that is dear to teach learns once, from
what came before the first review of a stretch, and only looks again at later ones.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onhand.data.panel import Panel, as_it_stood
from onhand.demand import believe
from onhand.demand.history import DemandHistory
from onhand.errors import OnhandWarning
from onhand.evaluate.deliveries import PastDeliveries
from onhand.evaluate.replay import Window
from onhand.forecast.forecaster import FittedForecaster, Forecaster, Learner, taught
from onhand.inventory.costs import Costs
from onhand.inventory.stock import Stock
from onhand.inventory.terms import SupplyTerms
from onhand.plan.progress import Progress, silent

__all__ = ["Stretch", "as_it_stood", "fit_origins", "stretches", "window"]

_LESSON = 4  # reviews that take as long as teaching trees once


@dataclass(frozen=True)
class Stretch:
    """Past periods start..stop-1 to be replayed, of which those from `scored` on are counted."""

    start: int
    scored: int
    stop: int

    def origins(self, every: int) -> list[int]:
        """Periods before which there is a review."""
        return list(range(self.start, self.stop, every))


def stretches(
    n_periods: int, judged: int, tuning: int, terms: SupplyTerms, season: int, n_tuning: int = 1
) -> tuple[Stretch, ...] | None:
    """Stretches to tune on, then the one to be judged on; None where history is too short.

    At least a third of the history, and at least two short seasons, are left to learn from before
    the first origin; what is missing then is taken from both stretches alike. The first scored period
    is the first that an order of the stretch can reach. Tuning ends before the first review of the
    judged stretch, so that nothing is tuned on what that review could not know. More stretches to
    tune on follow further back, as long as half of one has room.

    >>> terms = SupplyTerms.of(lead_time=1, n_series=1)
    >>> stretches(60, 13, 13, terms, season=1)
    (Stretch(start=32, scored=33, stop=46), Stretch(start=46, scored=47, stop=60))
    >>> stretches(60, 13, 13, terms, season=1, n_tuning=3)[0]
    Stretch(start=20, scored=21, stop=32)
    """
    run_up = int(terms.lead_time.min()) if len(terms.lead_time) else 0
    shortest = int(terms.protection_interval.max(initial=1))
    to_learn = max(2 * season, shortest, n_periods // 3)
    room = n_periods - to_learn - 2 * run_up
    if room < judged + tuning:
        judged, tuning = (max(0, room) * part // (judged + tuning) for part in (judged, tuning))
    if min(judged, tuning) < shortest:
        return None
    late = Stretch(n_periods - judged - run_up, n_periods - judged, n_periods)
    found = [late]
    for _ in range(n_tuning):
        stop = found[0].start
        length = min(tuning, stop - run_up - to_learn)
        if len(found) > 1 and length < max(shortest, tuning / 2):
            break
        found.insert(0, Stretch(stop - length - run_up, stop - length, stop))
    return tuple(found)


def fit_origins(
    panel: Panel,
    forecasters: Mapping[str, Forecaster],
    cut: Sequence[Stretch],
    every: int,
    progress: Progress = silent,
) -> dict[str, dict[int, FittedForecaster]]:
    """Each forecaster as it stood at each review of the stretches: name -> origin -> fitted.

    A `Learner` learns once per stretch, from what was known at its start.
    """
    with warnings.catch_warnings():
        # Whatever a forecaster has to say of this history, it says again when it makes the plan.
        warnings.simplefilter("ignore", OnhandWarning)
        return _fits(panel, forecasters, cut, every, progress)


def _fits(
    panel: Panel,
    forecasters: Mapping[str, Forecaster],
    cut: Sequence[Stretch],
    every: int,
    progress: Progress,
) -> dict[str, dict[int, FittedForecaster]]:
    n_origins = sum(len(stretch.origins(every)) for stretch in cut)
    to_learn = _LESSON if any(isinstance(one, Learner) for one in forecasters.values()) else 0
    all_of_them = n_origins + to_learn * len(cut)
    fits: dict[str, dict[int, FittedForecaster]] = {name: {} for name in forecasters}
    done = 0
    progress("Going back in time", 0.0)
    for stretch in cut:
        before = believe(as_it_stood(panel, stretch.start))
        ready = {name: taught(forecaster, before) for name, forecaster in forecasters.items()}
        done += to_learn
        progress("Going back in time", done / all_of_them)
        for origin in stretch.origins(every):
            known = before if origin == stretch.start else believe(as_it_stood(panel, origin))
            for name, forecaster in ready.items():
                fits[name][origin] = forecaster.fit(known)
            done += 1
            progress("Going back in time", done / all_of_them)
    return fits


def window(
    stretch: Stretch,
    fits: Mapping[int, FittedForecaster],
    history: DemandHistory,
    opening: Stock,
    terms: SupplyTerms,
    costs: Costs,
    rows: slice,
    *,
    horizon: int,
    n_samples: int,
    seed: int,
    kept: dict[int, NDArray[np.float32]] | None = None,
    supply: PastDeliveries | None = None,
) -> Window:
    """A stretch of the past as a window to replay, for the stock points in `rows`.

    `history` is demand as believed today: the judge may know what the policy may not. Where stretches
    overlap, `kept` (origin -> paths of the same rows) says again what was said before. `supply` is that
    of the same rows; None: orders come as the terms say.
    """
    kept = {} if kept is None else kept
    for origin in range(stretch.start, stretch.stop):
        if origin in fits and origin not in kept:
            kept[origin] = _paths(fits[origin], origin, rows, horizon, n_samples, seed)
    forecasts = [kept.get(origin) for origin in range(stretch.start, stretch.stop)]
    return Window(
        opening=opening.rows(rows),
        forecasts=forecasts,
        demand=history.values[rows, stretch.start : stretch.stop].astype(np.float64),
        terms=terms.rows(rows),
        costs=costs.rows(rows),
        first_scored=stretch.scored - stretch.start,
        supply=supply,
    )


def _paths(
    fitted: FittedForecaster,
    origin: int,
    rows: slice,
    horizon: int,
    n_samples: int,
    seed: int,
) -> NDArray[np.float32]:
    rng = np.random.default_rng([seed, origin])
    told = fitted.paths(horizon, n_samples, rng=rng, rows=rows).values
    # Policies read one period of all worlds at a time: laid out so, a replay takes half the time.
    laid = np.ascontiguousarray(np.moveaxis(told, 2, 0))
    laid.flags.writeable = False  # all policies see the same: what follows from it is kept
    return np.moveaxis(laid, 0, 2)


def groups(n_periods: int, length: int) -> Sequence[slice]:
    """Consecutive slices of `length` periods, the first one taking what does not divide.

    >>> groups(8, 3)
    [slice(0, 2, None), slice(2, 5, None), slice(5, 8, None)]
    """
    stops = list(range(n_periods, 0, -length))[::-1]
    starts = [0, *stops[:-1]]
    return [slice(a, b) for a, b in zip(starts, stops, strict=True)]
