"""How many units, if customers come in clumps? A negative binomial around the mean.

Source: D. Salinas, V. Flunkert, J. Gasthaus and T. Januschowski (2020), DeepAR,
doi:10.1016/j.ijforecast.2019.07.001, section 3.2: mean mu, variance mu + alpha mu^2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from onhand.forecast.neural.heads.head import LEVELS, SOFTPLUS_ONE, softplus

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["NegativeBinomial"]

Floats = NDArray[np.float32]
_LEAST_ALPHA = 1e-3
_TOP = 0.9998  # where the highest level is read: demand has no largest value


@dataclass(frozen=True)
class NegativeBinomial:
    """Mean and overdispersion of demand in whole units.

    A censored period costs -log P(demand >= sales). The upper tail has no closed form that torch
    could differentiate, so the cube root of demand / mean is taken for normal, as for a gamma
    variable of the same mean and variance (E. B. Wilson and M. M. Hilferty 1931,
    doi:10.1073/pnas.17.12.684).
    """

    uses_bounds = True

    @property
    def name(self) -> str:
        """`negative_binomial`."""
        return "negative_binomial"

    def learn(self, scaled: Floats) -> NegativeBinomial:
        """Itself."""
        del scaled
        return self

    def start(self) -> NDArray[np.float64]:
        """The level, and alpha = 0.3."""
        return np.array([SOFTPLUS_ONE, np.log(np.expm1(0.3))])

    def loss(self, raw: Tensor, target: Tensor, is_censored: Tensor, scale: Tensor) -> Tensor:
        """-log P(demand = y), or -log P(demand >= y) where y is a lower bound."""
        import torch
        from torch.nn.functional import softplus as soft

        y = target * scale
        mean = (soft(raw[..., 0]) * scale).clamp_min(1e-6)
        alpha = soft(raw[..., 1]) + _LEAST_ALPHA
        r = 1 / alpha
        log_p = torch.lgamma(y + r) - torch.lgamma(r) - torch.lgamma(y + 1)
        exact = -(log_p - r * torch.log1p(alpha * mean) - y * torch.log1p(r / mean))
        square = (1 / mean + alpha).clamp_max(9.0)  # variance / mean^2
        z = ((y.clamp_min(0.0) / mean + 1e-6) ** (1 / 3) - (1 - square / 9)) * 3 / square.sqrt()
        return torch.where(is_censored, -torch.special.log_ndtr(-z), exact)

    def quantiles(self, raw: Floats, scale: Floats) -> Floats:
        """Whole units at `LEVELS`, (n, H, L)."""
        from scipy.special import ndtri

        from onhand.forecast.neural.heads.kernels import count_quantiles

        mean = np.maximum(softplus(raw[..., 0]) * scale[:, None], 1e-6)  # (n, H)
        alpha = softplus(raw[..., 1]) + _LEAST_ALPHA
        levels = np.minimum(LEVELS, _TOP)
        told = count_quantiles(mean.ravel(), alpha.ravel(), levels, ndtri(np.maximum(levels, 1e-9)))
        return told.reshape(*mean.shape, len(LEVELS))
