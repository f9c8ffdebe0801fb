"""Which forecaster when nobody chose one? The one that was best calibrated on public shops."""

from __future__ import annotations

from onhand.data.panel import Frequency
from onhand.forecast.averages import MovingAverage
from onhand.forecast.blend import Blend
from onhand.forecast.calibrated import Calibrated
from onhand.forecast.forecaster import Forecaster
from onhand.forecast.intermittent import TSB
from onhand.forecast.recent import Recent
from onhand.forecast.seasonalised import Seasonalised
from onhand.forecast.smoothing import ExponentialSmoothing

__all__ = ["default_forecaster"]

_MEMORY = {Frequency.DAY: 400, Frequency.WEEK: 209, Frequency.MONTH: 60}  # periods


def default_forecaster(frequency: Frequency) -> Calibrated:
    """The default forecaster for a panel of this frequency.

    Fast and slow memories are blended because no single one wins everywhere; the season is that of
    the whole shop; the spread is that of the blend's own past errors. `docs/concepts/forecasts.md`
    has the measurements behind the choice.

    >>> default_forecaster(Frequency.WEEK).name
    'default'
    """
    members: list[Forecaster]
    if frequency is Frequency.DAY:
        members = [ExponentialSmoothing(), TSB(), MovingAverage(28)]
    elif frequency is Frequency.WEEK:
        members = [ExponentialSmoothing(), MovingAverage(8), MovingAverage(52)]
    else:
        members = [ExponentialSmoothing(), MovingAverage(6), MovingAverage(12)]
    return Calibrated(Recent(Seasonalised(Blend(members)), _MEMORY[frequency]), label="default")
