"""The stock points that stand for a shop: sums over them are the shop's, on average over draws."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from onhand.data import Tables
from onhand.data.panel import Frequency, Panel
from onhand.demand import believe
from onhand.plan.config import Config
from onhand.plan.draw import draw, turnover
from onhand.plan.make_plan import make_plan

SIZES = np.random.default_rng(7).lognormal(3, 2, 300)


def test_every_size_has_its_chance_and_its_weight() -> None:
    """Over many draws the weighted sum of anything is the shop's, whatever it has to do with size."""
    anything = np.random.default_rng(8).normal(10, 5, 300)
    sums = [
        float(found.weight @ anything[found.rows])
        for found in (draw(SIZES, 60, seed) for seed in range(400))
    ]
    assert np.mean(sums) == pytest.approx(anything.sum(), abs=4 * np.std(sums) / 20)


def test_a_draw_by_size_knows_the_shops_turnover_better_than_one_by_lot() -> None:
    """What a few stock points earn is not left to luck."""
    total = SIZES.sum()
    by_size = [draw(SIZES, 60, seed) for seed in range(50)]
    by_lot = [np.random.default_rng(seed).choice(300, 60, replace=False) for seed in range(50)]
    ours = np.std([found.weight @ SIZES[found.rows] / total for found in by_size])
    theirs = np.std([5 * SIZES[rows].sum() / total for rows in by_lot])
    assert ours < theirs / 5


def test_the_draw_has_its_size_and_no_one_twice() -> None:
    """As many as asked for, whatever the sizes are; the largest always, the smallest at times."""
    for most in (1, 2, 59, 299):
        found = draw(SIZES, most, seed=most)
        assert len(np.unique(found.rows)) == len(found.rows) == most
        assert (found.weight >= 1).all()
    assert SIZES.argmax() in draw(SIZES, 60, seed=1).rows
    nothing_sold = np.zeros(50)
    assert draw(nothing_sold, 10, seed=0).weight.tolist() == [5.0] * 10


def test_turnover_is_of_the_last_year_and_of_what_is_known() -> None:
    """Units of the last 52 weeks times the price; an unknown week adds nothing."""
    old = [[9.0] + [0.0] * 52, [np.nan] + [1.0] * 52]
    panel = Panel.of(old, frequency=Frequency.WEEK)
    assert turnover(believe(panel), np.array([2.0, 3.0])).tolist() == [0.0, 156.0]


def test_a_plan_on_a_draw_plans_for_all_and_says_so(shop: Callable[..., Tables]) -> None:
    """The numbers come from some stock points, the orders from every one."""
    config = Config.from_dict(
        {"replay": {"max_stock_points": 3, "n_samples": 20}, "plan": {"n_samples": 20}}
    )
    plan = make_plan(shop(), config)
    assert len(plan.stock_points) == 6
    (said,) = (a for a in plan.assumptions if a.key == "replay.max_stock_points")
    assert said.value == "3"
    assert "3 of 6 stock points" in said.why


def test_forecasters_learn_from_those_beside_the_draw_too() -> None:
    """Drawn and beside are the shop; of a very large one, as many as are learned from, taken by lot."""
    found = draw(SIZES, 60, seed=3)
    assert np.array_equal(np.sort(found.taught), np.arange(300))
    many = np.tile(SIZES, 20)
    found = draw(many, 60, seed=3)
    assert len(np.unique(found.taught)) == 4000
    assert many[found.taught].mean() == pytest.approx(many.mean(), rel=0.15)
    sums = [float(d.weight.sum()) for d in (draw(many, 60, seed) for seed in range(60))]
    assert np.mean(sums) == pytest.approx(6000, rel=0.02)
