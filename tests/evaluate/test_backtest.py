"""A backtest judges what was forecast from the past alone, and only what can be known."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from onhand.data.panel import Panel
from onhand.demand.history import DemandHistory
from onhand.errors import HistoryError
from onhand.evaluate.backtest import (
    TOTAL_LEVELS,
    backtest,
    judged_demand,
    last_origins,
    outcome,
)
from onhand.evaluate.calibration import coverage_by_class, pit_bounds, pit_coverage, pit_histogram
from onhand.forecast import Bootstrap, MovingAverage, Naive
from onhand.forecast.spread import CountForecast


def known(panel: Panel) -> DemandHistory:
    values = np.where(panel.in_stock > 0, panel.sales, np.nan).astype(np.float32)
    return DemandHistory(panel, values, np.zeros(values.shape, bool))


@dataclass(frozen=True)
class Witness:
    """A forecaster that notes how much of the past it was shown."""

    seen: list[int] = field(default_factory=list)

    @property
    def name(self) -> str:
        return "witness"

    def fit(self, history: DemandHistory) -> CountForecast:
        self.seen.append(history.panel.sales.shape[1])
        return MovingAverage(4).fit(history)


def run(forecasters: list, panel: Panel, origins: list[int], horizon: int = 3):  # type: ignore[no-untyped-def,type-arg]
    return backtest(
        forecasters, panel, known, origins, horizon, n_samples=50, rng=np.random.default_rng(0)
    )


def a_shop(n: int = 40, t: int = 60, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).poisson(6, (n, t)).astype(np.float32)


def test_a_forecaster_is_shown_only_what_was_known() -> None:
    witness = Witness()
    run([witness], Panel.of(a_shop()), [20, 35])
    assert witness.seen == [20, 35]


def test_changing_what_follows_changes_the_scores_but_not_the_forecast() -> None:
    sales = a_shop()
    other = sales.copy()
    other[:, 30:] += 100
    here = run([MovingAverage(8)], Panel.of(sales), [30]).rows[0]
    there = run([MovingAverage(8)], Panel.of(other), [30]).rows[0]
    assert there.mae == pytest.approx(here.mae + 100, abs=5)
    assert there.wpe < -0.9


def test_a_table_has_one_row_per_forecaster_and_origin_and_a_summary_one_per_forecaster() -> None:
    result = run([Naive(), MovingAverage(8)], Panel.of(a_shop()), [20, 30, 40])
    assert result.table().shape[0] == 6
    assert result.summary()["forecaster"].to_list() == ["naive", "moving average 8"]
    assert result.summary()["n_origins"].to_list() == [3, 3]
    wape = result.table().filter(forecaster="naive")["wape"].mean()
    assert result.summary()["wape"][0] == pytest.approx(wape)


def test_the_mean_of_a_steady_shop_beats_its_last_day() -> None:
    naive, average = run([Naive(), MovingAverage(28)], Panel.of(a_shop()), [50]).rows
    assert average.wape < naive.wape
    assert average.scaled_crps < naive.scaled_crps
    assert abs(average.coverage_90 - 0.9) < 0.08


def test_empty_shelves_closed_days_and_days_beyond_the_panel_are_not_judged() -> None:
    sales = np.full((2, 10), 5.0)
    in_stock = np.ones((2, 10))
    in_stock[0, 8] = 0.5
    is_open = np.ones(10)
    is_open[9] = 0
    panel = Panel.of(sales, in_stock=in_stock, is_open=is_open)
    assert np.isnan(judged_demand(panel)).sum() == 3
    row = run([Naive()], panel, [7], horizon=9).rows[0]
    assert row.n_judged == 3  # two on day 7, one on day 8
    assert row.mae == 0


def test_what_was_launched_after_an_origin_is_not_judged_from_it() -> None:
    sales = np.full((2, 12), 5.0)
    sales[1, :8] = np.nan  # launched in the ninth period
    early, late = run([Naive()], Panel.of(sales), [6, 9]).rows
    assert (early.n_judged, late.n_judged) == (3, 6)
    assert (early.wape, late.wape) == (0, 0)


def test_the_same_seed_gives_the_same_scores_whatever_else_is_judged() -> None:
    panel = Panel.of(a_shop())
    alone = run([MovingAverage(8)], panel, [40]).rows[0]
    beside = run([Naive(), MovingAverage(8)], panel, [40]).rows[1]
    assert alone.crps == beside.crps


def test_an_origin_without_past_or_future_is_refused() -> None:
    with pytest.raises(HistoryError, match="origin 60"):
        run([Naive()], Panel.of(a_shop()), [60])
    assert last_origins(20, horizon=6, n_origins=5) == [2, 8, 14]


def test_pit_of_counts_is_flat_when_the_forecast_is_right_and_a_valley_when_too_sure() -> None:
    rng = np.random.default_rng(1)
    y = rng.poisson(1.2, (3000, 1))
    right, sure = rng.poisson(1.2, (3000, 60, 1)), rng.poisson(0.4, (3000, 60, 1))
    flat = pit_histogram(*pit_bounds(y, right), n_bins=5)
    np.testing.assert_allclose(flat, 0.2, atol=0.02)
    assert flat.sum() == pytest.approx(1)
    assert pit_histogram(*pit_bounds(y, sure), n_bins=5)[-1] > 0.4


def test_coverage_is_told_per_class_and_step() -> None:
    rng = np.random.default_rng(2)
    y = rng.normal(0, np.repeat([1.0, 3.0], 1500)[:, None], (3000, 2))
    samples = rng.normal(0, 1, (3000, 99, 2))
    rows = coverage_by_class(*pit_bounds(y, samples), np.repeat(["calm", "wild"], 1500), 0.9)
    told = {(row.label, row.step): row for row in rows}
    assert told["calm", 0].covered == pytest.approx(0.9, abs=0.02)
    assert told["wild", 2].covered < 0.5
    assert told["wild", 0].n == 3000


def test_sums_are_judged_over_the_spans_asked_for_and_only_where_all_of_them_is_known() -> None:
    history = known(Panel.of([[2.0] * 20, [2.0] * 20]))
    actual = np.array([[3, 3, 3], [3, np.nan, 3]], np.float32)
    spans = np.array([[1, 3], [1, 2]])
    result = outcome(Bootstrap(), history, actual, 10, seed=0, spans=spans)
    np.testing.assert_array_equal(result.totals, [[3, 9], [3, np.nan]])
    mean_level = np.mean(TOTAL_LEVELS)  # every path is 2 a period: quantiles are 2, 6 and 2
    np.testing.assert_allclose(result.total_pinball[0], [mean_level * 1, mean_level * 3])
    assert np.isnan(result.total_pinball[1, 1])


def test_an_unknown_observation_has_no_pit() -> None:
    low, high = pit_bounds([[np.nan, 1.0]], [[[0.0, 0.0]]])
    assert np.isnan(low[0, 0])
    assert not np.isnan(high[0, 1])
    assert np.isnan(pit_coverage([[np.nan]], [[np.nan]], 0, 1))
