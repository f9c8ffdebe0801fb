"""What may they want next? Histories become joint sample paths of the future."""

from onhand.forecast.analogues import Analogues
from onhand.forecast.averages import MovingAverage, Naive, SeasonalMovingAverage, SeasonalNaive
from onhand.forecast.blend import Blend
from onhand.forecast.bootstrap import Bootstrap
from onhand.forecast.calibrated import Calibrated
from onhand.forecast.default import default_forecaster
from onhand.forecast.forecaster import FittedForecaster, Forecaster
from onhand.forecast.intermittent import SBA, TSB
from onhand.forecast.paths import DemandPaths
from onhand.forecast.recent import Recent
from onhand.forecast.seasonalised import Seasonalised
from onhand.forecast.smoothing import (
    DampedTrend,
    ExponentialSmoothing,
    SeasonalExponentialSmoothing,
)
from onhand.forecast.stacked import Stacked

__all__ = [
    "SBA",
    "TSB",
    "Analogues",
    "Blend",
    "Bootstrap",
    "Calibrated",
    "DampedTrend",
    "DemandPaths",
    "ExponentialSmoothing",
    "FittedForecaster",
    "Forecaster",
    "MovingAverage",
    "Naive",
    "Recent",
    "SeasonalExponentialSmoothing",
    "SeasonalMovingAverage",
    "SeasonalNaive",
    "Seasonalised",
    "Stacked",
    "default_forecaster",
]
