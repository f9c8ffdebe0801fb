"""Where margins differ, what earns more is covered in more of the worlds, and never a few items by themselves."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from onhand.decide.replenish import OrderUpToQuantile
from onhand.decide.replenish.cover_by_margin import CoverByMargin, holding_paid
from onhand.decide.replenish.projected_cover import ProjectedCover
from onhand.errors import ConfigError
from onhand.inventory.costs import Costs
from onhand.inventory.policy import Situation
from onhand.inventory.stock import Stock
from onhand.inventory.terms import SupplyTerms
from onhand.plan.contenders import quantiles_of
from onhand.plan.margins import by_margin, margins_of, rising_rungs, rungs_by_margin

LADDER = tuple(ProjectedCover(q, 2) for q in (0.5, 0.7, 0.9))
COSTS = Costs.of(0.1, np.repeat([1.0, 2.0, 8.0], 60), n_series=180)


def bowls(best: NDArray[np.int64], n_windows: int = 3) -> NDArray[np.float64]:
    """Costs (3, W, N) that grow with the distance from each stock point's own best rung."""
    away = np.abs(np.arange(3)[:, None] - best)  # (3, N)
    return np.repeat(away[:, None].astype(np.float64) ** 2, n_windows, axis=1)


def test_each_third_gets_its_number_where_that_is_cheaper() -> None:
    """The third that earns most wants the top rung, the one that earns least the bottom one."""
    margins = margins_of(COSTS)
    assert margins is not None
    assert np.bincount(margins.bucket).tolist() == [60, 60, 60]
    found = by_margin(LADDER, bowls(margins.bucket), margins)
    assert found == CoverByMargin((0.5, 0.7, 0.9), (10.0, 20.0), 2)


def test_one_number_stays_where_margins_say_nothing() -> None:
    """All want the same; or it is luck that changes from window to window; or there is one window alone."""
    margins = margins_of(COSTS)
    assert margins is not None
    assert by_margin(LADDER, bowls(np.ones(180, dtype=np.int64)), margins) is None
    assert by_margin(LADDER, bowls(margins.bucket, n_windows=1), margins) is None
    lucky = bowls(np.ones(180, dtype=np.int64), n_windows=2)
    lucky[2, 0, :60] = -3.0  # once the top rung was good for the poorest third
    assert rungs_by_margin(lucky, margins.bucket) is None


def test_a_better_margin_is_never_covered_less() -> None:
    """Costs that ask for the contrary get one number, or numbers that rise."""
    rng = np.random.default_rng(0)
    bucket = np.arange(30) % 3
    for _ in range(50):
        rungs = rising_rungs(rng.random((6, 3, 30)), bucket)
        assert list(rungs) == sorted(rungs)
    assert len(set(rising_rungs(bowls(2 - bucket), bucket))) == 1


def test_the_rungs_are_the_best_of_all_that_rise() -> None:
    """Against trying them all."""
    from itertools import combinations_with_replacement

    from onhand.optimize.ladder import smoothed

    rng = np.random.default_rng(1)
    bucket = np.arange(30) % 3
    for _ in range(20):
        costs = rng.random((5, 2, 30))
        curves = [smoothed(costs[:, :, bucket == b].sum(axis=2).mean(axis=1)) for b in range(3)]
        all_of_them = [
            sum(curve[k] for curve, k in zip(curves, rungs, strict=True))
            for rungs in combinations_with_replacement(range(5), 3)
        ]
        found = rising_rungs(costs, bucket)
        assert sum(c[k] for c, k in zip(curves, found, strict=True)) == pytest.approx(
            min(all_of_them)
        )


def test_few_stock_points_or_alike_margins_share_one_number() -> None:
    """Never per item: fifty in a bucket are the fewest."""
    few = Costs.of(0.1, np.repeat([1.0, 2.0, 8.0], 40), n_series=120)
    alike = Costs.of(0.1, np.linspace(1.0, 1.2, 180), n_series=180)
    free = Costs.of(0.0, np.repeat([1.0, 2.0, 8.0], 60), n_series=180)
    assert margins_of(few) is None
    assert margins_of(alike) is None
    assert margins_of(free) is None
    assert np.isinf(holding_paid(free)).all()
    assert (
        by_margin((OrderUpToQuantile(0.5), OrderUpToQuantile(0.9)), bowls(np.arange(3)), None)
        is None
    )


def test_each_stock_point_is_ordered_for_as_its_bucket_says() -> None:
    """The same orders as those of one number, stock point by stock point."""
    paths = np.random.default_rng(2).poisson(3.0, (2, 80, 8)).astype(np.float32)
    now = Situation(
        Stock.of(np.zeros(2), np.zeros((2, 3))),
        paths,
        SupplyTerms.of(2, 1, n_series=2),
        Costs.of(0.1, np.array([0.5, 4.0]), n_series=2),
    )
    policy = CoverByMargin((0.5, 0.9), (20.0,), 2)
    low, high = (ProjectedCover(q, 2).order(now) for q in (0.5, 0.9))
    assert policy.order(now).tolist() == [low[0], high[1]]
    assert quantiles_of(policy, now).tolist() == [0.5, 0.9]
    assert "0.5 and 0.9 by margin, 2 more periods" in policy.name


def test_numbers_that_do_not_fit_together_are_refused() -> None:
    """One border too many, and borders that fall."""
    with pytest.raises(ConfigError, match="one border fewer"):
        CoverByMargin((0.5,), (20.0,))
    with pytest.raises(ConfigError, match="above the one before"):
        CoverByMargin((0.5, 0.6, 0.7), (20.0, 10.0))
