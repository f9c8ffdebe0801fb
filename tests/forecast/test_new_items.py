"""New items are forecast from their first day, and dying ones fade."""

from __future__ import annotations

import numpy as np
import pytest

from onhand.data.panel import Frequency, Panel
from onhand.demand import believe
from onhand.demand.history import DemandHistory
from onhand.errors import ConfigError
from onhand.forecast import MovingAverage
from onhand.forecast.ending import Ending
from onhand.forecast.new_items import NewItems

T = 60
INNER = MovingAverage(8)
NEW = NewItems(INNER, from_nothing=True)


def shop(new: list[list[float]], *, titles: list[str], seed: int = 0) -> DemandHistory:
    """Twenty mugs that sell 20 a week, twenty candles that sell 2, and new items in the last rows."""
    rng = np.random.default_rng(seed)
    old = rng.poisson(np.repeat([20, 2], 20)[:, None], (40, T))
    rows = [[np.nan] * (T - len(sold)) + sold for sold in new]
    words = ["amber", "blue", "coral", "dusty", "ebony", "fawn", "gold", "hazel", "ivory", "jade"]
    names = [f"{words[k % 10]} coffee mug {'small' if k < 10 else 'large'}" for k in range(20)]
    names += [f"{words[k % 10]} scented candle {'low' if k < 10 else 'tall'}" for k in range(20)]
    panel = Panel.of(
        np.concatenate([old, np.array(rows, dtype=float).reshape(len(new), T)]),
        frequency=Frequency.WEEK,
        static={"title": np.array(names + titles)},
    )
    return believe(panel)


def test_an_item_that_never_sold_is_forecast_like_those_with_similar_titles() -> None:
    """A new mug sells like a mug, a new candle like a candle, from the first day."""
    history = shop([[], []], titles=["lilac coffee mug", "lilac scented candle"])
    mean = NEW.fit(history).mean(4)
    assert (INNER.fit(history).mean(4)[-2:] == 0).all()
    assert 7 < mean[-2].mean() < 40
    assert 1 < mean[-1].mean() < 6


def test_attributes_speak_where_titles_do_not() -> None:
    """With codes for titles, the category tells the mugs from the candles."""
    titled = shop([[], []], titles=["x", "y"])
    category = np.array(["mug"] * 20 + ["candle"] * 20 + ["mug", "candle"])
    panel = Panel.of(titled.panel.sales, frequency=Frequency.WEEK, static={"category": category})
    mean = NEW.fit(believe(panel)).mean(1)[:, 0]
    assert mean[-2] > 3 * mean[-1] > 0


def test_own_sales_take_over_the_sooner_the_steadier_they_are() -> None:
    """Weeks of 60 carry a new mug away from the 20 of its likes."""
    weeks = [[60.0] * n for n in (1, 3, 8)]
    history = shop(weeks, titles=["red mug", "tan mug", "white mug"])
    first, third, eighth = NEW.fit(history).mean(1)[-3:, 0]
    assert 30 < first <= 62
    assert abs(third - 60) <= abs(first - 60) + 1
    assert abs(eighth - 60) < 6


def test_grown_items_are_left_to_the_inner_forecaster() -> None:
    """Nothing changes for what is not young, nor where nothing is."""
    history = shop([[5.0] * 2], titles=["red mug"])
    np.testing.assert_array_equal(NEW.fit(history).mean(4)[:-1], INNER.fit(history).mean(4)[:-1])
    old = history.rows(np.arange(40))
    np.testing.assert_array_equal(NEW.fit(old).mean(4), INNER.fit(old).mean(4))


def test_worlds_of_a_new_item_are_wide_joint_in_time_and_true_to_the_mean() -> None:
    """Whether it is a success is drawn once for each world, so its weeks rise and fall together."""
    history = shop([[], [20.0] * 6], titles=["lilac mug", "pink mug"])
    fitted = NEW.fit(history)
    paths = fitted.paths(4, 4000, rng=np.random.default_rng(1)).values
    assert paths[-2].mean() == pytest.approx(fitted.mean(4)[-2].mean(), rel=0.08)
    total = paths[-2].sum(axis=1)
    alone = paths[-2][:, :1].std() * 2  # were weeks independent
    assert total.std() > 1.2 * alone
    # After six weeks of its own it is known better.
    spread = paths[-2:].sum(axis=2).std(axis=1) / paths[-2:].sum(axis=2).mean(axis=1)
    assert spread[1] < spread[0]


def test_a_block_of_rows_has_the_paths_of_the_whole_also_for_the_young() -> None:
    """Blocks are how big catalogues are drawn."""
    history = shop([[], [3.0, 4.0]], titles=["lilac mug", "pink candle"])
    fitted = Ending(NEW).fit(history)
    whole = fitted.paths(5, 30, rng=np.random.default_rng(2)).values
    block = fitted.paths(5, 30, rng=np.random.default_rng(2), rows=slice(38, 42)).values
    np.testing.assert_array_equal(block, whole[38:42])


def test_the_launch_profile_of_the_shop_is_learned() -> None:
    """Where launches sell three times their level for four weeks, so will the next one."""
    rng = np.random.default_rng(4)
    sales = rng.poisson(10.0, (80, 100)).astype(float)
    for row, launch in enumerate(rng.integers(10, 70, 40)):
        sales[row, :launch] = np.nan
        sales[row, launch : launch + 4] = rng.poisson(30, 4)
    sales[-1] = np.nan
    history = believe(Panel.of(sales, frequency=Frequency.WEEK))
    mean = NEW.fit(history).mean(10)[-1]
    assert mean[1:3].mean() > 1.5 * mean[6:].mean()


def test_too_few_to_learn_from_leaves_everything_to_the_inner_one() -> None:
    """Nine old items are no shop."""
    panel = Panel.of([[3.0] * 30] * 9 + [[np.nan] * 30], frequency=Frequency.WEEK)
    assert NEW.fit(believe(panel)).mean(2)[-1].tolist() == [0.0, 0.0]


def test_a_young_age_below_one_is_refused() -> None:
    """The message says what to choose."""
    with pytest.raises(ConfigError, match="at least 1 period"):
        NewItems(INNER, young=0)


def test_a_silent_item_fades_and_a_selling_one_does_not() -> None:
    """Forty silent weeks after forty of two a week: next to nothing is expected, in hardly any world."""
    rows = [[2.0] * 80] * 30 + [[2.0] * 40 + [0.0] * 40] * 10
    history = believe(Panel.of(rows, frequency=Frequency.WEEK))
    inner, ending = MovingAverage(60), Ending(MovingAverage(60))
    assert inner.fit(history).mean(1)[-1, 0] > 0.6
    fitted = ending.fit(history)
    assert fitted.mean(4)[-1].max() < 0.05
    np.testing.assert_array_equal(fitted.mean(4)[0], inner.fit(history).mean(4)[0])
    paths = fitted.paths(4, 400, rng=np.random.default_rng(0)).values
    assert (paths[-1].sum(axis=1) == 0).mean() > 0.95


def test_the_worlds_of_a_fading_item_have_its_mean_and_end_for_good() -> None:
    """In a world in which it is over it sells nothing to the end: zeros never turn back into sales."""
    rng = np.random.default_rng(8)
    sales = rng.poisson(6.0, (200, 70)).astype(np.float32)
    lives = rng.geometric(0.02, 200)
    sales = np.where(np.arange(70) < lives[:, None], sales, 0)
    sales[0] = [6.0] * 68 + [0, 0]
    history = believe(Panel.of(sales, frequency=Frequency.WEEK))
    fitted = Ending(MovingAverage(30)).fit(history)
    assert 0.01 < fitted.life.alive[0] < 0.99
    paths = fitted.paths(6, 3000, rng=rng).values
    np.testing.assert_allclose(paths[0].mean(axis=0), fitted.mean(6)[0], rtol=0.1, atol=0.05)


def test_a_replay_does_not_know_what_will_be_launched() -> None:
    """Rows that have not sold are there because they will: without a catalogue they get no forecast."""
    history = shop([[], [20.0]], titles=["lilac coffee mug", "tan coffee mug"])
    mean = NewItems(INNER).fit(history).mean(2)
    assert mean[-2].tolist() == [0.0, 0.0]
    assert mean[-1].min() > 0
