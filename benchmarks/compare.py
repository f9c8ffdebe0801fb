"""What does each arrow between forecast and decision earn on public data?

`onhand compare`'s own measurement, on two shops with recorded stock-outs, with costs stated here:

- `vn2`: 599 store x product pairs, weekly, by the rules of the VN2 competition: lead time two full
  weeks, a review every week, 0.2 per unit left and 1 per unit short. Only the history before the
  competition is used; windows follow each other, stock is carried, and what is left at the very end
  is charged until it is sold (the competition gave it away).
- `freshretailnet50k`: a random draw of its daily series. Fresh goods: ordered every evening, on sale
  the day after tomorrow's opening (lead time 1 day), 1 per unit short and 0.25 per unit left at the
  end of a day, in tenths of a unit. The data set states no costs; these are ours.

    python benchmarks/compare.py --set vn2 --data DIR [--out FOLDER]
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np

import vn2_data as vn2
from onhand.cli.show_comparison import show_comparison
from onhand.data.panel import Panel
from onhand.data.tables import Tables
from onhand.demand import believe
from onhand.inventory.costs import Costs
from onhand.inventory.terms import SupplyTerms
from onhand.plan.compare import compare_arrows
from onhand.plan.config import Config
from onhand.plan.economics import Economics, economics
from onhand.plan.forecasters import forecasters_for
from onhand.plan.report.comparison import write_comparison

SETTINGS = {
    "vn2": {
        "shop": {"name": "VN2", "currency": "EUR"},
        "policy": {"rounding": "nearest", "extra_periods": 0},
        "compare": {"windows": 6, "days": 56, "tuning_days": 91},
    },
    "freshretailnet50k": {
        "shop": {"name": "FreshRetailNet-50K", "currency": ""},
        "policy": {"rounding": "nearest", "extra_periods": 0},
        "stock": {"cover_days": 3},
        "compare": {"windows": 4, "days": 7, "tuning_days": 14},
    },
}


def priced(panel: Panel, config: Config, costs: Costs, terms: SupplyTerms) -> Economics:
    """Stated costs and terms; a unit costs 1, so that stock is told in units."""
    plain = economics(Tables(), panel, config)
    return replace(plain, costs=costs, terms=terms, unit_cost=np.ones(panel.n_series))


def vn2_shop(folder: Path, config: Config, n: int) -> tuple[Panel, Economics]:
    """The competition's pairs (the first n), before its first week."""
    panel = vn2.read_history(folder)
    panel = panel.rows(slice(0, n))
    return panel, priced(panel, config, vn2.costs(panel.n_series), vn2.terms(panel.n_series))


def fresh_shop(folder: Path, config: Config, n: int, seed: int) -> tuple[Panel, Economics]:
    """n series of FreshRetailNet-50K drawn at random, with the share of usual sales in stock."""
    from datasets import freshretailnet50k

    panel = freshretailnet50k(folder, None).panel
    rows = np.sort(np.random.default_rng(seed).choice(panel.n_series, n, replace=False))
    panel = panel.rows(rows)
    costs = Costs.of(holding_cost=0.25, shortage_cost=1.0, n_series=n)
    terms = SupplyTerms.of(1, pack_size=0.1, n_series=n)
    return panel, priced(panel, config, costs, terms)


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--set", choices=list(SETTINGS), required=True)
    parser.add_argument("--data", type=Path, required=True, help="folder with the Parquet files")
    parser.add_argument("--forecaster", default="default", help="as in [forecast] forecaster")
    parser.add_argument("--n", type=int, default=1000, help="stock points at most")
    parser.add_argument("--samples", type=int, default=100, help="worlds at each past review")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="folder for compare.html and compare.json")
    return parser.parse_args(argv)


def main() -> None:
    """Compare, print, and end with one line of JSON."""
    args = arguments()
    started = time.process_time(), time.perf_counter()
    config = Config.from_dict(
        {
            **SETTINGS[args.set],
            "replay": {"n_samples": args.samples},
            "arrows": {"weigh": False},
            "plan": {"seed": args.seed},
        }
    )
    if args.set == "vn2":
        panel, terms = vn2_shop(args.data, config, args.n)
    else:
        panel, terms = fresh_shop(args.data, config, args.n, args.seed)
    history = believe(panel)
    n_known = float(np.isfinite(history.values).sum())
    forecasters = forecasters_for(args.forecaster, panel.frequency, n_known)
    found = compare_arrows(history, forecasters, terms, config)
    show_comparison(found)
    if args.out:
        write_comparison(found, args.out / "compare.html")
        (args.out / "compare.json").write_text(found.to_json(), encoding="utf-8")
    told = {
        judgement.demand: {
            p.name: {
                "total": round(p.total, 1),
                "fill_rate": p.fill_rate,
                "mean_stock": p.inventory_units,
                **(
                    {
                        "earned": round(p.earned.mean, 1),
                        "low": round(p.earned.low, 1),
                        "high": round(p.earned.high, 1),
                        "share": p.earned.share,
                    }
                    if p.earned
                    else {}
                ),
            }
            for p in judgement.pipelines
        }
        for judgement in found.judgements
    }
    cpu_s, wall_s = time.process_time() - started[0], time.perf_counter() - started[1]
    print(
        json.dumps(
            {
                "benchmark": "compare",
                "set": args.set,
                "stock_points": panel.n_series,
                "results": told,
                "cpu_s": round(cpu_s, 1),
                "wall_s": round(wall_s, 1),
            }
        )
    )


if __name__ == "__main__":
    main()
