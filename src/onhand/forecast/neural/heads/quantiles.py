"""Which demand is passed with which probability? Many quantiles at once, each by its own error.

Sources: R. Koenker and G. Bassett (1978), Regression Quantiles, doi:10.2307/1913643; for lower bounds
S. Portnoy (2003), Censored Regression Quantiles, doi:10.1198/016214503000000954.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from onhand.errors import ConfigError
from onhand.forecast.neural.heads.head import at_levels, softplus

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Quantiles"]

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Quantiles:
    """Quantiles of demand / scale that cannot cross: each is the one below plus something positive.

    What was cut short at y lies somewhere above y. Of a quantile above y, the share of the told
    probability that lies between the two pulls it towards y, the rest pulls it up (Portnoy 2003).

    Parameters
    ----------
    at : probabilities in rising order, between 0 and 1
    usual : those quantiles over all training windows, where learning starts; () until learned
    """

    at: tuple[float, ...] = (
        0.01,
        0.05,
        0.1,
        0.2,
        0.3,
        0.4,
        0.5,
        0.6,
        0.7,
        0.8,
        0.9,
        0.95,
        0.98,
        0.995,
    )
    usual: tuple[float, ...] = ()
    uses_bounds = True

    def __post_init__(self) -> None:
        rising = all(a < b for a, b in zip(self.at, self.at[1:], strict=False))
        if len(self.at) < 2 or not rising or not (self.at[0] > 0 and self.at[-1] < 1):
            raise ConfigError(
                f"at is {self.at}; give two or more rising probabilities within (0, 1)"
            )

    @property
    def name(self) -> str:
        """`quantiles`."""
        return "quantiles"

    def learn(self, scaled: Floats) -> Quantiles:
        """The same, starting from the quantiles of the training windows."""
        if not len(scaled):
            return self
        return replace(self, usual=tuple(np.quantile(scaled, self.at).tolist()))

    def start(self) -> NDArray[np.float64]:
        """The usual quantiles, or all close to the level."""
        usual = np.array(self.usual) if self.usual else np.linspace(0.9, 1.1, len(self.at))
        steps = np.maximum(np.diff(usual, prepend=0.0), 2e-3)
        return np.log(np.expm1(steps))

    def loss(self, raw: Tensor, target: Tensor, is_censored: Tensor, scale: Tensor) -> Tensor:
        """Mean pinball loss over the quantiles."""
        del scale
        import torch
        from torch.nn.functional import softplus as soft

        at = torch.tensor(self.at, device=raw.device)
        told = soft(raw).cumsum(-1)  # (B, H, K)
        surprise = target[..., None] - told
        exact = torch.maximum(at * surprise, (at - 1) * surprise)
        passed = (told.detach() <= target[..., None]) * at
        below = passed.amax(-1, keepdim=True)  # P(demand <= bound), as told now
        share = ((at - below) / (1 - below)).clamp(0, 1)
        beyond = share * exact + (1 - share) * at * surprise
        return torch.where(is_censored[..., None], beyond, exact).mean(-1) * 2

    def quantiles(self, raw: Floats, scale: Floats) -> Floats:
        """Units at `LEVELS` (n, H, L): straight between the quantiles, down to 0, up by the last slope."""
        told = np.cumsum(softplus(raw), axis=2)
        return (at_levels(told, self.at) * scale[:, None, None]).astype(np.float32)
