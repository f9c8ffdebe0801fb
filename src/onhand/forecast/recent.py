"""What if the distant past is another shop? A forecaster that is shown the last periods only."""

from __future__ import annotations

from dataclasses import dataclass, replace

from onhand.demand.history import DemandHistory
from onhand.errors import ConfigError
from onhand.forecast.forecaster import FittedForecaster, Forecaster

__all__ = ["Recent"]


@dataclass(frozen=True)
class Recent:
    """Another forecaster, fitted on the last `n_periods` of the history.

    Old periods weigh next to nothing in a smoothed level, but cost as much time as new ones.

    Parameters
    ----------
    point : Forecaster
    n_periods : int
        A shorter history is shown whole.

    >>> import numpy as np
    >>> from onhand.data.panel import Panel
    >>> from onhand.forecast.averages import MovingAverage
    >>> panel = Panel.of([[90, 90, 2, 4]])
    >>> history = DemandHistory(panel, panel.sales, np.zeros((1, 4), bool))
    >>> Recent(MovingAverage(100), 2).fit(history).mean(1).tolist()
    [[3.0]]
    """

    point: Forecaster
    n_periods: int

    def __post_init__(self) -> None:
        if self.n_periods < 1:
            raise ConfigError(f"n_periods is {self.n_periods}; a forecaster must see at least 1")

    @property
    def name(self) -> str:
        """`tsb of the last 400`."""
        return f"{self.point.name} of the last {self.n_periods}"

    def fit(self, history: DemandHistory) -> FittedForecaster:
        """The inner forecaster, fitted on what is recent."""
        return self.point.fit(last(history, self.n_periods))


def last(history: DemandHistory, n_periods: int) -> DemandHistory:
    """The last periods of a history, with the covariates that reach into them."""
    start = history.n_periods - n_periods
    if start <= 0:
        return history
    panel = history.panel
    recent = replace(
        panel,
        dates=panel.dates[start:],
        sales=panel.sales[:, start:],
        in_stock=panel.in_stock[:, start:],
        is_open=panel.is_open[start:],
        known={name: values[:, start:] for name, values in panel.known.items()},
        observed={name: values[:, start:] for name, values in panel.observed.items()},
        lent={name: marks[:, start:] for name, marks in panel.lent.items()},
    )
    return DemandHistory(recent, history.values[:, start:], history.is_censored[:, start:])
