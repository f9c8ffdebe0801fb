"""An item begins with its first known period, and falls silent when it ends; likes are found by words."""

from __future__ import annotations

import numpy as np
import pytest

from onhand.data.panel import Frequency, Panel
from onhand.demand import believe
from onhand.demand.lifecycle import ages, launches, survival
from onhand.demand.likeness import attributes, like_titles, likeness, title_grams

RNG = np.random.default_rng(11)


def a_dying_shop(hazard: float, n: int = 600, t: int = 104, rate: float = 0.7) -> np.ndarray:
    """Weekly Poisson sellers that each die after any week with the chance `hazard`."""
    lives = RNG.geometric(hazard, n) if hazard else np.full(n, t)
    sales = RNG.poisson(rate, (n, t)).astype(np.float32)
    return np.where(np.arange(t) < lives[:, None], sales, 0)


def test_age_is_counted_from_the_first_known_period_sold_or_not() -> None:
    """A zero on the shelf is a beginning; nothing known is none."""
    panel = Panel.of([[np.nan, 0, 2], [np.nan] * 3, [1, 0, 0]])
    assert launches(believe(panel)).tolist() == [1, 3, 0]
    assert ages(believe(panel)).tolist() == [2, 0, 3]


@pytest.mark.parametrize("hazard", [0.003, 0.01, 0.03])
def test_the_hazard_of_a_shop_is_found_from_its_silences(hazard: float) -> None:
    """Nobody tells when an item dies; the silences together do, within a factor of about two."""
    panel = Panel.of(a_dying_shop(hazard), frequency=Frequency.WEEK)
    assert hazard / 2 < survival(believe(panel)).hazard < hazard * 2


def test_the_chance_of_being_alive_is_calibrated() -> None:
    """Of stock points that are alive with a chance of 30 to 70 %, about half are."""
    sales = a_dying_shop(0.02, n=4000, rate=0.25)
    life = survival(believe(Panel.of(sales[:, :60], frequency=Frequency.WEEK)))
    is_alive = sales[:, 60:].sum(axis=1) > 0  # 44 weeks at 0.25: the living sell
    torn = (life.alive > 0.3) & (life.alive < 0.7) & (life.silent > 0)
    assert torn.sum() > 100
    assert is_alive[torn].mean() == pytest.approx(life.alive[torn].mean(), abs=0.12)


def test_where_nothing_dies_nothing_is_believed_dead() -> None:
    """Slow sellers pause often; with a hazard of 0 every one of them is alive."""
    life = survival(believe(Panel.of(a_dying_shop(0.0, rate=0.1), frequency=Frequency.WEEK)))
    assert life.hazard <= 1e-3
    assert np.quantile(life.alive, 0.02) > 0.8


def test_an_empty_shelf_is_no_silence() -> None:
    """Twenty weeks without stock after steady sales say nothing about being wanted."""
    sales = a_dying_shop(0.02)
    sales[0] = [2] * 84 + [0] * 20
    in_stock = np.ones(sales.shape)
    in_stock[0, 84:] = 0
    full = survival(believe(Panel.of(sales, frequency=Frequency.WEEK)))
    empty = survival(believe(Panel.of(sales, frequency=Frequency.WEEK, in_stock=in_stock)))
    assert full.alive[0] < 0.01
    assert empty.alive[0] == 1.0


def test_a_christmas_item_is_not_dead_in_june() -> None:
    """It sold in the last six weeks of two years, and never else: silence in between is its way."""
    sales = a_dying_shop(0.02)
    season = np.tile(np.r_[np.zeros(46), [5, 9, 9, 9, 9, 5]], 3)
    sales = np.concatenate([sales, np.zeros((600, 26))], axis=1)  # everything else ends
    sales[0] = season[26 : 26 + 130]
    life = survival(believe(Panel.of(sales, frequency=Frequency.WEEK)))
    assert life.alive[0] == 1.0
    assert life.alive[1:].mean() < 0.5


def test_shops_whose_dead_come_back_are_told_from_shops_whose_dead_stay() -> None:
    """Where silences are unrecorded stock-outs of half a year, part of the demand is expected again."""
    final = a_dying_shop(0.02)
    pauses = RNG.poisson(0.7, (600, 104)).astype(np.float32)
    for row, start in enumerate(RNG.integers(5, 80, 600)):
        pauses[row, start : start + 26] = 0
    stay, come = (survival(believe(Panel.of(s, frequency=Frequency.WEEK))) for s in (final, pauses))
    assert stay.returns < 0.1 < 0.25 < come.returns


def test_what_is_left_falls_with_time_and_never_below_what_returns() -> None:
    """`over` starts at the chance of being alive, and fades."""
    life = survival(believe(Panel.of(a_dying_shop(0.02), frequency=Frequency.WEEK)))
    left = life.over(30)
    assert (np.diff(left, axis=1) <= 0).all()
    assert left.min() >= life.returns


def test_titles_are_alike_by_their_letters_and_rare_words_count_more() -> None:
    """Two mugs of one design are closer than two mugs of any design."""
    titles = np.array(["RED RETROSPOT MUG", "red  retrospot jug", "BLUE MUG", "GREEN MUG", "ROPE"])
    cosine = (title_grams(titles) @ title_grams(titles).T).toarray()
    np.testing.assert_allclose(np.diag(cosine), 1.0)
    assert cosine[0, 1] > cosine[0, 2] > cosine[0, 4] == 0.0


def test_a_letter_that_stands_alone_makes_no_likeness() -> None:
    """However few share it: a mug of variant z is like other mugs, not like a candle of variant z."""
    others = [f"{name} {sign}" for name in ("tea mug", "wax lamp") for sign in "abcdefgh"]
    titles = np.array(["coffee mug z", "wax candle z", *others])
    nearest, like = like_titles(title_grams(titles), np.array([0]), np.arange(len(titles)), 9)
    assert set(nearest[0, :8]) == set(range(2, 10))  # the tea mugs
    assert nearest[0, 8] == 1
    assert like[0, 8] > 0  # it does count a little
    cosine = (title_grams(titles) @ title_grams(titles).T).toarray()
    assert cosine[2, 10] > 0  # two that share nothing but their letter


def test_a_sign_that_is_a_whole_word_counts_like_any_word() -> None:
    """Korean for cup is one syllable: two cups are more alike than two things that share a letter."""
    words = ["빨간 컵", "파란 컵", "검은 모자", "하얀 모자", "노란 모자"]
    letters = [word.replace("컵", "c") for word in words]
    cups, lettered = (
        (title_grams(np.array(titles)) @ title_grams(np.array(titles)).T).toarray()[0, 1]
        for titles in (words, letters)
    )
    assert cups > 2 * lettered > 0


def test_the_nearest_titles_are_found_and_oneself_is_not_among_them() -> None:
    """A row, or whatever shares its number, is no donor to itself."""
    titles = np.array(["red mug", "red mugs", "red mug", "tea pot", ""])
    rows, donors = np.array([0, 4]), np.arange(4)
    nearest, like = like_titles(title_grams(titles), rows, donors, 3)
    assert nearest[0].tolist()[:2] == [2, 1]
    assert (like[1] == 0).all()
    apart, _ = like_titles(title_grams(titles), rows, donors, 3, apart=np.array([7, 1, 7, 3, 4]))
    assert apart[0, 0] == 1


def test_like_items_share_attributes_and_words() -> None:
    """The attribute that few share counts more than the one that most share."""
    panel = Panel.of(
        np.ones((5, 3)),
        static={
            "title": np.array(["red mug", "red jug", "hose", "spade", "rake"]),
            "category": np.array(["kitchen", "kitchen", "garden", "garden", "garden"]),
            "price": np.arange(5.0),
        },
    )
    assert sorted(attributes(panel)) == ["category"]
    assert likeness(panel, 0, k=2)[0][0] == 1
    assert {row for row, _ in likeness(panel, 2, k=2)} == {3, 4}
