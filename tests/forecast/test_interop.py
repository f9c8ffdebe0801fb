"""Forecasts of other libraries become sample paths, and ours become their frames."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from onhand.data.panel import Frequency, Panel
from onhand.demand import believe
from onhand.errors import SchemaError, ShapeError
from onhand.forecast import MovingAverage
from onhand.forecast.interop import Foreign, as_paths, forecast_to_long, to_long

RNG = np.random.default_rng(0)
PANEL = Panel.of(
    RNG.poisson([[3.0], [30.0]], (2, 120)),
    items=["b", "a"],
    locations=["s1", "s2"],
    frequency=Frequency.WEEK,
)


def frame_of(panel: Panel, horizon: int = 3, **columns: Any) -> dict[str, list[Any]]:
    """A long forecast of a panel, series in the order of their names, as libraries sort them."""
    dates = [str(d) for d in panel.future_dates(horizon)]
    names = sorted(f"{i}/{p}" for i, p in zip(panel.items, panel.locations, strict=True))
    frame: dict[str, list[Any]] = {
        "unique_id": [name for name in names for _ in dates],
        "ds": dates * len(names),
    }
    return frame | {k: list(v) for k, v in columns.items()}


def test_there_and_back_keeps_means_and_intervals() -> None:
    """Our paths, told as a frame with five intervals, come back with nearly the same quantiles."""
    paths = MovingAverage(20).fit(believe(PANEL)).paths(6, 2000, rng=np.random.default_rng(1))
    frame = forecast_to_long(paths, levels=(0.2, 0.5, 0.8, 0.9, 0.98))
    again = as_paths(frame, panel=PANEL, n_samples=2000)
    assert again.items.tolist() == paths.items.tolist()
    assert (again.dates == paths.dates).all()
    for q in (0.1, 0.5, 0.95):
        np.testing.assert_allclose(again.quantile(q), paths.quantile(q), atol=0.8)
    np.testing.assert_allclose(again.mean(), paths.mean(), rtol=0.05)


@pytest.mark.parametrize("kind", [pl.DataFrame, pd.DataFrame, dict])
def test_any_frame_with_intervals_is_read(kind: Any) -> None:
    """Polars, pandas and plain columns, rows in the panel's order whatever theirs is."""
    lo, hi = [20, 20, 20, 1, 1, 1], [40, 40, 40, 5, 5, 5]
    told = frame_of(PANEL, ETS=[30] * 3 + [3] * 3, **{"ETS-lo-80": lo, "ETS-hi-80": hi})
    paths = as_paths(kind(told), panel=PANEL, n_samples=500)
    assert paths.items.tolist() == ["b", "a"]
    np.testing.assert_allclose(paths.quantile(0.5)[:, 0], [3, 30], atol=0.2)
    np.testing.assert_allclose(paths.quantile(0.9)[:, 0], [5, 40], atol=0.3)
    assert (paths.dates == PANEL.future_dates(3)).all()


@pytest.mark.parametrize(
    ("low", "middle", "high"),
    [
        ("N-lo-90", "N-median", "N-hi-90"),
        ("N-q5", "N-q50", "N-q95"),
        ("N_ql0.05", "N_ql0.5", "N_ql0.95"),
    ],
)
def test_every_spelling_of_a_quantile_is_understood(low: str, middle: str, high: str) -> None:
    """Intervals, percents and shares name the same three quantiles."""
    told = frame_of(PANEL, **{low: [1] * 6, middle: [2] * 6, high: [9] * 6})
    paths = as_paths(told, panel=PANEL, n_samples=999)
    np.testing.assert_allclose(paths.quantile(np.array([0.05, 0.5, 0.95]))[:, 0, 0], [1, 2, 9], 0.1)


def test_a_frame_without_intervals_is_a_point_forecast() -> None:
    """One world, for `Calibrated` to spread."""
    assert as_paths(frame_of(PANEL, naive=range(6)), panel=PANEL).values.shape == (2, 1, 3)


def test_crossing_and_negative_quantiles_are_repaired() -> None:
    """A lower quantile above a higher one, and demand below zero, do not come through."""
    told = frame_of(PANEL, **{"M-lo-80": [8] * 6, "M-hi-80": [2] * 6, "M": [5] * 6})
    asked = np.array([0.1, 0.5, 0.9])
    values = as_paths(told, panel=PANEL, n_samples=999).quantile(asked)
    np.testing.assert_allclose(values[:, 0, 0], [2, 5, 8], atol=0.1)
    below = frame_of(PANEL, **{"M-lo-80": [-9] * 6, "M-hi-80": [4] * 6, "M": [-1] * 6})
    assert (as_paths(below, panel=PANEL).values >= 0).all()


def test_a_forecast_of_other_days_than_the_panels_next_is_refused() -> None:
    """A week may be named by any of its days, but it has to be the right week."""
    told = frame_of(PANEL, naive=range(6))
    sundays = told | {"ds": ["2025-01-12", "2025-01-19", "2025-01-26"] * 2}
    assert (as_paths(sundays, panel=PANEL).dates == PANEL.future_dates(3)).all()
    later = told | {"ds": ["2030-01-07", "2030-01-14", "2030-01-21"] * 2}
    with pytest.raises(ShapeError, match=r"for 2030-01-07 .* begin on 2025-01-06"):
        as_paths(later, panel=PANEL)


def test_a_forecast_that_is_no_number_is_refused_by_name() -> None:
    told = frame_of(PANEL, naive=[1.0, 1.0, 1.0, 1.0, np.nan, 1.0])
    with pytest.raises(ShapeError, match="'b/s1'"):
        as_paths(told, panel=PANEL)


def test_worlds_follow_the_past_across_items_and_time() -> None:
    """Two items that always sold together, in waves of weeks, do so in the paths; without a past not."""
    wave = 10 + 8 * np.sin(np.arange(200) / 6)
    panel = Panel.of(RNG.poisson([wave, wave]), items=["a", "b"], frequency=Frequency.WEEK)
    wide = {"M-lo-80": [2] * 8, "M-hi-80": [18] * 8, "M": [10] * 8}
    told = frame_of(panel, 4, **wide)
    tied = as_paths(told, panel=panel, n_samples=400).values
    free = as_paths(told, n_samples=400).values
    assert np.corrcoef(tied[0, :, 0], tied[1, :, 0])[0, 1] > 0.5
    assert np.corrcoef(tied[0, :, 0], tied[0, :, 1])[0, 1] > 0.5
    assert abs(np.corrcoef(free[0, :, 0], free[1, :, 0])[0, 1]) < 0.2


@dataclass
class SampleForecast:
    """The face of GluonTS' class of this name."""

    samples: np.ndarray
    item_id: str
    start_date: Any


@dataclass
class QuantileForecast:
    """The face of GluonTS' class of this name."""

    forecast_array: np.ndarray
    forecast_keys: list[str]
    item_id: str
    start_date: Any


def test_samples_are_taken_as_they_are() -> None:
    """(S, H) per series, a pandas period as the start."""
    draws = RNG.poisson(4, (2, 50, 3)).astype(float)
    start = pd.Period("2025-01-06", freq="W")
    told = [SampleForecast(draws[k], name, start) for k, name in enumerate(("a/s2", "b/s1"))]
    paths = as_paths(told, panel=PANEL)
    np.testing.assert_array_equal(paths.values, draws[[1, 0]])
    assert (paths.dates == PANEL.future_dates(3)).all()
    months = as_paths([SampleForecast(draws[0], "a/s2", pd.Period("2025-01", freq="M"))])
    assert [str(d) for d in months.dates] == ["2025-01-01", "2025-02-01", "2025-03-01"]


def test_quantile_objects_are_drawn_from() -> None:
    """The mean among the keys is no quantile."""
    array = np.array([[9.0, 9.0], [1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    keys = ["mean", "0.1", "0.5", "0.9"]
    told = [QuantileForecast(array, keys, "a", np.datetime64("2025-01-06"))]
    paths = as_paths(told, n_samples=801)
    np.testing.assert_allclose(paths.quantile(0.9)[0], [5, 6], atol=0.1)
    assert paths.locations.tolist() == ["shop"]


def test_what_cannot_be_read_is_refused_with_the_next_step() -> None:
    """Two models, no model of that name, a missing series, gaps, and things that are no forecast."""
    two = frame_of(PANEL, A=range(6), B=range(6))
    with pytest.raises(SchemaError, match="2 models"):
        as_paths(two)
    assert as_paths(two, model="B", panel=PANEL).n_samples == 1
    with pytest.raises(SchemaError, match="no model 'C'"):
        as_paths(two, model="C")
    with pytest.raises(SchemaError, match="ds is missing"):
        as_paths({"unique_id": ["a"], "A": [1]})
    with pytest.raises(ShapeError, match="'b/s1'"):
        as_paths({"unique_id": ["a/s2"], "ds": ["2025-01-01"], "A": [1]}, panel=PANEL)
    gap = {"unique_id": ["a", "a", "b"], "ds": ["2025-01-01", "2025-01-02", "2025-01-01"]}
    with pytest.raises(ShapeError, match="every date once"):
        as_paths(gap | {"A": [1, 2, 3]})
    with pytest.raises(SchemaError, match="cannot read a int"):
        as_paths([3])
    with pytest.raises(ShapeError, match="at least one"):
        as_paths([])


def test_another_library_can_be_fitted_like_ours() -> None:
    """It is handed only what is known, at every origin anew."""
    seen = []

    def last_value(long: pl.DataFrame, horizon: int) -> pl.DataFrame:
        seen.append(long["ds"].max())
        ends = long.sort("ds").group_by("unique_id").agg(pl.col("ds", "y").last())
        ahead = pl.DataFrame({"k": range(1, horizon + 1)})
        return ends.join(ahead, how="cross").select(
            "unique_id", (pl.col("ds") + pl.duration(weeks="k")).alias("ds"), last="y"
        )

    theirs = Foreign(last_value, "last value")
    history = believe(PANEL)
    assert theirs.fit(history).mean(3).tolist() == [[v] * 3 for v in PANEL.sales[:, -1].tolist()]
    early = theirs.fit(history.until(50))
    assert early.paths(2, 5, rng=RNG, rows=slice(1, 2)).values.shape == (1, 5, 2)
    assert str(seen[-1]) == str(PANEL.dates[49])
    assert to_long(PANEL).height == 240
