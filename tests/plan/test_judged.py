"""The judge of the past: the right periods, an opening that nobody could foresee, an honest interval."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import t as student

from onhand.data import Tables, build_panel
from onhand.data.panel import Panel
from onhand.demand import believe
from onhand.forecast import MovingAverage
from onhand.inventory.costs import Costs
from onhand.inventory.stock import Stock
from onhand.inventory.terms import SupplyTerms
from onhand.plan.config import Config
from onhand.plan.draw import draw
from onhand.plan.economics import economics
from onhand.plan.past import Stretch, window
from onhand.plan.progress import silent
from onhand.plan.replay_shop import replay_shop
from onhand.plan.stage import set_stage

Shop = Callable[..., Tables]


def test_the_window_charges_the_periods_of_its_stretch() -> None:
    """Period p of the window is period start + p of the history; reviewed where there was an origin."""
    history = believe(Panel.of([range(12), range(100, 112)]))
    fits = {o: MovingAverage(1).fit(history.until(o)) for o in (5, 7)}
    past = window(
        Stretch(start=5, scored=6, stop=9),
        fits,
        history,
        Stock.of([0.0, 0.0], np.zeros((2, 2))),
        SupplyTerms.of(lead_time=1, review_period=2, n_series=2),
        Costs.of(1.0, 1.0, n_series=2),
        slice(1, 2),
        horizon=3,
        n_samples=4,
        seed=0,
    )
    assert past.demand.tolist() == [[105, 106, 107, 108]]
    assert past.first_scored == 1
    assert [f is not None for f in past.forecasts] == [True, False, True, False]


def test_the_opening_stock_does_not_foresee_its_stretch(shop: Shop, quick: Config) -> None:
    """Whatever sells from the start of a stretch on, everybody starts it with the same stock."""
    tables = shop(with_stock=False)
    panel = build_panel(tables)
    cut = Stretch(20, 21, 26), Stretch(25, 26, panel.n_periods)

    def openings(of: Panel) -> dict[Stretch, Stock]:
        stage = set_stage(
            believe(of),
            {"default": MovingAverage(4)},
            economics(tables, panel, quick),
            quick,
            draw(np.ones(panel.n_series), panel.n_series, seed=0),
            cut,
            2,
            0,
            silent,
        )
        return dict(stage.openings)

    sales = panel.sales.copy()
    sales[:, 20:] = sales[:, 20:] * 3 + 5
    wild = Panel.of(
        sales,
        dates=panel.dates,
        frequency=panel.frequency,
        items=panel.items,
        locations=panel.locations,
        in_stock=panel.in_stock,
        is_open=panel.is_open,
    )
    before, after = openings(panel), openings(wild)
    assert np.array_equal(before[cut[0]].on_hand, after[cut[0]].on_hand)
    assert np.array_equal(before[cut[0]].pipeline, after[cut[0]].pipeline)
    # It is the same shop, and the later stretch does know what sold before it.
    assert not np.array_equal(before[cut[1]].on_hand, after[cut[1]].on_hand)


@pytest.mark.parametrize("rival", ["coverage", "classical"])
def test_the_interval_is_that_of_the_sum_over_all_weeks(
    shop: Shop, quick: Config, rival: str
) -> None:
    """Never narrower than Student's interval for the sum of the weekly differences alone."""
    margin = replay_shop(shop(with_stock=False), quick).differences[rival]
    weekly = np.array(margin.per_window)
    n = len(weekly)
    reach = student.ppf(0.975, n - 1) * np.sqrt(n * weekly.var(ddof=1))
    assert margin.mean == pytest.approx(weekly.sum(), abs=0.01)
    assert (margin.high - margin.low) / 2 >= reach - 0.02 * n
    assert margin.low + margin.high == pytest.approx(2 * margin.mean, abs=0.03)
