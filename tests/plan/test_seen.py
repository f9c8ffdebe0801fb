"""What was observed arrives as late as the settings say, and nothing later reaches a feature."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from onhand.data import Tables
from onhand.demand import believe, occasions
from onhand.demand.features import Past, describe
from onhand.errors import ConfigError
from onhand.forecast.boosted import Boosted, Member, Trees
from onhand.plan.config import Config
from onhand.plan.past import as_it_stood
from onhand.plan.seen import panel_of

N, T, H = 20, 160, 3
MONDAY = date(2024, 1, 1)


def days(n: int) -> list[date]:
    return [MONDAY + timedelta(days=k) for k in range(n)]


def web_shop(changed_from: int = T) -> Tables:
    """Shoppers look today and buy tomorrow; an index is published every week.

    Views and index differ from day `changed_from` on.
    """
    rng = np.random.default_rng(0)
    views = rng.choice([2, 20], (N, T))
    sold = rng.poisson(np.roll(views, 1, axis=1) / 2)
    views = np.where(np.arange(T) >= changed_from, views + 30, views)
    items = [f"i{k}" for k in range(N)]
    when = days(T)
    events = [
        (item, day)
        for k, item in enumerate(items)
        for t, day in enumerate(when)
        for _ in range(int(views[k, t]))
    ]
    index = [float(t + (1000 if t >= changed_from else 0)) for t in range(0, T, 7)]
    return Tables(
        sales=pl.DataFrame(
            [
                (i, "web", d, float(sold[k, t]))
                for k, i in enumerate(items)
                for t, d in enumerate(when)
            ],
            schema={
                "item": pl.String,
                "location": pl.String,
                "date": pl.Date,
                "quantity": pl.Float64,
            },
            orient="row",
        ),
        interactions=pl.DataFrame(
            {
                "user": [""] * len(events),
                "item": [item for item, _ in events],
                "location": [None] * len(events),
                "time": [day for _, day in events],
                "kind": ["view"] * len(events),
            },
            schema_overrides={"location": pl.String},
        ),
        market=pl.DataFrame(
            {"indicator": ["index"] * len(index), "date": when[::7], "value": index}
        ),
    )


def features(tables: Tables, config: Config, origin: int) -> dict[str, np.ndarray]:
    panel = as_it_stood(panel_of(tables, config), origin)
    return dict(describe(Past.of(believe(panel), H), H)[0])


def late(lags: str) -> Config:
    return Config.from_dict({"demand": {"lags": lags}})


def test_views_and_indicators_become_features_as_late_as_they_are_known() -> None:
    """Yesterday's views are told tomorrow; an index published on Monday holds until the next one."""
    bare, slow = panel_of(web_shop(), Config()), panel_of(web_shop(), late("n_view 2, index 10"))
    np.testing.assert_array_equal(slow.observed["n_view"][:, 2:], bare.observed["n_view"][:, :-2])
    assert np.isnan(slow.observed["n_view"][:, :2]).all()
    assert bare.observed["index"][0, 6:8].tolist() == [0, 7]
    assert slow.observed["index"][0, [16, 17]].tolist() == [0, 7]
    assert {"n_view_last", "index_last"} <= set(features(web_shop(), Config(), 100))


def test_no_feature_knows_what_arrived_after_its_origin() -> None:
    """Everything observed from two days before the origin on is changed; with a lag of two nobody sees it."""
    origin, lags = 107, late("n_view 2, index 2")
    here, there = (features(web_shop(c), lags, origin) for c in (T, origin - 2))
    for name, values in here.items():
        np.testing.assert_array_equal(values, there[name], err_msg=name)


def test_without_the_lag_the_change_is_seen() -> None:
    """So that the test above would fail for a wrong answer."""
    here, there = (features(web_shop(c), Config(), 107) for c in (T, 105))
    assert not np.array_equal(here["n_view_last"], there["n_view_last"])
    assert not np.array_equal(here["index_last"], there["index_last"])


def test_trees_make_use_of_what_is_known_and_not_of_what_is_not() -> None:
    """Today's views are tomorrow's sales: seen at once they halve the error, a day late they say nothing."""
    trees = Boosted(
        horizon=1,
        members=(Member("poisson", 1.0, 1),),
        trees=Trees(n_trees=60, learning_rate=0.15, min_rows=10),
        n_rows=4_000,
        n_origins=60,
        n_error_origins=0,
    )

    def error(config: Config) -> float:
        panel = panel_of(web_shop(), config)
        ready = trees.learn(believe(as_it_stood(panel, 140)))
        apart = [
            np.abs(
                ready.fit(believe(as_it_stood(panel, t))).mean(1)[:, 0] - panel.sales[:, t]
            ).mean()
            for t in range(140, T, 4)
        ]
        return float(np.mean(apart))

    at_once, a_day_late = error(Config()), error(late("n_view 1"))
    assert at_once < 0.6 * a_day_late


@pytest.mark.parametrize(
    ("lags", "said"),
    [
        ("n_view", "write the name of an observation and the days"),
        ("n_view -1", "holds 'n_view -1'"),
        ("n_view soon", "holds 'n_view soon'"),
        ("carts 3", "no observed covariate 'carts'; there are n_view, index"),
    ],
)
def test_a_lag_that_is_none_is_refused_with_the_next_step(lags: str, said: str) -> None:
    """The message shows how to write it, or what there is."""
    with pytest.raises(ConfigError, match=said.replace("(", r"\(")):
        panel_of(web_shop(), late(lags))


def test_the_holidays_of_the_country_reach_a_year_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    """As far as any plan looks, now and at every earlier origin."""
    fixed = {np.datetime64("2024-05-01"): "Labour Day", np.datetime64("2024-07-14"): "Bastille"}
    monkeypatch.setattr(occasions, "country_holidays", lambda *_, **__: fixed)
    panel = panel_of(web_shop(), Config.from_dict({"demand": {"country": "FR"}}))
    assert panel.n_future == 365
    assert as_it_stood(panel, 100).n_future == 365
    known = panel.known["holiday"][0]
    assert np.flatnonzero(known).tolist() == [121, 195]  # the second lies ahead
    told = features(web_shop(), Config.from_dict({"demand": {"country": "FR"}}), 120)
    assert told["holiday"][0].tolist() == [0, 1, 0]
