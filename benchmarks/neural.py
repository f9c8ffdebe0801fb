"""How good and how dear is each network with each head, beside trees, statistics and their ensemble?

    python benchmarks/neural.py --set vn2 --data DIR --out FILE [--only "mlp quantiles" boosted stack]
    python benchmarks/neural.py --sweep 60 --data DIR --out FILE

`--data` is the folder of one data set (see `benchmarks/datasets.py`); with `--sweep`, the folder that holds
those of all. Every contender forecasts the same horizons from the same origins; periods with an empty shelf
are not judged. Whoever learns does so once, from what was known at the first origin, and looks again at the
others without learning more; the statistics are fitted at each. Trees that learned once have no spread;
`--spread` fits them once more, whole, at the last origin, and takes it from there. `stack` is the ensemble of
statistics, trees (with the spread of the statistics) and `--net`: its shares are learned at origins before the
one that is forecast. Its line holds the scores of its members, too.

One thread, and one process for each contender. A line of JSON is added to FILE for each contender; those that FILE
already holds are not run again, so that a killed run goes on. `--sweep MINUTES` runs the cells of the whole
table, most telling ones first, until so many CPU minutes are spent, and tells what is left and about what that costs.

`train s` and `infer s` are CPU seconds of learning, and of one forecast of all series with their paths.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
from rich.console import Console
from rich.table import Table

from datasets import READERS, Shop, read_shop
from onhand.demand import believe
from onhand.demand.history import DemandHistory
from onhand.evaluate import scores
from onhand.evaluate.calibration import pit_bounds, pit_coverage
from onhand.forecast import default_forecaster
from onhand.forecast.boosted import Boosted
from onhand.forecast.boosted.forecaster import FittedMean
from onhand.forecast.forecaster import FittedForecaster, Refitter
from onhand.forecast.neural import (
    CNN,
    GRU,
    LSTM,
    MLP,
    RNN,
    Binned,
    NegativeBinomial,
    Neural,
    Point,
    Quantiles,
    Training,
    Tweedie,
)
from onhand.forecast.shared import Shared
from onhand.forecast.stacked import FittedStack, Stacked
from onhand.forecast.steered import Steered

ARCHITECTURES = (MLP(), CNN(), RNN(), LSTM(), GRU())
HEADS = (Point(), Tweedie(), NegativeBinomial(), Quantiles(), Binned())
N_SAMPLES = 200
BLOCK = 1_000  # series whose paths are held at once
SHOWN = ("wape", "wpe", "rmsse", "crps", "coverage_90", "train_s", "infer_s", "epochs", "mib")
NETS = [f"{architecture.name} {head.name}" for architecture in ARCHITECTURES for head in HEADS]
ALL = "freshretailnet50k all"
LONG = 8, 60  # epochs and batches of a network that goes into an ensemble, or to all series
LONGER = 24, 60  # where there are thousands of days to learn from
SETS: dict[str, dict[str, Any]] = {  # how each set is run in a sweep
    "vn2": {"batch_size": 256},
    "online_retail": {"batch_size": 256, "stride": 4, "n_rows": 150_000},
    "m5_mini": {"batch_size": 128, "n_rows": 300_000},
    "freshretailnet50k": {
        "batch_size": 512,
        "n_series": 10_000,
        "n_origins": 2,
        "n_rows": 300_000,
    },
    ALL: {"batch_size": 512, "n_origins": 1, "n_rows": 300_000},
}


def main() -> None:
    """Read, run what is missing, and show all there is."""
    args = arguments()
    if args.sweep is None:
        shop = read_shop(args.name, args.data, limit=args.n_series)
        bench = bench_of(shop, args)
        fill(bench, args)
        show(bench)
    else:
        sweep(args)


def sweep(args: argparse.Namespace) -> None:
    """Run what is missing of the whole table until the minutes are spent, and show all there is."""
    spent, left, benches = 0.0, [], {}
    for name, contender, (n_epochs, n_steps) in cells(args.out):
        here = argparse.Namespace(**{**vars(args), **SETS[name]})
        here.name, here.n_epochs, here.n_steps = name.removesuffix(" all"), n_epochs, n_steps
        here.tag = f"{args.tag}{n_epochs}x{n_steps}"
        here.only = [contender]
        if spent >= 60 * args.sweep:
            left.append(f"{name}: {contender}")
            continue
        if (name, here.tag) not in benches:
            shop = read_shop(here.name, args.data / here.name, limit=here.n_series)
            benches[name, here.tag] = bench_of(shop, here)
        bench = benches[name, here.tag]
        if any(row["contender"] == contender for row in bench.rows()):
            continue
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        fill(bench, here)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cost = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        spent += cost
        print(f"{name}: {contender}: {cost:.0f} CPU-s; {spent / 60:.1f} min so far", flush=True)
    for bench in benches.values():
        show(bench)
    print(
        f"{spent / 60:.1f} CPU minutes; {len(left)} cells not looked at: {', '.join(left) or 'none'}"
    )


def cells(out: Path) -> Iterator[tuple[str, str, tuple[int, int]]]:
    """Set, contender, epochs and batches per epoch: every architecture and head, then their ensembles.

    The best two of 10,000 series go on to all of them, when their turn has come.
    """
    for name in ("vn2", "freshretailnet50k", "m5_mini"):
        for contender in NETS:
            yield name, contender, (4, 60 if name == "vn2" else 40)
        for contender in ("statistics", "boosted"):
            yield name, contender, LONG
    for name in ("vn2", "online_retail", "freshretailnet50k", "m5_mini"):
        yield name, "stack", LONGER if name == "m5_mini" else LONG
    lines = out.read_text().splitlines() if out.exists() else []
    rows = [json.loads(line) for line in lines]
    ranked = sorted(
        (row["wape"], row["contender"])
        for row in rows
        if (row["set"], row["n_series"]) == ("freshretailnet50k", 10_000)
        and row["contender"] in NETS
    )
    best = list(dict.fromkeys(contender for _, contender in ranked))[:2]
    for contender in ("statistics", "boosted", *best):
        yield ALL, contender, LONG


def bench_of(shop: Shop, args: argparse.Namespace) -> Bench:
    """The shop and its origins, as the arguments say."""
    stride = args.stride or shop.horizon
    last = shop.panel.n_periods - shop.horizon
    origins = [last - k * stride for k in reversed(range(args.n_origins))]
    return Bench(shop, origins, args.out, args.tag)


def fill(bench: Bench, args: argparse.Namespace) -> None:
    """Run what is missing."""
    shop, origins = bench.shop, bench.origins
    for name in contenders_of(args):
        bench.once(name, lambda name=name: run(shop, origins, name, args))
    for net in args.families:
        for name, others in families(net).items():
            bench.once(name, lambda others=others: together(bench, others))


def arguments() -> argparse.Namespace:
    """What to run, and on what."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--set", choices=sorted(READERS), dest="name")
    parser.add_argument(
        "--data", required=True, type=Path, help="folder of the data set, or of all"
    )
    parser.add_argument("--out", required=True, type=Path, help="file of results, a line each")
    parser.add_argument(
        "--tag", default="", help="a name for these settings, kept with the results"
    )
    parser.add_argument("--n-series", type=int, default=0, help="first so many (default: all)")
    parser.add_argument("--n-origins", type=int, default=4)
    parser.add_argument("--stride", type=int, default=0, help="between origins (default: horizon)")
    parser.add_argument("--n-epochs", type=int, default=8)
    parser.add_argument("--n-steps", type=int, default=60, help="batches per epoch")
    parser.add_argument("--batch-size", type=int, default=256)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--n-rows", type=int, default=1_000_000, help="examples for trees, at most")
    parser.add_argument("--only", nargs="*", help="contenders to run (default: all)")
    parser.add_argument(
        "--spread", action="store_true", help="fit the trees whole at the last origin"
    )
    parser.add_argument("--families", nargs="*", default=[], help="networks to make ensembles with")
    parser.add_argument("--net", default="mlp quantiles", choices=NETS, help="member of the stack")
    parser.add_argument("--sweep", type=float, help="run the whole table for so many CPU minutes")
    args = parser.parse_args()
    if args.name is None and args.sweep is None:
        parser.error("give --set NAME, or --sweep MINUTES for all of them")
    return args


def contenders_of(args: argparse.Namespace) -> list[str]:
    """Statistics, trees, every architecture with every head, the stack; or those of `--only`."""
    every = ("statistics", "boosted", *NETS, "stack")
    return [n for n in every if args.only is None or n in args.only]


def net_of(name: str, shop: Shop, args: argparse.Namespace) -> Neural:
    """The network of a name."""
    training = Training(
        n_epochs=args.n_epochs,
        n_steps=args.n_steps,
        batch_size=args.batch_size,
        learning_rate=2e-3,
        patience=args.n_epochs,  # the rate falls to the end, and the best check is kept
    )
    nets = [
        Neural(a, h, horizon=shop.horizon, training=training, seed=args.seed)
        for a in ARCHITECTURES
        for h in HEADS
    ]
    return next(net for net in nets if net.name == name)


@dataclass(frozen=True)
class Bench:
    """What was run so far, on disk."""

    shop: Shop
    origins: list[int]
    out: Path
    tag: str

    def rows(self) -> Iterator[dict[str, Any]]:
        """The results of this shop, these origins and this tag."""
        lines = self.out.read_text().splitlines() if self.out.exists() else []
        for row in map(json.loads, lines):
            if {k: row[k] for k in self.key} == self.key:
                yield row

    @property
    def key(self) -> dict[str, Any]:
        return {
            "set": self.shop.name,
            "n_series": self.shop.panel.n_series,
            "origins": self.origins,
            "horizon": self.shop.horizon,
            "tag": self.tag,
        }

    def once(self, name: str, work: Callable[[], tuple[dict[str, Any], np.ndarray]]) -> None:
        """Do the work in a process of its own, unless its result is there."""
        if any(row["contender"] == name for row in self.rows()):
            return
        told, means = apart(work)
        self.kept(name).parent.mkdir(parents=True, exist_ok=True)
        np.save(self.kept(name), means)
        row = {**self.key, "contender": name, **told}
        with self.out.open("a") as file:
            file.write(json.dumps(row) + "\n")
        print(name, {k: round(told[k], 4) for k in SHOWN if k in told}, flush=True)

    def kept(self, name: str) -> Path:
        """The file of the means (O, N, H) of a contender."""
        folder = self.out.with_suffix("")
        n = self.shop.panel.n_series
        return folder / f"{self.shop.name}-{n}{self.tag}" / f"{name.replace(' ', '-')}.npy"


def apart(work: Callable[[], Any]) -> Any:
    """The result of `work`, done by a child process: its memory and its threads are its own."""
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)

    def child() -> None:
        there.send(work())
        there.close()

    process = context.Process(target=child)
    process.start()
    there.close()
    told = here.recv()
    process.join()
    return told


def run(
    shop: Shop, origins: list[int], name: str, args: argparse.Namespace
) -> tuple[dict[str, Any], np.ndarray]:
    """Scores and costs of one contender over all origins, and its means (O, N, H)."""
    before = memory_mib()
    started = time.process_time()
    first = believe(shop.panel.until(origins[0]))
    told: dict[str, Any] = {}
    refitter: Refitter
    if name == "statistics":
        refitter = default_forecaster(shop.panel.frequency)
    elif name == "boosted":
        refitter = trees_of(shop, args).learn(first)
    elif name == "stack":
        refitter = stack_of(shop, args).learn(first)
    else:
        learned = net_of(name, shop, args).learn(first)
        refitter, told["epochs"] = learned, len(learned.trained.epochs)
    told["train_s"] = time.process_time() - started
    rows, means = [], []
    started = time.process_time()
    for origin in origins:
        history = believe(shop.panel.until(origin))
        fitted = refitter.fit(history)
        means.append(fitted.mean(shop.horizon))
        alone = {}
        if isinstance(fitted, FittedStack):
            alone = members_alone(shop, origin, fitted)
        rows.append(scored(shop, origin, fitted) | alone)
    told["infer_s"] = (time.process_time() - started) / len(origins)
    if (
        name == "boosted" and args.spread
    ):  # trees that learned once have no spread: those of a whole fit have
        started = time.process_time()
        whole = Boosted(horizon=shop.horizon).fit(believe(shop.panel.until(origins[-1])))
        rows[-1] |= {k: v for k, v in scored(shop, origins[-1], whole).items() if k in SPREAD}
        told["whole_fit_s"] = time.process_time() - started
    told["mib"] = memory_mib() - before
    return {**told, **mean_of(rows), "by_origin": rows}, np.stack(means)


def trees_of(shop: Shop, args: argparse.Namespace) -> Boosted:
    """The boosted forecaster."""
    return Boosted(horizon=shop.horizon, n_rows=args.n_rows)


def stack_of(shop: Shop, args: argparse.Namespace) -> Stacked:
    """Statistics, trees with the statistics' spread, and a network, each heard as its past deserves."""
    statistics = Shared(default_forecaster(shop.panel.frequency))
    trees = Steered(statistics, trees_of(shop, args), share=1.0)
    return Stacked([statistics, trees, net_of(args.net, shop, args)], horizon=shop.horizon)


def members_alone(shop: Shop, origin: int, fitted: FittedStack) -> dict[str, float]:
    """Scores and share of each member of a stack, and the WAPE of their plain mean."""
    means = [member.mean(shop.horizon) for member in fitted.members]
    told = {"wape plain": scores.wape(shop.actual(origin), np.mean(means, axis=0))}
    for name, member, share in zip(FAMILIES, fitted.members, fitted.shares, strict=True):
        told |= {f"{k} {name}": v for k, v in scored(shop, origin, member).items()}
        told[f"share {name}"] = float(share)
    return told


FAMILIES = ("statistics", "boosted", "net")
SPREAD = ("crps", "coverage_90")


def mean_of(rows: list[dict[str, float]]) -> dict[str, float]:
    """Mean over origins of each score, where it is known."""
    told = {}
    for k in rows[0]:
        known = [row[k] for row in rows if np.isfinite(row[k])]
        told[k] = float(np.mean(known)) if known else float("nan")
    return told


def memory_mib() -> float:
    """Largest memory of this process so far, MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def scored(shop: Shop, origin: int, fitted: FittedForecaster) -> dict[str, float]:
    """Errors of the mean, and of the paths, where demand (N, H) is known."""
    actual = shop.actual(origin)
    n, horizon = actual.shape
    mean = fitted.mean(horizon)
    told = {
        "wape": scores.wape(actual, mean),
        "wpe": scores.wpe(actual, mean),
        "rmsse": float(np.nanmean(scores.rmsse(actual, mean, shop.panel.sales[:, :origin]))),
        "official": shop.official[1](actual, mean, shop.panel, origin),
    }
    if isinstance(fitted, FittedMean):  # it makes no claim to be covered
        return told | dict.fromkeys(SPREAD, float("nan"))
    crps, low, high = (np.full((n, horizon), np.nan) for _ in range(3))
    for start in range(0, n, BLOCK):
        rows = slice(start, min(n, start + BLOCK))
        rng = np.random.default_rng(0)
        paths = fitted.paths(horizon, N_SAMPLES, rng=rng, rows=rows).values
        crps[rows] = scores.crps_of_each(actual[rows], paths)
        low[rows], high[rows] = pit_bounds(actual[rows], paths)
    return told | {
        "crps": float(np.nanmean(crps) / np.nanmean(actual)),
        "coverage_90": pit_coverage(low, high, 0.05, 0.95),
    }


def families(net: str) -> dict[str, list[str]]:
    """The ensembles of the statistics with others: the mean of the means, the statistics' spread."""
    return {
        "statistics + boosted": ["boosted"],
        f"statistics + {net}": [net],
        f"statistics + boosted + {net}": ["boosted", net],
    }


def together(bench: Bench, others: list[str]) -> tuple[dict[str, Any], np.ndarray]:
    """The statistics' calibrated paths, moved to the mean of the means of all."""
    shop, rows, means = bench.shop, [], []
    kept = np.mean([np.load(bench.kept(name)) for name in others], axis=0)  # (O, N, H)
    share = len(others) / (len(others) + 1)
    for origin, mean in zip(bench.origins, kept, strict=True):
        known = _Known(FittedMean(shop.panel.until(origin), mean))
        statistics = default_forecaster(shop.panel.frequency)
        fitted = Steered(statistics, known, share).fit(believe(shop.panel.until(origin)))
        means.append(fitted.mean(shop.horizon))
        rows.append(scored(shop, origin, fitted))
    return {**mean_of(rows), "by_origin": rows}, np.stack(means)


@dataclass(frozen=True)
class _Known:
    """A forecast that is already there."""

    fitted: FittedMean
    name: str = "known"

    def fit(self, history: DemandHistory) -> FittedMean:
        del history
        return self.fitted


def show(bench: Bench) -> None:
    """Print all results of this shop as one table."""
    shop = bench.shop
    table = Table(
        title=f"{shop.name}: {shop.panel.n_series:,} series, {len(bench.origins)} origins, "
        f"{shop.horizon} periods; CPU seconds {bench.tag}"
    )
    for column in ("contender", *SHOWN):
        table.add_column(column, justify="left" if column == "contender" else "right")
    for row in bench.rows():
        cells = (f"{row[k]:.4f}" if k in SHOWN[:5] else f"{row.get(k, np.nan):.1f}" for k in SHOWN)
        table.add_row(row["contender"], *("" if c == "nan" else c for c in cells))
    Console(width=130).print(table)


if __name__ == "__main__":
    main()
