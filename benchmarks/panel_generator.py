"""What does a large daily shop look like, where nobody may hand one out?

A seeded stand-in with the size and the habits of a grocer's catalogue: three quarters of the days of a
usual series are zero, weekdays and a yearly season, slow trends, a regular price with cuts that
bring customers, late launches. Series come in blocks with their own random numbers, so a catalogue of
5,000 is the beginning of one of 50,000.
"""

from __future__ import annotations

import argparse

import numpy as np
from numpy.typing import NDArray

from onhand.data.panel import Panel

Floats = NDArray[np.float32]
_BLOCK = 1_000  # series that share a stream of random numbers
_PLACES = 10  # locations, of which each item is sold in all


def generate(n_series: int, n_days: int = 1_941, *, horizon: int = 28, seed: int = 0) -> Panel:
    """A daily panel (n_series, n_days) whose prices are planned `horizon` days ahead.

    >>> panel = generate(40, 400, seed=3)
    >>> panel.sales.shape, panel.known["price"].shape
    ((40, 400), (40, 428))
    """
    sales = np.empty((n_series, n_days), np.float32)
    price = np.empty((n_series, n_days + horizon), np.float32)
    shop = np.random.default_rng([seed, 0])
    week = 1 + 0.35 * np.sin(2 * np.pi * (np.arange(7) - shop.uniform(0, 7)) / 7)
    for start in range(0, n_series, _BLOCK):
        rows = slice(start, min(start + _BLOCK, n_series))
        rng = np.random.default_rng([seed, 1 + start // _BLOCK])
        block = _block(n_days, horizon, week, rng)
        sales[rows], price[rows] = (values[: rows.stop - rows.start] for values in block)
    number = np.arange(n_series)
    item = number // _PLACES
    return Panel.of(
        sales,
        items=item,
        locations=number % _PLACES,
        known={"price": price},
        static={"department": item % 7, "state": number % _PLACES // 4},
    )


def _block(
    n_days: int, horizon: int, week: NDArray[np.float64], rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Sales (B, n_days) and prices (B, n_days + horizon) of one block of series."""
    n, reach = _BLOCK, n_days + horizon
    day = np.arange(reach)
    n_items = n // _PLACES
    level = np.repeat(rng.lognormal(-1.0, 1.1, n_items), _PLACES) * rng.lognormal(0, 0.4, n)
    peak = np.repeat(rng.uniform(0, 365.25, n_items), _PLACES)[:, None]
    swing = np.repeat(rng.uniform(0, 0.5, n_items), _PLACES)[:, None]
    trend = rng.normal(0, 0.3, n)[:, None] * (day / 365.25 - 2)
    month = rng.normal(0, 0.12, (n, reach // 30 + 1)).cumsum(axis=1)[:, day // 30]
    regular = np.repeat(rng.lognormal(1.3, 0.6, n_items), _PLACES)[:, None]
    spell = (
        rng.random((n_items, reach // 14 + 1)) < 0.12
    )  # a fortnight's cut, in all places at once
    cut = np.repeat(spell[:, day // 14], _PLACES, axis=0) * np.float32(0.25)
    elasticity = rng.uniform(1, 3, n)[:, None]
    mean = level[:, None] * np.exp(
        np.clip(trend, -1.5, 1.5) + month + swing * np.cos(2 * np.pi * (day - peak) / 365.25)
    )
    mean *= week[day % 7] * (1 - cut) ** -elasticity
    lively = rng.gamma(2.0, 0.5, (n, n_days))  # a negative binomial with two successes
    sales = rng.poisson(mean[:, :n_days] * lively).astype(np.float32)
    launch = np.where(rng.random(n) < 0.3, rng.integers(0, n_days // 2, n), 0)
    sales[day[:n_days] < launch[:, None]] = np.nan
    return sales, np.round(regular * (1 - cut), 2).astype(np.float32)


def main() -> None:
    """Print what the catalogue looks like."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--series", type=int, default=30_490)
    parser.add_argument("--days", type=int, default=1_941)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    panel = generate(args.series, args.days, seed=args.seed)
    sold = panel.sales[np.isfinite(panel.sales)]
    print(
        f"{panel.n_series} series, {panel.n_periods} days, {len(sold)} cells: "
        f"mean {sold.mean():.3f} a day, {(sold == 0).mean():.1%} zero, "
        f"{np.isnan(panel.sales).mean():.1%} before launch, largest {sold.max():.0f}"
    )


if __name__ == "__main__":
    main()
