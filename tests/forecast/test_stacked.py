"""Shares of members are learned from the past, from the past alone, and obeyed by means and paths."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from onhand.data.panel import Panel
from onhand.demand import believe
from onhand.demand.history import DemandHistory
from onhand.errors import ConfigError
from onhand.forecast import MovingAverage, Naive
from onhand.forecast.boosted.forecaster import FittedMean
from onhand.forecast.stacked import FittedStack, Stacked, best_shares


@dataclass(frozen=True)
class Says:
    """A forecaster that always says the same of every series."""

    value: float
    name: str = "says"

    def fit(self, history: DemandHistory) -> FittedMean:
        return FittedMean(history.panel, np.full((history.n_series, 2), self.value, np.float32))


@dataclass(frozen=True)
class Pupil:
    """A dear forecaster that says how much it had seen when it was taught."""

    name: str = "pupil"

    def fit(self, history: DemandHistory) -> FittedMean:
        return Says(history.n_periods).fit(history)

    def learn(self, history: DemandHistory) -> Says:
        return Says(history.n_periods)


def history_of(values: object) -> DemandHistory:
    return believe(Panel.of(np.atleast_2d(np.asarray(values, np.float32))))


def slow_grid(told: np.ndarray, actual: np.ndarray, power: float) -> float:
    """The least error on a fine grid of shares of three members."""
    least = np.inf
    for a in np.linspace(0, 1, 51):
        for b in np.linspace(0, 1 - a, 51):
            least = min(least, (np.abs(told @ [a, b, 1 - a - b] - actual) ** power).sum())
    return least


@pytest.mark.parametrize("power", [1.0, 2.0])
def test_the_shares_are_as_good_as_the_best_of_a_fine_grid(power: float) -> None:
    rng = np.random.default_rng(0)
    for _ in range(5):
        actual = rng.gamma(2, 5, 300)
        told = actual[:, None] * rng.uniform(0.5, 1.5, 3) + rng.normal(0, [2, 4, 6], (300, 3))
        shares = best_shares(told, actual, power)
        assert (shares >= 0).all()
        assert shares.sum() == pytest.approx(1)
        assert (np.abs(told @ shares - actual) ** power).sum() <= 1.001 * slow_grid(
            told, actual, power
        )


def test_members_that_err_in_opposite_ways_share_and_a_useless_one_gets_nothing() -> None:
    rng = np.random.default_rng(1)
    actual, noise = rng.uniform(5, 15, 500), rng.normal(0, 3, 500)
    told = np.stack([actual + noise, actual - noise, rng.uniform(0, 90, 500)], axis=1)
    np.testing.assert_allclose(best_shares(told, actual), [0.5, 0.5, 0], atol=0.01)


def test_who_was_right_before_is_heard_and_the_prior_keeps_the_other_a_little() -> None:
    fitted = Stacked([Says(9), Says(5)], horizon=2, prior=1).fit(history_of([5] * 40))
    assert fitted.shares[1] == pytest.approx(1 - 0.5 / 9)  # eight origins, and one of the prior
    assert fitted.mean(2)[0] == pytest.approx([5 + 4 * 0.5 / 9] * 2)


def test_the_shares_of_an_origin_do_not_know_what_comes_after_it() -> None:
    values = np.random.default_rng(2).poisson(6, (5, 60)).astype(np.float32)
    other = values.copy()
    other[:, 40:] = 90
    stack = Stacked([Naive(), MovingAverage(8)], horizon=3)
    here, there = (stack.learn(history_of(v).until(30)) for v in (values, other))
    for origin in (30, 34, 40):
        mine, theirs = (
            here.fit(history_of(values).until(origin)),
            there.fit(history_of(other).until(origin)),
        )
        np.testing.assert_array_equal(mine.shares, theirs.shares)


def test_dear_members_are_compared_by_what_they_knew_then_and_forecast_with_all_they_know() -> None:
    history = history_of([37] * 48)
    stack = Stacked([Pupil(), Says(37)], horizon=2, prior=0)
    # Eight origins, one period apart: the first has seen 39 periods; who was right is 37.
    assert stack._origins(history) == list(range(39, 47))
    fitted = stack.learn(history).fit(history)
    assert fitted.members[0].mean(1)[0, 0] == 48
    assert fitted.shares.tolist() == [0, 1]


@pytest.mark.parametrize("values", [[3], [3, 4], [0] * 30, [np.nan] * 30])
def test_where_nothing_can_be_compared_all_count_the_same(values: list[float]) -> None:
    fitted = Stacked([Says(2), Says(6)], horizon=2).fit(history_of(values))
    np.testing.assert_allclose(fitted.shares, 0.5)


def test_worlds_are_told_by_members_as_often_as_they_count() -> None:
    history = history_of([5] * 20)
    members = Says(1).fit(history), Says(2).fit(history), Says(4).fit(history)
    fitted = FittedStack(members, np.array([0.61, 0.0, 0.39]))
    told = fitted.paths(3, 10, rng=np.random.default_rng(0)).values
    assert sorted(told[0, :, 0].tolist()) == [1] * 6 + [4] * 4
    assert (told == told[:, :, :1]).all()  # one member tells a world to its end
    assert fitted.mean(1)[0, 0] == pytest.approx(0.61 + 4 * 0.39)


@pytest.mark.parametrize(
    "wrong", [{"members": []}, {"horizon": 0}, {"n_origins": 0}, {"power": 0.5}, {"prior": -1}]
)
def test_numbers_out_of_their_range_are_named(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        Stacked(**{"members": [Naive()], **wrong})  # type: ignore[arg-type]
