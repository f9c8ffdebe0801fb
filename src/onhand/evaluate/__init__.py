"""Was it good? Forecasts are scored, policies are replayed, differences get intervals."""

from onhand.evaluate.backtest import (
    Backtest,
    BacktestRow,
    backtest,
    judged_after,
    judged_demand,
    last_origins,
)
from onhand.evaluate.calibration import (
    CoverageRow,
    coverage_by_class,
    pit_bounds,
    pit_coverage,
    pit_histogram,
)

__all__ = [
    "Backtest",
    "BacktestRow",
    "CoverageRow",
    "backtest",
    "coverage_by_class",
    "judged_after",
    "judged_demand",
    "last_origins",
    "pit_bounds",
    "pit_coverage",
    "pit_histogram",
]
