"""Scores equal numbers worked out by hand, and leave out what is not known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from onhand.errors import ShapeError
from onhand.evaluate import scores

NAN = math.nan
Y = [[2.0, 4.0, NAN], [0.0, 2.0, 2.0]]
F = [[3.0, 2.0, 99.0], [1.0, 2.0, 2.0]]  # errors +1 -2 . | +1 0 0


def test_point_scores_of_a_hand_worked_table() -> None:
    assert scores.bias(Y, F) == 0
    assert scores.wpe(Y, F) == 0
    assert scores.wape(Y, F) == 0.4
    assert scores.mae(Y, F) == 0.8
    assert scores.rmse(Y, F) == pytest.approx(math.sqrt(6 / 5))
    assert scores.vn1_score([[1, 3]], [[3, 3]]) == 1.0  # 50 % of error plus 50 % of bias


def test_what_is_not_known_is_not_judged_whatever_was_forecast() -> None:
    other = [[3.0, 2.0, -1e9], [1.0, 2.0, 2.0]]
    for score in (scores.bias, scores.wpe, scores.wape, scores.mae, scores.rmse, scores.vn1_score):
        assert score(Y, F) == score(Y, other)


def test_nothing_to_judge_or_to_divide_by_is_nan() -> None:
    assert math.isnan(scores.mae([[NAN]], [[1]]))
    assert math.isnan(scores.wape([[0, 0]], [[1, 0]]))
    assert np.isnan(scores.rmsse([[1]], [[1]], [[5, 5, 5]])).all()  # it never moved
    assert np.isnan(scores.scale_squared([[0, 0, 0]])).all()  # it never sold


def test_the_m5_scale_starts_at_the_first_sale_and_keeps_zeros_after_it() -> None:
    # Changes since the first sale: 3 -> 0 -> 0 -> 1: squares 9, 0, 1.
    assert scores.scale_squared([[0, 0, 3, 0, 0, 1]]).tolist() == [10 / 3]
    assert scores.scale_absolute([[0, 0, 3, 0, 0, 1]]).tolist() == [4 / 3]
    assert scores.scale_squared([[NAN, NAN, 3, 0, 0, 1]]).tolist() == [10 / 3]


def test_rmsse_and_mase_compare_with_the_movement_of_the_history() -> None:
    history = [[0, 2, 4, 2]]  # changes 2, -2
    assert scores.rmsse([[5, 1]], [[3, 3]], history).tolist() == [1.0]
    assert scores.mase([[5, 1]], [[3, 3]], history).tolist() == [1.0]
    assert scores.mase([[5, 1]], [[4, 2]], [[1, 5, 3, 1]], season=2).tolist() == [1 / 3]


def test_wrmsse_of_two_series_and_their_sum() -> None:
    # Series: RMSSE 1 and 0, revenue 3 : 1, so 0.75. Sum: history 4, 6, 8, changes 2, 2, error 2: 1.
    history, actual, forecast = [[2, 4, 6], [2, 2, 2.0001]], [[8], [2]], [[6], [2]]
    level = scores.wrmsse(actual, forecast, history, [3, 1], [[0, 1]])
    assert level == pytest.approx(0.75)
    both = scores.wrmsse(actual, forecast, history, [3, 1], [[0, 1], ["all", "all"]])
    assert both == pytest.approx((0.75 + 1) / 2, abs=1e-4)


def test_wspl_takes_quantiles_of_summed_worlds() -> None:
    # In every world one sells what the other does not: the sum is certain, so its loss is 0.
    samples = np.array([[[0.0], [4.0]], [[4.0], [0.0]]])
    history = [[0, 2, 4], [4, 2, 0]]
    loss = scores.wspl([[2], [2]], samples, [[1, 3, 5], [2, 2, 3]], [1, 1], [["all", "all"]])
    assert loss == pytest.approx(0)
    assert scores.wspl([[2], [2]], samples, history, [1, 1], [[0, 1]]) > 0.05


def test_pinball_costs_q_for_too_little_and_the_rest_for_too_much() -> None:
    assert scores.pinball([[10]], [[8]], 0.9) == pytest.approx(1.8)
    assert scores.pinball([[10]], [[12]], 0.9) == pytest.approx(0.2)


def test_interval_score_and_coverage_of_a_hand_worked_table() -> None:
    actual, low, high = [[5, 12, NAN]], [[0, 0, 0]], [[10, 10, 0]]
    assert scores.coverage(actual, low, high) == 0.5
    assert scores.interval_score(actual, low, high, 0.9) == pytest.approx((10 + 10 + 40) / 2)


def slow_crps(y: float, x: np.ndarray, fair: bool) -> float:
    n = len(x)
    pairs = sum(abs(a - b) for a in x for b in x)
    return float(np.mean(np.abs(x - y)) - pairs / 2 / (n * (n - 1) if fair else n * n))


@settings(max_examples=50, deadline=None)
@given(
    arrays(np.float64, (7,), elements=st.floats(0, 100)),
    st.floats(0, 100),
    st.booleans(),
)
def test_crps_by_sorting_is_crps_by_all_pairs(x: np.ndarray, y: float, fair: bool) -> None:
    fast = scores.crps_of_each([[y]], x[None, :, None], fair=fair)[0, 0]
    assert fast == pytest.approx(slow_crps(y, x, fair), abs=1e-9)


def test_the_fair_crps_does_not_depend_on_the_number_of_samples() -> None:
    rng = np.random.default_rng(0)
    y = rng.normal(0, 1, (4000, 1))
    few, many = rng.normal(0, 1, (4000, 3, 1)), rng.normal(0, 1, (4000, 100, 1))
    exact = 1 / math.sqrt(math.pi)  # of the normal distribution, on its own draws
    assert scores.crps(y, few) == pytest.approx(exact, abs=0.03)
    assert scores.crps(y, many) == pytest.approx(exact, abs=0.02)
    assert scores.crps(y, few, fair=False) > exact + 0.1


def test_one_sample_is_a_point_forecast_and_its_crps_the_absolute_error() -> None:
    assert scores.crps([[3.0]], [[[5.0]]]) == 2.0


def test_arrays_that_do_not_fit_are_refused_by_their_shapes() -> None:
    with pytest.raises(ShapeError, match=r"\(1, 2\)"):
        scores.mae([[1, 2]], [[1]])
    with pytest.raises(ShapeError, match="N, S, H"):
        scores.crps([[1]], [[1]])
