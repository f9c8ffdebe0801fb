"""Analogues: are futures lent whole, to those who stand alike, and wide enough?"""

from __future__ import annotations

import numpy as np
import pytest

from onhand.data.panel import Frequency, Panel
from onhand.demand.believe import believe
from onhand.demand.history import DemandHistory
from onhand.errors import ConfigError
from onhand.evaluate.calibration import pit_bounds, pit_coverage
from onhand.forecast import TSB, Analogues


def monthly(values: np.ndarray) -> DemandHistory:
    return believe(Panel.of(values, frequency=Frequency.MONTH))


def test_a_path_is_the_whole_future_of_a_donor_so_what_excludes_each_other_stays_apart() -> None:
    # Everybody orders 6 every third month, each in its own turn: any three months in a row hold one.
    month = np.arange(48)
    history = monthly(np.stack([np.where((month + k) % 3 == 0, 6, 0) for k in range(30)]))
    paths = Analogues().fit(history).paths(12, 200, rng=np.random.default_rng(0))
    for start in range(0, 12, 3):
        assert np.unique(paths.total(start, start + 3)).tolist() == [6.0]


def test_the_lumps_of_an_item_are_its_own_and_its_rhythm_that_of_its_likes() -> None:
    rng = np.random.default_rng(1)
    lump = np.where(np.arange(300) % 2 == 0, 2, 20)[:, None]
    history = monthly(lump * (rng.random((300, 60)) < 0.15))
    fitted = Analogues().fit(history)
    paths = fitted.paths(12, 200, rng=rng).values
    usual = np.array([np.median(row[row > 0]) for row in paths])
    # One that hardly ever sold is told with the sizes of its likes: it has none of its own.
    assert np.mean(np.abs(usual / lump[:, 0] - 1) < 0.25) > 0.9
    rhythm = fitted.mean(12).mean(axis=1) / lump[:, 0]
    assert rhythm.mean() == pytest.approx(0.15, abs=0.02)
    assert rhythm.std() < 0.05  # chance alone spreads the means of 60 months by 0.046


def test_the_mean_counts_every_donor_once_and_every_origin_alike() -> None:
    rng = np.random.default_rng(2)
    fitted = Analogues(n_neighbours=60, n_origins=3).fit(monthly(rng.poisson(0.6, (80, 40))))
    row = 7
    told = [
        np.mean(
            [
                fitted.futures[o, d]
                * fitted.sizes[o, d]
                * np.clip(fitted.size[row] / fitted.sizes[o, d], 0.25, 4)
                for d in fitted.nearest[row, o, : fitted.n_nearest[row, o]]
            ],
            axis=0,
        )
        for o in range(3)
    ]
    np.testing.assert_allclose(
        fitted.mean(fitted.futures.shape[2])[row], np.mean(told, axis=0), rtol=1e-5
    )


def test_ninety_per_cent_cover_ninety_where_each_series_alone_knows_too_little() -> None:
    rng = np.random.default_rng(3)
    rate = rng.gamma(0.5, 0.6, (1500, 1))
    demand = rng.poisson(rate * rng.gamma(0.7, 1 / 0.7, (1500, 48))).astype(np.float32)
    past, future = demand[:, :36], demand[:, 36:]
    covered = {}
    for forecaster in (Analogues(), TSB()):
        paths = forecaster.fit(monthly(past)).paths(12, 100, rng=rng)
        low, high = pit_bounds(
            np.nansum(future, axis=1, keepdims=True), paths.total(0, 12)[..., None]
        )
        covered[forecaster.name] = pit_coverage(low, high, 0.05, 0.95)
    assert covered["analogues"] == pytest.approx(0.9, abs=0.03)
    assert covered["tsb"] < 0.85


def test_what_was_never_known_is_forecast_to_sell_nothing() -> None:
    values = np.random.default_rng(4).poisson(2, (20, 40)).astype(np.float32)
    values[3] = np.nan
    fitted = Analogues().fit(monthly(values))
    assert fitted.mean(6)[3].sum() == 0
    assert fitted.mean(6)[4].sum() > 0


@pytest.mark.parametrize("settings", [{"n_neighbours": 0}, {"stride": 0}, {"windows": ()}])
def test_settings_out_of_range_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="at least"):
        Analogues(**settings)  # type: ignore[arg-type]
