"""Directions: does a planned price only ever lower demand, whatever is made of it?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from onhand.data.panel import Frequency, Panel
from onhand.demand import believe
from onhand.demand.occasions import with_occasions
from onhand.errors import ConfigError
from onhand.forecast.boosted import Boosted, Member, Trees
from onhand.forecast.boosted.directions import directions
from onhand.forecast.steering import steering_trees

N, T, H = 40, 70, 3


def a_shop(multiple: float) -> Panel:
    """Forty items of elastic demand, now and then on discount, at so many times their price ahead."""
    rng = np.random.default_rng(3)
    regular = rng.uniform(5, 20, (N, 1))
    is_cheap = rng.random((N, T + H)) < 0.15
    price = (regular * np.where(is_cheap, 0.7, 1.0)).astype(np.float32)
    sales = rng.poisson(rng.uniform(3, 20, (N, 1)) * (price[:, :T] / regular) ** -2.5)
    price[:, T:] = regular * multiple
    return Panel.of(sales, known={"price": price}, frequency=Frequency.WEEK)


def rises(**more: Any) -> float:
    """Share of the steps of a what-if curve at which a higher price sells more."""
    boosted = Boosted(
        horizon=H,
        members=(Member(),),
        trees=Trees(n_trees=20, learning_rate=0.2, min_rows=10),
        n_rows=3_000,
        n_origins=30,
        n_error_origins=0,
        **more,
    )
    learned = boosted.learn(believe(with_occasions(a_shop(1.0))))
    curve = [learned.fit(believe(with_occasions(a_shop(m)))).mean(H) for m in (0.7, 0.9, 1, 1.3)]
    return float((np.diff(curve, axis=0) > 1e-5).mean())


def test_whatever_is_made_of_a_price_follows_it() -> None:
    """A discount's depth and the price over the regular one move with the price, and so must they."""
    assert rises() > 0.01
    assert rises(falls_with=None, rises_with=None) == 0


def test_a_misspelt_name_is_refused_with_those_that_are_known() -> None:
    """A constraint on nothing would be silently none."""
    for wrong in ({"falls_with": ("prize",)}, {"rises_with": ("prize",)}):
        with pytest.raises(ConfigError, match=r"'prize'.*known is 'price'"):
            Boosted(**wrong).fit(believe(a_shop(1.0)))


def test_demand_cannot_both_rise_and_fall() -> None:
    """One name, one direction."""
    with pytest.raises(ConfigError, match="both fall and rise with 'price'"):
        directions(a_shop(1.0), ("price",), ("price",))


def test_what_is_called_a_discount_rises_unless_it_is_told_as_what_remains() -> None:
    """0.2 off and 0.8 of the price are the same thing, and point opposite ways."""
    off = np.array([[0, 0, 0.2, 0]], np.float32)
    panel = Panel.of([[1, 1, 2]], known={"discount": off, "discount_ratio": 1 - off})
    found = directions(panel, None, None)
    assert (found.falls_with, found.rises_with) == (("discount_ratio",), ("discount",))


def test_what_others_ask_may_do_what_it_does() -> None:
    """Customers come when a competitor is dear."""
    dear = np.array([[5, 5, 6, 5]], np.float32)
    known = {"price": dear, "competitor_price": dear, "oil_price": dear}
    assert directions(Panel.of([[1, 1, 2]], known=known), None, None).falls_with == ("price",)


@pytest.mark.parametrize(
    ("discount", "rises"),
    [
        ([0.2] * 7 + [0] * 4, True),  # on most days
        ([0.2] * 11, True),
        ([1] * 7 + [0] * 4, True),  # a flag
        ([0.8] * 7 + [1] * 4, False),  # what remains, on most days
        ([80] * 7 + [100] * 4, False),
    ],
)
def test_a_discount_of_most_days_is_still_one(discount: list[float], rises: bool) -> None:
    """How often it is there says nothing of what it means."""
    panel = Panel.of(np.ones((1, 10)), known={"discount": np.array([discount], np.float32)})
    found = directions(panel, None, None)
    assert (found.rises_with, found.falls_with)[not rises] == ("discount",)


def test_a_plans_trees_follow_prices_and_need_none() -> None:
    """The trees behind the default are told; a shop without prices is told nothing."""
    trees = steering_trees(Frequency.WEEK)
    assert directions(a_shop(1.0), trees.falls_with, trees.rises_with).falls_with == ("price",)
    without = directions(Panel.of([[1, 2]]), trees.falls_with, trees.rises_with)
    assert without.signs(("horizon", "lag_1")) is None
