"""Silences that are too long to be luck are shown to a forecaster as unknown, at each origin anew."""

from __future__ import annotations

import numpy as np

from onhand.data.panel import Frequency, Panel
from onhand.demand import believe
from onhand.forecast import MovingAverage
from onhand.forecast.suspicious import Suspicious
from onhand.plan.config import Config
from onhand.plan.forecasters import forecasters_of


def test_an_unrecorded_stock_out_no_longer_halves_the_forecast() -> None:
    """Five a day, ten silent days, and five a day again: the mean of forty days is five, not four."""
    sales = [5] * 40 + [0] * 10 + [5] * 10
    history = believe(Panel.of([sales]))
    assert MovingAverage(40).fit(history).mean(1)[0, 0] < 4
    assert Suspicious(MovingAverage(40)).fit(history).mean(1)[0, 0] == 5


def test_while_a_silence_lasts_nobody_knows_its_end() -> None:
    """At an origin within the silence it may be the end of the item, whatever happened later."""
    sales = [5] * 40 + [0] * 10 + [5] * 10
    history = believe(Panel.of([sales]))
    told = Suspicious(MovingAverage(20)).fit(history.until(50)).mean(1)
    np.testing.assert_array_equal(told, MovingAverage(20).fit(history.until(50)).mean(1))


def test_a_forecaster_that_learns_once_learns_from_what_is_shown() -> None:
    """Refitting at a later origin shows the later history in the same light."""
    history = believe(Panel.of([[5] * 40 + [0] * 10 + [5] * 10]))
    ready = Suspicious(MovingAverage(40)).learn(history.until(45))
    assert ready.fit(history).mean(1)[0, 0] == 5


def test_the_settings_ask_for_it() -> None:
    """Every candidate is wrapped, or none."""
    config = Config.from_dict({"forecast": {"infer_stock_outs": True}})
    named = forecasters_of(config.forecast, Frequency.WEEK)
    assert all(isinstance(forecaster, Suspicious) for forecaster in named.values())
    plain = forecasters_of(Config().forecast, Frequency.WEEK)
    assert list(plain) == list(named)
    assert not any(isinstance(forecaster, Suspicious) for forecaster in plain.values())
