"""What is the mean of demand that often is nothing and sometimes a lot? Tweedie deviance.

Source: B. Jorgensen (1987), Exponential Dispersion Models, doi:10.1111/j.2517-6161.1987.tb01685.x;
the loss of many of the best entries of M5 (Makridakis et al. 2022, doi:10.1016/j.ijforecast.2021.11.013).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from onhand.errors import ConfigError
from onhand.forecast.neural.heads.head import SOFTPLUS_ONE, softplus

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Tweedie"]

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Tweedie:
    """The mean of a variable whose variance grows as mean ** power.

    Parameters
    ----------
    power : 1 < p < 2
        Near 1: Poisson counts; near 2: gamma amounts. Between them a point mass at 0 and a
        continuous positive part.
    """

    power: float = 1.3
    uses_bounds = False

    def __post_init__(self) -> None:
        if not 1 < self.power < 2:
            raise ConfigError(f"power is {self.power}; a Tweedie loss needs 1 < power < 2")

    @property
    def name(self) -> str:
        """`tweedie`."""
        return "tweedie"

    def learn(self, scaled: Floats) -> Tweedie:
        """Itself."""
        del scaled
        return self

    def start(self) -> NDArray[np.float64]:
        """The level."""
        return np.array([SOFTPLUS_ONE])

    def loss(self, raw: Tensor, target: Tensor, is_censored: Tensor, scale: Tensor) -> Tensor:
        """mu^(2-p) / (2-p) - y mu^(1-p) / (1-p), half the deviance up to a constant."""
        del is_censored, scale
        from torch.nn.functional import softplus as soft

        p = self.power
        mean = soft(raw[..., 0]) + 1e-4
        return mean ** (2 - p) / (2 - p) - target * mean ** (1 - p) / (1 - p)

    def mean(self, raw: Floats) -> Floats:
        """Expected demand / scale (n, H)."""
        return (softplus(raw[..., 0]) + 1e-4).astype(np.float32)
