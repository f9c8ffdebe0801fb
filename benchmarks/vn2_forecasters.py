"""Who forecasts the weeks of VN2? What the plan would use, or a part of it alone."""

from __future__ import annotations

from onhand.data.panel import Frequency
from onhand.forecast import Forecaster, default_forecaster
from onhand.forecast.default import through_life
from onhand.forecast.steering import SHARE, steered_by_trees

NAMES = ("default", "statistical", "boosted", "ensemble")


def forecaster_named(name: str) -> Forecaster:
    """The plan's default (statistics steered by trees), its parts, or the ensemble with a network."""
    if name == "ensemble":
        from onhand.plan.forecasters import forecasters_for

        return forecasters_for(name, Frequency.WEEK)[name]
    statistical = default_forecaster(Frequency.WEEK)
    if name == "statistical":
        return through_life(statistical)
    share = 1.0 if name == "boosted" else SHARE
    return through_life(steered_by_trees(statistical, Frequency.WEEK, share=share))
