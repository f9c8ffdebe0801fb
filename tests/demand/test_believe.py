"""Sales become demand: what nobody could buy is unknown, what few could buy is expected."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onhand.data.panel import Frequency, Panel
from onhand.demand import believe
from onhand.demand.believe import full_shelf_rate
from onhand.forecast import default_forecaster

NAN = float("nan")


@pytest.mark.parametrize(
    ("sales", "in_stock", "is_open", "wanted"),
    [
        ([3, 2], [1, 1], [1, 1], [3, 2]),
        ([3, 0], [1, 0], [1, 1], [3, NAN]),  # out of stock: nobody knows
        ([3, 0], [1, 0.02], [1, 1], [3, NAN]),  # two per cent of a day tell nothing
        ([3, 0], [1, 1], [1, 0], [3, NAN]),  # closed
        ([3, 5], [1, 1], [1, 0], [3, 5]),  # closed, they say, and yet it sold
        ([NAN, 2], [1, 1], [1, 1], [NAN, 2]),  # not yet launched
        ([3, -2], [1, 1], [1, 1], [3, 0]),  # more came back than went out
        ([4, 3, 5, 40_000], [1] * 4, [1] * 4, [4, 3, 5, NAN]),  # a typing error
        ([4, 3, 5, 4_000 - 1], [1] * 4, [1] * 4, [4, 3, 5, 3_999]),  # a large order is an order
        ([4, 1], [1, 0.75], [1, 1], [4, 1 + 0.25 * 4]),  # a quarter of the day was missed
        ([1, 1], [0.5, 1], [1, 1], [2, 1]),  # no past yet: what was seen stands for the whole
    ],
)
def test_each_kind_of_period(
    sales: list[float], in_stock: list[float], is_open: list[float], wanted: list[float]
) -> None:
    """One case per rule, by hand."""
    history = believe(Panel.of([sales], in_stock=[in_stock], is_open=is_open))
    np.testing.assert_allclose(history.values[0], wanted)


def test_one_typing_error_does_not_change_what_is_forecast_for_other_items() -> None:
    """A million in one cell would else be the shop's season and everybody's past error."""
    sales = np.random.default_rng(0).poisson(4.0, (5, 90)).astype(np.float32)
    wrong = sales.copy()
    wrong[0, 50] = 1e6
    right, misread = (
        default_forecaster(Frequency.DAY).fit(believe(Panel.of(s))).mean(14) for s in (sales, wrong)
    )
    np.testing.assert_allclose(misread, right, rtol=0.1)


def test_a_period_partly_in_stock_is_marked_as_censored() -> None:
    """Only where a value is known and the shelf was empty for a part."""
    history = believe(Panel.of([[4, 1, 0, 2]], in_stock=[[1, 0.5, 0, 0.99]]))
    assert history.is_censored.tolist() == [[False, True, False, False]]


def test_the_expectation_is_unbiased_where_bounds_and_zeros_are_not() -> None:
    """A world of Poisson customers, 4 a day, with shelves empty for a known part of every third day."""
    rng = np.random.default_rng(7)
    share = np.where(np.arange(90) % 3 == 2, 0.4, 1.0)[None, :].repeat(400, axis=0)
    sold = rng.poisson(4.0 * share)
    history = believe(Panel.of(sold, in_stock=share))
    assert history.values[:, 30:].mean() == pytest.approx(4.0, rel=0.02)
    assert sold[:, 30:].mean() < 0.85 * 4.0


@settings(deadline=None, max_examples=50)
@given(st.integers(2, 11), st.integers(0, 1000))
def test_what_comes_later_changes_nothing_before(cut: int, seed: int) -> None:
    """Believing the first periods gives the first periods of believing all: no look ahead."""
    rng = np.random.default_rng(seed)
    panel = Panel.of(rng.poisson(2.0, (3, 12)), in_stock=rng.choice([0, 0.5, 1], (3, 12)))
    whole, part = believe(panel), believe(panel.until(cut))
    np.testing.assert_array_equal(whole.values[:, :cut], part.values)
    np.testing.assert_array_equal(whole.is_censored[:, :cut], part.is_censored)


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 1000))
def test_demand_is_never_less_than_what_was_sold(seed: int) -> None:
    """A correction only adds: customers who bought had wanted it."""
    rng = np.random.default_rng(seed)
    panel = Panel.of(rng.poisson(2.0, (3, 12)), in_stock=rng.random((3, 12)))
    values = believe(panel).values
    known = ~np.isnan(values)
    assert (values[known] >= panel.sales[known]).all()


def test_the_running_mean_forgets() -> None:
    """A level change is followed: after many periods at the new level, the old one is gone."""
    values = np.r_[np.full(50, 10.0), np.full(100, 2.0)][None, :].astype(np.float32)
    rate = full_shelf_rate(values)
    assert rate[0, 50] == pytest.approx(10.0)
    assert rate[0, -1] == pytest.approx(2.0, abs=0.01)


def test_what_was_sold_tells_a_busy_period_from_a_quiet_one() -> None:
    """Demand that varies more than by chance: half of a period with many sales was a busy one."""
    past = [0, 12, 2, 9, 0, 14, 1, 10, 3, 9] * 6  # mean 6, far beyond Poisson
    steady = [6] * 60
    rows = [[*past, 8], [*past, 0], [*steady, 8], [*steady, 0]]
    in_stock = np.ones((4, 61))
    in_stock[:, -1] = 0.5
    demand = believe(Panel.of(rows, in_stock=in_stock)).values[:, -1]
    assert (
        demand[0] > 8 + 4 > 0 + 2 > demand[1]
    )  # lumpy: 8 sold, about as many missed; 0, hardly any
    np.testing.assert_allclose(demand[2:], [8 + 3, 0 + 3], atol=0.01)  # steady: half of the 6


def test_the_expectation_is_closest_where_customers_come_in_crowds() -> None:
    """A tenth of negative binomial periods thinned to a random share: closer than with Poisson and y / s."""
    rng = np.random.default_rng(4)
    demand = rng.negative_binomial(1.5, 1.5 / (1.5 + 6), (200, 80))
    share = np.where(rng.random((200, 80)) < 0.1, rng.uniform(0.1, 0.9, (200, 80)), 1.0)
    cut = (share < 1) & (np.arange(80) >= 30)
    sold = np.where(share < 1, rng.binomial(demand, share), demand)
    told = believe(Panel.of(sold, in_stock=share)).values

    def error(values: np.ndarray) -> float:
        return float(np.abs(values - demand)[cut].mean())

    poisson = sold + (1 - share) * 6
    assert error(told) < 0.9 * error(poisson)
    assert error(told) < 0.9 * error(sold / share)
    assert abs((told - demand)[cut].mean()) < 0.1 * demand.mean()
