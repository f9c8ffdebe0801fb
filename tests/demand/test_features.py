"""Features say what was known at the origin, and nothing that was not."""

from __future__ import annotations

import numpy as np
import pytest

from onhand.data.panel import Frequency, Panel
from onhand.demand.features import Past, describe, scale_of
from onhand.demand.history import DemandHistory
from onhand.errors import HistoryError, OnhandWarning

H = 9


def history_of(panel: Panel, values: np.ndarray | None = None) -> DemandHistory:
    demand = panel.sales if values is None else values
    return DemandHistory(panel, demand.astype(np.float32), np.zeros(demand.shape, bool))


def a_shop(n: int = 6, t: int = 80, frequency: Frequency = Frequency.DAY) -> Panel:
    rng = np.random.default_rng(1)
    sales = rng.poisson(np.arange(1, n + 1)[:, None], (n, t)).astype(np.float32)
    sales[0, :20] = np.nan
    sales[1, 30:40] = np.nan
    return Panel.of(
        sales,
        frequency=frequency,
        items=np.arange(n) // 2,
        locations=np.where(np.arange(n) % 2, "north", "south"),
        known={"discount": rng.integers(0, 2, (n, t + 30)).astype(np.float32)},
        static={"category": np.repeat(["a", "b"], [n // 2, n - n // 2])},
    )


def test_what_happens_after_the_origin_changes_no_feature() -> None:
    panel = a_shop()
    changed = panel.sales.copy()
    changed[:, 60:] = 999
    before = describe(Past.of(history_of(panel), H).until(60), H)
    after = describe(Past.of(history_of(panel, changed), H).until(60), H)
    np.testing.assert_array_equal(before[1], after[1])
    for name, column in before[0].items():
        np.testing.assert_array_equal(column, after[0][name], err_msg=name)


def test_a_shelf_that_empties_later_is_not_foreseen() -> None:
    """Whether stock is worth describing is judged by what was known, not by what came."""
    in_stock = np.ones((2, 40), np.float32)
    in_stock[1, 30] = 0.5
    panel = Panel.of(np.ones((2, 40)), in_stock=in_stock)
    for t, is_told in ((30, False), (31, True)):
        then, _ = describe(Past.of(history_of(panel), H).until(t), H)
        alone, _ = describe(Past.of(history_of(panel.until(t)), H), H)
        assert list(then) == list(alone)
        assert ("stock_last" in then) is is_told


def test_an_origin_outside_the_history_is_refused() -> None:
    with pytest.raises(HistoryError, match="81"):
        Past.of(history_of(a_shop()), H).until(81)


@pytest.mark.parametrize("window", [3, 7, 28])
def test_window_means_equal_the_plain_mean_of_known_periods(window: int) -> None:
    panel = a_shop()
    columns, scale = describe(Past.of(history_of(panel), H), H)
    plain = np.nanmean(panel.sales[:, -window:], axis=1) / scale
    np.testing.assert_allclose(columns[f"mean_{window}"][:, 0], plain, rtol=1e-5)
    sold = np.nanmean(np.where(np.isnan(panel.sales), np.nan, panel.sales > 0)[:, -window:], axis=1)
    np.testing.assert_allclose(columns[f"sold_{window}"][:, 0], sold, rtol=1e-5)


def test_the_cycle_feature_is_the_mean_of_the_same_weekdays() -> None:
    panel = a_shop()
    columns, scale = describe(Past.of(history_of(panel), H), H)
    for h in range(H):
        same = [t for t in range(80 - 28, 80) if (80 + h - t) % 7 == 0]
        plain = np.nanmean(panel.sales[:, same], axis=1) / scale
        np.testing.assert_allclose(columns["cycle_4"][:, h], plain, rtol=1e-5)


def test_the_year_feature_is_the_same_week_of_last_year() -> None:
    panel = a_shop(t=120, frequency=Frequency.WEEK)
    columns, scale = describe(Past.of(history_of(panel), H), H)
    np.testing.assert_allclose(
        columns["year"], panel.sales[:, 68 : 68 + H] / scale[:, None], rtol=1e-5
    )


def test_a_pool_is_its_units_over_the_units_its_members_usually_sell() -> None:
    panel = a_shop()
    past = Past.of(history_of(panel), H)
    columns, scale = describe(past, H)
    together = panel.sales[2:4, -7:]  # the two places of item 1
    expected = np.nansum(together) / (7 * scale[2:4].sum())
    np.testing.assert_allclose(columns["item_mean_7"][2:4, 0], expected, rtol=1e-5)


def test_a_pool_with_gaps_is_measured_by_what_was_known_of_each_member() -> None:
    """Also at an origin whose reach ends before the gaps, where nothing needs to be summed."""
    panel = a_shop()
    for origin in (38, 80):
        past = Past.of(history_of(panel), H).until(origin)
        columns, scale = describe(past, H)
        together = panel.sales[
            :2, origin - 28 : origin
        ]  # item 0: one launched late, one with a gap
        expected = np.nansum(together) / (np.isfinite(together).sum(axis=1) * scale[:2]).sum()
        np.testing.assert_allclose(columns["item_mean_28"][:2, 0], expected, rtol=1e-5)


def test_the_same_weekday_comes_round_in_the_second_week_too() -> None:
    columns, _ = describe(Past.of(history_of(a_shop()), H), H)
    for name in ("cycle_4", "all_cycle", "item_cycle"):
        assert columns[name].shape == (6, H)
        np.testing.assert_array_equal(columns[name][:, 7:], columns[name][:, : H - 7])


def test_half_a_day_on_the_shelf_counts_half() -> None:
    sales = np.array([[4, 4, 4, 2]], dtype=np.float32)
    panel = Panel.of(sales, in_stock=[[1, 1, 1, 0.5]])
    believed = np.array([[4, 4, 4, 4]], dtype=np.float32)  # the half day tells of four a day
    history = DemandHistory(panel, believed, np.array([[False, False, False, True]]))
    past = Past.of(history, 1)
    np.testing.assert_allclose(past.filled, sales)
    columns, scale = describe(past, 1)
    assert columns["mean_3"][0, 0] * scale[0] == pytest.approx(4)
    assert columns["lag_1"][0, 0] * scale[0] == pytest.approx(4)


def test_demand_under_the_planned_condition_is_what_was_sold_under_it() -> None:
    is_promoted = (np.arange(60) % 5 == 0).astype(np.float32)
    sales = np.where(is_promoted[:56] > 0, 10, 2)[None]
    panel = Panel.of(np.repeat(sales, 2, axis=0), known={"promotion": np.tile(is_promoted, (2, 1))})
    columns, scale = describe(Past.of(history_of(panel), 4), 4)
    alike = columns["promotion_alike"][0] * scale[0]
    np.testing.assert_allclose(alike, np.where(is_promoted[56:] > 0, 10, 2), rtol=0.1)


def test_plans_that_end_within_the_forecast_are_told_as_far_as_they_go_at_every_origin() -> None:
    """What lies beyond is unknown to the examples, too: they shall not teach to trust it."""
    rain = np.random.default_rng(0).random((2, 63)).astype(np.float32)
    with pytest.warns(OnhandWarning, match="'rain' ends 2 periods .* first 3 of them only"):
        past = Past.of(history_of(Panel.of(np.ones((2, 60)), known={"rain": rain})), 5)
    for origin in (60, 40):
        columns, _ = describe(past.until(origin), 5)
        np.testing.assert_array_equal(columns["rain"][:, :3], rain[:, origin : origin + 3])
        for name in ("rain", "rain_change", "rain_step", "rain_alike"):
            assert np.isfinite(columns[name][:, :3]).all(), name
            assert np.isnan(columns[name][:, 3:]).all(), name


def test_a_price_stays_what_was_planned_last_at_every_origin() -> None:
    price = np.arange(1, 64, dtype=np.float32)[None]
    past = Past.of(history_of(Panel.of(np.ones((1, 60)), known={"price": price})), 5)
    for origin in (60, 40):
        columns, _ = describe(past.until(origin), 5)
        planned = np.log1p(price[0, [origin, origin + 1, origin + 2, origin + 2, origin + 2]])
        change = columns["price_change"][0]
        np.testing.assert_allclose(change - change[0], planned - planned[0], atol=1e-5)


def test_what_is_told_now_and_then_stays_and_what_is_told_every_period_ends_with_it() -> None:
    tariff = np.full((1, 65), np.nan, np.float32)
    tariff[0, [0, 30]] = 1, 2
    rain = np.ones((1, 65), np.float32)
    rain[0, 61:] = np.nan  # the array goes on, the forecast of the weather does not
    panel = Panel.of(np.ones((1, 60)), known={"tariff": tariff, "rain": rain})
    with pytest.warns(OnhandWarning, match="'rain' ends 4 periods"):
        columns, _ = describe(Past.of(history_of(panel), 5), 5)
    np.testing.assert_array_equal(columns["tariff"], np.full((1, 5), 2))
    np.testing.assert_array_equal(columns["rain"], [[1, np.nan, np.nan, np.nan, np.nan]])


def test_a_covariate_without_any_plan_is_left_out_loudly_and_a_price_stays() -> None:
    flags = np.zeros((1, 20), np.float32)
    prices = np.full((1, 20), 9, np.float32)
    panel = Panel.of(np.ones((1, 20)), known={"promotion": flags, "price": prices})
    with pytest.warns(OnhandWarning, match="'promotion' ends 3 periods before"):
        columns, _ = describe(Past.of(history_of(panel), 3), 3)
    assert "promotion_change" not in columns
    np.testing.assert_allclose(columns["price_change"], 0)


def test_every_series_has_a_scale_even_one_that_was_never_seen() -> None:
    sales = np.array([[np.nan] * 6, [0] * 6, [6] * 6], dtype=np.float32)
    scale = scale_of(Past.of(history_of(Panel.of(sales)), 1))
    assert scale[0] == pytest.approx(3)  # the mean of what was seen
    assert 0 < scale[1] < scale[0] < scale[2]


def test_a_condition_that_all_share_is_met_like_one_of_their_own() -> None:
    """A holiday told once for the shop says what the same holiday told for every series says."""
    is_holiday = (np.arange(67)[None, :] % 6 == 0).astype(np.float32)
    sales = np.random.default_rng(2).poisson(5 + 10 * is_holiday[:, :60], (4, 60))
    shared = Panel.of(sales, known={"holiday": is_holiday})
    own = Panel.of(sales, known={"holiday": np.repeat(is_holiday, 4, axis=0)})
    of_all, of_each = (describe(Past.of(history_of(p), 7), 7)[0] for p in (shared, own))
    np.testing.assert_allclose(of_all["holiday_alike"], of_each["holiday_alike"], rtol=1e-5)
    assert of_all["holiday_alike"].shape == (4, 7)


@pytest.mark.parametrize(("t", "has_year"), [(60, False), (77, False), (79, True)])
def test_last_year_is_told_once_half_of_this_one_can_teach_it(t: int, has_year: bool) -> None:
    """A little beyond a year, knowing last year would only be a sign of the last few origins."""
    history = history_of(a_shop(t=t, frequency=Frequency.WEEK))
    columns, _ = describe(Past.of(history, H), H)
    assert ("year_near" in columns) == ("all_year" in columns) == has_year
