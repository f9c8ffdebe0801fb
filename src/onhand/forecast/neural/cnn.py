"""What do causal filters with ever wider gaps find in the past?

Source: S. Bai, J. Z. Kolter and V. Koltun (2018), An Empirical Evaluation of Generic Convolutional
and Recurrent Networks for Sequence Modeling, arXiv:1803.01271, section 3 (temporal convolutional
network); dilations after A. van den Oord et al. (2016), WaveNet, arXiv:1609.03499.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from onhand.errors import ConfigError

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["CNN"]


@dataclass(frozen=True)
class CNN:
    """Dilated causal convolutions; layer l looks back (kernel - 1) * 2 ** l periods further.

    Parameters
    ----------
    width : filters of each layer, D
    kernel : periods that a filter sees at once

    >>> CNN().depth(56)                                  # layers until the whole context is seen
    5
    """

    width: int = 48
    kernel: int = 3

    def __post_init__(self) -> None:
        if self.width < 1 or self.kernel < 2:
            raise ConfigError(f"CNN({self.width}, {self.kernel}): width is >= 1, kernel >= 2")

    @property
    def name(self) -> str:
        """`cnn`."""
        return "cnn"

    def depth(self, context: int) -> int:
        """Layers until the last period's features have seen the whole context."""
        depth, seen = 1, self.kernel
        while seen < context:
            seen += (self.kernel - 1) * 2**depth
            depth += 1
        return depth

    def encoder(self, n_channels: int, context: int, dropout: float) -> nn.Module:
        """From the context (B, C, P) to the features (B, D) of its last period."""
        from torch import nn

        class Causal(nn.Module):
            """x + relu(filters of the past of x), (B, D, C) to the same."""

            def __init__(self, width: int, kernel: int, dilation: int) -> None:
                super().__init__()
                self.reach = (kernel - 1) * dilation
                self.filters = nn.Conv1d(width, width, kernel, dilation=dilation)
                self.dropout = nn.Dropout(dropout)

            def forward(self, x: Tensor) -> Tensor:
                padded = nn.functional.pad(x, (self.reach, 0))
                return x + self.dropout(self.filters(padded).relu())

        class Encoder(nn.Module):
            def __init__(self, width: int, kernel: int, depth: int) -> None:
                super().__init__()
                self.first = nn.Conv1d(n_channels, width, 1)
                self.layers = nn.Sequential(*(Causal(width, kernel, 2**k) for k in range(depth)))

            def forward(self, past: Tensor) -> Tensor:
                return self.layers(self.first(past.transpose(1, 2)))[:, :, -1]

        return Encoder(self.width, self.kernel, self.depth(context))
