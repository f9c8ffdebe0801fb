"""Which forecaster when nobody chose one? The one that was best calibrated on public shops."""

from __future__ import annotations

from onhand.data.panel import Frequency
from onhand.forecast.averages import MovingAverage, SeasonalMovingAverage
from onhand.forecast.blend import Blend
from onhand.forecast.calibrated import Calibrated
from onhand.forecast.forecaster import Forecaster
from onhand.forecast.smoothing import ExponentialSmoothing, SeasonalExponentialSmoothing

__all__ = ["default_forecaster"]


def default_forecaster(frequency: Frequency) -> Forecaster:
    """The default forecaster for a panel of this frequency.

    >>> default_forecaster(Frequency.WEEK).name
    'calibrated blend of seasonal moving average 13, exponential smoothing, moving average 8'
    """
    if frequency is Frequency.DAY:
        members: list[Forecaster] = [SeasonalExponentialSmoothing(), SeasonalMovingAverage(28)]
    else:
        members = [SeasonalMovingAverage(13), ExponentialSmoothing(), MovingAverage(8)]
    return Calibrated(Blend(members))
