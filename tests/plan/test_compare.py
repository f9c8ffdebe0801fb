"""What an arrow earns is measured on the shop's past, and only on it."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest

from onhand.data import Tables
from onhand.data.panel import Frequency, Panel
from onhand.demand import believe
from onhand.demand.history import DemandHistory
from onhand.errors import HistoryError
from onhand.evaluate.compare import paired
from onhand.forecast import Calibrated, MovingAverage
from onhand.inventory.costs import Costs
from onhand.inventory.terms import SupplyTerms
from onhand.plan.asked import asked_anyway
from onhand.plan.compare import compare_arrows, compare_shop, windows_of
from onhand.plan.comparison import Comparison
from onhand.plan.config import Config
from onhand.plan.economics import Economics, economics
from onhand.plan.report.comparison import render_comparison

Shop = Callable[..., Tables]
QUICK = {
    "replay.n_samples": "20",
    "compare.days": "14",
    "compare.tuning_days": "28",
    "compare.windows": "5",
    "policy.extra_periods": "0",
}


def priced(panel: Panel, lead_time: int = 1) -> Economics:
    """Terms of a shop that holds for 0.2 and loses 2 per unit."""
    from dataclasses import replace

    n = panel.n_series
    plain = economics(Tables(), panel, Config())
    costs = Costs.of(holding_cost=0.2, shortage_cost=2.0, n_series=n)
    return replace(plain, costs=costs, terms=SupplyTerms.of(lead_time, n_series=n))


def often_empty(seed: int = 0) -> tuple[DemandHistory, np.ndarray]:
    """Twenty items of steady demand, half of them empty in six weeks of ten; and their demand.

    One policy number for all cannot make up for what is wrong in half of the forecasts.
    """
    rng = np.random.default_rng(seed)
    demand = rng.poisson(8.0, (20, 60)).astype(np.float32)
    full = (rng.random((20, 60)) > 0.6) | (np.arange(20) % 2 == 0)[:, None]
    panel = Panel.of(demand * full, in_stock=full, frequency=Frequency.WEEK)
    return believe(panel), demand


@pytest.fixture(scope="module")
def empty_shelves() -> Comparison:
    """The comparison on the shop whose shelves were often empty."""
    history, _ = often_empty()
    config = Config().with_settings(QUICK)
    return compare_arrows(history, {"mean": MovingAverage(26)}, priced(history.panel), config)


def earned(comparison: Comparison, name: str) -> float:
    """Money of one arrow, with demand as believed."""
    found = next(p for p in comparison.judgements[0].pipelines if p.name == name)
    return found.earned.mean if found.earned else 0.0


def test_unmask_pays_where_shelves_were_often_empty(empty_shelves: Comparison) -> None:
    """Who takes the zeros of empty shelves for demand buys too little, window after window."""
    drawn = next(j for j in empty_shelves.judgements if j.demand == "drawn")
    unmask = next(p for p in drawn.pipelines if p.name == "unmask")
    assert unmask.earned is not None
    assert min(unmask.earned.per_window[1:]) > 0  # the first one begins with shelves full
    assert unmask.earned.share > 0.5
    assert unmask.fill_rate < drawn.full.fill_rate - 0.05
    assert empty_shelves.unknown_share == pytest.approx(0.3, abs=0.05)


def test_the_worth_of_an_arrow_is_a_difference_of_totals(empty_shelves: Comparison) -> None:
    """Cost without it minus cost with it; the windows sum up to it; the page says the same number."""
    for judgement in empty_shelves.judgements:
        full = judgement.full
        for pipeline in judgement.pipelines[1:]:
            if pipeline.earned is None:
                assert pipeline.total == full.total
                continue
            is_on = pipeline.name in full.arrows or pipeline.name == "classical"
            sign = 1 if is_on else -1
            assert pipeline.earned.mean == pytest.approx(
                sign * (pipeline.total - full.total), abs=0.05
            )
            assert sum(pipeline.earned.per_window) == pytest.approx(pipeline.earned.mean, abs=0.01)
    page = render_comparison(empty_shelves)
    assert f"{empty_shelves.judgements[0].full.total:,.0f}" in page
    assert "http" not in page.replace("http-equiv", "")
    assert "<script" not in page


def test_an_arrow_with_nothing_to_do_is_told_so(empty_shelves: Comparison) -> None:
    """No tree learns here, so weights have nothing to weigh, and no number is made up."""
    weigh = next(p for p in empty_shelves.judgements[0].pipelines if p.name == "weigh")
    assert weigh.earned is None
    assert weigh.why_not == "no forecaster here learns from weights"


def test_calibrate_and_choose_pay_where_the_formula_is_sure_and_wrong() -> None:
    """Demand that jumps together for weeks: a mean of a year is sure of itself and short half the time."""
    rng = np.random.default_rng(3)
    level = 3.0 + 9.0 * (np.sin(np.arange(90) / 5.0) > 0)
    demand = rng.poisson(level, (20, 90)).astype(np.float32)
    history = believe(Panel.of(demand, frequency=Frequency.WEEK))
    forecasters = {"": Calibrated(MovingAverage(26))}
    found = compare_arrows(
        history, forecasters, priced(history.panel), Config().with_settings(QUICK)
    )
    assert earned(found, "classical") > 0
    unmask = next(p for p in found.judgements[0].pipelines if p.name == "unmask")
    assert unmask.why_not == "no empty shelf is on record"


def test_what_happens_in_a_window_chooses_nothing_in_it(empty_shelves: Comparison) -> None:
    """The last window's sales may be anything: its own policy and those before it stay the same."""
    history, _ = often_empty()
    config = Config().with_settings(QUICK)
    cut = windows_of(history, priced(history.panel).terms, config)
    wild = history.panel.sales.copy()
    wild[:, cut.judged[-1].start :] = 4 * wild[:, cut.judged[-1].start :] + 3
    from dataclasses import replace

    other = believe(replace(history.panel, sales=wild))
    forecasters = {"mean": MovingAverage(26)}
    changed = compare_arrows(other, forecasters, priced(other.panel), config)
    found = [empty_shelves, changed]
    policies = [[p.policies for p in c.judgements[0].pipelines] for c in found]
    assert policies[0] == policies[1]
    totals = [
        [p.earned and p.earned.per_window[:-1] for p in c.judgements[0].pipelines] for c in found
    ]
    assert totals[0] == totals[1]
    assert found[0].judgements[0].full.total != found[1].judgements[0].full.total


def test_windows_follow_each_other_and_are_tuned_on_what_came_before() -> None:
    """No gap, no overlap; each tuning stretch ends where its window's first review begins."""
    history, _ = often_empty()
    cut = windows_of(history, SupplyTerms.of(1, n_series=20), Config().with_settings(QUICK))
    assert [t.stop for t in cut.tuning] == [w.start for w in cut.judged]
    assert [w.stop for w in cut.judged[:-1]] == [w.start for w in cut.judged[1:]]
    assert cut.judged[0].scored == cut.judged[0].start + 1
    assert cut.judged[-1].stop == history.n_periods
    starts = [t.start for t in cut.learned]
    assert [t.stop for t in cut.learned[:-1]] == starts[1:]


def test_too_short_a_history_says_what_to_do() -> None:
    """Five periods are no past."""
    history = believe(Panel.of(np.ones((2, 5)), frequency=Frequency.WEEK))
    with pytest.raises(HistoryError, match="Give more history"):
        windows_of(history, SupplyTerms.of(1, n_series=2), Config())


def test_a_shop_is_compared_from_its_tables(shop: Shop) -> None:
    """The door of `onhand compare`: tables in, every arrow out."""
    config = Config().with_settings(
        {**QUICK, "forecast.forecaster": "tsb", "compare.windows": "2", "compare.days": "21"}
    )
    tables = shop(with_stock=False, n_weeks=30)
    found = compare_shop(tables, config)
    names = [p.name for p in found.judgements[0].pipelines]
    assert names == ["full", "paths", "unmask", "calibrate", "weigh", "choose", "classical"]
    assert found.n_stock_points == 6
    assert compare_shop(tables, config).to_json() == found.to_json()
    assert json.loads(found.to_json())["judgements"][0]["demand"] == "believed"


def test_what_was_asked_of_an_empty_shelf_is_like_what_was_asked_nearby() -> None:
    """Drawn demand has the level and the spread of the real one, and leaves what is known alone."""
    history, demand = often_empty(2)
    asked = asked_anyway(history, np.random.default_rng(0))
    unknown = ~np.isfinite(history.values)
    assert np.array_equal(asked.values[~unknown], history.values[~unknown])
    assert asked.values[unknown].mean() == pytest.approx(demand[unknown].mean(), rel=0.05)
    assert asked.values[unknown].std() == pytest.approx(demand[unknown].std(), rel=0.1)


def test_carried_stock_is_neither_made_nor_lost() -> None:
    """Opening + arrivals - served = closing, from window to window, as one replay would have it."""
    from onhand.evaluate.replay import Window, replay
    from onhand.inventory.stock import Stock
    from onhand.plan.config import PolicySettings
    from onhand.plan.contenders import at_level

    rng = np.random.default_rng(5)
    demand = rng.poisson(5.0, (3, 8)).astype(float)
    paths = [rng.poisson(5.0, (3, 30, 4)).astype(np.float32) for _ in range(8)]
    supply, costs = SupplyTerms.of(2, n_series=3), Costs.of(0.1, 1.0, n_series=3)
    policy = at_level(PolicySettings(name="order_up_to"), 0.8)
    opening = Stock.of([9.0] * 3, np.zeros((3, 3)))
    whole = replay(policy, Window(opening, paths, demand, supply, costs))
    first = replay(policy, Window(opening, paths[:5], demand[:, :5], supply, costs))
    assert first.closing is not None
    second = replay(policy, Window(first.closing, paths[5:], demand[:, 5:], supply, costs))
    assert np.array_equal(np.hstack([first.on_hand, second.on_hand]), whole.on_hand)
    both = paired([first.cost_by_series + second.cost_by_series], [whole.cost_by_series])
    assert both.mean == pytest.approx(0.0)
