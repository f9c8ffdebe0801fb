"""Who forecasts the weeks of VN2? The shop's default, alone or steered by a boosted model."""

from __future__ import annotations

from onhand.data.panel import Frequency
from onhand.forecast import Forecaster, default_forecaster
from onhand.forecast.boosted import Boosted, Member, Trees
from onhand.forecast.steered import Steered

NAMES = ("default", "statistical", "boosted")


def forecaster_named(name: str) -> Forecaster:
    """`statistical`: cheap and calibrated; `default` and `boosted`: half of its mean from trees."""
    statistical = default_forecaster(Frequency.WEEK)
    if name == "statistical":
        return statistical
    trees = Trees(n_trees=150, learning_rate=0.08)
    one_member = (Member("tweedie", 1.0, 1),)
    boosted = Boosted(horizon=5, members=one_member, trees=trees, n_rows=100_000, n_error_origins=0)
    return Steered(statistical, boosted)
