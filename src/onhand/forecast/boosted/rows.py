"""Which examples does the booster learn from?

An example is (series, origin, horizon): the features at the origin, the demand that came. A panel
of N series over T periods has N x T x H of them, more than any laptop holds, and neighbours are
nearly copies of each other. So a budget of rows is drawn, evenly over the origins, and only those
are ever laid out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from onhand.demand.features import Columns, Past, describe
from onhand.errors import ShapeError

__all__ = ["Rows", "draw_rows", "lay_out", "weights_of"]

Floats = NDArray[np.float32]
_FEWEST_ORIGINS = 50
_FORESEEN = 0.5  # share of examples that know plans which nobody will have where they are used


@dataclass(frozen=True)
class Rows:
    """Examples in the layout that a booster wants.

    Parameters
    ----------
    names : F feature names
    features : (R, F) float32
    target : (R,) float32, demand in units of the series' scale at the origin
    scale : (R,) float32, units per period
    weight : (R,) float32, recency x exposure x omega; not yet the scale
    due : (R,) int32, the period of the target
    """

    names: tuple[str, ...]
    features: Floats
    target: Floats
    scale: Floats
    weight: Floats
    due: NDArray[np.int32]

    def before(self, end: int, most: int) -> Rows | None:
        """At most so many of the examples whose targets lie before period `end`, evenly chosen.

        They were drawn in order of time, and their weights still say how old they are at the end of
        the history. None where none of them has a positive demand.
        """
        kept = np.flatnonzero(self.due < end)
        kept = kept[:: max(1, -(-len(kept) // most))]
        if not self.target[kept].any():
            return None
        return Rows(
            names=self.names,
            features=self.features[kept],
            target=self.target[kept],
            scale=self.scale[kept],
            weight=self.weight[kept],
            due=self.due[kept],
        )


def lay_out(columns: Columns, series: NDArray[np.int64], step: NDArray[np.int64]) -> Floats:
    """The feature rows (R, F) of the pairs (position in columns, horizon - 1)."""
    rows = np.empty((len(series), len(columns)), dtype=np.float32)
    for k, values in enumerate(columns.values()):
        n, h = values.shape
        rows[:, k] = values[series if n > 1 else 0, step if h > 1 else 0]
    return rows


def draw_rows(
    past: Past,
    *,
    horizon: int,
    n_rows: int,
    n_origins: int,
    per_year: float,
    censored_weight: float,
    omega: Floats | None,
    rng: np.random.Generator,
    left_out: tuple[str, ...] = (),
) -> Rows | None:
    """Examples whose targets all lie before the end of `past`.

    Where plans end within the horizon, every other example knows what was planned all the same: from
    those the trees learn what a plan does, from the others what to say where there is none.

    Parameters
    ----------
    past : Past
    horizon : periods ahead, at most
    n_rows, n_origins : the most rows and origins to draw; fewer origins, but 50, where less than a
        tenth of the series would be drawn at each, for all are looked at to describe a few
    per_year : periods in a year: weights halve with each year of age, down to a quarter
    censored_weight : weight of a target whose shelf was partly empty, times its exposure, 0..1
    omega : (N, 1) or (N, >= t) extra weight of each series, or of its periods as targets, or None
    rng : where the draw comes from
    left_out : features not to learn from

    Returns
    -------
    Rows, or None where no example has a positive demand.
    """
    n, t = past.filled.shape
    n_origins = min(n_origins, max(_FEWEST_ORIGINS, 10 * n_rows // n))
    origins = _origins(t, past.lookback.windows[1], n_origins)
    reach = np.minimum(horizon, t - origins)  # (O,) targets that exist
    tells = past.is_known > 0 if censored_weight > 0 else past.is_known >= 1
    budget = n_rows / max(float((n * reach).sum()) * float(tells.mean()), 1.0)
    parts: list[Rows] = []
    for origin, h in zip(origins, reach, strict=True):
        size = int(n * h)
        drawn = (
            np.arange(size)
            if budget >= 1
            else np.unique(rng.integers(0, size, size=int(size * budget)))
        )
        series, step = np.divmod(drawn, h)
        seen = past.is_known[series, origin + step]  # exposure
        weight = np.where(seen < 1, censored_weight * seen, seen)
        age = (t - origin - step) / per_year
        weight = weight * np.where(age <= 1, 1.0, np.where(age <= 2, 0.5, 0.25))
        if omega is not None:
            weight = weight * omega[series, origin + step if omega.shape[1] > 1 else 0]
        kept = weight > 0
        if not kept.any():
            continue
        series, step = series[kept], step[kept]
        rows, position = np.unique(series, return_inverse=True)
        # What is learned from is told alike at every origin: by what was known when all was learned.
        then = replace(past.until(int(origin)), has_gaps=past.has_gaps)
        columns, scale = describe(then, horizon, rows)
        columns = {name: values for name, values in columns.items() if name not in left_out}
        features = lay_out(columns, position, step)
        if past.reach:
            foreseen, _ = describe(then.foreseeing(), horizon, rows)
            told = rng.random(len(step)) < _FORESEEN
            features[told] = lay_out({k: foreseen[k] for k in columns}, position[told], step[told])
        parts.append(
            Rows(
                names=tuple(columns),
                features=features,
                target=past.filled[series, origin + step] / seen[kept] / scale[position],
                scale=scale[position],
                weight=weight[kept].astype(np.float32),
                due=(origin + step).astype(np.int32),
            )
        )
    if not any(part.target.any() for part in parts):
        return None
    return _stack(parts)


def weights_of(omega: Floats | None, shape: tuple[int, ...]) -> Floats | None:
    """Extra weights as (N, 1) or (N, >= T) of a history of `shape` (N, T), or None.

    Raises
    ------
    ShapeError
        When they do not fit the history, or one of them is negative, infinite or not a number.

    >>> weights_of(np.ones(3), (3, 20)).shape
    (3, 1)
    """
    if omega is None:
        return None
    weights = np.asarray(omega, dtype=np.float32)
    weights = weights[:, None] if weights.ndim == 1 else weights
    n, t = shape
    if weights.ndim != 2 or len(weights) != n or 1 < weights.shape[1] < t:
        raise ShapeError(
            f"omega has shape {np.shape(omega)}; the history of {n} series over {t} periods asks "
            f"for ({n},) or ({n}, {t})"
        )
    if not (np.isfinite(weights) & (weights >= 0)).all():
        raise ShapeError("omega holds a negative, infinite or missing weight; weights are >= 0")
    return weights


def _origins(t: int, shortest: int, n_origins: int) -> NDArray[np.int64]:
    """Origins to learn from: each has a little history before it and one target after it."""
    first = max(1, min(shortest, t // 2))
    origins = np.arange(first, t)
    if len(origins) <= n_origins:
        return origins
    return np.unique(np.round(np.linspace(first, t - 1, n_origins)).astype(np.int64))


def _stack(parts: list[Rows]) -> Rows:
    """All parts in one, over the features of the last, which knew most."""
    names = max((p.names for p in parts), key=len)
    features = np.full((sum(len(p.target) for p in parts), len(names)), np.nan, dtype=np.float32)
    start = 0
    for part in parts:
        stop = start + len(part.target)
        index = [names.index(name) for name in part.names]
        features[start:stop, index] = part.features
        start = stop
    return Rows(
        names=names,
        features=features,
        target=np.concatenate([p.target for p in parts]),
        scale=np.concatenate([p.scale for p in parts]),
        weight=np.concatenate([p.weight for p in parts]),
        due=np.concatenate([p.due for p in parts]),
    )
