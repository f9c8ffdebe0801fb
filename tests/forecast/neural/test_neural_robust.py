"""What shops really send: gaps, series that never sold, names nobody knows. Stated answers, no surprises."""

from __future__ import annotations

import numpy as np
import pytest

from onhand.data.panel import Panel
from onhand.demand import believe
from onhand.demand.history import DemandHistory
from onhand.errors import HistoryError, InputError, OnhandWarning, ShapeError
from onhand.forecast.neural import MLP, Neural, Quantiles, Training
from onhand.forecast.neural.layout import Layout
from onhand.forecast.neural.trained import LearnedNeural
from onhand.forecast.neural.windows import Windows

pytest.importorskip("torch")

NET = Neural(
    MLP(8, 1),
    Quantiles(),
    horizon=7,
    context=14,
    training=Training(n_epochs=2, n_steps=5, batch_size=64),
)
T = 50


def a_shop(n: int = 9, t: int = T, **more: object) -> DemandHistory:
    rng = np.random.default_rng(0)
    known = {"promotion": (rng.random((n, t + 7)) < 0.2).astype(np.float32)}
    return believe(Panel.of(rng.poisson(6, (n, t)), **{"known": known, **more}))


@pytest.fixture(scope="module")
def learned() -> LearnedNeural:
    return NET.learn(a_shop())


def test_a_network_learns_once_and_looks_again_only_later(learned: LearnedNeural) -> None:
    assert learned.fit(a_shop(t=T + 3)).mean(7).shape == (9, 7)
    with pytest.raises(HistoryError, match="it would know what comes"):
        learned.fit(a_shop(t=T - 1))


def test_items_and_places_never_seen_are_forecast_from_their_level(learned: LearnedNeural) -> None:
    other = a_shop(items=[f"new {k}" for k in range(9)], locations=["elsewhere"] * 9)
    mean = learned.trained.forecast(other).mean(7)
    np.testing.assert_allclose(mean.mean(axis=1), other.values.mean(axis=1), rtol=0.4)


def test_series_that_never_sold_or_were_never_seen_have_finite_forecasts(
    learned: LearnedNeural,
) -> None:
    sales = np.random.default_rng(1).poisson(6, (9, T)).astype(np.float32)
    sales[0], sales[1] = 0, np.nan
    history = believe(Panel.of(sales, known=dict(a_shop().panel.known)))
    for fitted in (learned.trained.forecast(history), NET.fit(history)):
        mean = fitted.mean(7)
        assert np.isfinite(mean).all()
        assert mean[0].max() < 1 < mean[1].min()  # known to sell nothing; not known at all
        assert np.isfinite(fitted.paths(7, 5, rng=np.random.default_rng(0)).values).all()


def test_a_gap_in_a_covariate_is_filled_with_what_was_known_before_it(
    learned: LearnedNeural,
) -> None:
    promotion = np.array(a_shop().panel.known["promotion"])
    gaps, filled = promotion.copy(), promotion.copy()
    gaps[:, -20:-15], filled[:, -20:-15] = np.nan, promotion[:, -21:-20]
    means = [
        learned.trained.forecast(a_shop(known={"promotion": values})).mean(7)
        for values in (gaps, filled)
    ]
    np.testing.assert_allclose(means[0], means[1], rtol=1e-4)


def test_a_plan_that_ends_early_is_read_as_far_as_it_goes() -> None:
    """Beyond it the covariate has its usual value; a series of which nothing is known has it always."""
    plan = np.array(a_shop().panel.known["promotion"])
    plan[:, -5:], plan[3] = np.nan, np.nan
    history = a_shop(known={"promotion": plan})
    with pytest.warns(OnhandWarning, match="used for the first 2 of them only"):
        windows = Windows.of(history, Layout.of(history, 14, 7))
    batch = windows.batch(np.arange(9), np.full(9, T))
    usual = batch.future[:, :, 1] == 0
    assert usual[:, 2:].all()
    assert usual[3].all()
    assert not usual[[0, 1, 2, 4], :2].any()


def test_a_covariate_that_nobody_knows_is_no_covariate() -> None:
    unknown = {"price": np.full((9, T + 7), np.nan, np.float32)}
    with_it, without = (NET.fit(a_shop(known=known)).mean(7) for known in (unknown, {}))
    np.testing.assert_array_equal(with_it, without)


def test_a_covariate_that_is_missing_later_is_named(learned: LearnedNeural) -> None:
    with pytest.warns(OnhandWarning, match="'promotion', which the network was trained with"):
        assert np.isfinite(learned.trained.forecast(a_shop(known={})).mean(7)).all()


def test_a_history_shorter_than_the_context_is_read_as_far_as_it_goes(
    learned: LearnedNeural,
) -> None:
    short = a_shop(t=3)
    mean = learned.trained.forecast(short).mean(7)
    np.testing.assert_allclose(mean.mean(axis=1), short.values.mean(axis=1), rtol=0.5)


def test_what_does_not_fit_is_refused(learned: LearnedNeural) -> None:
    from dataclasses import replace

    from onhand.data.panel import Frequency

    weekly = a_shop(frequency=Frequency.WEEK)
    with pytest.raises(InputError, match="trained on periods of a day"):
        learned.trained.forecast(weekly)
    with pytest.raises(ShapeError, match=r"omega has shape \(4,\)"):
        replace(NET, omega=np.ones(4, np.float32)).fit(a_shop())
    with pytest.raises(ShapeError, match="no number"):
        replace(NET, omega=np.array(["much"] * 9)).fit(a_shop())
    with pytest.raises(ShapeError, match="known covariate 'promotion' has shape"):
        a_shop(known={"promotion": np.ones((4, T), np.float32)})
