"""What did a plan say of a covariate that was only seen in its own period, such as a price paid?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Lent"]

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Lent:
    """Where a known covariate was not known in advance, and what stands in its place until then.

    A window that read those values would learn from what it is to foretell: the price that was paid
    tells how much was sold.

    Parameters
    ----------
    planned : (N, W) int32, the last period up to this one that was planned; -1: none was
    none : what stands where nothing was planned; None: what it last was
    """

    planned: NDArray[np.int32]
    none: np.float32 | None

    @classmethod
    def of(cls, marks: NDArray[np.bool_], width: int, none: float | None) -> Lent:
        """From the marks (N, w) of `Panel.lent`, for `width` periods; later ones repeat the last.

        >>> Lent.of(np.array([[False, True, False]]), 5, None).planned.tolist()
        [[0, 0, 2, 2, 2]]
        """
        planned = np.full((len(marks), width), -1, dtype=np.int32)
        w = min(width, marks.shape[1])
        planned[:, :w] = np.where(marks[:, :w], -1, np.arange(w))
        np.maximum.accumulate(planned, axis=1, out=planned)
        return cls(planned, None if none is None else np.float32(none))

    def told(self, values: Floats, rows: Ints, at: Ints, first: Ints) -> NDArray[Any]:
        """The covariate `values` (N or 1, W) of `rows` in the periods `at`, planned before `first`.

        rows, first : (B, 1); at : (B, k); result (B, k)

        >>> lent = Lent.of(np.array([[False, True, True, False]]), 4, None)
        >>> price = np.array([[5, 4, 3, 6]], np.float32)
        >>> lent.told(price, np.array([[0]]), np.array([[1, 2, 3]]), np.array([[1]])).tolist()
        [[5.0, 5.0, 6.0]]
        """
        stands = np.maximum(self.planned[rows, at], first - 1)
        told = values[rows if len(values) > 1 else np.zeros_like(rows), np.maximum(stands, 0)]
        return told if self.none is None else np.where(stands >= first, told, self.none)
