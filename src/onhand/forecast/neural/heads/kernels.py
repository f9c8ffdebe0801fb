"""How are quantiles of a negative binomial found quickly? By one walk up its probabilities.

No annotations inside: numba infers them, and mypy cannot follow.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

_LARGE = 500.0  # mean from which the cube root is near enough to normal


@njit(cache=True, nogil=True)
def count_quantiles(mean, alpha, levels, scores):  # type: ignore[no-untyped-def]
    """Smallest whole numbers (M, L) that demand stays upto with the probabilities `levels` (L,).

    mean, alpha : (M,), variance = mean + alpha mean^2
    scores : (L,) the normal quantiles of `levels`, for means that are too large to walk
    """
    out = np.zeros((len(mean), len(levels)), np.float32)
    for i in range(len(mean)):
        m, a = mean[i], alpha[i]
        if m > _LARGE:
            square = min(1 / m + a, 9.0)
            for j in range(len(levels)):
                root = 1 - square / 9 + scores[j] * math.sqrt(square) / 3
                out[i, j] = max(0.0, np.rint(m * max(root, 0.0) ** 3))
            continue
        r = 1 / a
        p = math.exp(-r * math.log1p(a * m))  # P(demand = 0)
        ratio = m / (r + m)
        reached, k = p, 0
        for j in range(len(levels)):
            while reached < levels[j] - 1e-12 and k < 100_000:
                p *= (k + r) / (k + 1) * ratio
                k += 1
                reached += p
            out[i, j] = k
    return out
