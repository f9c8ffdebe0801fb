"""The ladder of forecasts is climbed from naive to the default, and every step shows what it is worth."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import polars as pl
import pytest

from onhand.cli.show_ladder import show_ladder
from onhand.data import Tables
from onhand.data.panel import Frequency
from onhand.demand.history import DemandHistory
from onhand.errors import HistoryError
from onhand.forecast import Forecaster, MovingAverage, Naive, default_forecaster
from onhand.forecast.forecaster import FittedForecaster
from onhand.plan import value_added as module
from onhand.plan.config import Config
from onhand.plan.value_added import rungs_for, value_added

Shop = Callable[..., Tables]


def test_the_ladder_knows_more_from_rung_to_rung() -> None:
    """It begins with the naive forecast and ends with what the plan uses."""
    for frequency in Frequency:
        names = list(rungs_for(frequency))
        assert (names[0], names[-1]) == ("naive", "both, through life")


def test_each_rung_is_judged_and_its_worth_is_the_difference(
    shop: Shop, quick: Config, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Steady Poisson sellers: the last value is a worse forecast than their level."""

    def two(frequency: Frequency) -> dict[str, Forecaster]:
        return {"naive": Naive(), "statistical": default_forecaster(frequency).point}

    monkeypatch.setattr(module, "rungs_for", two)
    bottom, top = value_added(shop(8, 40), quick, seed=3)
    assert bottom.added is None
    assert top.added == pytest.approx(bottom.cost - top.cost, abs=0.01)
    assert top.wape < bottom.wape
    assert 0 < top.fill_rate <= 1
    show_ladder((bottom, top), "EUR")
    shown = capsys.readouterr().out
    assert "statistical" in shown
    assert f"{top.wape:.1%}" in shown


def test_the_ladder_is_climbed_without_hindsight(
    shop: Shop, quick: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A calendar that reaches one week ahead today told no more of the weather a month ago."""
    first = shop(4, 40)
    assert first.sales is not None
    weeks = first.sales["date"].unique().sort()
    coming = [*weeks.to_list(), weeks.to_list()[-1] + timedelta(days=7)]
    rain = pl.DataFrame({"date": coming, "rain": [float(k % 3) for k in range(len(coming))]})
    seen: list[tuple[int, int]] = []

    class Watching(MovingAverage):
        def fit(self, history: DemandHistory) -> FittedForecaster:
            seen.append((history.n_periods, history.panel.known["rain"].shape[1]))
            return super().fit(history)

    monkeypatch.setattr(module, "rungs_for", lambda _: {"watching": Watching(4)})
    value_added(shop(4, 40, calendar=rain), quick, seed=3)
    assert len({n for n, _ in seen}) > 5
    assert all(known == n + 1 for n, known in seen)


def test_a_short_history_is_refused_with_the_next_step(shop: Shop, quick: Config) -> None:
    """Three weeks cannot be replayed."""
    with pytest.raises(HistoryError, match="give more history"):
        value_added(shop(3, 3), quick)


def test_forecasters_learn_from_all_and_few_are_judged(
    shop: Shop, quick: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trees learn from a whole shop at once: taught on the few that are judged they would know too little."""
    taught: set[int] = set()

    class Watching(MovingAverage):
        def fit(self, history: DemandHistory) -> FittedForecaster:
            taught.add(history.n_series)
            return super().fit(history)

    monkeypatch.setattr(module, "rungs_for", lambda _: {"watching": Watching(4)})
    monkeypatch.setattr(module, "MOST_STOCK_POINTS", 3)
    (rung,) = value_added(shop(8, 40), quick, seed=3)
    assert taught == {8}
    assert 0 < rung.wape < 2
