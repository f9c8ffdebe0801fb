"""What is the expected demand of each stock point made of, in the units that the plan tells?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from onhand.demand.history import DemandHistory
from onhand.forecast.forecaster import FittedForecaster
from onhand.forecast.parts import parts_of
from onhand.plan.plan import Part

__all__ = ["forecast_parts", "said_parts"]

Array = NDArray[np.float64]

_MOST = 5000  # stock points that are taken apart
_MOST_BY_TREES = 200  # of them those whose trees are asked, which takes a while


def forecast_parts(
    fitted: FittedForecaster,
    history: DemandHistory,
    horizon: int,
    mean_demand: Array,
    at_stake: Array,
) -> dict[int, tuple[Part, ...]]:
    """The parts of `mean_demand` (N,), row -> parts, of the rows with the most money at stake.

    Parts are means over the horizon, scaled to the mean of the paths that the plan was made from,
    and rounded to thousandths so that they still add up to it.
    """
    order = np.argsort(-at_stake, kind="stable")[:_MOST]
    found: dict[int, tuple[Part, ...]] = {}
    for rows, into_trees in ((order[:_MOST_BY_TREES], True), (order[_MOST_BY_TREES:], False)):
        if not len(rows):
            continue
        parts = parts_of(fitted, history, horizon, rows, into_trees=into_trees)
        means = {name: units.mean(axis=1) for name, units in parts.items()}
        total = sum(means.values())
        for k, row in enumerate(rows.tolist()):
            told = round(float(mean_demand[row]), 3)
            scale = told / float(total[k]) if total[k] > 0 else 0.0
            found[row] = _rounded({name: float(m[k]) * scale for name, m in means.items()}, told)
    return found


def _rounded(units: dict[str, float], total: float) -> tuple[Part, ...]:
    """Parts to thousandths; what rounding leaves over goes to the largest."""
    rounded = {name: round(value, 3) for name, value in units.items()}
    largest = max(rounded, key=lambda name: abs(rounded[name]))
    rounded[largest] = round(rounded[largest] + total - sum(rounded.values()), 3)
    return tuple(Part(name, value) for name, value in rounded.items() if value != 0)


_SAID = {
    "level": "{} is the level of late",
    "season": "{} the season",
    "calendar": "{} the days of the week and holidays",
    "price and promotion": "{} prices and promotions",
    "stock status": "{} because empty shelves are not taken for no demand",
    "life cycle": "{} its place in life: what comparable items did, or the chance that it is over",
    "other signals": "{} other signals",
    "past errors": "{} what past forecasts missed",
}


def said_parts(parts: tuple[Part, ...], frequency: str) -> str:
    """The parts as a sentence; those that hardly matter are left out. Empty: nothing to say.

    >>> said_parts((Part("level", 8.0), Part("season", 2.5), Part("past errors", -0.01)), "week")
    'Of 10.5 expected per week 8 is the level of late and +2.5 the season.'
    """
    from onhand.plan.wording import units

    total = sum(part.units for part in parts)
    least = 0.02 * max((abs(part.units) for part in parts), default=0.0)
    said = []
    for part in parts:
        if abs(part.units) < max(least, 0.005):
            continue
        sign = "" if part.group == "level" else "+" if part.units > 0 else "-"
        said.append(_SAID[part.group].format(f"{sign}{units(abs(part.units))}"))
    if not said:
        return ""
    listed = ", ".join(said[:-1])
    text = f"{listed} and {said[-1]}" if listed else said[-1]
    return f"Of {units(total)} expected per {frequency} {text}."
