"""What every forecaster promises, asked of each one that the package holds.

A forecaster is any frozen dataclass in `onhand.forecast` with `fit` and `name`. A new one is found and
questioned without being listed; one that cannot be built without arguments needs an example below.
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
from typing import Any

import numpy as np
import polars as pl
import pytest

import onhand.forecast
from onhand.data.panel import Frequency, Panel
from onhand.demand.history import DemandHistory
from onhand.forecast import TSB, MovingAverage, default_forecaster
from onhand.forecast.boosted import Trees
from onhand.forecast.forecaster import FittedForecaster, Forecaster


def their_mean(long: pl.DataFrame, horizon: int) -> pl.DataFrame:
    """Another library's forecast: the mean of the last 60 days, and an interval around it."""
    last = long.sort("ds").group_by("unique_id").tail(60)
    told = last.group_by("unique_id").agg(mean=pl.col("y").mean(), spread=pl.col("y").std())
    days = long["ds"].unique().sort()
    gap = (days[-1] - days[-2]).days if len(days) > 1 else 1
    steps = [f"{k}mo" if gap >= 28 else f"{k * gap}d" for k in range(1, horizon + 1)]
    ahead = pl.concat([days[-1:].dt.offset_by(step) for step in steps])
    spread = pl.col("spread").fill_null(0.0)
    return told.join(ahead.to_frame("ds"), how="cross").select(
        "unique_id",
        "ds",
        pl.col("mean").alias("theirs"),
        pl.max_horizontal(pl.lit(0.0), pl.col("mean") - 0.3 * spread).alias("theirs-lo-50"),
        (pl.col("mean") + 0.3 * spread).alias("theirs-hi-50"),
    )


EXAMPLES: dict[str, Any] = {
    "AfterStockOut": lambda cls: cls(MovingAverage(8)),
    "AsNormal": lambda cls: cls(MovingAverage(8)),
    "Aligned": lambda cls: cls(MovingAverage(8), TSB()),
    "Blend": lambda cls: cls([TSB(), MovingAverage(8)]),
    "Boosted": lambda cls: cls(n_rows=2_000, n_origins=20, trees=Trees(n_trees=5)),
    "Calibrated": lambda cls: cls(MovingAverage(8), n_origins=4),
    "Ending": lambda cls: cls(MovingAverage(8)),
    "Foreign": lambda cls: cls(their_mean, "their mean"),
    "ItemSeasons": lambda cls: cls(TSB()),
    "NewItems": lambda cls: cls(MovingAverage(8)),
    "OwnSpread": lambda cls: cls(MovingAverage(8)),
    "Reconciled": lambda cls: cls(MovingAverage(8), TSB(), is_tried=False),
    "Recent": lambda cls: cls(TSB(), 60),
    "Responsive": lambda cls: cls(MovingAverage(8)),
    "Seasonalised": lambda cls: cls(TSB()),
    "Shared": lambda cls: cls(TSB()),
    "Stacked": lambda cls: cls([TSB(), MovingAverage(8)], n_origins=4),
    "Steadied": lambda cls: cls(TSB()),
    "Steered": lambda cls: cls(MovingAverage(8), TSB()),
    "Suspicious": lambda cls: cls(MovingAverage(8)),
    "Tempered": lambda cls: cls(MovingAverage(8)),
    "WhenOpen": lambda cls: cls(MovingAverage(8)),
    "Widened": lambda cls: cls(TSB(), n_origins=3),
}
H, S = 9, 40


def found() -> dict[str, type]:
    """Every forecaster class in the package, by name."""
    classes = {}
    for module in pkgutil.walk_packages(onhand.forecast.__path__, "onhand.forecast."):
        if module.name.startswith("onhand.forecast.neural."):
            continue  # asked in tests/forecast/neural, which alone pays for importing torch
        for name, cls in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            is_ours = cls.__module__ == module.name and dataclasses.is_dataclass(cls)
            if (
                is_ours
                and not name.startswith("_")
                and hasattr(cls, "fit")
                and hasattr(cls, "name")
            ):
                classes[name] = cls
    return classes


def built(name: str, cls: type) -> Forecaster:
    if name in EXAMPLES:
        return EXAMPLES[name](cls)
    try:
        return cls()
    except TypeError as error:  # pragma: no cover - a new forecaster without defaults
        raise AssertionError(f"add an example of {name} to EXAMPLES: {error}") from error


FORECASTERS = {name: built(name, cls) for name, cls in sorted(found().items())}
FORECASTERS["default, daily"] = default_forecaster(Frequency.DAY)
FORECASTERS["default, weekly"] = default_forecaster(Frequency.WEEK)
FORECASTERS["default, monthly"] = default_forecaster(Frequency.MONTH)


@pytest.fixture(params=list(FORECASTERS), ids=lambda name: name.replace(" ", ""))
def forecaster(request: pytest.FixtureRequest) -> Forecaster:
    return FORECASTERS[request.param]


def history_of(values: Any, frequency: Frequency = Frequency.DAY) -> DemandHistory:
    array = np.atleast_2d(np.asarray(values, np.float32))
    panel = Panel.of(array, frequency=frequency)
    return DemandHistory(panel, array, np.zeros(array.shape, bool))


def a_mixed_shop(n_periods: int = 90, seed: int = 0) -> DemandHistory:
    """Twelve series of every kind: steady, rare, huge, new, dead, gappy, fractional, unknown, zero."""
    rng = np.random.default_rng(seed)
    t = np.arange(n_periods)
    rows = [
        rng.poisson(5, n_periods),
        rng.poisson(5 * (1 + 0.5 * (t % 7 == 5))),
        rng.poisson(0.1, n_periods),
        rng.poisson(5000, n_periods),
        np.where(t < n_periods - 3, np.nan, 4),  # launched three periods ago
        np.where(t < n_periods - 1, np.nan, 4),  # launched in the last one
        np.where(t < n_periods // 2, rng.poisson(8, n_periods), 0),  # died
        np.where(rng.random(n_periods) < 0.4, np.nan, rng.poisson(3, n_periods)),  # often out
        rng.gamma(2, 0.3, n_periods),
        np.full(n_periods, np.nan),
        np.zeros(n_periods),
        np.where(t > n_periods - 12, np.nan, rng.poisson(6, n_periods)),  # out of stock since
    ]
    return history_of(np.array(rows, np.float32))


def ask(fitted: FittedForecaster, seed: int = 1, rows: slice = slice(None)) -> np.ndarray:
    return fitted.paths(H, S, rng=np.random.default_rng(seed), rows=rows).values


def test_every_forecaster_follows_the_protocol_and_has_its_own_name(forecaster: Forecaster) -> None:
    assert isinstance(forecaster, Forecaster)
    assert forecaster.name == forecaster.name.strip() != ""
    assert isinstance(forecaster.fit(a_mixed_shop()), FittedForecaster)


def test_settings_cannot_be_changed_after_the_fact(forecaster: Forecaster) -> None:
    name = dataclasses.fields(forecaster)[0].name if dataclasses.fields(forecaster) else "anything"
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(forecaster, name, 1)


def test_shapes_dates_and_names_fit_and_demand_is_finite_and_not_negative(
    forecaster: Forecaster,
) -> None:
    history = a_mixed_shop()
    fitted = forecaster.fit(history)
    mean, paths = fitted.mean(H), fitted.paths(H, S, rng=np.random.default_rng(0))
    assert mean.shape == (12, H)
    assert mean.dtype == np.float32
    assert np.isfinite(mean).all()
    assert (mean >= 0).all()
    assert paths.values.shape == (12, S, H)
    assert paths.values.dtype == np.float32
    assert (paths.items == history.panel.items).all()
    assert (paths.dates == history.panel.future_dates(H)).all()


@pytest.mark.parametrize("n_periods", [1, 2, 3, 8, 20])
def test_a_short_history_is_enough(forecaster: Forecaster, n_periods: int) -> None:
    fitted = forecaster.fit(a_mixed_shop(n_periods))
    assert np.isfinite(fitted.mean(H)).all()
    assert ask(fitted).shape == (12, S, H)


@pytest.mark.parametrize("frequency", list(Frequency))
def test_every_frequency_is_understood(forecaster: Forecaster, frequency: Frequency) -> None:
    fitted = forecaster.fit(history_of(np.full((2, 130), 3.0), frequency))
    assert np.isfinite(fitted.mean(60)).all()
    assert fitted.paths(60, 5, rng=np.random.default_rng(0)).horizon == 60


def test_a_shop_of_which_nothing_is_known_or_that_never_sold_gives_zeros(
    forecaster: Forecaster,
) -> None:
    for nothing in (np.nan, 0.0):
        fitted = forecaster.fit(history_of(np.full((3, 40), nothing)))
        assert (fitted.mean(H) == 0).all()
        assert (ask(fitted) == 0).all()


def test_the_same_seed_gives_the_same_paths_and_another_seed_others(forecaster: Forecaster) -> None:
    history = a_mixed_shop()
    first, again = forecaster.fit(history), forecaster.fit(history)
    np.testing.assert_array_equal(ask(first, seed=7), ask(again, seed=7))
    np.testing.assert_array_equal(first.mean(H), again.mean(H))
    assert (ask(first, seed=7) != ask(first, seed=8)).any()


def test_a_block_of_rows_has_the_paths_of_the_whole(forecaster: Forecaster) -> None:
    fitted = forecaster.fit(a_mixed_shop())
    whole = ask(fitted)
    for rows in (slice(0, 5), slice(5, 12), slice(3, 4), slice(1, None, 3)):
        block = fitted.paths(H, S, rng=np.random.default_rng(1), rows=rows)
        np.testing.assert_array_equal(block.values, whole[rows])
        assert block.n_series == len(whole[rows])


def test_fitting_and_forecasting_leave_the_history_as_it_was(forecaster: Forecaster) -> None:
    history = a_mixed_shop()
    before = history.values.copy()
    ask(forecaster.fit(history))
    np.testing.assert_array_equal(history.values, before)


def test_what_happens_after_the_origin_changes_nothing(forecaster: Forecaster) -> None:
    history = a_mixed_shop(100)
    other = history.values.copy()
    other[:, 80:] = 10 * np.nan_to_num(other[:, 80:]) + 3
    changed = history_of(other)
    here, there = forecaster.fit(history.until(80)), forecaster.fit(changed.until(80))
    np.testing.assert_array_equal(here.mean(H), there.mean(H))
    np.testing.assert_array_equal(ask(here), ask(there))


def test_a_series_that_never_changes_is_forecast_to_stay(forecaster: Forecaster) -> None:
    fitted = forecaster.fit(history_of(np.full((4, 60), 6.0)))
    # SBA lowers every forecast by half its smoothing constant, whether needed or not.
    np.testing.assert_allclose(fitted.mean(H), 6.0, rtol=0.03)
    np.testing.assert_allclose(ask(fitted).mean(), 6.0, rtol=0.1)


def test_the_paths_have_the_mean_that_is_told(forecaster: Forecaster) -> None:
    fitted = forecaster.fit(a_mixed_shop())
    paths = fitted.paths(H, 4000, rng=np.random.default_rng(3)).values
    told, drawn = fitted.mean(H).sum(axis=1), paths.sum(axis=2).mean(axis=1)  # (N,)
    error = paths.sum(axis=2).std(axis=1) / np.sqrt(4000)
    assert (np.abs(drawn - told) <= 0.05 * told + 5 * error + 0.05 * H).all()


def test_selling_twice_as_much_of_everything_is_forecast_to_go_on(forecaster: Forecaster) -> None:
    rng = np.random.default_rng(5)
    once = rng.poisson(20, (6, 90)).astype(np.float32)
    mean = forecaster.fit(history_of(once)).mean(H)
    twice = forecaster.fit(history_of(2 * once)).mean(H)
    np.testing.assert_allclose(twice, 2 * mean, rtol=0.1)


def test_in_a_checkerboard_shop_the_big_stay_big_and_the_small_stay_small(
    forecaster: Forecaster,
) -> None:
    # Even rows sell 40 a day, odd rows 2: nothing but the row tells them apart.
    rng = np.random.default_rng(6)
    level = np.where(np.arange(30) % 2 == 0, 40, 2)
    fitted = forecaster.fit(history_of(rng.poisson(level[:, None], (30, 90))))
    mean, paths = fitted.mean(H), ask(fitted)
    assert mean[::2].min() > 20 > 8 > mean[1::2].max()
    assert np.quantile(paths[::2], 0.2) > np.quantile(paths[1::2], 0.8)


def test_forecasters_that_need_others_were_found_too() -> None:
    assert {"TSB", "Blend", "Calibrated", "Seasonalised", "SeasonalMovingAverage"} <= set(
        FORECASTERS
    )
