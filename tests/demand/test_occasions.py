"""Prices against the usual, weeks of a promotion and the one after, days to a holiday: worked by hand."""

from __future__ import annotations

import sys
import types
from typing import Any

import numpy as np
import pytest

from onhand.data.panel import Frequency, Panel
from onhand.demand.occasions import (
    country_holidays,
    holiday_distances,
    lagged,
    promotion_timing,
    regular_price,
    with_holidays,
    with_occasions,
)
from onhand.errors import ConfigError


def floats(*rows: Any) -> np.ndarray:
    return np.array(rows, dtype=np.float32)


def test_the_regular_price_is_moved_by_no_promotion_and_no_typing_error() -> None:
    """Two weeks of a third off in thirteen change nothing; a lasting rise becomes the regular price."""
    price = floats([9.0] * 10 + [6.0] * 2 + [9.0] * 8 + [10.0] * 13)
    regular = regular_price(price, Frequency.WEEK)[0]
    assert (regular[:20] == 9).all()
    assert regular[-1] == 10


def test_a_price_nobody_knows_has_no_regular_one() -> None:
    """Unknown stays unknown, and says nothing of a discount."""
    price = floats([np.nan, np.nan, 5, 4])
    made = with_occasions(Panel.of([[1, 1, 1]], known={"price": price}))
    assert np.isnan(made.known["price_relative"][0, :2]).all()
    assert made.known["discount_depth"][0].tolist() == pytest.approx([0, 0, 0, 0.2])


def test_a_planned_promotion_counts_its_periods_and_the_dip_after_it() -> None:
    """Also into the future, as far as it is planned."""
    age, dip = promotion_timing(floats([1, 1, 0, 0, 1], [0, 0, 0, 0, 0]))
    assert age.tolist() == [[1, 2, 0, 0, 1], [0, 0, 0, 0, 0]]
    assert dip.tolist() == [[0, 0, 1, 0.5, 0], [0, 0, 0, 0, 0]]


def test_distances_to_holidays_are_cut_where_they_say_nothing() -> None:
    """Fourteen days away is like any day."""
    ahead, behind = holiday_distances(floats([0] * 20 + [1] + [0] * 20), 14)
    assert ahead[0, [0, 18, 20, 21]].tolist() == [14, 2, 0, 14]
    assert behind[0, [0, 20, 22, 40]].tolist() == [14, 0, 2, 14]


def test_what_is_there_stays() -> None:
    """A shop's own column of the name is not overwritten, and other covariates travel on."""
    own = floats([7, 7, 7])
    panel = Panel.of([[1, 1]], known={"price": floats([5, 5, 4]), "price_relative": own})
    made = with_occasions(panel)
    assert made.known["price_relative"].tolist() == own.tolist()
    assert set(made.known) >= {"price", "discount_depth", "promotion_age", "promotion_dip"}


def test_what_is_observed_arrives_when_it_is_known() -> None:
    """A lag of 0 changes nothing; an impossible one is refused."""
    panel = Panel.of([[1, 2, 3]], observed={"n_view": floats([4, 5, 6])})
    assert lagged(panel, {"n_view": 0}).observed["n_view"].tolist() == [[4, 5, 6]]
    late = lagged(panel, {"n_view": 5}).observed["n_view"]
    assert np.isnan(late).all()
    with pytest.raises(ConfigError, match="no observed covariate 'carts'"):
        lagged(panel, {"carts": 1})
    with pytest.raises(ConfigError, match="nothing is known before"):
        lagged(panel, {"n_view": -1})


def test_holidays_of_a_country_become_shares_of_periods(monkeypatch: pytest.MonkeyPatch) -> None:
    """One of seven days of Christmas week, beside what the shop calls a holiday itself."""
    import datetime as dt

    fake = types.ModuleType("holidays")

    def country_days(country: str, subdiv: str | None = None, years: Any = ()) -> dict[Any, str]:
        if country != "GB" or subdiv:
            raise NotImplementedError(country)
        return {dt.date(year, 12, 25): "Christmas" for year in years}

    fake.country_holidays = country_days  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "holidays", fake)
    dates = np.datetime64("2024-12-09") + 7 * np.arange(2)
    panel = Panel.of(
        [[1, 1]], dates=dates, frequency=Frequency.WEEK, known={"holiday": floats([0.5, 0])}
    )
    made = with_holidays(panel, "GB", n_future=3)
    assert made.known["holiday"][0].tolist() == pytest.approx([0.5, 0, 1 / 7, 0, 0])
    with pytest.raises(ConfigError, match="country 'XX'"):
        country_holidays("XX", range(2024, 2025))


def test_without_the_package_the_next_step_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Install it, or name the holidays in the calendar."""
    monkeypatch.setitem(sys.modules, "holidays", None)
    with pytest.raises(ConfigError, match="pip install holidays"):
        country_holidays("GB", range(2024, 2025))
