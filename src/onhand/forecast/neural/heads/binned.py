"""Which class of demand comes next? A softmax over classes, learned by cross-entropy.

A network that classifies can tell any shape: nothing at all half of the time, a dozen otherwise. The
classes are learned from demand / scale of the training windows: exactly zero, then classes that
hold less the higher they are. Quantiles are read from the class probabilities, evenly spread within each class.

Source: the discretised outputs of A. van den Oord et al. (2016), WaveNet, arXiv:1609.03499, and, for
demand, S. Rabanser et al. (2020), The Effectiveness of Discretization in Forecasting, arXiv:2005.10111.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from onhand.errors import ConfigError
from onhand.forecast.neural.heads.head import LEVELS

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Binned"]

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Binned:
    """Probabilities of classes of demand / scale.

    A censored period costs -log of the probability of its sales' class and all above it.

    Parameters
    ----------
    n_bins : classes above zero, at most; fewer where demand takes few values
    edges : where the classes end, rising, in units of the scale; () until learned
    shares : how much of the training demand fell into class 0 (none) and each class above
    """

    n_bins: int = 32
    edges: tuple[float, ...] = ()
    shares: tuple[float, ...] = ()
    uses_bounds = True

    def __post_init__(self) -> None:
        if self.n_bins < 2:
            raise ConfigError(
                f"n_bins is {self.n_bins}; demand needs at least 2 classes above zero"
            )

    @property
    def name(self) -> str:
        """`binned`."""
        return "binned"

    def learn(self, scaled: Floats) -> Binned:
        """The same with classes from the least to the largest demand."""
        positive = scaled[scaled > 0]
        if not len(positive):
            return replace(self, edges=(0.9, 1.1), shares=(0.01, 0.99))  # the level
        # Narrower classes towards the top, where little is seen and much is at stake.
        at = 1 - np.linspace(1, 0, self.n_bins + 1) ** 1.5
        edges = np.unique(np.quantile(positive, at).astype(np.float32))
        # The lowest class starts a little below the least demand, the highest ends above the most.
        low, high = edges[0] * 0.98, edges[-1] * 1.02
        edges = np.unique(np.concatenate([[low], edges[1:-1], [high]]).astype(np.float32))
        counts = np.histogram(positive, edges)[0] + 0.5
        shares = np.concatenate([[len(scaled) - len(positive) + 0.5], counts])
        shares = shares / shares.sum()
        return replace(self, edges=tuple(edges.tolist()), shares=tuple(shares.tolist()))

    def start(self) -> NDArray[np.float64]:
        """The logarithms of the shares seen in training."""
        if not self.shares:
            raise ConfigError("the classes are not known yet; call learn(demand / scale) first")
        return np.log(np.array(self.shares))

    def loss(self, raw: Tensor, target: Tensor, is_censored: Tensor, scale: Tensor) -> Tensor:
        """Cross-entropy of the class, or of it and all above."""
        del scale
        import torch

        edges = torch.tensor(self.edges, device=raw.device)
        label = torch.bucketize(target, edges[1:-1]) + 1
        label = torch.where(target > 0, label, torch.zeros_like(label))  # (B, H)
        log_p = raw.float().log_softmax(-1)
        exact = -log_p.gather(-1, label[..., None])[..., 0]
        reached = torch.arange(raw.shape[-1], device=raw.device) >= label[..., None]
        above = -log_p.masked_fill(~reached, -1e9).logsumexp(-1)
        return torch.where(is_censored, above, exact)

    def quantiles(self, raw: Floats, scale: Floats) -> Floats:
        """Units at `LEVELS` (n, H, L), from the distribution function that the classes draw."""
        p = np.exp(raw - raw.max(axis=2, keepdims=True), dtype=np.float64)
        reached = np.cumsum(p / p.sum(axis=2, keepdims=True), axis=2)  # (n, H, K)
        reached[..., -1] = 1.0
        edges = np.array(self.edges)
        # The first class that reaches each level: 0 is no demand, k lies between two edges.
        k = (reached[..., None, :] < LEVELS[:, None]).sum(axis=3)  # (n, H, L)
        below = np.take_along_axis(reached, np.maximum(k - 1, 0), axis=2)
        content = np.maximum(np.take_along_axis(reached, k, axis=2) - below, 1e-12)
        share = np.clip((LEVELS - below) / content, 0, 1)
        left = edges[np.maximum(k - 1, 0)]
        value = left + share * (edges[np.maximum(k, 1)] - left)
        return (np.where(k > 0, value, 0) * scale[:, None, None]).astype(np.float32)
