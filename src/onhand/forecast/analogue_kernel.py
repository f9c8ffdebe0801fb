"""How are the futures of donors lent to stock points quickly? Compiled loops behind `analogues`."""

from __future__ import annotations

import numpy as np

from onhand.compiled import njit
from onhand.forecast.kernels import _stream, _uniform

__all__ = ["analogue_mean", "analogue_paths"]


@njit(cache=True, nogil=True, inline="always")
def _stretch(size, donor_size, most):  # type: ignore[no-untyped-def]
    """Units in which a donor's future is told: its own, brought towards the borrower's size."""
    if size <= 0.0:
        return 0.0
    return donor_size * min(max(size / donor_size, 1.0 / most), most)


@njit(cache=True, nogil=True)
def analogue_paths(  # type: ignore[no-untyped-def]
    size, futures, sizes, nearest, n_nearest, most, worlds, horizon, is_count, rows, seed
):
    """Futures of donors drawn at random, (n, S, H), in units of the borrower.

    size : (n,)                 usual size of the borrowers
    futures, sizes : (O, D, C), (O, D)
    nearest, n_nearest : (n, O, K), (n, O)
    most : a donor's size is stretched by at most this factor
    worlds : (S, B)             the origin that lends to every series in block b of world s
    """
    n = len(size)
    c = futures.shape[2]
    n_samples, n_blocks = worlds.shape
    out = np.zeros((n, n_samples, horizon), np.float32)
    per_sample = n_blocks + horizon
    for i in range(n):
        stream = _stream(seed, rows[i])
        for s in range(n_samples):
            for b in range(n_blocks):
                o = worlds[s, b]
                u = _uniform(stream, s * per_sample + b)
                d = nearest[i, o, int(u * n_nearest[i, o])]
                unit = _stretch(size[i], sizes[o, d], most)
                for k in range(b * c, min(b * c + c, horizon)):
                    x = unit * futures[o, d, k - b * c]
                    if is_count[i] and x > 0.0:
                        # Rounding up with probability equal to the fraction keeps the mean. What
                        # was whole in the donor's units is told without the error of a division.
                        whole = np.rint(x)
                        if abs(x - whole) < 1e-4 * max(1.0, x):
                            x = whole
                        x = np.floor(x + _uniform(stream, s * per_sample + n_blocks + k))
                    out[i, s, k] = x
    return out


@njit(cache=True, nogil=True)
def analogue_mean(size, futures, sizes, nearest, n_nearest, most):  # type: ignore[no-untyped-def]
    """What the paths are on average, (n, C): every donor of an origin counted once, origins alike."""
    n = len(size)
    n_origins, _, c = futures.shape
    out = np.zeros((n, c), np.float32)
    for i in range(n):
        for o in range(n_origins):
            share = 1.0 / (n_nearest[i, o] * n_origins)
            for j in range(n_nearest[i, o]):
                d = nearest[i, o, j]
                unit = _stretch(size[i], sizes[o, d], most) * share
                for k in range(c):
                    out[i, k] += unit * futures[o, d, k]
    return out
