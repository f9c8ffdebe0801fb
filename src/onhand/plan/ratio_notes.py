"""What do the weights of the tutorials' objective ask for, and what does that choice cost?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from onhand.decide.replenish.ratio import RatioObjective, exact_ratio, search_ratio
from onhand.errors import ConfigError
from onhand.optimize.minimize import Minimum
from onhand.optimize.stop import Evaluations
from onhand.plan.config import PolicySettings
from onhand.plan.contest import Contest
from onhand.plan.outlook import views
from onhand.plan.plan import Assumption
from onhand.plan.wording import money, percent, plural
from onhand.plan.workings import Workings

__all__ = ["ratio_notes"]

_MONEY_RULE = "projected_inventory"
_MOST_SEARCHED = 1000  # stock points given to the genetic algorithm
_POPULATION, _GENERATIONS = 50, 100  # what the tutorials use


def ratio_notes(work: Workings, contest: Contest | None) -> tuple[Assumption, ...]:
    """The service that the weights imply and its price; nothing where money is the objective.

    Raises
    ------
    ConfigError
        When the genetic algorithm is asked for and pymoo is not installed.
    """
    settings = work.config.policy
    if settings.objective == "money":
        return ()
    notes = [
        _note("policy.objective", "ratio", _implied(work.outlook.quantile, settings)),
        _note("policy.objective", "its price", _price(contest, work.config.shop.currency)),
    ]
    if settings.ratio_solver == "both":
        notes.append(_note("policy.ratio_solver", "both", _beside(work, settings)))
    return tuple(notes)


def _note(key: str, value: str, why: str) -> Assumption:
    return Assumption(key, value, "", "config", why)


def _implied(asked: NDArray[np.float64], settings: PolicySettings) -> str:
    low, middle, high = np.quantile(asked, (0.1, 0.5, 0.9))
    weights = (
        f"alpha {settings.ratio_alpha:g}, beta {settings.ratio_beta:g} and gamma "
        f"{settings.ratio_gamma:g}"
    )
    said = (
        f"{weights} ask for no stock-out in {percent(float(middle))} of cases at the middle stock "
        f"point, {percent(float(low))} to {percent(float(high))} at the middle 80%"
    )
    n_unstocked = int((asked == 0).sum())
    if n_unstocked:
        said += f"; {n_unstocked} of {len(asked)} are not worth stocking by these weights"
    return said + ". Price and cost of an item play no part in it"


def _price(contest: Contest | None, currency: str) -> str:
    """What the choice cost on the replayed past beside the default objective."""
    if contest is None or _MONEY_RULE not in contest.differences:
        return "the history is too short to replay it beside the objective in money"
    ours, other = contest.contenders[contest.default], contest.contenders[_MONEY_RULE]
    margin = contest.differences[_MONEY_RULE]  # above 0: the rival was dearer
    between = f"{money(-margin.high, currency)} to {money(-margin.low, currency)}"
    word = "more" if margin.mean < 0 else "less"
    return (
        f"replayed from {contest.first_date} to {contest.last_date} it cost "
        f"{money(ours.total, currency)} and filled {ours.fill_rate:.1%} of demand; the objective in "
        f"money ({other.label}) cost {money(other.total, currency)} and filled "
        f"{other.fill_rate:.1%}. So the ratio costs {money(abs(margin.mean), currency)} {word} "
        f"(its cost minus the other's, 95%: {between})"
    )


def _beside(work: Workings, settings: PolicySettings) -> str:
    """How far the tutorials' search stays behind the quantile, on the plan's own worlds.

    Begun anywhere, as they teach it, and begun from the quantile, which is how a search should begin where
    an answer is known.
    """
    objective = RatioObjective(settings.ratio_alpha, settings.ratio_beta, settings.ratio_gamma)
    samples = _interval_demand(work)
    exact = exact_ratio(samples, objective)
    cold = _searched(samples, objective, work.ahead.seed, start=None)
    warm = _searched(samples, objective, work.ahead.seed, start=exact.candidate)
    return (
        f"on {plural(len(samples), 'stock point')} the quantile reaches {exact.cost:,.6g}; a genetic "
        f"algorithm (population {_POPULATION}, {_GENERATIONS} generations) begun anywhere reaches "
        f"{cold.cost:,.6g}, a gap of {_gap(cold)}, and asks for "
        f"{float(np.abs(cold.candidate - exact.candidate).mean()):,.1f} units more or less per "
        f"stock point; begun from the quantile it reaches {warm.cost:,.6g}, a gap of {_gap(warm)}. "
        "The quantile decides"
    )


def _gap(found: Minimum) -> str:
    """How far above the exact answer it is; that of a cost of 0 is none."""
    return f"{found.gap or 0.0:.2%}"


def _searched(
    samples: NDArray[np.float64],
    objective: RatioObjective,
    seed: int,
    start: NDArray[np.float64] | None,
) -> Minimum:
    from onhand.optimize.methods import GeneticAlgorithm

    try:
        return search_ratio(
            samples,
            objective,
            GeneticAlgorithm(_POPULATION),
            Evaluations(_POPULATION * _GENERATIONS),
            rng=np.random.default_rng(seed),
            start=start,
        )
    except ModuleNotFoundError as error:
        raise ConfigError(
            'policy.ratio_solver = "both" needs pymoo: pip install "onhand[search]", or set it to '
            '"exact"'
        ) from error


def _interval_demand(work: Workings) -> NDArray[np.float64]:
    """Demand over the protection interval of the first stock points in every world, (n, S)."""
    terms, costs = work.economics.terms, work.economics.costs
    parts: list[NDArray[np.float64]] = []
    for _, view in views(work.fitted, work.stock, terms, costs, work.ahead):
        known = view.now
        periods = np.arange(known.paths.shape[2])
        inside = periods < known.terms.protection_interval[:, None]  # (n, H)
        parts.append(np.einsum("nsh,nh->ns", known.paths, inside, dtype=np.float64))
        if sum(len(part) for part in parts) >= _MOST_SEARCHED:
            break
    return np.concatenate(parts)[:_MOST_SEARCHED]
