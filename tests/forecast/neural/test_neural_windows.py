"""What a network sees: scaled windows, gaps that stay gaps, nothing from after the origin."""

from __future__ import annotations

import dataclasses
import tracemalloc

import numpy as np
import pytest

from onhand.data.panel import Frequency, Panel
from onhand.demand import believe
from onhand.demand.history import DemandHistory
from onhand.errors import InputError, OnhandWarning, ShapeError
from onhand.forecast.neural.layout import Layout
from onhand.forecast.neural.windows import Windows


def history_of(sales: object, **more: object) -> DemandHistory:
    return believe(Panel.of(sales, **more))


def windows_of(
    history: DemandHistory, context: int = 4, horizon: int = 2, omega: object = None
) -> Windows:
    return Windows.of(history, Layout.of(history, context, horizon), omega)


def at(*numbers: int) -> np.ndarray:
    return np.array(numbers)


def test_demand_is_told_in_units_of_the_level_of_its_own_context() -> None:
    windows = windows_of(history_of([[2, 2, 2, 2, 4, 6], [20, 20, 20, 20, 40, 60]]))
    small, large = (windows.batch(at(k), at(4)) for k in (0, 1))
    # One period's worth of the shop's mean (11) is mixed in: (8 + 11) / 5 and (80 + 11) / 5.
    np.testing.assert_allclose([small.scale[0], large.scale[0]], [3.8, 18.2], rtol=1e-6)
    np.testing.assert_allclose(small.target[0] * 3.8, [4, 6], rtol=1e-6)
    np.testing.assert_allclose(np.expm1(large.past[0, :, 0]) * 18.2, 20, rtol=1e-5)


def test_before_the_beginning_and_in_gaps_nothing_is_known() -> None:
    windows = windows_of(history_of([[3, np.nan, 5, 1, 1]]))
    batch = windows.batch(at(0), at(3))
    assert batch.past[0, :, 1].tolist() == [0, 1, 0, 1]  # one period too early, then 3, ?, 5
    assert batch.past[0, [0, 2], 0].tolist() == [0, 0]


def test_targets_that_are_unknown_or_yet_to_come_weigh_nothing() -> None:
    windows = windows_of(history_of([[3, 2, 4, np.nan, 5, 1]]))
    assert windows.batch(at(0), at(3)).weight.tolist() == [[0, 1]]
    assert windows.batch(at(0), at(5)).weight.tolist() == [[1, 0]]
    assert windows.batch(at(0), at(6)).weight.tolist() == [[0, 0]]
    assert windows.batch(at(0), at(4), end=5).weight.tolist() == [[1, 0]]


def test_of_a_period_with_a_shelf_empty_in_part_the_sales_are_a_bound() -> None:
    history = history_of([[4, 4, 4, 4, 3, 4]], in_stock=[[1, 1, 1, 1, 0.5, 1]])
    batch = windows_of(history).batch(at(0), at(4))
    assert history.values[0, 4] == 5  # what was believed
    assert batch.is_censored.tolist() == [[True, False]]
    np.testing.assert_allclose(batch.target[0] * batch.scale[0], [3, 4], rtol=1e-6)


def test_nothing_after_the_origin_reaches_a_window() -> None:
    rng = np.random.default_rng(0)
    sales = rng.poisson(5, (3, 40)).astype(np.float32)
    other = sales.copy()
    other[:, 25:] = 99
    layout = Layout.of(history_of(sales), 10, 4)
    batches = [
        Windows.of(history_of(s), layout).batch(at(0, 1, 2), at(25, 25, 25)) for s in (sales, other)
    ]
    for here, there in zip(batches[0].inputs, batches[1].inputs, strict=True):
        np.testing.assert_array_equal(here, there)


def test_the_same_weekday_is_echoed_from_weeks_that_were_over() -> None:
    week = np.array([1, 2, 3, 4, 5, 6, 7.0])
    history = history_of(np.tile(week, 6)[None])
    batch = windows_of(history, context=28, horizon=9).batch(at(0), at(35))
    echo = np.expm1(batch.future[0, :, 1]) * batch.scale[0]
    np.testing.assert_allclose(echo, [1, 2, 3, 4, 5, 6, 7, 1, 2], rtol=1e-5)


def test_weights_are_of_a_series_or_of_each_period_and_anything_else_is_refused() -> None:
    history = history_of(np.full((2, 6), 4.0))
    by_period = np.arange(12.0).reshape(2, 6)
    assert windows_of(history, omega=[1, 3]).batch(at(1), at(4)).weight.tolist() == [[3, 3]]
    assert windows_of(history, omega=by_period).batch(at(1), at(4)).weight.tolist() == [[10, 11]]
    with pytest.raises(ShapeError, match=r"omega has shape \(3,\)"):
        windows_of(history, omega=[1, 2, 3])
    with pytest.raises(ShapeError, match="negative"):
        windows_of(history, omega=[1, -1])


def test_unknown_covariates_are_taken_for_usual_ones() -> None:
    known = np.full((1, 8), np.nan, np.float32)
    known[0, 4:] = [0, 1, 0, 1]
    history = history_of([[5, 5, 5, 5, 5, 5]], known={"promotion": known, "none": known * np.nan})
    batch = windows_of(history).batch(at(0), at(6))
    assert np.isfinite(batch.past).all()
    assert batch.past[0, :2, 2].tolist() == [0, 0]  # not known: the mean
    assert batch.future[0, 0, 1] < 0 < batch.future[0, 1, 1]


def test_a_covariate_that_ends_too_early_is_named_and_replaced() -> None:
    known = np.ones((1, 8), np.float32)
    history = history_of([[5, 5, 5, 5, 5, 5]], known={"promotion": known})
    layout = Layout.of(history, 4, 2)
    bare = dataclasses.replace(history.panel, known={})
    with pytest.warns(OnhandWarning, match="'promotion', which the network was trained with"):
        Windows.of(believe(bare), layout)


def test_a_name_never_seen_has_the_code_of_the_unknown() -> None:
    history = history_of(np.ones((2, 6)), items=["tea", "rice"], static={"brand": at(1, 2)})
    layout = Layout.of(history, 4, 2)
    other = history_of(np.ones((2, 6)), items=["rice", "milk"])
    assert list(layout.names) == ["item", "brand"]
    assert layout.codes(other.panel).tolist() == [[1, 0], [0, 0]]


def test_a_layout_told_in_json_is_the_same_again() -> None:
    import json

    history = history_of(np.ones((2, 60)), known={"price": np.ones((2, 70), np.float32)})
    layout = Layout.of(history, 4, 2)
    assert Layout.from_dict(json.loads(json.dumps(layout.to_dict()))) == layout


def test_weeks_are_not_read_by_a_network_for_days() -> None:
    layout = Layout.of(history_of(np.ones((2, 20))), 4, 2)
    weekly = history_of(np.ones((2, 20)), frequency=Frequency.WEEK)
    with pytest.raises(InputError, match="trained on periods of a day"):
        Windows.of(weekly, layout)


def test_a_batch_takes_memory_for_itself_and_not_for_the_shop() -> None:
    history = history_of(np.ones((4_000, 300), np.float32))
    windows = windows_of(history, context=50, horizon=10)
    tracemalloc.start()
    windows.batch(np.arange(64), np.full(64, 200))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4e6 < history.values.nbytes  # all its windows would take gigabytes
