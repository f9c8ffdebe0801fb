"""How good, how well calibrated and how dear is a forecast of a whole shop, beside its rivals?

    python benchmarks/forecasts.py --set vn2 --data DIR [--truth FILE]

`--data` is the folder of one data set (see `benchmarks/datasets.py`). Every contender forecasts the
same horizons from the same origins, knowing only what was known there: the last block (the held-out
continuation, where `--truth` gives one) and `--origins` earlier ones. The last line is JSON.

Peers run in the same process where they can be imported: mlforecast, and statsforecast's AutoETS and
AutoTheta, which take too long for more than a thousand series unless `--only` names them. They need
pandas below 3, so give them an environment of their own, `pip install "onhand[bench]"`, and run this
file with its Python; what is not installed is named and left out. For instance

    python benchmarks/forecasts.py --set carparts --data DIR --series 500 --only onhand autoets autotheta

`pinball_lead` and `pinball_all` judge sums of demand, over the lead time of each series and over the
whole horizon: the pinball loss of their 50, 80, 90, 95 and 99 % quantiles, mean over those, over the
demand that came. In `scaled_lead` every series counts alike: its loss is divided by the demand that
its history would have led to expect, plus a tenth of a unit per period.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
from numpy.typing import NDArray

from datasets import READERS, Shop, read_shop
from onhand.data.panel import Frequency
from onhand.demand import believe
from onhand.demand.classify import ADI_BORDER, demand_interval
from onhand.demand.history import DemandHistory
from onhand.evaluate import scores
from onhand.evaluate.backtest import Outcome, outcome
from onhand.evaluate.calibration import pit_coverage
from onhand.forecast import (
    SBA,
    TSB,
    Analogues,
    SeasonalMovingAverage,
    SeasonalNaive,
    default_forecaster,
)
from onhand.forecast.after_stock_out import AfterStockOut
from onhand.forecast.boosted import Boosted, Member
from onhand.forecast.forecaster import FittedForecaster, Forecaster
from onhand.forecast.paths import DemandPaths
from onhand.forecast.short import short_history_points
from onhand.forecast.widened import Widened
from rivals import IMAPA, MLForecast, StatsForecast, is_importable


def main() -> None:
    """Read, forecast, judge, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--set", required=True, choices=sorted(READERS), dest="name")
    parser.add_argument("--data", required=True, type=Path, help="folder of the data set")
    parser.add_argument("--truth", type=Path, help="held-out continuation, columns of the history")
    parser.add_argument("--origins", type=int, default=4, help="earlier origins (default 4)")
    parser.add_argument("--only", nargs="*", help="contenders to run (default: all)")
    parser.add_argument("--series", type=int, default=0, help="first so many series (default: all)")
    parser.add_argument("--samples", type=int, default=200, help="sample paths (default 200)")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()

    for peer in ("mlforecast", "statsforecast"):
        if not is_importable(peer):
            print(f'{peer} is not installed: pip install "onhand[bench]"')
    shop = read_shop(args.name, args.data, args.truth, args.series)
    origins = origins_of(shop, args.origins)
    rows = []
    for label, forecaster in contenders(shop, args.only).items():
        for origin in origins:
            try:
                row = judge(shop, forecaster, origin, args.samples, args.seed)
            except Exception as error:
                if not isinstance(forecaster, MLForecast | StatsForecast):
                    raise
                print(f"{label} origin {origin}: failed and is left out: {error!r}", flush=True)
                continue
            row |= {"contender": label, "is_last": origin == origins[-1]}
            rows.append(row)
            print(line(row, shop.official[0]), flush=True)
    result = {
        "set": args.name,
        "official": shop.official[0],
        "has_truth": args.truth is not None,
        "horizon": shop.horizon,
        "n_series": shop.panel.n_series,
        "last": {r["contender"]: r for r in rows if r["is_last"]},
        "earlier": summary([r for r in rows if not r["is_last"]]),
        "peak_memory_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
    }
    print_summary(result)
    print(json.dumps(without_nan(result)))


def contenders(shop: Shop, only: Sequence[str] | None) -> dict[str, Forecaster]:
    """Ours, the classical floor, and the peer where it is installed."""
    everyone: dict[str, Forecaster] = {
        "onhand": ours(shop),
        "seasonal naive": SeasonalNaive(),
        "tsb": TSB(),
        "sba": SBA(),
        "imapa": IMAPA(),
    }
    if is_importable("mlforecast"):
        everyone["mlforecast"] = MLForecast(shop.horizon)
    if is_importable("statsforecast"):
        everyone |= {"autoets": StatsForecast("AutoETS"), "autotheta": StatsForecast("AutoTheta")}
    return {
        label: forecaster
        for label, forecaster in everyone.items()
        if (label in only if only else not is_dear(shop, forecaster))
    }


def is_dear(shop: Shop, forecaster: Forecaster) -> bool:
    """Whether a model chosen series by series would take hours here; `--only` runs it all the same."""
    return isinstance(forecaster, StatsForecast) and shop.panel.n_series > 1000


def ours(shop: Shop) -> Forecaster:
    """One rule for all shops, by the length of a period and of the history and by how rare demand is.

    Months of rare demand, and less than a year of anything but days: what came next for others that
    stood there, for a booster that has not seen a year cannot tell a season from a trend. Everything
    else: the booster, corrected where shelves are empty.

    With less than a year, what is learned from the past is too sure of itself, and widened.
    Absolute errors are best served by points below the mean of each series, as long as they add up:
    with less than a year, such scores are given `short_history_points` (groups of `vn1`: vendors).
    """
    panel = shop.panel
    if panel.frequency is Frequency.MONTH:
        is_rare = np.median(demand_interval(believe(panel))) >= ADI_BORDER
        return Analogues() if is_rare else default_forecaster(panel.frequency)
    boosted = Boosted(horizon=shop.horizon)
    if panel.frequency is Frequency.DAY:
        return boosted
    if panel.n_periods >= 1.5 * Frequency.WEEK.season:
        members = (Member("tweedie", 1.0, 1), Member("tweedie", 0.5, 2))  # low and high on a level
        return AfterStockOut(replace(boosted, members=members), scout=SeasonalMovingAverage())
    analogues = Widened(Analogues(horizon=shop.horizon), horizon=shop.horizon)
    if shop.official[0] in ("wape", "vn1_score"):
        return PointsAndSpread(short_history_points(by="client"), analogues)
    return analogues


@dataclass(frozen=True)
class PointsAndSpread:
    """The points of one forecaster and the paths of another: what is told to a score that is best
    served by something else than the mean, and the spread that a stock would be kept by."""

    points: Forecaster
    spread: Forecaster

    @property
    def name(self) -> str:
        """Both names."""
        return f"{self.points.name}; spread of {self.spread.name}"

    def fit(self, history: DemandHistory) -> FittedPointsAndSpread:
        """Both, fitted."""
        return FittedPointsAndSpread(self.points.fit(history), self.spread.fit(history))


@dataclass(frozen=True)
class FittedPointsAndSpread:
    """The mean of the one, the paths of the other."""

    points: FittedForecaster
    spread: FittedForecaster

    def mean(self, horizon: int) -> NDArray[np.float32]:
        """The points, (N, H)."""
        return self.points.mean(horizon)

    def paths(
        self, horizon: int, n_samples: int, *, rng: np.random.Generator, rows: slice = slice(None)
    ) -> DemandPaths:
        """Sample paths (len(rows), n_samples, H) of the spread."""
        return self.spread.paths(horizon, n_samples, rng=rng, rows=rows)


def origins_of(shop: Shop, n_earlier: int) -> list[int]:
    """The last origin and up to `n_earlier` before it, in order of time."""
    last = shop.panel.n_periods - shop.horizon
    origins = [last - k * shop.stride for k in range(n_earlier + 1)]
    return sorted(o for o in origins if o >= min(4, last))


def judge(
    shop: Shop, forecaster: Forecaster, origin: int, n_samples: int, seed: int
) -> dict[str, Any]:
    """The scores of one contender from one origin."""
    history = believe(shop.panel.until(origin))
    actual = shop.actual(origin)
    start = time.process_time()
    result = outcome(forecaster, history, actual, n_samples, seed=seed, spans=shop.spans())
    everything = shop.everything(origin)
    was_full = shop.judged[:, origin - 1] | np.isnan(shop.panel.sales[:, origin - 1])
    after_empty = np.where(was_full[:, None], np.nan, actual)  # not launched is not sold out
    score = shop.official[1](actual, result.mean, shop.panel, origin)
    known = np.isfinite(actual)
    row = {
        "origin": origin,
        shop.official[0]: score,
        "wape": scores.wape(actual, result.mean),
        "wpe": scores.wpe(actual, result.mean),
        "wape_all_rows": scores.wape(everything, result.mean),
        "wpe_all_rows": scores.wpe(everything, result.mean),
        "wpe_after_stock_out": scores.wpe(after_empty, result.mean),
        "units_after_stock_out": float(np.nansum(after_empty)),
        "rmse": scores.rmse(actual, result.mean),
        "crps": float(result.crps[known].mean()),
        "pinball_80": float(result.pinball_80[known].mean()),
        **sums(shop, result, origin),
        "coverage_80": pit_coverage(result.pit_low, result.pit_high, 0.1, 0.9),
        "coverage_90": pit_coverage(result.pit_low, result.pit_high, 0.05, 0.95),
        "cpu_s": time.process_time() - start,
        "n_judged": int(known.sum()),
    }
    if isinstance(forecaster, MLForecast | StatsForecast):  # a point forecast: it claims no spread
        row |= dict.fromkeys(_OF_A_SPREAD, float("nan"))
    return row


_OF_SUMS = ("pinball_lead", "pinball_all", "scaled_lead")
_OF_A_SPREAD = ("crps", "pinball_80", *_OF_SUMS, "coverage_80", "coverage_90")


def sums(shop: Shop, result: Outcome, origin: int) -> dict[str, float]:
    """How far the sums over lead times and over the horizon were from what their quantiles said."""
    known = np.isfinite(result.totals)
    loss, total = np.where(known, result.total_pinball, 0), np.where(known, result.totals, 0)
    lead, whole = loss.sum(axis=0) / np.maximum(total.sum(axis=0), 1e-9)
    past = shop.panel.sales[:, :origin]
    level = np.nan_to_num(past).sum(axis=1) / np.maximum(np.isfinite(past).sum(axis=1), 1)
    scaled = result.total_pinball[:, 0] / (shop.spans()[:, 0] * (level + 0.1))
    return {
        "pinball_lead": float(lead),
        "pinball_all": float(whole),
        "scaled_lead": float(np.nanmean(scaled)) if known.any() else float("nan"),
    }


def without_nan(value: Any) -> Any:
    """The same with null for every number that could not be computed: JSON knows no NaN."""
    if isinstance(value, dict):
        return {k: without_nan(v) for k, v in value.items()}
    return None if isinstance(value, float) and not np.isfinite(value) else value


SHOWN = ("wape", "wpe", "wpe_all_rows", "wpe_after_stock_out", *_OF_A_SPREAD)


def line(row: dict[str, Any], official: str) -> str:
    """One row as text."""
    shown = "  ".join(f"{k} {row[k]:+.4f}" for k in dict.fromkeys((official, *SHOWN)))
    return f"{row['contender']:15} origin {row['origin']:5}  {shown}  cpu {row['cpu_s']:.1f} s"


def summary(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Mean over origins of each contender's scores; `abs_wpe` is the mean of |wpe|.

    `wpe_after_stock_out` is that of all origins together.
    """
    result: dict[str, dict[str, Any]] = {}
    for name in dict.fromkeys(str(r["contender"]) for r in rows):
        mine = [r for r in rows if r["contender"] == name]
        numbers = [k for k, v in mine[0].items() if isinstance(v, float)]
        for key in numbers:
            seen = [r[key] for r in mine if np.isfinite(r[key])]
            result.setdefault(name, {})[key] = float(np.mean(seen)) if seen else float("nan")
        result[name]["abs_wpe"] = float(np.mean([abs(r["wpe"]) for r in mine]))
        result[name]["wpe_after_stock_out"] = pooled_after_stock_out(mine)
        result[name]["n_origins"] = len(mine)
    return result


def pooled_after_stock_out(rows: list[dict[str, Any]]) -> float:
    """Bias after stock-outs over all origins together: single ones have a handful of them."""
    units = np.array([r["units_after_stock_out"] for r in rows])
    over = np.array([r["wpe_after_stock_out"] for r in rows])
    known = np.isfinite(over) & (units > 0)
    return float((over * units)[known].sum() / units[known].sum()) if known.any() else float("nan")


def print_summary(result: dict[str, object]) -> None:
    """Both tables, one line per contender, and the memory they took."""
    official = str(result["official"])
    for part in ("last", "earlier"):
        table = result[part]
        assert isinstance(table, dict)
        print(
            f"\n{part}: {'the held-out block' if part == 'last' else 'mean over earlier origins'}"
        )
        for name, row in table.items():
            keys = dict.fromkeys((official, *SHOWN, "cpu_s"))
            print(f"  {name:15}" + "  ".join(f"{k} {row[k]:+.4f}" for k in keys))
    print(f"\npeak memory of the process, data included, {result['peak_memory_gib']:.2f} GiB")


if __name__ == "__main__":
    main()
