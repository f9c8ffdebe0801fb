"""How are a million small recursions run quickly? Compiled loops over the series of a panel.

Every loop here has a slow, plain twin in the tests that says what it must return. A NaN is a
period about which nothing is known: states pass over it unchanged.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from onhand.compiled import njit

__all__ = [
    "block_bootstrap",
    "count_paths",
    "croston",
    "error_mean",
    "error_paths",
    "round_at_random",
    "seasonal_smoothing",
    "simple_smoothing",
    "stratified_luck",
    "trend_smoothing",
    "tsb",
    "whole_numbers",
]

Floats = NDArray[np.float32]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_S27, _S30, _S31, _S11 = np.uint64(27), np.uint64(30), np.uint64(31), np.uint64(11)
_WORLD = np.uint64(0xFFFFF)
_LARGEST_TABULATED_MEAN = 60.0


@njit(cache=True, nogil=True, inline="always")
def _mix(x):  # type: ignore[no-untyped-def]
    """SplitMix64 (Steele, Lea, Flood 2014, OOPSLA): a counter in, 64 well mixed bits out."""
    x = (x ^ (x >> _S30)) * _MIX_1
    x = (x ^ (x >> _S27)) * _MIX_2
    return x ^ (x >> _S31)


@njit(cache=True, nogil=True, inline="always")
def _stream(seed, row):  # type: ignore[no-untyped-def]
    """Where the random numbers of one series start, whatever block it is drawn in."""
    return _mix(np.uint64(seed) + _GOLDEN * np.uint64(row + 1))


@njit(cache=True, nogil=True, inline="always")
def _uniform(stream, k):  # type: ignore[no-untyped-def]
    """The k-th number of a stream, uniform on the open interval (0, 1)."""
    bits = _mix(stream + _GOLDEN * np.uint64(k + 1))
    return (np.float64(bits >> _S11) + 0.5) * (1.0 / 9007199254740992.0)


@njit(cache=True, nogil=True)
def _sort(keys):  # type: ignore[no-untyped-def]
    """Sorts in place, by heap: as quick as NumPy's sort on a few hundred, and compiled in a tenth of its time."""
    unordered, end = len(keys) // 2, len(keys)
    while end > 1:
        if unordered > 0:  # first, parents are made larger than their children ...
            unordered -= 1
        else:  # ... then the largest goes to the end, and the last one finds its place
            end -= 1
            keys[end], keys[0] = keys[0], keys[end]
        parent, moved = unordered, keys[unordered]
        child = 2 * parent + 1
        while child < end:
            if child + 1 < end and keys[child] < keys[child + 1]:
                child += 1
            if keys[child] <= moved:
                break
            keys[parent] = keys[child]
            parent, child = child, 2 * child + 1
        keys[parent] = moved


@njit(cache=True, nogil=True)
def stratified_luck(rows, n_samples, seed):  # type: ignore[no-untyped-def]
    """One number in 0..1 for each world of each row, evenly spread over the worlds, (n, S <= 1,048,576)."""
    out = np.empty((len(rows), n_samples))
    keys = np.empty(n_samples, np.uint64)
    for i in range(len(rows)):
        stream = _mix(np.uint64(seed) + _GOLDEN * np.uint64(rows[i]))
        within = np.float64(_mix(stream) >> _S11) * (1.0 / 9007199254740992.0)
        for s in range(n_samples):  # 44 bits by chance, and then the world's number
            keys[s] = (_mix(stream + _GOLDEN * np.uint64(s + 1)) & ~_WORLD) | np.uint64(s)
        _sort(keys)
        for s in range(n_samples):
            out[i, s] = (np.float64(keys[s] & _WORLD) + within) / n_samples
    return out


@njit(cache=True, nogil=True)
def simple_smoothing(y, alphas):  # type: ignore[no-untyped-def]
    """Simple exponential smoothing, the smoothing constant of least squared one-step error.

    The gain is max(alpha, 1/n) at the n-th known period, so that a short history is averaged
    before it is smoothed. Returns level (N,), alpha (N,), mean squared one-step error (N,).
    """
    n, t = y.shape
    n_alphas = len(alphas)
    level = np.zeros(n, np.float32)
    alpha = np.zeros(n, np.float32)
    mse = np.zeros(n, np.float32)
    # All constants go through a series together: their recursions do not wait for each other.
    base = np.empty(n_alphas)
    sse = np.empty(n_alphas)
    gain = np.empty(n_alphas)
    least = alphas[0]
    for a in range(1, n_alphas):
        least = min(least, alphas[a])
    last_mean = 1.0 / least
    for i in range(n):
        base[:] = 0.0
        sse[:] = 0.0
        m = 0
        for j in range(t):
            v = y[i, j]
            if v != v:
                continue
            m += 1
            if m == 1:
                base[:] = v
                continue
            if m <= last_mean + 1.0:
                for a in range(n_alphas):
                    gain[a] = max(alphas[a], 1.0 / m)
            for a in range(n_alphas):
                e = v - base[a]
                sse[a] += e * e
                base[a] += gain[a] * e
        best = 0
        for a in range(1, n_alphas):
            if sse[a] < sse[best]:
                best = a
        a = best
        level[i], alpha[i], mse[i] = base[a], alphas[a], sse[a] / max(m - 1, 1)
    return level, alpha, mse


@njit(cache=True, nogil=True)
def trend_smoothing(y, alphas, betas, phi):  # type: ignore[no-untyped-def]
    """Level and damped trend (Gardner and McKenzie 1985), constants of least one-step error.

    Returns level (N,), trend (N,), mean squared one-step error (N,). Unknown periods let the
    level follow its damped trend.
    """
    n, t = y.shape
    level = np.zeros(n, np.float32)
    trend = np.zeros(n, np.float32)
    mse = np.zeros(n, np.float32)
    for i in range(n):
        best = np.inf
        for a in alphas:
            for b in betas:
                base, g, sse, m = 0.0, 0.0, 0.0, 0
                for j in range(t):
                    v = y[i, j]
                    ahead = base + phi * g
                    if v == v:
                        if m == 0:
                            base = v
                        else:
                            e = v - ahead
                            sse += e * e
                            gain = max(a, 1.0 / (m + 1))
                            base = ahead + gain * e
                            g = phi * g + gain * b * e
                        m += 1
                    elif m > 0:
                        base, g = ahead, phi * g
                score = sse / max(m - 1, 1)
                if score < best:
                    best = score
                    level[i], trend[i], mse[i] = base, g, score
    return level, trend, mse


@njit(cache=True, nogil=True)
def seasonal_smoothing(y, season, alphas, gammas):  # type: ignore[no-untyped-def]
    """Level and additive season (Winters 1960), constants of least squared one-step error.

    Seasonal states start at 0 and learn with gain max(gamma, 1/k) at their k-th visit after the
    first; the level learns with max(alpha, 1/n). Returns level (N,), states (N, season) by
    position j mod season, and mean squared one-step error (N,).
    """
    n, t = y.shape
    level = np.zeros(n, np.float32)
    states = np.zeros((n, season), np.float32)
    mse = np.zeros(n, np.float32)
    s = np.zeros(season, np.float64)
    visits = np.zeros(season, np.int64)
    for i in range(n):
        best = np.inf
        for a in alphas:
            for g in gammas:
                s[:] = 0.0
                visits[:] = 0
                base, sse, m = 0.0, 0.0, 0
                for j in range(t):
                    v = y[i, j]
                    if v == v:
                        k = j % season
                        if m == 0:
                            base = v
                        else:
                            e = v - base - s[k]
                            sse += e * e
                            base += max(a, 1.0 / (m + 1)) * e
                            # After one visit a deviation is mostly noise: half of it at most.
                            s[k] += max(g, 1.0 / (visits[k] + 2)) * e if m >= season else 0.0
                        visits[k] += 1
                        m += 1
                score = sse / max(m - 1, 1)
                if score < best:
                    best = score
                    level[i], mse[i] = base, score
                    for k in range(season):
                        states[i, k] = s[k]
    return level, states, mse


@njit(cache=True, nogil=True)
def tsb(y, alphas, betas):  # type: ignore[no-untyped-def]
    """Teunter, Syntetos and Babai (2011): size times probability, both smoothed.

    The probability is updated in every known period, the size when there is demand; gains are
    max(constant, 1/n). Returns size (N,), probability (N,), mean squared one-step error (N,).
    """
    n, t = y.shape
    n_alphas, n_betas = len(alphas), len(betas)
    size = np.zeros(n, np.float32)
    probability = np.zeros(n, np.float32)
    mse = np.zeros(n, np.float32)
    z = np.empty(n_alphas)
    p = np.empty(n_betas)
    gain = np.empty(n_betas)
    sse = np.empty((n_alphas, n_betas))
    last_mean = 1.0 / betas.min()
    for i in range(n):
        z[:] = 0.0
        p[:] = 0.0
        sse[:] = 0.0
        m, k = 0, 0
        for j in range(t):
            v = y[i, j]
            if v != v:
                continue
            m += 1
            if m > 1:
                for a in range(n_alphas):
                    for b in range(n_betas):
                        e = v - z[a] * p[b]
                        sse[a, b] += e * e
            if m <= last_mean + 1.0:
                for b in range(n_betas):
                    gain[b] = max(betas[b], 1.0 / m)
            happened = 0.0
            if v > 0:
                happened = 1.0
                k += 1
                for a in range(n_alphas):
                    z[a] += max(alphas[a], 1.0 / k) * (v - z[a])
            for b in range(n_betas):
                p[b] += gain[b] * (happened - p[b])
        best = int(np.argmin(sse))
        a, b = best // n_betas, best % n_betas
        size[i], probability[i], mse[i] = z[a], p[b], sse[a, b] / max(m - 1, 1)
    return size, probability, mse


@njit(cache=True, nogil=True)
def croston(y, alphas):  # type: ignore[no-untyped-def]
    """Croston (1972): smoothed size and smoothed interval between demands, both updated at demands.

    Returns size (N,), interval (N,) in known periods, alpha (N,), and the mean squared one-step
    error (N,) of size / interval x (1 - alpha / 2), the forecast of Syntetos and Boylan (2005).
    """
    n, t = y.shape
    size = np.zeros(n, np.float32)
    interval = np.ones(n, np.float32)
    alpha = np.zeros(n, np.float32)
    mse = np.zeros(n, np.float32)
    for i in range(n):
        best = np.inf
        for a in alphas:
            z, q, sse = 0.0, 1.0, 0.0
            m, k, gap = 0, 0, 0
            for j in range(t):
                v = y[i, j]
                if v == v:
                    if m > 0:
                        e = v - z / q * (1.0 - 0.5 * a)
                        sse += e * e
                    m += 1
                    gap += 1
                    if v > 0:
                        k += 1
                        gain = max(a, 1.0 / k)
                        z += gain * (v - z)
                        q = float(gap) if k == 1 else q + gain * (gap - q)
                        gap = 0
            score = sse / max(m - 1, 1)
            if score < best:
                best = score
                size[i], interval[i], alpha[i], mse[i] = z, q, a, score
    return size, interval, alpha, mse


@njit(cache=True, nogil=True)
def _normal_quantile(u):  # type: ignore[no-untyped-def]
    """Inverse of the standard normal distribution, to 4.5e-4 (Abramowitz and Stegun 26.2.23)."""
    q = min(u, 1.0 - u)
    s = math.sqrt(-2.0 * math.log(q))
    z = s - (2.515517 + 0.802853 * s + 0.010328 * s * s) / (
        1.0 + 1.432788 * s + 0.189269 * s * s + 0.001308 * s * s * s
    )
    return z if u > 0.5 else -z


@njit(cache=True, nogil=True)
def _count_quantile(u, p, r, b, mean):  # type: ignore[no-untyped-def]
    """The u-quantile of a negative binomial, walking up from P(0) = p.

    P(k) / P(k - 1) is b (r + k - 1) / k, or mean / k for a Poisson (b = 0).
    """
    total, k = p, 0
    while total < u:
        k += 1
        p *= (b * (r + k - 1.0) if b > 0.0 else mean) / k
        total += p
        if p < 1e-15 and k > mean:
            break
    return float(k)


@njit(cache=True, nogil=True)
def _gamma_quantile(u, mean, ratio):  # type: ignore[no-untyped-def]
    """The u-quantile of a gamma with this mean and variance / mean (Wilson and Hilferty 1931)."""
    c = ratio / mean / 9.0
    base = 1.0 - c + _normal_quantile(u) * math.sqrt(c)
    return mean * base * base * base if base > 0.0 else 0.0


@njit(cache=True, nogil=True)
def _count(u, m, ratio, is_count, p, r, b):  # type: ignore[no-untyped-def]
    """The quantile at `u` of demand with mean m > 0 and variance / mean `ratio`."""
    if is_count and m <= _LARGEST_TABULATED_MEAN:
        return _count_quantile(u, p, r, b, m)
    x = _gamma_quantile(u, m, ratio)
    return np.floor(x + 0.5) if is_count else x


@njit(cache=True, nogil=True)
def _shape(m, ratio):  # type: ignore[no-untyped-def]
    """b, r and P(0) of a negative binomial with that mean and variance / mean; Poisson at 1."""
    if ratio > 1.0 + 1e-6:
        r = m / (ratio - 1.0)
        return 1.0 - 1.0 / ratio, r, math.exp(-r * math.log(ratio))
    return 0.0, 0.0, math.exp(-m)


@njit(cache=True, nogil=True)
def count_paths(mean, ratio, is_count, rows, n_samples, seed):  # type: ignore[no-untyped-def]
    """Independent draws (n, S, H) around `mean` (n, H) with variance / mean `ratio` (n,)."""
    n, h = mean.shape
    out = np.zeros((n, n_samples, h), np.float32)
    for i in range(n):
        stream = _stream(seed, rows[i])
        for k in range(h):
            m = mean[i, k]
            if m > 0.0:
                b, r, p = _shape(m, ratio[i])
                for s in range(n_samples):
                    u = _uniform(stream, s * h + k)
                    out[i, s, k] = _count(u, m, ratio[i], is_count[i], p, r, b)
    return out


@njit(cache=True, nogil=True)
def counts_in_order(order, mean, ratio, is_count, rows, seed):  # type: ignore[no-untyped-def]
    """Draws as in `count_paths` that stand in the order of the worlds of `order`, both (n, S, H).

    `order` holds numbers >= 0 as the bits of their float32, which sort alike. Equal worlds are ordered
    at random, each series and period by itself. S is at most 65,536.
    """
    n, n_samples, h = order.shape
    out = np.zeros((n, n_samples, h), np.float32)
    keys = np.empty(n_samples, np.uint64)
    for i in range(n):
        stream = _stream(seed, rows[i])
        for k in range(h):
            m = mean[i, k]
            if m <= 0.0:
                continue
            for s in range(n_samples):
                lot = np.uint64(_uniform(stream, 2 * (s * h + k)) * 65536.0)
                bits = np.uint64(order[i, s, k] & np.uint32(0x7FFFFFFF))  # a zero has no sign
                keys[s] = (bits << 32) | (lot << 16) | np.uint64(s)
            _sort(keys)
            b, r, p = _shape(m, ratio[i])
            is_tabulated = is_count[i] and m <= _LARGEST_TABULATED_MEAN
            total, count = p, 0
            for rank in range(n_samples):
                world = int(keys[rank] & np.uint64(65535))
                u = (rank + _uniform(stream, 2 * (world * h + k) + 1)) / n_samples
                if is_tabulated:  # as in `_count_quantile`, walking on from the last rank's
                    while total < u and (p >= 1e-15 or count <= m):
                        count += 1
                        p *= (b * (r + count - 1.0) if b > 0.0 else m) / count
                        total += p
                    out[i, world, k] = count
                else:
                    out[i, world, k] = _count(u, m, ratio[i], is_count[i], p, r, b)
    return out


@njit(cache=True, nogil=True)
def block_bootstrap(y, lengths, block, rows, n_samples, horizon, seed):  # type: ignore[no-untyped-def]
    """Paths made of blocks of a series' own known values, taken round a circle.

    `y` (n, W) holds the values left-aligned, `lengths` (n,) says how many there are.
    """
    n = y.shape[0]
    out = np.zeros((n, n_samples, horizon), np.float32)
    n_blocks = (horizon + block - 1) // block
    for i in range(n):
        length = lengths[i]
        if length == 0:
            continue
        stream = _stream(seed, rows[i])
        for s in range(n_samples):
            start = 0
            for k in range(horizon):
                if k % block == 0:
                    start = int(_uniform(stream, s * n_blocks + k // block) * length)
                out[i, s, k] = y[i, (start + k % block) % length]
    return out


@njit(cache=True, nogil=True)
def error_paths(mean, scale, shift, errors, first, width, worlds, is_count, rows, seed):  # type: ignore[no-untyped-def]
    """Forecast plus a scaled error trajectory of a comparable series, (n, S, H), >= 0.

    mean, scale, shift : (n, H)     path = mean + scale * (error - shift)
    errors : (O, D, C)              donors sorted by demand within each origin
    first, width : (n, O)           the donors of a row at an origin: first .. first + width - 1
    worlds : (S, B)                 the origin whose errors strike every series in block b of world s
    """
    n, h = mean.shape
    c = errors.shape[2]
    n_samples, n_blocks = worlds.shape
    out = np.zeros((n, n_samples, h), np.float32)
    per_sample = n_blocks + h
    for i in range(n):
        stream = _stream(seed, rows[i])
        for s in range(n_samples):
            for b in range(n_blocks):
                o = worlds[s, b]
                u = _uniform(stream, s * per_sample + b)
                d = first[i, o] + int(u * width[i, o])
                for k in range(b * c, min(b * c + c, h)):
                    x = mean[i, k] + scale[i, k] * (errors[o, d, k - b * c] - shift[i, k])
                    if x <= 0.0:
                        continue
                    if is_count[i]:
                        # Rounding up with probability equal to the fraction keeps the mean.
                        x = np.floor(x + _uniform(stream, s * per_sample + n_blocks + k))
                    out[i, s, k] = x
    return out


@njit(cache=True, nogil=True)
def error_mean(mean, scale, shift, errors, first, width):  # type: ignore[no-untyped-def]
    """What the paths of `error_paths` are on average, (n, H): every donor counted once."""
    n, h = mean.shape
    n_origins, _, c = errors.shape
    out = np.zeros((n, h), np.float32)
    base = np.empty(h, np.float32)
    sums = np.empty(h, np.float32)
    for i in range(n):
        for k in range(h):  # one by one: NumPy's way with whole rows takes long to compile
            base[k] = mean[i, k] - scale[i, k] * shift[i, k]
        for o in range(n_origins):
            for k in range(h):
                sums[k] = 0.0
            for d in range(first[i, o], first[i, o] + width[i, o]):
                for start in range(0, h, c):
                    for k in range(start, min(start + c, h)):
                        sums[k] += max(base[k] + scale[i, k] * errors[o, d, k - start], 0.0)
            for k in range(h):
                out[i, k] += sums[k] / (width[i, o] * n_origins)
    return out


@njit(cache=True, nogil=True)
def whole_numbers(values):  # type: ignore[no-untyped-def]
    """Which rows (N,) hold whole numbers and NaN only."""
    n, t = values.shape
    out = np.ones(n, np.bool_)
    for i in range(n):
        for j in range(t):
            v = values[i, j]
            if v == v and abs(v - np.rint(v)) > 1e-4:
                out[i] = False
                break
    return out


@njit(cache=True, nogil=True)
def round_at_random(values, is_count, rows, seed):  # type: ignore[no-untyped-def]
    """Paths (n, S, H) in whole units where `is_count` (n,): up as often as the fraction says."""
    n, n_samples, h = values.shape
    out = values.copy()
    for i in range(n):
        if is_count[i]:
            stream = _stream(seed, rows[i])
            for s in range(n_samples):
                for k in range(h):
                    out[i, s, k] = np.floor(values[i, s, k] + _uniform(stream, s * h + k))
    return out
