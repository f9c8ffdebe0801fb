"""No feature, belief or forecast at an origin changes when the future does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from onhand.data.panel import Frequency, Panel
from onhand.demand import believe
from onhand.demand.features import Past, describe
from onhand.demand.lifecycle import survival
from onhand.demand.occasions import with_occasions
from onhand.forecast import MovingAverage
from onhand.forecast.ending import Ending
from onhand.forecast.item_seasons import ItemSeasons
from onhand.forecast.neural.layout import Layout
from onhand.forecast.neural.windows import Windows
from onhand.forecast.new_items import NewItems

N, T, H = 14, 70, 6


def two_futures(seed: int, origin: int) -> tuple[Panel, Panel]:
    """Two panels alike up to `origin`; afterwards sales, stock and what is observed differ.

    So do the rain, the price and the promotions of which only sales tell: nobody had planned them.
    """
    rng = np.random.default_rng(seed)
    sales = rng.poisson(rng.gamma(1, 4, (N, 1)), (N, T)).astype(np.float32)
    for row, launch in enumerate(rng.integers(0, T, N // 2)):
        sales[row, :launch] = np.nan
    price = np.round(rng.uniform(4, 9, (N, T + H)), 2).astype(np.float32)
    holiday = (rng.random((1, T + H)) < 0.05).astype(np.float32)
    is_lent = np.pad(rng.random((N, T)) < 0.7, ((0, 0), (0, H)), mode="edge")
    rain = rng.gamma(2, 2, (N, T + H)).astype(np.float32)
    panel = Panel.of(
        sales,
        frequency=Frequency.WEEK,
        in_stock=np.where(rng.random((N, T)) < 0.2, rng.random((N, T)), 1),
        known={
            "price": price,
            "holiday": holiday,
            "promotion": (price < 5).astype(np.float32),
            "rain": rain,
        },
        lent=dict.fromkeys(("price", "promotion", "rain"), is_lent),
        observed={"n_view": rng.poisson(20, (N, T)).astype(np.float32)},
        static={"category": np.array(["x", "y"] * (N // 2))},
    )
    later = np.arange(T) >= origin
    unplanned = is_lent & (np.arange(T + H) >= origin)
    other = {"price": 1.3 * price, "promotion": 1 - panel.known["promotion"], "rain": rain + 7}
    changed = replace(
        panel,
        known=panel.known | {k: np.where(unplanned, v, panel.known[k]) for k, v in other.items()},
        sales=np.where(later, 3 * np.nan_to_num(panel.sales) + 50, panel.sales),
        in_stock=np.where(later, 1 - panel.in_stock, panel.in_stock),
        observed={k: np.where(later, v + 99, v) for k, v in panel.observed.items()},
    )
    return panel, changed


@settings(max_examples=4, deadline=None, phases=(Phase.generate,))
@given(seed=st.integers(0, 10_000), origin=st.integers(5, T - 1))
def test_features_at_an_origin_do_not_know_what_came_after(seed: int, origin: int) -> None:
    """Cut before it is believed, or believed and then cut: the same numbers, to the bit."""
    here, there = two_futures(seed, origin)
    first, _ = describe(Past.of(believe(with_occasions(here).until(origin)), H), H)
    for panel in (here, there):
        early, _ = describe(Past.of(believe(with_occasions(panel).until(origin)), H), H)
        late, _ = describe(Past.of(believe(with_occasions(panel)), H).until(origin), H)
        assert set(early) == set(first)
        for name, values in early.items():
            np.testing.assert_array_equal(values, first[name], err_msg=name)
        for name in set(first) & set(late) - {n for n in late if n.endswith("_alike")}:
            # `alike` measures distance in spreads of a covariate known in advance, all of it.
            np.testing.assert_allclose(late[name], first[name], rtol=1e-5, err_msg=name)


@settings(max_examples=3, deadline=None, phases=(Phase.generate,))
@given(seed=st.integers(0, 10_000), origin=st.integers(20, T - 1))
def test_forecasts_and_chances_at_an_origin_do_not_know_what_came_after(
    seed: int, origin: int
) -> None:
    """New items, ending ones and seasons are learned from what was known."""
    here, there = (believe(panel.until(origin)) for panel in two_futures(seed, origin))
    np.testing.assert_array_equal(survival(here).alive, survival(there).alive)
    for forecaster in (
        NewItems(MovingAverage(8)),
        Ending(MovingAverage(8)),
        ItemSeasons(MovingAverage(8)),
    ):
        np.testing.assert_array_equal(
            forecaster.fit(here).mean(H), forecaster.fit(there).mean(H), err_msg=forecaster.name
        )


def test_windows_of_a_network_hold_plans_not_what_was_paid() -> None:
    """What a network is asked from is alike in both futures; what it is taught to foretell is not."""
    batches = []
    for panel in two_futures(3, 60):
        history = believe(panel)
        layout = replace(
            Layout.of(believe(two_futures(3, 60)[0].until(60)), 20, H), log_scale=(0, 1)
        )
        windows = Windows.of(history, layout)
        batches.append(windows.batch(np.arange(N), np.full(N, 60)))
    here, there = batches
    np.testing.assert_array_equal(here.past, there.past)
    np.testing.assert_array_equal(here.future, there.future)
    assert not np.array_equal(here.target, there.target)


def test_a_feature_that_peeks_would_be_caught() -> None:
    """The two futures do differ: one step later the features are not the same."""
    here, there = two_futures(1, 60)
    one, _ = describe(Past.of(believe(here.until(61)), H), H)
    two, _ = describe(Past.of(believe(there.until(61)), H), H)
    assert any(
        not np.array_equal(one[name], two[name], equal_nan=True) for name in one if name in two
    )
    with pytest.raises(AssertionError):
        np.testing.assert_array_equal(one["lag_1"], two["lag_1"])
