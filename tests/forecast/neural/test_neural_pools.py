"""How the groups of a series sold: against the levels of their own members, and never from later."""

from __future__ import annotations

import numpy as np

from onhand.data.panel import Panel
from onhand.demand import believe
from onhand.demand.features import Past
from onhand.forecast.neural.layout import Layout
from onhand.forecast.neural.pools import Pools
from onhand.forecast.neural.windows import Windows


def pools_of(sales: np.ndarray, **more: object) -> Pools:
    history = believe(Panel.of(sales, **more))
    past = Past.of(history, 2)
    usual = np.full(sales.shape[1] + 1, sales[:, 0].mean(), np.float32)
    return Pools.of(past, tuple(past.pools), usual, context=5)


def test_a_week_in_which_a_place_sells_double_is_seen_in_its_pool_alone() -> None:
    sales = np.full((4, 20), 10.0)
    sales[:2, 15:] = 20  # the first two series are in the place that does well
    pools = pools_of(sales, locations=["a", "a", "b", "b"], items=[1, 2, 3, 4])
    shop, place = pools.recent(np.arange(4), np.full(4, 16), 1).T
    np.testing.assert_allclose(
        np.exp(shop), 1.0 + 1 / 3, rtol=0.01
    )  # 1.5, half a usual period added
    np.testing.assert_allclose(np.exp(place), [5 / 3, 5 / 3, 1, 1], rtol=0.01)


def test_a_big_and_a_small_member_that_double_count_as_doubled() -> None:
    sales = np.concatenate([np.full((1, 20), 100.0), np.full((3, 20), 1.0)])
    sales[:, 18:] *= 2
    told = pools_of(sales).recent(np.arange(4), np.full(4, 20), 2)
    # The level of the second doubled period knows the first one.
    assert (np.exp(told) > 1.6).all()
    np.testing.assert_allclose(told, told[0, 0], rtol=1e-6)  # the pool is the whole shop for all


def test_an_echo_reads_the_periods_that_are_seen_and_no_others() -> None:
    sales = np.full((3, 30), 10.0)
    sales[:, 7::7] = 40
    pools = pools_of(sales)
    at = np.array([[[7, 14, 21], [8, 15, 22]]])  # (1, 2, 3)
    told = pools.echo(np.array([0]), at, np.ones(at.shape, bool))[0, 0]
    assert told[0] > np.log(1.8) > 0 > told[1]
    nothing = pools.echo(np.array([0]), at, np.zeros(at.shape, bool))
    np.testing.assert_array_equal(nothing, 0)


def test_what_others_sell_after_the_origin_reaches_no_window() -> None:
    rng = np.random.default_rng(0)
    sales = rng.poisson(5, (8, 60)).astype(np.float32)
    other = sales.copy()
    other[:, 40:] = 99
    shops = [believe(Panel.of(s, locations=["a", "b"] * 4)) for s in (sales, other)]
    layout = Layout.of(shops[0], 20, 4)
    assert layout.pools == ("all", "location")
    here, there = (
        Windows.of(shop, layout).batch(np.arange(8), np.full(8, 40)).inputs for shop in shops
    )
    for mine, theirs in zip(here, there, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_a_shop_without_the_attribute_is_read_as_a_whole() -> None:
    sales = np.full((4, 30), 10.0)
    layout = Layout.of(believe(Panel.of(sales, locations=["a", "a", "b", "b"])), 10, 2)
    told = Windows.of(believe(Panel.of(sales[:1])), layout).batch(np.array([0]), np.array([20]))
    assert told.size.shape == (1, layout.n_size)
    assert told.future.shape == (1, 2, layout.n_future)
