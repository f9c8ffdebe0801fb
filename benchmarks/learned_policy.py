"""Does a policy taught through the differentiated physics beat the one number it starts from?

Two shops. *VN2*: windows cut from the history (see `vn2.py`), every stock point with the same costs; in
each window the quantile is tuned, and the network taught, on earlier windows alone, the last two of
which are held back to say when to stop. *Mixed*: a made-up shop whose margins, lead times and demand
differ widely, with true forecasts, several seeds: there one number must be a compromise.

    python benchmarks/learned_policy.py --data DIR      # folder with the VN2 Parquet files
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
from numpy.typing import NDArray

import vn2_data as vn2
from onhand.decide.replenish import BalancedProjection, ProjectedInventory
from onhand.decide.replenish.learned import LearnedProjection
from onhand.decide.replenish.learning import Lesson, teach
from onhand.evaluate.replay import Window, replay, whole_units
from onhand.inventory.costs import Costs
from onhand.inventory.policy import Policy
from onhand.inventory.stock import Stock
from onhand.inventory.terms import SupplyTerms
from vn2 import Origins, window_of
from vn2_forecasters import forecaster_named

QUANTILES = (0.5, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
WEIGHTS = (0.5, 1.0, 2.0, 4.0, 8.0)
N_EARLIER = 5  # windows that must be known before one is judged


def main() -> None:
    """Teach, judge, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--seeds", type=int, default=4, help="mixed shops")
    args = parser.parse_args()
    result = {
        "benchmark": "learned_policy",
        "vn2": told("VN2", vn2_trials(args.data)),
        "mixed": told("mixed", [mixed_trial(seed) for seed in range(args.seeds)]),
    }
    print(json.dumps(result))


def vn2_trials(folder: Path) -> list[dict[str, Any]]:
    """One trial for every window that has enough earlier ones."""
    contests = vn2.cut_contests(vn2.read_history(folder))
    origins = Origins(forecaster_named("statistical"), 200)
    windows = [window_of(contest, origins) for contest in contests]
    places = range(N_EARLIER, len(windows))
    return [trial(windows[:k], windows[k], contests[k].name) for k in places]


def mixed_trial(seed: int) -> dict[str, Any]:
    """Five windows of a made-up shop to learn from and a sixth to be judged on."""
    return trial([mixed(seed, k) for k in range(5)], mixed(seed, 5), f"seed {seed}")


def mixed(seed: int, k: int, n: int = 300, n_periods: int = 16, n_samples: int = 100) -> Window:
    """Negative binomial demand, as forecast; margins, spreads and lead times of all kinds."""
    shop = np.random.default_rng(seed)
    mean, size = shop.lognormal(1, 1, n), shop.choice([0.3, 1.0, 20.0], n)
    lead = shop.integers(0, 4, n)
    costs = Costs.of(1.0, shop.choice([0.5, 2.0, 8.0, 40.0], n), n_series=n)
    luck = np.random.default_rng([seed, k])

    def drawn(shape: tuple[int, ...]) -> NDArray[np.int64]:
        spread = (slice(None), *[None] * (len(shape) - 1))
        return luck.negative_binomial(size[spread], (size / (size + mean))[spread], shape)

    return Window(
        opening=Stock.of(np.round(mean), np.round(mean)[:, None] * (np.arange(4) < lead[:, None])),
        forecasts=[drawn((n, n_samples, 4)).astype(np.float32) for _ in range(n_periods)],
        demand=drawn((n, n_periods)).astype(np.float64),
        terms=SupplyTerms.of(lead, n_series=n),
        costs=costs,
        first_scored=4,
    )


def trial(known: Sequence[Window], judged: Window, name: str) -> dict[str, Any]:
    """The learned policy, its start, and the critical-ratio rule, each tuned on `known`."""
    quantile = best([ProjectedInventory(q) for q in QUANTILES], known)
    balanced = best([BalancedProjection(w) for w in WEIGHTS], known)
    start = time.process_time()
    taught = teach(
        LearnedProjection(QUANTILES[quantile]),
        [lesson(w) for w in known[:-2]],
        [lesson(w) for w in known[-2:]],
        n_rounds=25,
    )
    return {
        "name": name,
        "cpu_s": time.process_time() - start,
        "is_kept": taught.is_kept,
        "start": cost(ProjectedInventory(QUANTILES[quantile]), judged),
        "learned": cost(taught.policy, judged),
        "always": cost(taught.best, judged),
        "balanced": cost(BalancedProjection(WEIGHTS[balanced]), judged),
    }


def best(policies: Sequence[Policy], windows: Sequence[Window]) -> int:
    """Which policy was cheapest on all windows together."""
    return int(np.argmin([sum(cost(p, w) for w in windows) for p in policies]))


def cost(policy: Policy, window: Window) -> float:
    """What the policy costs in the window."""
    return replay(policy, window, round_to=whole_units).total_cost


def lesson(w: Window) -> Lesson:
    """A window to learn from."""
    return Lesson(w.opening, w.forecasts, w.demand, w.terms, w.costs, w.first_scored, w.rate_after)


def told(shop: str, trials: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Prints one line per trial and the mean saving with its standard error."""
    for t in trials:
        print(
            f"{shop:6} {t['name']:12} start {t['start']:10,.0f}  learned {t['learned']:10,.0f} "
            f"({'kept' if t['is_kept'] else 'not kept'})  always {t['always']:10,.0f}  "
            f"balanced {t['balanced']:10,.0f}  {t['cpu_s']:.0f} CPU-s",
            flush=True,
        )
    for name in ("learned", "always", "balanced"):
        share = np.array([100 * (t[name] / t["start"] - 1) for t in trials])
        error = share.std(ddof=1) / np.sqrt(len(share))
        print(f"{shop:6} {name} against the start: {share.mean():+.2f} % ± {error:.2f}")
    return trials


if __name__ == "__main__":
    main()
