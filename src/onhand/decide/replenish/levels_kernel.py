"""The compiled loop behind `onhand.decide.replenish.levels`: expected demand met at many levels."""

from __future__ import annotations

from typing import Any

import numpy as np

from onhand.compiled import njit

__all__ = ["expected_met"]


@njit(cache=True)
def expected_met(samples: Any, candidates: Any) -> Any:
    """E[min(D_i, I_pi)] for sorted samples (N, S) and candidates (P, N): (P, N)."""
    n, s = samples.shape
    met = np.empty(candidates.shape)
    below = np.zeros(s + 1)  # below[k]: sum of the k smallest samples
    for i in range(n):
        for k in range(s):
            below[k + 1] = below[k] + samples[i, k]
        for p in range(candidates.shape[0]):
            level = candidates[p, i]
            k = np.searchsorted(samples[i], level)
            met[p, i] = (below[k] + level * (s - k)) / s
    return met
