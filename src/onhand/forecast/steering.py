"""Which boosted trees steer the default forecaster? Few, small, and of different minds."""

from __future__ import annotations

from onhand.data.panel import Frequency
from onhand.forecast.boosted import Boosted, Member, Trees
from onhand.forecast.forecaster import Forecaster
from onhand.forecast.steadied import Steadied
from onhand.forecast.steered import Steered

__all__ = ["SHARE", "steered_by_trees", "steering_trees"]

SHARE = 0.6
"""Of the trees in the mean: between 0.5 and 0.9 the money on eleven windows of VN2 hardly changes."""

_HORIZON = {Frequency.DAY: 28, Frequency.WEEK: 8, Frequency.MONTH: 4}  # periods


def steering_trees(frequency: Frequency) -> Boosted:
    """Boosted trees of whose forecast only the mean is used.

    Two members, one that weighs series by their units and one by the root of them, err in different
    places; which other members are taken, and how many, hardly matters (`docs/concepts/forecasts.md`).
    Beyond what they learn to see, a month or two, the last period is repeated. Demand never rises with a
    planned price, nor falls with a planned discount.

    >>> len(steering_trees(Frequency.WEEK).members)
    2
    """
    return Boosted(
        horizon=_HORIZON[frequency],
        members=(Member("tweedie", 1.0, 1), Member("tweedie", 0.5, 2)),
        trees=Trees(n_trees=150, learning_rate=0.08),
        n_rows=100_000,
        n_error_origins=0,
        falls_with=None,
        rises_with=None,
    )


def steered_by_trees(
    statistical: Forecaster, frequency: Frequency, share: float = SHARE
) -> Steered:
    """A calibrated forecaster with a share of its mean from trees.

    In weeks, trees that have seen no season yet see demand without the shop's ups and downs.

    >>> from onhand.forecast import default_forecaster
    >>> steered_by_trees(default_forecaster(Frequency.WEEK), Frequency.WEEK).name
    'default, steered by boosted'
    """
    trees: Forecaster = steering_trees(frequency)
    if frequency is Frequency.WEEK:
        trees = Steadied(trees)
    return Steered(statistical, trees, share)
