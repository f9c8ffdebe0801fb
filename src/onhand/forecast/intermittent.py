"""What if most periods see no demand at all? TSB and SBA."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from onhand.demand.history import DemandHistory
from onhand.forecast.spread import CountForecast, Flat

__all__ = ["SBA", "TSB"]


@dataclass(frozen=True)
class TSB:
    """Smoothed demand size times smoothed demand probability.

    The probability falls in every period without demand, so items that die are let go.

    Parameters
    ----------
    alphas, betas : shares 0..1
        Smoothing constants of size and probability; each series takes the pair with the least
        squared one-step error. Give one of each for the textbook method.

    Source: R. H. Teunter, A. A. Syntetos and M. Z. Babai (2011), EJOR 214(3).

    >>> from onhand.data.panel import Panel
    >>> from onhand.demand.history import DemandHistory
    >>> panel = Panel.of([[4, 0, 4, 0]])
    >>> history = DemandHistory(panel, panel.sales, np.zeros((1, 4), bool))
    >>> TSB(alphas=(0.1,), betas=(0.1,)).fit(history).mean(1).tolist()
    [[2.0]]
    """

    alphas: tuple[float, ...] = (0.1,)
    betas: tuple[float, ...] = (0.02, 0.05, 0.1, 0.2)

    @property
    def name(self) -> str:
        """`tsb`."""
        return "tsb"

    def fit(self, history: DemandHistory) -> CountForecast:
        """Size and probability of each series."""
        from onhand.forecast.kernels import tsb

        size, probability, mse = tsb(
            history.values, np.asarray(self.alphas), np.asarray(self.betas)
        )
        level = size * probability
        return CountForecast.around(history, Flat(level), level, mse)


@dataclass(frozen=True)
class SBA:
    """Smoothed demand size over smoothed interval between demands, less the bias of that ratio.

    Parameters
    ----------
    alphas : shares 0..1
        Smoothing constants; each series takes the one with the least squared one-step error.

    Source: A. A. Syntetos and J. E. Boylan (2005), International Journal of Forecasting 21(2),
    correcting J. D. Croston (1972).
    """

    alphas: tuple[float, ...] = (0.05, 0.1, 0.2)

    @property
    def name(self) -> str:
        """`sba`."""
        return "sba"

    def fit(self, history: DemandHistory) -> CountForecast:
        """Size and interval of each series."""
        from onhand.forecast.kernels import croston

        size, interval, alpha, mse = croston(history.values, np.asarray(self.alphas))
        level = (size / interval * (1 - alpha / 2)).astype(np.float32)
        return CountForecast.around(history, Flat(level), level, mse)
