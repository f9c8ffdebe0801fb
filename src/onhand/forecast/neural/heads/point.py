"""What is the mean of demand? Squared error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from onhand.forecast.neural.heads.head import SOFTPLUS_ONE, softplus

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Point"]

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Point:
    """The mean, learned by squared error of demand / scale.

    Censored periods are left out: a mean alone cannot say how likely the bound was to be passed.
    """

    uses_bounds = False

    @property
    def name(self) -> str:
        """`point`."""
        return "point"

    def learn(self, scaled: Floats) -> Point:
        """Itself."""
        del scaled
        return self

    def start(self) -> NDArray[np.float64]:
        """The level."""
        return np.array([SOFTPLUS_ONE])

    def loss(self, raw: Tensor, target: Tensor, is_censored: Tensor, scale: Tensor) -> Tensor:
        """(target - mean)^2."""
        del is_censored, scale
        from torch.nn.functional import softplus as soft

        return (target - soft(raw[..., 0])) ** 2

    def mean(self, raw: Floats) -> Floats:
        """Expected demand / scale (n, H)."""
        return softplus(raw[..., 0]).astype(np.float32)
