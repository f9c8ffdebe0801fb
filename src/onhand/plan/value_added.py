"""What is each step of the forecast worth? A ladder from the naive forecast to the default, in error and money.

Every rung is a forecaster that a shop could stop at. All are asked at the same past reviews for the same
periods, and replayed by the same policy, whose number is tuned for each of them on the stretch before the
one that is judged. A rung that adds nothing, or takes away, is shown as plainly as one that adds.

In a large shop the rungs are judged on a draw of its stock points, each counted for as many as it stands
for, while forecasters learn from all of them (of a very large shop from 4,000), as for a plan: trees learn from
a whole shop at once. With fewer periods than `onhand.plan.forecasters.FEWEST_FOR_TREES` a plan does not teach
them at all.

Source: M. Gilliland (2013), Forecast value added: a reality check on forecasting practices, Foresight 29.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from onhand.data.panel import Frequency
from onhand.data.tables import Tables
from onhand.demand import believe
from onhand.errors import HistoryError
from onhand.evaluate import scores
from onhand.evaluate.backtest import judged_demand
from onhand.forecast import Forecaster, Naive, SeasonalNaive, default_forecaster
from onhand.forecast.default import through_life
from onhand.forecast.shared import Shared
from onhand.forecast.steering import steered_by_trees
from onhand.plan.config import Config
from onhand.plan.currency import in_its_currency
from onhand.plan.economics import economics
from onhand.plan.progress import Progress, silent
from onhand.plan.rehearse import Past, past_of, rehearsed
from onhand.plan.seen import panel_of

__all__ = ["MOST_STOCK_POINTS", "Rung", "rungs_for", "value_added"]

MOST_STOCK_POINTS = 300
"""Drawn for the ladder: seven forecasters are replayed, each tuned for itself."""


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
    """The rungs from the bottom up, judged on at most `MOST_STOCK_POINTS` stock points.

    Raises
    ------
    InputError
        When there are no sales that could be read.
    HistoryError
        When the history is too short to replay anything.
    """
    config = _few(in_its_currency(config or Config(), tables))
    seed = config.plan.seed if seed is None else seed
    history = believe(panel_of(tables, config))
    terms = economics(tables, history.panel, config)
    forecasters = rungs_for(history.panel.frequency)
    past = past_of(history, forecasters, terms, config, seed=seed, progress=progress)
    if past is None:
        raise HistoryError(
            f"{history.n_periods} periods of history are too few to replay a ladder; give more "
            "history, or shorter lead times"
        )
    rungs: list[Rung] = []
    for done, name in enumerate(forecasters, start=1):
        contest = rehearsed(past.alone(name), config).contest
        assert contest is not None  # there is a past
        ours = contest.contenders[contest.default]
        wape, bias = _errors(past, name)
        added = round(rungs[-1].cost - ours.total, 2) if rungs else None
        rungs.append(Rung(name, wape, bias, ours.total, ours.fill_rate, added))
        progress("Climbing the ladder", done / len(forecasters))
    return tuple(rungs)


def _few(config: Config) -> Config:
    """The settings, with no more stock points replayed than a ladder wants."""
    most = min(MOST_STOCK_POINTS, config.replay.max_stock_points)
    return config.model_copy(
        update={"replay": config.replay.model_copy(update={"max_stock_points": most})}
    )


def _errors(past: Past, forecaster: str) -> tuple[float, float]:
    """WAPE and bias over the protection interval after each review of the judged stretch.

    Of the stock points drawn, each counted for as many as it stands for; periods that nobody knows the
    demand of count for nothing.
    """
    stage, late = past.stage, past.cut[-1]
    weight = stage.drawn.weight[:, None]
    horizon = int(stage.terms.protection_interval.max(initial=1))
    actual = judged_demand(stage.panel)
    seen, told = [], []
    for origin, fitted in stage.fits[forecaster].items():
        if late.start <= origin <= late.stop - horizon:
            seen.append(actual[:, origin : origin + horizon] * weight)
            told.append(fitted.mean(horizon)[: len(weight)] * weight)
    both = np.concatenate(seen), np.concatenate(told)
    return round(scores.wape(*both), 4), round(scores.wpe(*both), 4)
