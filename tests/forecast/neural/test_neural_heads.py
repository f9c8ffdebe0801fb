"""Each head recovers a world whose answer is known, and its losses are what they say."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from onhand.errors import ConfigError
from onhand.forecast.neural.heads import (
    LEVELS,
    Binned,
    Head,
    NegativeBinomial,
    Point,
    Quantiles,
    SpreadHead,
    Tweedie,
)

torch = pytest.importorskip("torch")

rng = np.random.default_rng(0)
DEMAND = rng.negative_binomial(2, 2 / (2 + 6), 1_500).astype(np.float32)  # mean 6, alpha 0.5
SCALE = 4.0


def learned(head: Head, demand: np.ndarray, censored: np.ndarray | None = None) -> np.ndarray:
    """Raw numbers (1, 1, K) that lose least over all of `demand`, found by Adam."""
    raw = torch.tensor(head.start()[None, None], dtype=torch.float32, requires_grad=True)
    censored = np.zeros(len(demand), bool) if censored is None else censored
    # Each pair of demand and mark once, with the number of times that it was seen.
    pairs, count = np.unique(np.stack([demand, censored]), axis=1, return_counts=True)
    y = torch.tensor(pairs[0, :, None]) / SCALE
    c = torch.tensor(pairs[1, :, None] > 0)
    share = torch.tensor(count[:, None] / count.sum())
    scale = torch.full_like(y, SCALE)
    optimizer = torch.optim.Adam([raw], 0.1)
    for _ in range(80):
        optimizer.zero_grad()
        (head.loss(raw.expand(len(y), 1, -1), y, c, scale) * share).sum().backward()
        optimizer.step()
    return raw.detach().numpy()


def told(head: SpreadHead, raw: np.ndarray) -> np.ndarray:
    return head.quantiles(raw, np.array([SCALE], np.float32))[0, 0]


@pytest.mark.parametrize("head", [Point(), Tweedie(1.5)])
def test_a_mean_head_learns_the_mean(head: Point | Tweedie) -> None:
    assert head.mean(learned(head, DEMAND))[0, 0] * SCALE == pytest.approx(DEMAND.mean(), rel=0.02)


@pytest.mark.parametrize("head", [NegativeBinomial(), Quantiles(), Binned()])
def test_a_spread_head_learns_the_distribution(head: SpreadHead) -> None:
    head = head.learn(DEMAND / SCALE)
    values = told(head, learned(head, DEMAND))
    assert (np.diff(values) >= 0).all()
    for q in (0.1, 0.5, 0.8, 0.95):
        truth = stats.nbinom.ppf(q, 2, 0.25)
        assert np.interp(q, LEVELS, values) == pytest.approx(truth, abs=1.0 + 0.05 * truth)


@pytest.mark.parametrize("head", [NegativeBinomial(), Quantiles(), Binned()])
def test_where_large_demand_was_cut_short_a_bound_teaches_more_than_the_cut(
    head: SpreadHead,
) -> None:
    head = head.learn(DEMAND / SCALE)
    cut = np.random.default_rng(1).choice([4, 8, 100], len(DEMAND))  # a shelf of 4, 8 or enough
    seen, is_cut = np.minimum(DEMAND, cut).astype(np.float32), cut <= DEMAND
    as_bound = told(head, learned(head, seen, is_cut))
    as_fact = told(head, learned(head, seen))
    k = int(np.searchsorted(LEVELS, 0.8))
    truth = np.quantile(DEMAND, LEVELS[k])
    assert abs(as_bound[k] - truth) < 0.5 * abs(as_fact[k] - truth)


def test_the_negative_binomial_loses_its_logarithmic_probability() -> None:
    raw = torch.tensor([[[0.3, -0.5]]])
    y = torch.tensor([[5 / SCALE]])
    loss = NegativeBinomial().loss(raw, y, y > 99, torch.full((1, 1), SCALE)).item()
    mean, alpha = np.logaddexp(0, 0.3) * SCALE, np.logaddexp(0, -0.5) + 1e-3
    r = 1 / alpha
    assert loss == pytest.approx(-stats.nbinom.logpmf(5, r, r / (r + mean)), rel=1e-4)


def test_the_quantiles_of_the_negative_binomial_are_scipys() -> None:
    raw = rng.normal(0, 2, (5, 3, 2)).astype(np.float32)
    scale = np.array([0.05, 1, 7, 60, 300], np.float32)
    got = NegativeBinomial().quantiles(raw, scale)
    mean = (np.logaddexp(0, raw[..., 0]) * scale[:, None])[..., None]
    r = 1 / (np.logaddexp(0, raw[..., 1:]) + 1e-3)
    want = stats.nbinom.ppf(np.minimum(LEVELS, 0.9998), r, r / (r + mean))
    walked = np.broadcast_to(mean, got.shape) <= 500
    assert (np.abs(got - np.maximum(want, 0))[walked] <= 1).mean() > 0.999


def test_classes_follow_the_data_and_a_constant_needs_but_one() -> None:
    head = Binned(8).learn(np.array([0, 0, 1, 1, 1, 1], np.float32))
    assert len(head.edges) == 2
    assert head.shares[0] == pytest.approx(2.5 / 7)
    assert told(head, head.start()[None, None])[-20] == pytest.approx(SCALE, rel=0.03)


def test_nonsense_is_refused_with_the_rule() -> None:
    for make, match in (
        (lambda: Tweedie(2.5), "1 < power < 2"),
        (lambda: Quantiles((0.9, 0.1)), "rising"),
        (lambda: Binned(1), "at least 2 classes"),
        (lambda: Binned().start(), "call learn"),
    ):
        with pytest.raises(ConfigError, match=match):
            make()
