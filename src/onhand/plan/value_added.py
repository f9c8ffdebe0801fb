"""What is each step of the forecast worth? A ladder from the naive forecast to the default, in error and money.

Every rung is a forecaster that a shop could stop at. All are asked at the same past reviews for the same
periods, and replayed by the same policy, whose number is tuned for each of them on the stretch before the
one that is judged. A rung that adds nothing, or takes away, is shown as plainly as one that adds.

In a large shop the ladder is climbed by a draw of its stock points, from which alone its forecasters learn:
trees, which learn from all of a shop at once, know more in the plan than here, and with fewer periods than
`onhand.plan.forecasters.FEWEST_FOR_TREES` a plan does not teach them at all.

Source: M. Gilliland (2013), Forecast value added: a reality check on forecasting practices, Foresight 29.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from onhand.data.panel import Frequency
from onhand.data.tables import Tables
from onhand.demand import believe
from onhand.demand.history import DemandHistory
from onhand.errors import HistoryError
from onhand.evaluate import scores
from onhand.evaluate.backtest import judged_demand, last_origins
from onhand.forecast import Forecaster, Naive, SeasonalNaive, default_forecaster
from onhand.forecast.default import through_life
from onhand.forecast.forecaster import Learner
from onhand.forecast.shared import Shared
from onhand.forecast.steering import steered_by_trees
from onhand.plan.config import Config
from onhand.plan.currency import in_its_currency
from onhand.plan.economics import economics
from onhand.plan.past import as_it_stood
from onhand.plan.progress import Progress, silent
from onhand.plan.rehearse import rehearse
from onhand.plan.seen import panel_of

__all__ = ["MOST_STOCK_POINTS", "Rung", "rungs_for", "value_added"]

MOST_STOCK_POINTS = 300
"""Drawn at random for the ladder: seven forecasters are replayed, each tuned for itself."""

_N_ORIGINS = 8


@dataclass(frozen=True)
class Rung:
    """One forecaster of the ladder, on the judged stretch.

    wape, bias : error and bias as shares of demand, over the protection interval after each review
    cost : money that the orders made from it would have cost
    added : money that it saves against the rung before; None: the first
    """

    name: str
    wape: float
    bias: float
    cost: float
    fill_rate: float
    added: float | None


def rungs_for(frequency: Frequency) -> dict[str, Forecaster]:
    """The ladder, from the bottom: each forecaster knows more than the one before.

    >>> list(rungs_for(Frequency.WEEK))[:3]
    ['naive', 'seasonal naive', 'statistical']
    """
    statistical = Shared(default_forecaster(frequency))
    both = Shared(steered_by_trees(statistical, frequency))
    return {
        "naive": Naive(),
        "seasonal naive": SeasonalNaive(),
        "statistical": default_forecaster(frequency).point,
        "statistical, calibrated": statistical,
        "trees, calibrated": steered_by_trees(statistical, frequency, share=1.0),
        "both, calibrated": both,
        "both, through life": through_life(both),
    }


def value_added(
    tables: Tables,
    config: Config | None = None,
    *,
    seed: int | None = None,
    progress: Progress = silent,
) -> tuple[Rung, ...]:
    """The rungs from the bottom up, for at most `MOST_STOCK_POINTS` stock points drawn at random.

    Raises
    ------
    InputError
        When there are no sales that could be read.
    HistoryError
        When the history is too short to replay anything.
    """
    config = in_its_currency(config or Config(), tables)
    seed = config.plan.seed if seed is None else seed
    history = believe(panel_of(tables, config))
    rows = np.arange(history.n_series)
    if len(rows) > MOST_STOCK_POINTS:
        drawn = np.random.default_rng(seed).choice(rows, MOST_STOCK_POINTS, replace=False)
        rows = np.sort(drawn)
    small = history.rows(rows)
    terms = economics(tables, small.panel, config)
    horizon = int(terms.terms.protection_interval.max(initial=1))
    forecasters = rungs_for(small.panel.frequency)
    errors = _errors(small, forecasters, horizon) if small.n_periods > 2 * horizon else {}
    rungs: list[Rung] = []
    for done, (name, forecaster) in enumerate(forecasters.items(), start=1):
        contest = rehearse(small, {name: forecaster}, terms, config, seed=seed).contest
        if contest is None:
            raise HistoryError(
                f"{small.n_periods} periods of history are too few to replay a ladder; give more "
                "history, or shorter lead times"
            )
        ours = contest.contenders[contest.default]
        wape, bias = errors[name]
        added = round(rungs[-1].cost - ours.total, 2) if rungs else None
        rungs.append(Rung(name, wape, bias, ours.total, ours.fill_rate, added))
        progress("Climbing the ladder", done / len(forecasters))
    return tuple(rungs)


def _errors(
    history: DemandHistory, forecasters: Mapping[str, Forecaster], horizon: int
) -> dict[str, tuple[float, float]]:
    """WAPE and bias of each forecaster over the protection interval after the last reviews.

    Each is asked with what was known then, plans no further ahead than they reach today.
    """
    panel = history.panel
    origins = last_origins(panel.n_periods, horizon, _N_ORIGINS)
    origins = [origin for origin in origins if origin > panel.n_periods // 3] or origins[-1:]
    actual = judged_demand(panel)
    then = [believe(as_it_stood(panel, origin)) for origin in origins]
    told: dict[str, tuple[float, float]] = {}
    for name, forecaster in forecasters.items():
        ready = forecaster.learn(then[0]) if isinstance(forecaster, Learner) else forecaster
        said = [ready.fit(history).mean(horizon) for history in then]
        seen = np.concatenate([actual[:, o : o + horizon] for o in origins])
        both = seen, np.concatenate(said)
        told[name] = round(scores.wape(*both), 4), round(scores.wpe(*both), 4)
    return told
