"""What does a network say of a future period, and how is it told that it was wrong?

Two kinds of head. Both turn K raw numbers per period into something about demand, and have a loss.
A *mean head* tells an expectation; its spread comes from errors made before. A *spread head* tells a
whole distribution, as quantiles at the fixed `LEVELS`. Losses run in torch; everything a server needs
runs in numpy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor

__all__ = [
    "LEVELS",
    "SOFTPLUS_ONE",
    "Head",
    "SpreadHead",
    "TellsMean",
    "TellsSpread",
    "at_levels",
    "softplus",
]

Floats = NDArray[np.float32]

# Dense in the middle and denser towards 1: slow sellers live there.
LEVELS: NDArray[np.float64] = np.concatenate(
    [[0, 0.005], np.linspace(0.02, 0.98, 49), [0.985, 0.99, 0.995, 0.998, 0.9995, 1]]
)
SOFTPLUS_ONE = float(np.log(np.e - 1))  # softplus of it is 1: the level of the context


class Head(Protocol):
    """Reads raw numbers (..., K) and scores them."""

    @property
    def name(self) -> str:
        """A short name for tables and charts."""
        ...

    @property
    def uses_bounds(self) -> bool:
        """Whether the loss can learn from sales that were cut short by an empty shelf."""
        ...

    def learn(self, scaled: Floats) -> Self:
        """The head, with what it takes from demand / scale (M,) of the training windows."""
        ...

    def start(self) -> NDArray[np.float64]:
        """Raw numbers (K,) of a network that has learned nothing: about the level of the context."""
        ...

    def loss(self, raw: Tensor, target: Tensor, is_censored: Tensor, scale: Tensor) -> Tensor:
        """Loss (B, H) of raw (B, H, K), given demand / scale (B, H) and scale (B, 1) in units."""
        ...


@runtime_checkable
class TellsMean(Protocol):
    """Reads what to expect from raw numbers."""

    def mean(self, raw: Floats) -> Floats:
        """Expected demand / scale (n, H) from raw (n, H, K)."""
        ...


@runtime_checkable
class TellsSpread(Protocol):
    """Reads how likely every demand is from raw numbers."""

    def quantiles(self, raw: Floats, scale: Floats) -> Floats:
        """Demand in units at `LEVELS` (n, H, L), never falling, from raw (n, H, K), scale (n,)."""
        ...


class SpreadHead(Head, TellsSpread, Protocol):
    """A head that tells how likely every demand is."""


def at_levels(told: NDArray[np.floating], at: tuple[float, ...]) -> NDArray[np.floating]:
    """Rising quantiles (n, H, K) at the probabilities `at`, read at `LEVELS`, (n, H, L).

    Straight between them, down to 0, and up by the last slope.
    """
    top = told[..., -1:] + (told[..., -1:] - told[..., -2:-1])
    told = np.concatenate([np.zeros_like(told[..., :1]), told, top], axis=2)
    known = np.array([0.0, *at, 1.0])
    right = np.clip(np.searchsorted(known, LEVELS), 1, len(known) - 1)
    share = (LEVELS - known[right - 1]) / (known[right] - known[right - 1])
    return told[..., right - 1] * (1 - share) + told[..., right] * share


def softplus(x: NDArray[np.floating]) -> NDArray[np.float64]:
    """log(1 + exp(x)), > 0.

    >>> round(float(softplus(np.array(SOFTPLUS_ONE))), 6)
    1.0
    """
    return np.logaddexp(0.0, np.asarray(x, np.float64))
