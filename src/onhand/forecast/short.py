"""What are the likeliest points where a quarter of a year is all there is to learn from?"""

from __future__ import annotations

from onhand.forecast.align import Aligned
from onhand.forecast.blend import Blend
from onhand.forecast.boosted import Boosted, Member, Trees
from onhand.forecast.steadied import Steadied
from onhand.forecast.typical import OrdinaryLevel, RootSmoothing

__all__ = ["short_history_points"]

_MEMBERS = (Member("tweedie", 1.0, 1), Member("tweedie", 0.5, 2))


def short_history_points(by: str = "all", n_rows: int = 100_000) -> Aligned:
    """Points of small absolute error, for weeks of which no season is known yet.

    What each sells beside the others is told by a smoothed root, which one loud week does not carry
    away, and by trees that saw demand without the ups and downs of its group. What all of a group sell
    together is its ordinary level: peaks that are over do not come back within the quarter. Points
    lie below the mean of a lumpy seller and add up to the level of their group; their spread is no
    promise. `docs/concepts/forecasts.md` has what it was measured against.

    Parameters
    ----------
    by : str
        The groups that have a level of their own, see `Aligned`: the vendors of a marketplace.
    n_rows : the most examples that the trees learn from

    >>> short_history_points("client").by
    'client'
    """
    trees = Boosted(
        horizon=6,
        members=_MEMBERS,
        trees=Trees(n_trees=150),
        n_rows=n_rows,
        n_error_origins=0,
    )
    parts = Blend([RootSmoothing(0.25), Steadied(trees, by=by)])
    return Aligned(parts, OrdinaryLevel(), by=by)
