"""Errors are those of forecasts that knew only what came before them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from onhand.data.panel import Panel
from onhand.demand import DemandHistory, believe
from onhand.forecast import Calibrated, FittedForecaster, Naive
from onhand.forecast.calibrated import earlier_origins


@dataclass(frozen=True)
class Spy:
    """Naive, and notes how much it was shown."""

    seen: list[int] = field(default_factory=list)
    name: str = "spy"

    def fit(self, history: DemandHistory) -> FittedForecaster:
        self.seen.append(history.n_periods)
        return Naive().fit(history)


def test_errors_begin_right_after_what_was_known() -> None:
    """Sales grow by 1 a period: the naive forecast is 1 short at once, and never 0 short."""
    spy = Spy()
    fitted = Calibrated(spy, horizon=4).fit(believe(Panel.of([range(1, 61)] * 3)))
    assert sorted(spy.seen) == [*earlier_origins(60, 4, None, 12), 60]
    assert (fitted.errors[:, :, 0] > 0).all()
    steps = fitted.errors[0, 0] / fitted.errors[0, 0, 0]
    assert np.allclose(steps, [1, 2, 3, 4])
