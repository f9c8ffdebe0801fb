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
            """x + relu(filters of the past of x), at every second period counted from the last.

            Only the last period's features are asked for. They read every second period of the
            layer below, those every second of the one below that: the gaps of the dilated filters.
            So each layer works out half as many periods, (B, D, C) to (B, D, ceil(C / 2)), and what
            comes out last is what filters at all periods would give.
            """

            def __init__(self, width: int, kernel: int) -> None:
                super().__init__()
                self.kernel = kernel
                self.filters = nn.Conv1d(width, width, kernel, stride=2)
                self.dropout = nn.Dropout(dropout)

            def forward(self, x: Tensor) -> Tensor:
                n = x.shape[2]
                before = (
                    2 * ((n + 1) // 2 - 1) + self.kernel - n
                )  # so that the last filter ends at n
                told = self.filters(nn.functional.pad(x, (before, 0))).relu()
                return x[:, :, (n + 1) % 2 :: 2] + self.dropout(told)

        class Encoder(nn.Module):
            def __init__(self, width: int, kernel: int, depth: int) -> None:
                super().__init__()
                self.first = nn.Conv1d(n_channels, width, 1)
                self.layers = nn.Sequential(*(Causal(width, kernel) for _ in range(depth)))

            def forward(self, past: Tensor) -> Tensor:
                return self.layers(self.first(past.transpose(1, 2)))[:, :, -1]

        return Encoder(self.width, self.kernel, self.depth(context))
