"""Every item has the season that its own sales, its words and its shop speak for, in this order."""

from __future__ import annotations

import numpy as np
import pytest

from onhand.data.panel import Frequency, Panel
from onhand.demand import believe
from onhand.demand.history import DemandHistory
from onhand.errors import ConfigError
from onhand.forecast import MovingAverage, Seasonalised
from onhand.forecast.item_seasons import ItemSeasons

INNER = MovingAverage(26)
RNG = np.random.default_rng(2)


def a_shop(n_weeks: int, n_cards: int = 12, **panel: object) -> DemandHistory:
    """Cards that sell before Christmas only, among ninety steady papers; the first week is in January."""
    week = np.arange(n_weeks) % 52
    cards = RNG.poisson(np.where(week >= 44, 40.0, 0.5), (n_cards, n_weeks))
    papers = RNG.poisson(10.0, (90, n_weeks))
    dates = np.datetime64("2023-01-02") + 7 * np.arange(n_weeks)
    titles = [f"Christmas card no {k}" for k in range(n_cards)] + ["plain paper"] * 90
    return believe(
        Panel.of(
            np.concatenate([cards, papers]),
            dates=dates,
            frequency=Frequency.WEEK,
            static={"title": np.array(titles)},
            **panel,  # type: ignore[arg-type]
        )
    )


def test_christmas_cards_are_not_forecast_for_february() -> None:
    """At the end of the second December, the next ten weeks are quiet, and the next December is not."""
    history = a_shop(104)
    own = ItemSeasons(INNER).fit(history).mean(50)[:12]
    shared = Seasonalised(INNER).fit(history).mean(50)[:12]
    assert own[:, 2:12].mean() < 3 < 6 < shared[:, 2:12].mean()
    assert own[:, 46:50].mean() > 20
    papers = ItemSeasons(INNER).fit(history).mean(50)[12:]
    assert papers.mean() == pytest.approx(10, rel=0.15)


def test_a_single_year_is_enough_where_the_words_agree() -> None:
    """54 weeks: the cards of last January to February tell those of this one, as a group."""
    history = a_shop(54)
    own = ItemSeasons(INNER).fit(history).mean(10)[:12]
    assert own[:, 4:].mean() < 0.5 * Seasonalised(INNER).fit(history).mean(10)[:12, 4:].mean()


def test_a_new_card_has_the_season_of_cards() -> None:
    """Launched in the last November: its own past knows no January."""
    history = a_shop(104)
    values = history.values.copy()
    values[0, :96] = np.nan
    young = DemandHistory(history.panel, values, history.is_censored)
    own = ItemSeasons(INNER).fit(young).mean(10)[0]
    assert own[4:].mean() < 0.3 * np.nanmean(values[0])


def test_without_more_than_a_season_or_by_days_the_shop_speaks() -> None:
    """Nothing is known of a second January."""
    short = a_shop(52)
    np.testing.assert_array_equal(
        ItemSeasons(INNER).fit(short).mean(9), Seasonalised(INNER).fit(short).mean(9)
    )


def test_an_item_without_a_season_of_its_own_keeps_the_shops() -> None:
    """One category, no words: steady items in a seasonal shop follow it within a few per cent."""
    season = 1 + 0.5 * np.sin(2 * np.pi * np.arange(130) / 52)
    panel = Panel.of(RNG.poisson(30 * season, (60, 130)), frequency=Frequency.WEEK)
    history = believe(panel)
    own, shared = (f(INNER).fit(history).mean(26).mean(axis=0) for f in (ItemSeasons, Seasonalised))
    np.testing.assert_allclose(own, shared, rtol=0.06)


def test_the_paths_have_the_mean_and_blocks_are_those_of_the_whole() -> None:
    """As of every forecaster, also where the factors differ by row."""
    fitted = ItemSeasons(INNER).fit(a_shop(104))
    paths = fitted.paths(12, 600, rng=np.random.default_rng(0)).values
    np.testing.assert_allclose(paths.mean(axis=1), fitted.mean(12), rtol=0.15, atol=0.4)
    block = fitted.paths(12, 600, rng=np.random.default_rng(0), rows=slice(5, 20)).values
    np.testing.assert_array_equal(block, paths[5:20])


def test_a_doubt_of_zero_is_refused() -> None:
    """Nothing sold would then be believed for ever."""
    with pytest.raises(ConfigError, match="above 0"):
        ItemSeasons(INNER, doubt=0)
