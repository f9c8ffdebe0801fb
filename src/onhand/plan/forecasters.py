"""Which forecasters may the replay choose among?"""

from __future__ import annotations

from onhand.data.panel import Frequency
from onhand.forecast import (
    TSB,
    Bootstrap,
    Calibrated,
    ExponentialSmoothing,
    Forecaster,
    MovingAverage,
    SeasonalNaive,
    default_forecaster,
)
from onhand.forecast.own_spread import OwnSpread

__all__ = ["forecasters_for"]


def forecasters_for(name: str, frequency: Frequency) -> dict[str, Forecaster]:
    """The forecasters that a configuration names; of the default's two spreads the replay chooses one."""
    if name == "default":
        default = default_forecaster(frequency)
        return {"default": default, "own spread": OwnSpread(default)}
    points: dict[str, Forecaster] = {
        "seasonal_naive": SeasonalNaive(),
        "moving_average": MovingAverage(frequency.quarter),
        "exponential_smoothing": ExponentialSmoothing(),
        "tsb": TSB(),
    }
    return {name: Bootstrap() if name == "bootstrap" else Calibrated(points[name])}
