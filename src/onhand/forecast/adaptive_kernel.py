"""The compiled loops behind `onhand.forecast.adaptive`: watch a series at several speeds, draw its future."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from onhand.compiled import njit
from onhand.forecast.kernels import _normal_quantile, _stream, _uniform

__all__ = ["follow", "speed_paths"]


@njit(cache=True, nogil=True)
def follow(
    y: Any,
    speeds: Any,
    pulls: Any,
    error_memory: float,
    weight_memory: float,
    prior_cv: float,
    prior_weight: float,
    tail: float,
) -> Any:
    """Level (n, M), error scale (n, M), log score (n, M) and long-run mean (n,) after the last period.

    Expert m of a series with level l and long-run mean c expects  f = l + pull_m (c - l)  and then
    moves to  f + max(speed_m, 1 / n) (y - f), a plain mean until n observations make it too slow.
    The score is the discounted sum of log densities of Student's t with `tail` degrees of freedom.
    """
    n, n_periods = y.shape
    n_experts = len(speeds)
    level = np.zeros((n, n_experts))
    scale = np.zeros((n, n_experts))
    score = np.zeros((n, n_experts))
    centre = np.zeros(n)
    for i in range(n):
        n_seen = 0
        weight = 0.0
        for t in range(n_periods):
            value = y[i, t]
            if np.isnan(value):
                continue
            n_seen += 1
            if n_seen == 1:
                level[i, :] = value
                centre[i] = value
                continue
            for m in range(n_experts):
                expected = level[i, m] + pulls[m] * (centre[i] - level[i, m])
                error = value - expected
                prior = prior_weight * (prior_cv * max(level[i, m], 1.0)) ** 2
                sd = math.sqrt((scale[i, m] + prior) / (weight + prior_weight))
                z = error / sd
                density = -math.log(sd) - 0.5 * (tail + 1.0) * math.log1p(z * z / tail)
                score[i, m] = weight_memory * score[i, m] + density
                scale[i, m] = error_memory * scale[i, m] + error * error
                level[i, m] = max(0.0, expected + max(speeds[m], 1.0 / n_seen) * error)
            weight = error_memory * weight + 1.0
            centre[i] += (value - centre[i]) / n_seen
        for m in range(n_experts):
            prior = prior_weight * (prior_cv * max(level[i, m], 1.0)) ** 2
            scale[i, m] = math.sqrt((scale[i, m] + prior) / (weight + prior_weight))
    return level, scale, score, centre


@njit(cache=True, nogil=True)
def speed_paths(
    level: Any,
    spread: Any,
    weights: Any,
    centre: Any,
    speeds: Any,
    pulls: Any,
    drift: float,
    is_count: Any,
    rows: Any,
    n_samples: int,
    horizon: int,
    seed: Any,
) -> Any:
    """Draws (n, S, H): an expert per world by its weight, whose level keeps learning along the path.

    x_k = f_k exp(s z_k - s^2 / 2), s^2 = log(1 + spread^2): the noise has mean 1, is never negative
    and is skewed to the right. Worlds come in pairs with opposite z. The whole path leans by a
    drift of its own, exp(a_k z - a_k^2 / 2) with a_k = min(1, drift speed (k + 1)).
    """
    n, n_experts = level.shape
    out = np.zeros((n, n_samples, horizon), np.float32)
    per_world = 2 * horizon + 1
    for i in range(n):
        stream = _stream(seed, rows[i])
        expert = 0
        reached = weights[i, 0]
        for s in range(n_samples):
            while expert < n_experts - 1 and (s + 0.5) / n_samples > reached:
                expert += 1
                reached += weights[i, expert]
            sign = 1.0 if s % 2 == 0 else -1.0
            pair = (s // 2) * per_world
            cv = spread[i, expert]
            sigma = math.sqrt(math.log1p(cv * cv))
            lean = _normal_quantile(_uniform(stream, s * per_world + 2 * horizon))
            now = level[i, expert]
            for k in range(horizon):
                expected = now + pulls[expert] * (centre[i] - now)
                z = sign * _normal_quantile(_uniform(stream, pair + k))
                seen = expected * math.exp(sigma * z - 0.5 * sigma * sigma)
                now = expected + speeds[expert] * (seen - expected)
                a = min(1.0, drift * speeds[expert] * (k + 1))
                value = seen * math.exp(a * lean - 0.5 * a * a)
                if is_count[i]:
                    # At random, so that half a unit a week stays half a unit a week on average.
                    value = math.floor(value + _uniform(stream, s * per_world + horizon + k))
                out[i, s, k] = value
    return out
