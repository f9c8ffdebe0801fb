"""How are values laid along the worlds of a forecast, the lowest in the lowest world? A compiled loop."""

from __future__ import annotations

import numpy as np

from onhand.compiled import njit
from onhand.forecast.kernels import _stream, _uniform

__all__ = ["in_order_of"]


@njit(cache=True, nogil=True)
def in_order_of(order, ranked, is_count, rows, seed):  # type: ignore[no-untyped-def]
    """The values of `ranked` in the order of the worlds of `order`, both (n, S, H).

    `ranked` rises along its second axis. `order` holds numbers >= 0 as the bits of their float32, which
    sort alike. Equal worlds are ordered at random, each series and period by itself. S is at most
    65,536. Where `is_count` (n,), values are rounded up as often as their fraction says.
    """
    n, n_samples, h = order.shape
    out = np.empty((n, n_samples, h), np.float32)
    keys = np.empty(n_samples, np.uint64)
    for i in range(n):
        stream = _stream(seed, rows[i])
        for k in range(h):
            for s in range(n_samples):
                lot = np.uint64(_uniform(stream, 2 * (s * h + k)) * 65536.0)
                bits = np.uint64(order[i, s, k] & np.uint32(0x7FFFFFFF))  # a zero has no sign
                keys[s] = (bits << 32) | (lot << 16) | np.uint64(s)
            keys.sort()
            for rank in range(n_samples):
                world = int(keys[rank] & np.uint64(65535))
                value = ranked[i, rank, k]
                if is_count[i]:
                    value = np.floor(value + _uniform(stream, 2 * (world * h + k) + 1))
                out[i, world, k] = value
    return out
