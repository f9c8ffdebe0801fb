"""How often does nothing sell, and how often did the forecast say so? Exact zeros, told and seen.

    python benchmarks/zeros.py --set carparts --data DIR
    python benchmarks/zeros.py --set online_retail --data DIR

The share of sample paths that are exactly 0 is the probability of no demand that a forecast tells, for a
single period and for the sum over a lead time. `told` and `seen` are its mean and the share of zeros that
came; `off` is the mean gap between them over tenths of the told probability, weighted by their size: 0 where
a zero told with 30 % comes in 30 % of the cases. Brier's score is the mean squared error of the probability.
Four origins, a lead time of three periods, a quarter of a year apart. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
from numpy.typing import NDArray

from datasets import READERS, read_shop
from onhand.data.panel import Frequency
from onhand.demand import believe
from onhand.forecast import TSB, Forecaster
from onhand.forecast.analogues import Analogues
from onhand.plan.forecasters import forecasters_for

LEAD = 3
Array = NDArray[np.float64]


def main() -> None:
    """Print a line per forecaster and span, and JSON last."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--set", choices=sorted(READERS), required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--series", type=int, default=0, help="the first so many; 0: all")
    parser.add_argument("--samples", type=int, default=300)
    options = parser.parse_args()
    shop = read_shop(options.set, options.data, limit=options.series)
    frequency, n_periods = shop.panel.frequency, shop.panel.n_periods
    origins = [n_periods - LEAD - k * frequency.quarter for k in range(4)]
    rows = []
    for name, forecaster in contenders(frequency).items():
        started = time.process_time()
        told: dict[str, list[Array]] = {"period": [], "lead": []}
        seen: dict[str, list[Array]] = {"period": [], "lead": []}
        for origin in origins:
            history = believe(shop.panel.until(origin))
            actual = shop.everything(origin)[:, :LEAD]
            is_known = np.isfinite(actual).all(axis=1)
            sold = (np.nan_to_num(shop.panel.sales[:, :origin]) > 0).any(axis=1)
            judged = is_known & sold
            rng = np.random.default_rng(origin)
            paths = forecaster.fit(history).paths(LEAD, options.samples, rng=rng).values[judged]
            told["period"].append((paths == 0).mean(axis=1).ravel())
            seen["period"].append((actual[judged] == 0).ravel())
            told["lead"].append((paths.sum(axis=2) == 0).mean(axis=1))
            seen["lead"].append(actual[judged].sum(axis=1) == 0)
        for span in told:
            said, came = np.concatenate(told[span]), np.concatenate(seen[span]).astype(float)
            rows.append({"forecaster": name, "span": span, "n": len(said)} | judge(said, came))
            rows[-1]["cpu_s"] = round(time.process_time() - started, 1)
            print(" ".join(f"{value!s:>24}" for value in rows[-1].values()), flush=True)
    print(json.dumps({"set": options.set, "origins": origins, "lead": LEAD, "rows": rows}))


def contenders(frequency: Frequency) -> dict[str, Forecaster]:
    """What a plan without trees may use, and a negative binomial beside it."""
    named = forecasters_for("statistical", frequency)
    return {**named, "analogues": Analogues(), "TSB, negative binomial": TSB()}


def judge(told: Array, came: Array) -> dict[str, float]:
    """Mean told, share seen, the gap between them by tenths of the told, and Brier's score."""
    tenth = np.minimum((told * 10).astype(int), 9)
    n = np.bincount(tenth, minlength=10)
    gaps = np.bincount(tenth, told - came, minlength=10)
    return {
        "told": round(float(told.mean()), 4),
        "seen": round(float(came.mean()), 4),
        "off": round(float(np.abs(gaps).sum() / n.sum()), 4),
        "brier": round(float(((told - came) ** 2).mean()), 4),
    }


if __name__ == "__main__":
    main()
