"""Which parts of the boosted forecaster earn their place?

    python benchmarks/ablations.py --set vn2 --data DIR
    python benchmarks/ablations.py --set freshretailnet50k --data DIR --series 5000

One part at a time is taken away or changed; everything else, examples and trees too, stays as it is in
`base`, a smaller relative of the default. All contenders forecast the same origins, cut from the history,
each knowing only what came before. The error is WAPE over judged rows (in-stock ones, where stock is
known); the difference to `base` is paired by origin and comes with its standard error over origins, in
percentage points. Below twice that error nothing is shown. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest import mock

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
from numpy.typing import NDArray

from datasets import READERS, Shop, read_shop
from forecasts import origins_of
from onhand.data.panel import Panel
from onhand.demand import believe, features
from onhand.demand.features import Past
from onhand.demand.history import DemandHistory
from onhand.evaluate import scores
from onhand.evaluate.calibration import pit_bounds, pit_coverage
from onhand.forecast import default_forecaster
from onhand.forecast.align import Aligned
from onhand.forecast.boosted import Boosted, Member, Trees
from onhand.forecast.forecaster import Forecaster

Floats = NDArray[np.float32]
_SEEDS = (1, 2, 3, 4)


@dataclass(frozen=True)
class Variant:
    """A forecaster, what it is given for demand, and whether each series has its own scale."""

    forecaster: Callable[[Panel], Forecaster]
    demand: Callable[[Panel], DemandHistory] = believe
    is_scaled: bool = True


def variants(shop: Shop, base: Boosted) -> dict[str, Variant]:
    """`base` first, then one change at a time; those that a shop cannot tell apart are left out."""
    panel = shop.panel
    asked = {
        "base": Variant(lambda _: base),
        "one scale for all": Variant(lambda _: base, is_scaled=False),
        "weights not by scale": Variant(lambda _: with_members(base, 2, 0.0)),
        "1 member": Variant(lambda _: with_members(base, 1)),
        "3 members": Variant(lambda _: with_members(base, 3)),
        "4 members": Variant(lambda _: with_members(base, 4)),
        "aligned to the shop": Variant(
            lambda p: Aligned(base, default_forecaster(p.frequency), strength=0.5)
        ),
    }
    if panel.n_periods > panel.frequency.per_year:
        asked["no recency weights"] = Variant(lambda p: replace(base, omega=undone(p)))
        asked["recency: halved each half-year"] = Variant(
            lambda p: replace(base, omega=undone(p) * forgetting(p, 0.5))
        )
    if (panel.in_stock < 1).any():
        asked["sales taken for demand"] = Variant(lambda _: base, demand=taken_for_demand)
    if ((panel.in_stock > 0) & (panel.in_stock < 1)).any():
        for weight in (0.3, 1.0):
            asked[f"partly stocked weigh {weight}"] = Variant(
                lambda _, weight=weight: replace(base, censored_weight=weight)  # type: ignore[misc]
            )
    if "price" in panel.known:
        asked["falls with price"] = Variant(lambda _: replace(base, falls_with=("price",)))
    for n in (1, 3, 6):
        asked[f"spread of {n} origins"] = Variant(
            lambda _, n=n: replace(base, n_error_origins=n)  # type: ignore[misc]
        )
    asked["spread of 6 origins, half the series"] = Variant(
        lambda p: replace(base, n_error_origins=6, n_error_series=p.n_series // 2)
    )
    return asked


def with_members(base: Boosted, n: int, scale_power: float = 1.0) -> Boosted:
    """The same with so many members that differ by their seed."""
    return replace(base, members=tuple(Member("tweedie", scale_power, s) for s in _SEEDS[:n]))


def undone(panel: Panel) -> Floats:
    """Weights (N, T) that take back what an example loses by its age."""
    age = ages(panel)
    weight = np.where(age <= 1, 1, np.where(age <= 2, 2, 4)).astype(np.float32)
    return np.tile(weight, (panel.n_series, 1))


def forgetting(panel: Panel, half_life: float) -> Floats:
    """Weights (1, T) that halve every `half_life` years."""
    return (0.5 ** (ages(panel) / half_life)).astype(np.float32)[None]


def ages(panel: Panel) -> NDArray[np.float64]:
    """Age of each period at the end of the history, (T,), years."""
    return np.arange(panel.n_periods, 0, -1) / panel.frequency.per_year


def taken_for_demand(panel: Panel) -> DemandHistory:
    """What was sold, an empty shelf for an absent customer."""
    return DemandHistory(panel, panel.sales, np.zeros(panel.sales.shape, bool))


@contextmanager
def one_scale() -> Iterator[None]:
    """All series are measured in the same unit, the mean of the shop: a series has no scale."""
    own = features.scale_of

    def of_the_shop(past: Past) -> Floats:
        scale = own(past)
        return np.full_like(scale, scale.mean())

    with mock.patch.object(features, "scale_of", of_the_shop):
        yield


def judge(shop: Shop, variant: Variant, origin: int) -> dict[str, Any]:
    """WAPE, bias and, where there is a spread, coverage of its 90 % interval, from one origin."""
    past = shop.panel.until(origin)
    actual = shop.actual(origin)
    start = time.process_time()
    forecaster = variant.forecaster(past)
    if variant.is_scaled:
        fitted = forecaster.fit(variant.demand(past))
    else:
        with one_scale():
            fitted = forecaster.fit(variant.demand(past))
    mean = fitted.mean(shop.horizon)
    row = {"wape": scores.wape(actual, mean), "wpe": scores.wpe(actual, mean)}
    if isinstance(forecaster, Boosted) and forecaster.n_error_origins:
        paths = fitted.paths(shop.horizon, 200, rng=np.random.default_rng(0))
        row["coverage_90"] = pit_coverage(*pit_bounds(actual, paths.values), 0.05, 0.95)
    return row | {"cpu_s": time.process_time() - start}


def summary(rows: list[dict[str, Any]], base: list[dict[str, Any]]) -> dict[str, float]:
    """Means over origins, and the paired difference to `base` with its standard error, points."""
    apart = 100 * (np.array([r["wape"] for r in rows]) - np.array([r["wape"] for r in base]))
    told = {
        "wape": float(np.mean([r["wape"] for r in rows])),
        "wpe": float(np.mean([r["wpe"] for r in rows])),
        "abs_wpe": float(np.mean([abs(r["wpe"]) for r in rows])),
        "difference": float(apart.mean()),
        "standard_error": float(apart.std(ddof=1) / np.sqrt(len(apart))),
        "cpu_s": float(np.mean([r["cpu_s"] for r in rows])),
    }
    if "coverage_90" in rows[0]:
        told["coverage_90"] = float(np.mean([r["coverage_90"] for r in rows]))
    return told


def main() -> None:
    """Read, forecast with every variant from every origin, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--set", required=True, choices=sorted(READERS), dest="name")
    parser.add_argument("--data", required=True, type=Path, help="folder of the data set")
    parser.add_argument("--series", type=int, default=0, help="first so many series (default: all)")
    parser.add_argument("--origins", type=int, default=6, help="the last so many (default 6)")
    parser.add_argument("--stride", type=int, help="periods between origins (default: the set's)")
    parser.add_argument("--rows", type=int, default=60_000, help="examples to learn from")
    parser.add_argument("--trees", type=int, default=120)
    parser.add_argument("--only", nargs="*", help="variants to run beside base (default: all)")
    args = parser.parse_args()
    shop = read_shop(args.name, args.data, limit=args.series)
    shop = replace(shop, stride=args.stride or shop.stride)
    origins = origins_of(shop, args.origins - 1)
    trees = Trees(n_trees=args.trees, learning_rate=0.1)
    base = Boosted(horizon=shop.horizon, trees=trees, n_rows=args.rows, n_error_origins=0)
    base = with_members(base, 2)
    table: dict[str, dict[str, float]] = {}
    of_base: list[dict[str, Any]] = []
    for name, variant in variants(shop, base).items():
        if args.only is not None and name not in ("base", *args.only):
            continue
        rows = [judge(shop, variant, origin) for origin in origins]
        of_base = of_base or rows
        table[name] = summary(rows, of_base)
        print(line(name, table[name]), flush=True)
    print(json.dumps({"set": args.name, "series": shop.panel.n_series, "origins": origins} | table))


def line(name: str, told: dict[str, float]) -> str:
    """One row as text."""
    shown = (
        f"{name:38} WAPE {told['wape']:.4f}  WPE {told['wpe']:+.3f}  |WPE| {told['abs_wpe']:.3f}  "
        f"difference {told['difference']:+.2f} ± {told['standard_error']:.2f} points"
    )
    covered = f"  90 % covers {told['coverage_90']:.3f}" if "coverage_90" in told else ""
    return f"{shown}{covered}  {told['cpu_s']:.1f} CPU-s"


if __name__ == "__main__":
    main()
