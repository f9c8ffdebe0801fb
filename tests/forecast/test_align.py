"""Parts are stretched to what their whole is going to be."""

from __future__ import annotations

import numpy as np
import pytest

from onhand.data.panel import Panel
from onhand.demand import believe
from onhand.errors import ConfigError
from onhand.forecast import MovingAverage, Naive
from onhand.forecast.align import Aligned, groups_of, pooled
from onhand.forecast.typical import RecentMedian, RootSmoothing


def a_shop() -> Panel:
    sales = np.array([[4, 8, 6], [2, 2, 8], [10, 0, 5], [0, 0, 0]])
    return Panel.of(sales, static={"client": np.array(["a", "a", "b", "c"])})


def test_the_parts_add_up_to_the_forecast_of_their_group() -> None:
    history = believe(a_shop())
    fitted = Aligned(MovingAverage(3), Naive(), by="client").fit(history)
    forecast = fitted.mean(2)
    np.testing.assert_allclose(forecast[:2].sum(axis=0), 14, rtol=1e-5)  # 6 + 8, the last week
    np.testing.assert_allclose(forecast[2], 5, rtol=1e-5)
    np.testing.assert_array_equal(forecast[3], 0)  # nothing to stretch
    np.testing.assert_allclose(forecast[0] / forecast[1], 18 / 12, rtol=1e-5)  # shares are kept


def test_paths_are_stretched_like_their_mean() -> None:
    history = believe(a_shop())
    fitted = Aligned(MovingAverage(3), Naive(), by="client").fit(history)
    inner = MovingAverage(3).fit(history).paths(2, 50, rng=np.random.default_rng(0))
    paths = fitted.paths(2, 50, rng=np.random.default_rng(0))
    np.testing.assert_allclose(paths.values[:2], inner.values[:2] * 14 / 10, rtol=1e-4)


def test_half_strength_goes_half_the_way_and_the_limit_holds() -> None:
    history = believe(a_shop())
    inner = MovingAverage(3).fit(history).mean(1)
    still = Aligned(MovingAverage(3), Naive(), by="client", strength=0.0).fit(history).mean(1)
    np.testing.assert_allclose(still, inner)
    limited = Aligned(MovingAverage(3), Naive(), by="client", limit=1.1).fit(history).mean(1)
    np.testing.assert_allclose(limited[:2], inner[:2] * 1.1, rtol=1e-5)
    with pytest.raises(ConfigError, match="strength"):
        Aligned(Naive(), Naive(), strength=2)
    with pytest.raises(ConfigError, match="limit"):
        Aligned(Naive(), Naive(), limit=0.5)


def test_an_attribute_the_panel_does_not_have_means_the_whole_shop() -> None:
    assert groups_of(a_shop(), "brand").tolist() == [0, 0, 0, 0]
    assert pooled(believe(a_shop()), np.zeros(4, np.int64)).values.tolist() == [[16, 10, 19]]


def test_one_loud_week_moves_the_typical_level_little() -> None:
    quiet = believe(Panel.of([[4, 4, 4, 4, 4, 4]]))
    loud = believe(Panel.of([[4, 4, 400, 4, 4, 4]]))
    assert RootSmoothing(0.3).fit(quiet).mean(1)[0, 0] == pytest.approx(4)
    assert RootSmoothing(0.3).fit(loud).mean(1)[0, 0] < 20  # the plain mean is 70
    assert RecentMedian(4).fit(loud).mean(1)[0, 0] == 4
