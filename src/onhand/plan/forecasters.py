"""Which forecasters may the replay choose among?"""

from __future__ import annotations

import importlib.util
import math
from pathlib import Path
from typing import TYPE_CHECKING

from onhand.data.panel import Frequency
from onhand.errors import ConfigError
from onhand.forecast import (
    TSB,
    Analogues,
    Blend,
    Bootstrap,
    Calibrated,
    ExponentialSmoothing,
    Forecaster,
    MovingAverage,
    SeasonalNaive,
    default_forecaster,
)
from onhand.forecast.default import through_life
from onhand.forecast.own_spread import OwnSpread
from onhand.forecast.shared import Shared
from onhand.forecast.stacked import Stacked
from onhand.forecast.steering import steered_by_trees
from onhand.forecast.suspicious import Suspicious
from onhand.forecast.when_open import WhenOpen
from onhand.plan.config import ForecastSettings
from onhand.plan.plan import Assumption
from onhand.plan.progress import Progress, silent

if TYPE_CHECKING:
    from onhand.forecast.neural.training import Epoch

__all__ = ["FEWEST_FOR_TREES", "forecaster_note", "forecasters_for", "forecasters_of"]

FEWEST_FOR_TREES = 10_000
"""Known periods of all stock points together below which trees are not taught by default.

A third of the history comes before the first past review, and an example of a tree is one period.
Below this a leaf of forty examples is a per cent of all that was seen.
"""


def forecasters_for(
    name: str,
    frequency: Frequency,
    n_known: float = math.inf,
    *,
    logs: Path | None = None,
    progress: Progress = silent,
) -> dict[str, Forecaster]:
    """The forecasters that a configuration names; of several the replay chooses one by its money.

    The first is the one that decides where nothing can be replayed. They share the statistics they
    stand on, so that these are fitted once per origin.

    Parameters
    ----------
    name : as in `[forecast] forecaster`
    frequency : of the shop's periods
    n_known : periods of all stock points together of which demand is known; see `FEWEST_FOR_TREES`
    logs : folder for TensorBoard's curves of a network's training; None: no logs
    progress : told how far a network's training is

    Raises
    ------
    ConfigError
        When a network is asked for and PyTorch is not installed.

    >>> list(forecasters_for("default", Frequency.WEEK))
    ['default', 'default, own spread', 'statistical', 'statistical, own spread']
    >>> list(forecasters_for("default", Frequency.WEEK, n_known=500))       # too little for trees
    ['statistical', 'statistical, own spread']
    >>> list(forecasters_for("statistical", Frequency.MONTH))
    ['statistical', 'statistical, own spread', 'analogues']
    """
    statistical = Shared(default_forecaster(frequency))
    plain = _with_either_spread("statistical", statistical)
    if frequency is Frequency.MONTH:  # where demand is rare, what came next for others tells more
        plain |= {"analogues": through_life(Analogues())}
    if name == "statistical" or (name == "default" and n_known < FEWEST_FOR_TREES):
        return plain
    if name == "default":
        steered = Shared(steered_by_trees(statistical, frequency))
        return _with_either_spread(name, steered) | plain
    if name == "analogues":
        return {name: through_life(Analogues())}
    if name == "boosted":
        return {name: through_life(steered_by_trees(statistical, frequency, share=1.0))}
    if name == "ensemble":
        return {name: through_life(_ensemble(statistical, frequency, logs, progress))}
    points: dict[str, Forecaster] = {
        "seasonal_naive": SeasonalNaive(),
        "moving_average": MovingAverage(frequency.quarter),
        "exponential_smoothing": ExponentialSmoothing(),
        "tsb": TSB(),
    }
    return {name: WhenOpen(Bootstrap() if name == "bootstrap" else Calibrated(points[name]))}


def forecasters_of(
    settings: ForecastSettings,
    frequency: Frequency,
    n_known: float = math.inf,
    *,
    progress: Progress = silent,
) -> dict[str, Forecaster]:
    """The forecasters that the settings ask for: those of the named one, or its blend with a second.

    >>> settings = ForecastSettings(forecaster="tsb", blend="moving_average")
    >>> list(forecasters_of(settings, Frequency.WEEK))
    ['tsb + moving_average']
    """
    logs = Path(settings.tensorboard) if settings.tensorboard else None
    named = forecasters_for(settings.forecaster, frequency, n_known, logs=logs, progress=progress)
    if settings.blend:
        second = forecasters_for(settings.blend, frequency, n_known, logs=logs, progress=progress)
        both = Blend([next(iter(named.values())), next(iter(second.values()))])
        named = {settings.named: both}
    if settings.infer_stock_outs:
        return {name: Suspicious(forecaster) for name, forecaster in named.items()}
    return named


def forecaster_note(name: str, chosen: str, n_known: float) -> Assumption:
    """Which forecaster decides now, and why, for the plan's assumptions.

    >>> forecaster_note("default", "statistical", 500).why
    'demand is known in 500 periods of all stock points together, and boosted trees want 10,000'
    """
    key = "forecast.forecaster"
    if name not in ("default", "statistical"):
        return Assumption(key, chosen, "", "config", "stated in onhand.toml")
    if name == "default" and n_known < FEWEST_FOR_TREES:
        why = (
            f"demand is known in {n_known:,.0f} periods of all stock points together, and boosted "
            f"trees want {FEWEST_FOR_TREES:,}"
        )
        return Assumption(key, chosen, "", "assumed", why)
    why = "its paths led to the cheapest orders on the shop's own past"
    return Assumption(key, chosen, "", "file", why)


def _with_either_spread(name: str, forecaster: Forecaster) -> dict[str, Forecaster]:
    """With the spread of its past errors, and with that of each item's own demand; both through life."""
    own_spread = OwnSpread(forecaster, is_responsive=True)
    return {name: through_life(forecaster), f"{name}, own spread": through_life(own_spread)}


def _ensemble(
    statistical: Forecaster, frequency: Frequency, logs: Path | None, progress: Progress
) -> Forecaster:
    """Statistics, trees with the statistics' spread, and a network, each heard as its past deserves."""
    if importlib.util.find_spec("torch") is None:
        raise ConfigError(
            "forecast.forecaster = 'ensemble' teaches a network with PyTorch, which is not installed: "
            'pip install "onhand[deep]", or choose another forecaster'
        )
    from onhand.forecast.neural import MLP, Neural, Quantiles, Training

    n_trainings = 0

    def tell(epoch: Epoch) -> None:
        nonlocal n_trainings
        n_trainings += epoch.number == 1
        progress(f"Teaching network {n_trainings}", epoch.share)

    training = Training(tensorboard=logs, progress=tell)
    trees = steered_by_trees(statistical, frequency, share=1.0)
    return Stacked([statistical, trees, Neural(MLP(), Quantiles(), training=training)])
