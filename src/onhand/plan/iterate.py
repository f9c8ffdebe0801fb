"""Which model and which policy number should this shop use? The loop, closed.

Forecast, replay, choose, and forecast again with what was chosen: every step replays the shop's past with
one way to forecast and every number of every policy, and what it costs decides what is tried next. First
each forecaster alone, then the two best together, then weights by money, then finer numbers around the
best one. What was measured is kept in a file after each step, so that a run that was ended goes on.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

import onhand
from onhand.data.tables import Tables
from onhand.demand import believe
from onhand.demand.history import DemandHistory
from onhand.evaluate.compare import Difference, paired
from onhand.inventory.policy import Policy
from onhand.plan.arrows import arrowed
from onhand.plan.compare import windows_of
from onhand.plan.config import Config
from onhand.plan.contenders import Family, at_level, families
from onhand.plan.currency import in_its_currency
from onhand.plan.draw import draw, turnover
from onhand.plan.economics import Economics, economics
from onhand.plan.forecasters import FEWEST_FOR_TREES, forecasters_of
from onhand.plan.progress import Progress, part_of, silent
from onhand.plan.seen import panel_of
from onhand.plan.settings_file import write_atomically
from onhand.plan.snapshot import snapshot_of
from onhand.plan.stage import set_stage
from onhand.plan.trials import longest, tune_families
from onhand.plan.tune import Tuning
from onhand.plan.weigh import learns_from_weights
from onhand.plan.wording import money

__all__ = ["TUNED", "Ladder", "Step", "Tuned", "tune_shop"]

TUNED = (
    "forecast.forecaster",
    "forecast.blend",
    "arrows.weigh",
    "policy.name",
    "policy.level",
    "policy.extra_periods",
)
"""The settings that are chosen, and that an earlier choice may have changed."""

_CHEAP = (
    "statistical",
    "exponential_smoothing",
    "tsb",
    "moving_average",
    "seasonal_naive",
    "bootstrap",
)


@dataclass(frozen=True)
class Ladder:
    """What the numbers of one policy cost on the paths of one forecaster.

    settings : of each rung, by "section.key"
    labels : of each rung, for people
    costs : (K, W, G) money per rung, window and group of stock points
    """

    settings: tuple[Mapping[str, Any], ...]
    labels: tuple[str, ...]
    costs: np.ndarray[Any, np.dtype[np.float64]]

    @property
    def tuning(self) -> Tuning:
        """The same as a tuning, to ask for its best rung and for its worth on windows not tuned on."""
        return Tuning(self.labels, self.costs)  # type: ignore[arg-type]

    @property
    def unseen(self) -> float:
        """Money over all windows, each with the number chosen on the others."""
        return float(self.tuning.unseen_costs.sum())

    @property
    def best(self) -> int:
        """The rung to use now."""
        return self.labels.index(str(self.tuning.best))


@dataclass(frozen=True)
class Step:
    """One way to forecast, and what every number of every policy cost with it.

    name : of the step, such as "forecaster tsb"
    settings : that it changes, by "section.key"
    """

    name: str
    settings: Mapping[str, Any]
    ladders: tuple[Ladder, ...]

    @property
    def best(self) -> Ladder:
        """The ladder that is cheapest where it was not tuned."""
        return min(self.ladders, key=lambda ladder: ladder.unseen)


@dataclass(frozen=True)
class Tuned:
    """What the loop found.

    changes : settings that were cheapest, by "section.key"; empty where none beat those as they are
    is_told : whether the interval of the difference leaves out 0; where it does not, the settings
        should stay as they are
    why : one line for the settings file
    label : the policy that would decide
    difference : chosen minus the settings as they were, money per window on windows not tuned on
    steps : what was tried: name and cost over all windows, cheapest policy and number
    is_finished : nothing is left to try
    """

    changes: Mapping[str, Any]
    is_told: bool
    why: str
    label: str
    difference: Difference
    steps: tuple[tuple[str, float, str], ...]
    n_windows: int
    is_finished: bool


def tune_shop(
    tables: Tables,
    config: Config | None = None,
    *,
    state: Path | None = None,
    minutes: float = float("inf"),
    forecasters: Sequence[str] | None = None,
    seed: int | None = None,
    progress: Progress = silent,
    clock: Callable[[], float] = time.monotonic,
) -> Tuned:
    """Try forecasters, blends, weights and policy numbers on the past, and choose by money.

    Parameters
    ----------
    tables : Tables
    config : Config
        The settings as they are; what is chosen must beat them.
    state : where to keep what was measured; a file that is there is gone on with. None: nowhere
    minutes : no step is begun after so many; at least one is
    forecasters : names to try; unless given the quick ones, and trees where there is enough to learn from
    clock : seconds, for tests

    Raises
    ------
    HistoryError
        When the history is too short for two windows.
    """
    config = config or Config()
    seed = config.plan.seed if seed is None else seed
    begun = clock()
    history = believe(panel_of(tables, config))
    shop = _Shop(
        history,
        economics(tables, history.panel, config),
        config,
        seed,
        tuple(forecasters) if forecasters is not None else _quick(history),
    )
    key = _key(tables, config, seed, shop.names)
    steps, as_it_was = _kept(state, key)
    config_then = config if as_it_was is None else _with(config, as_it_was)
    as_it_was = as_it_was or {name: _get(config, name) for name in TUNED}
    is_finished, n_before = False, len(steps)
    while True:
        name_and_settings = next(_todo(steps, config_then, shop), None)
        if name_and_settings is None:
            is_finished = True
            break
        if len(steps) > n_before and clock() - begun >= 60 * minutes:
            break
        name, settings = name_and_settings
        progress(f"Trying {name}", 0.0)
        steps = [*steps, _tried(shop, name, settings, config_then, progress)]
        if state is not None:
            write_atomically(state, _as_text(key, as_it_was, steps))
        progress(f"Trying {name}", 1.0)
    return _found(steps, is_finished, in_its_currency(config, tables).shop.currency)


# --- what to try -------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Shop:
    """The past to replay, and on what terms."""

    history: DemandHistory
    terms: Economics
    config: Config
    seed: int
    names: tuple[str, ...]

    @property
    def n_known(self) -> float:
        """Periods of all stock points of which demand is known."""
        return float(np.isfinite(self.history.values).sum())


def _todo(
    steps: Sequence[Step], config: Config, shop: _Shop
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The steps that are not done yet, in order; later ones follow from what earlier ones cost."""
    done = {step.name for step in steps}
    now = config.forecast.forecaster
    plan: list[tuple[str, Mapping[str, Any]]] = [("the settings as they are", {})]
    names = [name for name in shop.names if name != now or config.forecast.blend]
    plan += [
        (f"forecaster {name}", {"forecast.forecaster": name, "forecast.blend": ""})
        for name in names
    ]
    yield from (step for step in plan if step[0] not in done)
    two = _two_best(steps, now)
    if len(two) == 2:
        name = f"blend of {two[0]} and {two[1]}"
        if name not in done:
            yield name, {"forecast.forecaster": two[0], "forecast.blend": two[1]}
            return
    best = min(steps[: len(plan) + 1], key=lambda step: step.best.unseen)
    weighed = _with(config, {**best.settings, "arrows.weigh": not config.arrows.weigh})
    name = f"{best.name}, {'with' if weighed.arrows.weigh else 'without'} weights by money"
    if name not in done and _learns(weighed, shop):
        yield name, {**best.settings, "arrows.weigh": weighed.arrows.weigh}
        return
    best = min((s for s in steps if "finer" not in s.name), key=lambda step: step.best.unseen)
    ladder = best.best
    name = f"finer numbers for {best.name}"
    if name not in done and "policy.level" in ladder.settings[ladder.best]:
        yield name, {**best.settings, **ladder.settings[ladder.best], "finer": True}


def _quick(history: DemandHistory) -> tuple[str, ...]:
    """Forecasters worth the time of trying, where nobody said which."""
    is_enough = int(np.isfinite(history.values).sum()) >= FEWEST_FOR_TREES
    return ("default", "boosted", *_CHEAP) if is_enough else _CHEAP


def _two_best(steps: Sequence[Step], now: str) -> list[str]:
    """The two forecasters, each alone, that led to the cheapest orders."""
    alone = {
        str(step.settings.get("forecast.forecaster", now)): step.best.unseen
        for step in steps
        if not step.settings.get("forecast.blend")
    }
    return [name for name in sorted(alone, key=lambda name: alone[name]) if name != "ensemble"][:2]


def _learns(config: Config, shop: _Shop) -> bool:
    made = forecasters_of(config.forecast, shop.history.panel.frequency, shop.n_known)
    return any(learns_from_weights(forecaster) for forecaster in made.values())


# --- trying it ---------------------------------------------------------------------------------


def _tried(
    shop: _Shop, name: str, settings: Mapping[str, Any], config: Config, progress: Progress
) -> Step:
    """The replays of one step: every number of its policies on the paths of its forecasters."""
    is_finer = bool(settings.get("finer"))
    kept = {key: value for key, value in settings.items() if key in TUNED}
    made = _with(config, kept)
    cut = windows_of(shop.history, shop.terms.terms, made).learned
    before = turnover(shop.history.until(cut[0].start), shop.terms.price)
    drawn = draw(before, config.compare.max_stock_points, shop.seed)
    supply = shop.terms.terms.rows(drawn.rows)
    if is_finer:
        ladders: tuple[Family, ...] = (_finer(made),)
    elif name == "the settings as they are":
        ladders = tuple(f for f in families(made.policy, supply) if f.name == made.policy.family)
    else:
        free = _with(made, {"policy.level": "tune", "policy.extra_periods": "tune"})
        ladders = families(free.policy, supply)
    panel = shop.history.panel
    forecasters = forecasters_of(made.forecast, panel.frequency, shop.n_known)
    stage = set_stage(
        shop.history,
        arrowed(forecasters, made.arrows, panel, shop.terms),
        shop.terms,
        made,
        drawn,
        cut,
        longest(ladders, supply),
        shop.seed,
        part_of(progress, f"Trying {name}", 0.0, 0.5),
    )
    told = tune_families(stage, cut, ladders, made, part_of(progress, f"Trying {name}", 0.5, 1.0))
    found = tuple(
        Ladder(
            settings=tuple(_settings_of(policy, t.family, kept) for policy in t.tuning.policies),
            labels=tuple(f"{policy.name}, {t.forecaster}" for policy in t.tuning.policies),
            costs=_grouped(t.tuning.costs),
        )
        for t in told
    )
    return Step(name, kept, found)


def _finer(config: Config) -> Family:
    """The chosen number between its neighbours on the ladder, halfway to each of them."""
    level = float(config.policy.level)
    now = at_level(config.policy, level, _extra_of(config))
    gap = min(level, 1 - level) / 4 if level < 1 else level / 8
    levels = [level + k * gap / 2 for k in (-2, -1, 0, 1, 2)]
    return Family(
        config.policy.family,
        tuple(at_level(config.policy, round(value, 4), now) for value in levels),
    )


def _extra_of(config: Config) -> Policy | None:
    """A policy with the configured second number, for `at_level` to take it from."""
    from onhand.decide.replenish.projected_cover import ProjectedCover

    extra = config.policy.extra_periods
    return None if extra == "tune" else ProjectedCover(0.5, int(extra), config.policy.shortage)


def _settings_of(policy: Policy, family: str, kept: Mapping[str, Any]) -> Mapping[str, Any]:
    """The settings that make this policy decide."""
    found = {**kept, "policy.name": family}
    numbers = [f.name for f in fields(policy)] if hasattr(policy, "__dataclass_fields__") else []  # type: ignore[arg-type]
    if numbers and isinstance(getattr(policy, numbers[0]), float | int):
        found["policy.level"] = float(getattr(policy, numbers[0]))
    if hasattr(policy, "extra"):
        found["policy.extra_periods"] = int(policy.extra)
    return found


def _grouped(
    costs: np.ndarray[Any, np.dtype[np.float64]], n_groups: int = 20
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Costs of groups of stock points (K, W, G), to the cent: what a file can hold."""
    starts = np.unique(np.linspace(0, costs.shape[2], n_groups + 1).astype(int)[:-1])
    return np.asarray(np.round(np.add.reduceat(costs, starts, axis=2), 2), dtype=np.float64)


# --- choosing ----------------------------------------------------------------------------------


def _found(steps: Sequence[Step], is_finished: bool, currency: str = "") -> Tuned:
    """The cheapest of all, if it beats the settings as they were on windows it was not tuned on."""
    first = steps[0].best
    best = min((step.best for step in steps), key=lambda ladder: ladder.unseen)
    difference = paired(list(best.tuning.unseen_costs), list(first.tuning.unseen_costs))
    n_windows = len(difference.per_window)
    is_better = best is not first and difference.mean < 0
    label = (best if is_better else first).labels[(best if is_better else first).best]
    between = f"{money(difference.low, currency)} to {money(difference.high, currency)}"
    is_told = is_better and difference.is_clear
    why = (
        f"{label}: {money(difference.mean, currency)} per window against the settings before ({between}), "
        f"cheaper in {difference.n_won} of {n_windows} windows of the past"
    )
    if is_better and not is_told:
        why += "; not told apart from luck"
    return Tuned(
        changes=best.settings[best.best] if is_better else {},
        is_told=is_told,
        why=why if is_better else f"nothing of {len(steps)} ways beat {label}",
        label=label,
        difference=difference,
        steps=tuple((s.name, s.best.unseen, s.best.labels[s.best.best]) for s in steps),
        n_windows=n_windows,
        is_finished=is_finished,
    )


# --- keeping it --------------------------------------------------------------------------------


def _key(tables: Tables, config: Config, seed: int, names: Sequence[str]) -> str:
    """What the measured costs depend on: they are worth nothing for other data or settings."""
    rest = _with(config, {name: _get(Config(), name) for name in TUNED}).model_dump(mode="json")
    told = json.dumps(
        [onhand.__version__, snapshot_of(tables), rest, seed, list(names)], sort_keys=True
    )
    return hashlib.sha256(told.encode()).hexdigest()


def _as_text(key: str, as_it_was: Mapping[str, Any], steps: Sequence[Step]) -> str:
    tree = {
        "key": key,
        "settings_before": dict(as_it_was),
        "steps": [
            {
                "name": step.name,
                "settings": dict(step.settings),
                "ladders": [
                    {
                        "settings": [dict(s) for s in ladder.settings],
                        "labels": list(ladder.labels),
                        "costs": ladder.costs.tolist(),
                    }
                    for ladder in step.ladders
                ],
            }
            for step in steps
        ],
    }
    return json.dumps(tree, ensure_ascii=False, allow_nan=False) + "\n"


def _kept(state: Path | None, key: str) -> tuple[list[Step], Mapping[str, Any] | None]:
    """What an earlier run measured, if it was for the same data and settings; else nothing."""
    if state is None or not state.is_file():
        return [], None
    try:
        tree = json.loads(state.read_text(encoding="utf-8"))
        if tree["key"] != key:
            return [], None
        steps = [
            Step(
                step["name"],
                step["settings"],
                tuple(
                    Ladder(tuple(la["settings"]), tuple(la["labels"]), np.asarray(la["costs"]))
                    for la in step["ladders"]
                ),
            )
            for step in tree["steps"]
        ]
    except (OSError, ValueError, KeyError, TypeError):
        return [], None
    return steps, tree["settings_before"]


def _get(config: Config, key: str) -> Any:
    section, _, name = key.partition(".")
    return getattr(getattr(config, section), name)


def _with(config: Config, changes: Mapping[str, Any]) -> Config:
    """The configuration with some settings replaced, checked as a file's would be."""
    tree = config.model_dump()
    for key, value in changes.items():
        section, _, name = key.partition(".")
        if name:
            tree[section][name] = value
    return Config.from_dict(tree)
