"""Responsive: does a forecast answer to plans as the past did, and to nothing that nobody planned?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from onhand.data.panel import Frequency, Panel
from onhand.demand import believe
from onhand.demand.history import DemandHistory
from onhand.forecast import MovingAverage, default_forecaster
from onhand.forecast.parts import parts_of
from onhand.forecast.response import response_of, signals_of
from onhand.forecast.responsive import Responsive

N, T, H = 15, 200, 20
PLAIN, ANSWERING = MovingAverage(28), Responsive(MovingAverage(28))


def a_shop(lift: float = 3.0, ahead: float = 1.0, share: float = 0.1, **more: Any) -> DemandHistory:
    """Fifteen items at 10 a day, some days promoted and so many times as busy; `ahead` says what is planned."""
    rng = np.random.default_rng(5)
    promotion = (rng.random((N, T + H)) < share).astype(np.float32)
    promotion[:, T:] = ahead
    sales = rng.poisson(10 * np.where(promotion[:, :T] > 0, lift, 1))
    return believe(Panel.of(sales, **({"known": {"promotion": promotion}} | more)))


def a_priced_shop(multiple: float, **more: Any) -> DemandHistory:
    """Weekly, elasticity 2, now and then 30 % off; at so many times the regular price ahead."""
    rng = np.random.default_rng(6)
    price = np.where(rng.random((N, 80 + H)) < 0.15, 7.0, 10.0).astype(np.float32)
    sales = rng.poisson(20 * (price[:, :80] / 10) ** -2.0)
    price[:, 80:] = 10 * multiple
    return believe(Panel.of(sales, known={"price": price}, frequency=Frequency.WEEK, **more))


def test_a_planned_promotion_sells_what_promotions_sold_and_other_days_what_they_sell() -> None:
    """Ten on ordinary days and thirty on promoted ones, where a plain mean says twelve to both."""
    promoted, ordinary = a_shop(), a_shop(ahead=0.0)
    assert ANSWERING.fit(promoted).mean(H).mean() == pytest.approx(30, rel=0.08)
    assert ANSWERING.fit(ordinary).mean(H).mean() == pytest.approx(10, rel=0.05)
    assert PLAIN.fit(promoted).mean(H).mean() == pytest.approx(12, rel=0.05)


def test_the_default_answers_and_its_paths_tell_what_its_mean_tells() -> None:
    """The statistics that a small shop's plan stands on, with a spread learned on promoted days, too."""
    fitted = default_forecaster(Frequency.DAY).fit(a_shop())
    assert fitted.mean(H).mean() == pytest.approx(30, rel=0.1)
    paths = ANSWERING.fit(a_shop()).paths(H, 300, rng=np.random.default_rng(0))
    assert paths.values.mean() == pytest.approx(
        float(ANSWERING.fit(a_shop()).mean(H).mean()), rel=0.03
    )
    assert (paths.values == np.round(paths.values)).all()


def test_without_a_plan_ahead_everything_stays_in_the_level() -> None:
    """Promotions of the past alone: whether there will be some is unknown, so that the mean counts them in."""
    past = a_shop()
    known = {"promotion": past.panel.known["promotion"][:, :T]}
    history = a_shop(known=known)
    (signal,) = signals_of(history)
    assert signal.why_not == "nothing of it is planned ahead"
    np.testing.assert_array_equal(ANSWERING.fit(history).mean(H), PLAIN.fit(history).mean(H))


def test_beyond_its_plans_a_promotion_is_as_frequent_as_ever() -> None:
    """A calendar that ends in five days says nothing of the sixth."""
    promotion = a_shop(ahead=0.0).panel.known["promotion"][:, : T + 5]
    told = ANSWERING.fit(a_shop(known={"promotion": promotion})).mean(H).mean(axis=0)
    assert told[:5].mean() == pytest.approx(10, rel=0.05)
    assert told[5:].mean() == pytest.approx(12, rel=0.08)


def test_what_hardly_ever_happened_teaches_nothing() -> None:
    """Two busy stretches may be anything; the signal says why it is not used."""
    flag = np.zeros((1, T + H), np.float32)
    flag[:, [40, 41, 120, T + 2]] = 1
    history = a_shop(known={"holiday": flag})
    assert signals_of(history)[0].why_not == "it began in 2 periods of the past, and 3 are needed"
    assert response_of(history) is None


def test_a_flag_that_does_nothing_is_answered_with_next_to_nothing() -> None:
    """What chance alone lifted is not believed."""
    factor = (
        ANSWERING.fit(a_shop(lift=1.0)).mean(H).mean() / PLAIN.fit(a_shop(lift=1.0)).mean(H).mean()
    )
    assert factor == pytest.approx(1, abs=0.04)


def test_items_answer_differently_as_far_as_they_showed_it() -> None:
    """Half of the items do not care about promotions."""
    rng = np.random.default_rng(8)
    promotion = (rng.random((40, 400)) < 0.1).astype(np.float32)
    lift = np.where(np.arange(40) < 20, 3.0, 1.0)[:, None]
    sales = rng.poisson(10 * np.where(promotion > 0, lift, 1))[:, :380]
    history = believe(Panel.of(sales, known={"promotion": promotion}))
    response = response_of(history)
    assert response is not None
    slopes = response.slopes[:, 0]
    assert np.exp(slopes[:20]).mean() == pytest.approx(3, rel=0.1)
    assert np.exp(slopes[20:]).mean() == pytest.approx(1, abs=0.15)


def test_demand_falls_with_the_price_all_the_way() -> None:
    """No step of a what-if curve rises, and the curve is that of the world: elasticity 2."""
    curve = np.array(
        [ANSWERING.fit(a_priced_shop(m)).mean(4).mean(axis=1) for m in (0.7, 0.9, 1.0, 1.1, 1.3)]
    )
    assert (np.diff(curve, axis=0) < 0).all()
    assert curve[0].sum() / curve[2].sum() == pytest.approx(0.7**-2, rel=0.06)


def test_where_dear_weeks_were_busy_by_chance_the_price_says_nothing() -> None:
    """An elasticity above nought is not learned."""
    rng = np.random.default_rng(9)
    price = np.where(rng.random((N, 100)) < 0.2, 7.0, 10.0).astype(np.float32)
    sales = rng.poisson(2 * price[:, :90])
    response = response_of(
        believe(Panel.of(sales, known={"price": price}, frequency=Frequency.WEEK))
    )
    assert response is not None
    assert (response.slopes == 0).all()


@pytest.mark.parametrize("frequency", [Frequency.DAY, Frequency.WEEK])
@pytest.mark.parametrize(("multiple", "elasticity"), [(0.8, -3.0), (0.8, -1.0), (1.25, -2.0)])
def test_a_price_that_changed_for_good_is_never_forgotten(
    frequency: Frequency, multiple: float, elasticity: float
) -> None:
    """Not before a quarter is over, nor on the day on which the new price becomes the regular one."""
    of_day, since = frequency is Frequency.DAY, 100
    price = np.full((N, 280), 10, np.float32)
    price[:, 8::25] = price[:, 9::25] = 8.5
    price[:, since:] *= multiple
    rate = 40 * (price / 10) ** elasticity
    sales = np.random.default_rng(11).poisson(rate)
    for after in (1, 20, 72, 76, 80, 100) if of_day else (1, 9, 10, 11, 12, 16, 30):
        now, until = since + after, since + after + 8
        panel = Panel.of(sales[:, :now], frequency=frequency, known={"price": price[:, :until]})
        told = ANSWERING.fit(believe(panel)).mean(8).sum()
        assert told / rate[:, now:until].sum() == pytest.approx(1, abs=0.07)


def test_a_competitors_price_may_raise_demand() -> None:
    """Elasticity 2 of what another asks: only the shop's own price is bound to lower demand."""
    rng = np.random.default_rng(12)
    other = np.where(rng.random((N, T + H)) < 0.2, 8.0, 10.0).astype(np.float32)
    sales = rng.poisson(10 * (other[:, :T] / 10) ** 2)
    response = response_of(believe(Panel.of(sales, known={"competitor_price": other})))
    assert response is not None
    assert response.slopes.mean() == pytest.approx(2, abs=0.3)


def test_what_others_ask_is_left_to_trees_where_it_never_rests() -> None:
    """The price of oil drifts with the season."""
    oil = np.random.default_rng(13).uniform(50, 90, (1, T + H)).astype(np.float32)
    (signal,) = signals_of(a_shop(known={"oil_price": oil}))
    assert signal.why_not.startswith("it changes all the time")


def test_a_price_that_was_merely_paid_is_no_plan() -> None:
    """Lent prices neither teach nor are answered to."""
    history = a_priced_shop(0.7)
    lent = np.ones(history.panel.known["price"].shape, bool)
    paid = a_priced_shop(0.7, lent={"price": lent})
    assert response_of(paid) is None
    lent[:, :80] = False  # planned until now; what is ahead is carried forward
    carried = a_priced_shop(0.7, lent={"price": lent})
    np.testing.assert_array_equal(ANSWERING.fit(carried).mean(4), PLAIN.fit(carried).mean(4))


def test_a_share_of_a_week_is_answered_to_by_its_days() -> None:
    """Learned on weeks with one or two promoted days, told to a week of seven."""
    rng = np.random.default_rng(10)
    days = rng.binomial(7, 0.1, (30, 104)).astype(np.float32)
    days[:, 100:] = 7
    sales = rng.poisson(70 + 20 * days[:, :100])
    known = {"promotion": days / 7}
    history = believe(Panel.of(sales, known=known, frequency=Frequency.WEEK))
    assert ANSWERING.fit(history).mean(4).mean() == pytest.approx(210, rel=0.12)


def test_the_parts_of_a_forecast_say_what_a_plan_adds() -> None:
    """Explain: of thirty a day, twenty are the promotion's."""
    history = a_shop()
    parts = parts_of(ANSWERING.fit(history), history, H, np.arange(3))
    assert parts["price and promotion"].mean() == pytest.approx(20, rel=0.15)
    assert parts["level"].mean() == pytest.approx(10, rel=0.1)


def test_what_earlier_origins_could_not_know_is_no_error_of_ordinary_days() -> None:
    """The third promotion was needed to learn from: what the first two did is not put on days without."""
    promotion = np.zeros((N, T + 28), np.float32)
    for first in (60, 120, 180, T + 3):
        promotion[:, first : first + 4] = 1
    sales = np.random.default_rng(14).poisson(10 * np.where(promotion[:, :T] > 0, 6, 1))
    fitted = default_forecaster(Frequency.DAY).fit(
        believe(Panel.of(sales, known={"promotion": promotion}))
    )
    told, is_on = fitted.mean(28).mean(axis=0), promotion[0, T:] > 0
    assert told[~is_on] == pytest.approx(np.full(24, 10.0), abs=1)
    assert told[is_on] == pytest.approx(np.full(4, 60.0), rel=0.1)


def test_what_was_seen_later_answers_only_what_was_new_then() -> None:
    """An origin that could learn by itself is not told better."""
    flag = np.zeros((1, T + H), np.float32)
    flag[:, [40, 80, 120, 160, T + 2]] = 1
    sales = np.random.default_rng(15).poisson(10 * (1 + flag[:, :T]), (N, T))
    history = believe(Panel.of(sales, known={"event": flag}))
    today = response_of(history)
    assert today is not None
    new, known = response_of(history.until(100), today), response_of(history.until(140), today)
    assert new is not None
    assert known is not None
    assert response_of(history.until(100)) is None
    np.testing.assert_array_equal(new.slopes, today.slopes)
    assert (known.slopes != today.slopes).any()


def test_errors_of_the_past_are_those_of_plans_that_reached_as_far_as_today() -> None:
    """An earlier origin does not know more of its future than is known of ours."""
    history = a_shop()
    assert history.as_it_stood(150).panel.known["promotion"].shape == (N, 150 + H)
    assert history.as_it_stood(150).n_periods == 150
