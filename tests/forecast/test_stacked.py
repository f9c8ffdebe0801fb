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
from onhand.forecast.paths import DemandPaths
from onhand.forecast.stacked import FittedStack, Stacked, shares_by_errors


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


def test_who_was_right_before_is_heard_more_and_by_as_much_as_the_errors_are_trusted() -> None:
    history = history_of([5] * 40)
    errs = [Says(9), Says(7)]  # by 4 and by 2
    for trust, share in ((0, 1 / 2), (1, 2 / 3), (2, 4 / 5)):
        fitted = Stacked(errs, horizon=2, trust=trust, prior=0).fit(history)
        assert fitted.shares.tolist() == pytest.approx([1 - share, share])
        assert fitted.mean(2)[0] == pytest.approx([(3 * (1 - share) + np.sqrt(7) * share) ** 2] * 2)


def test_the_fewer_origins_the_nearer_to_equal_shares() -> None:
    history = history_of([5] * 40)
    by_origins = [
        Stacked([Says(9), Says(7)], horizon=2, n_origins=n, trust=2, prior=4).fit(history).shares
        for n in (1, 4, 8)
    ]
    for n, shares in zip((1, 4, 8), by_origins, strict=True):
        assert shares[1] / shares[0] == pytest.approx(2 ** (2 * n / (n + 4)))


def test_who_was_never_wrong_is_heard_alone() -> None:
    assert Stacked([Says(9), Says(5), Says(4)], horizon=2).fit(history_of([5] * 40)).shares[
        1
    ] == pytest.approx(1)


def test_a_little_better_counts_a_little_more_however_alike_the_errors_are() -> None:
    # A regression would give the second everything, or, had it been a little worse, nothing.
    assert shares_by_errors(np.array([1.02, 1.0]), 8).round(2).tolist() == [0.46, 0.54]


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
    stack = Stacked([Pupil(), Says(37)], horizon=2)
    # Eight origins, one period apart: the first has seen 39 periods; who was right is 37.
    assert stack._origins(history) == list(range(39, 47))
    fitted = stack.learn(history).fit(history)
    assert fitted.members[0].mean(1)[0, 0] == 48
    assert fitted.shares.tolist() == pytest.approx([0, 1])


@pytest.mark.parametrize("values", [[3], [3, 4], [0] * 30, [np.nan] * 30])
def test_where_nothing_can_be_compared_all_count_the_same(values: list[float]) -> None:
    fitted = Stacked([Says(2), Says(6)], horizon=2).fit(history_of(values))
    np.testing.assert_allclose(fitted.shares, 0.5)


def test_nobody_is_asked_about_the_past_where_it_is_not_trusted() -> None:
    history = history_of([37] * 48)
    assert Stacked([Pupil(), Says(37)], horizon=2, trust=0).learn(history).compared.members == ()


@dataclass(frozen=True)
class Draws:
    """A forecaster of which the paths are given, (N, S, H)."""

    values: np.ndarray
    name: str = "draws"

    def fit(self, history: DemandHistory) -> Draws:
        del history
        return self

    def mean(self, horizon: int) -> np.ndarray:
        return self.values.mean(axis=1)[:, :horizon].astype(np.float32)

    def paths(self, horizon: int, n_samples: int, *, rng: object, rows: slice) -> DemandPaths:
        del rng  # nothing is drawn
        told = self.values[rows, :n_samples, :horizon].astype(np.float32)
        names, dates = np.arange(len(told)).astype(str), np.arange(horizon)
        return DemandPaths(told, names, names, np.datetime64("2024-01-01") + dates)


def test_paths_have_the_ranks_of_all_and_the_worlds_of_the_first() -> None:
    rng = np.random.default_rng(4)
    first, second = rng.gamma(2, 3, (2, 3, 50, 4))
    shares = np.array([0.3, 0.7])
    fitted = FittedStack((Draws(first), Draws(second)), shares, np.zeros(3, bool))
    told = fitted.paths(4, 50, rng=rng).values
    plain = 0.3 * first.mean(axis=1) + 0.7 * second.mean(axis=1)
    ranked = 0.3 * np.sort(first, axis=1) + 0.7 * np.sort(second, axis=1)
    ranked *= (fitted.mean(4) / plain)[:, None]
    np.testing.assert_allclose(np.sort(told, axis=1), ranked, rtol=1e-5)
    np.testing.assert_array_equal(told.argsort(axis=1), first.argsort(axis=1))


def test_a_member_that_counts_nothing_is_not_heard_but_may_still_order_the_worlds() -> None:
    rng = np.random.default_rng(5)
    first, second = rng.gamma(2, 3, (2, 3, 50, 4))
    fitted = FittedStack((Draws(first), Draws(second)), np.array([0.0, 1.0]), np.zeros(3, bool))
    told = fitted.paths(4, 50, rng=rng).values
    np.testing.assert_allclose(np.sort(told, axis=1), np.sort(second, axis=1), rtol=1e-5)
    np.testing.assert_array_equal(told.argsort(axis=1), first.argsort(axis=1))


def test_whole_units_stay_whole_and_keep_their_mean() -> None:
    rng = np.random.default_rng(6)
    first, second = rng.poisson(3, (1, 4000, 2)), rng.poisson(4, (1, 4000, 2))
    fitted = FittedStack((Draws(first), Draws(second)), np.array([0.5, 0.5]), np.ones(1, bool))
    told = fitted.paths(2, 4000, rng=rng).values
    assert (told == np.round(told)).all()
    np.testing.assert_allclose(told.mean(axis=1), fitted.mean(2), atol=0.03)


@pytest.mark.parametrize(
    "wrong", [{"members": []}, {"horizon": 0}, {"n_origins": 0}, {"trust": -1}, {"prior": np.inf}]
)
def test_numbers_out_of_their_range_are_named(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        Stacked(**{"members": [Naive()], **wrong})  # type: ignore[arg-type]
