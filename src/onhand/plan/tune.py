"""Which policy number, and which policy, would have been cheapest on the shop's own past?

One or two numbers for the whole shop, chosen on several past windows: enough to catch most of what
there is to gain, too few to fit noise; where margins differ, one for each third (`onhand.plan.margins`).
The policy is told the decision costs, the replay charges the scoring costs. A plan takes the same for both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from onhand.errors import HistoryError
from onhand.evaluate.compare import Difference, paired
from onhand.evaluate.replay import RoundTo, Window, replay
from onhand.inventory.costs import Costs
from onhand.inventory.policy import Policy
from onhand.optimize.ladder import valley

__all__ = ["Choice", "Tuning", "choose", "tune"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Tuning:
    """What each candidate of one family cost in each window.

    policies : K candidates, in the order of their number
    costs : (K, W, N) money, scored cost per candidate, window and stock point
    """

    policies: tuple[Policy, ...]
    costs: Array

    @property
    def totals(self) -> Array:
        """Cost of each candidate in each window, (K, W)."""
        return np.asarray(self.costs.sum(axis=2))

    @property
    def best(self) -> Policy:
        """The candidate at the bottom of the smoothed mean cost over all windows."""
        return self.policies[valley(self.totals.mean(axis=1))]

    @property
    def best_costs(self) -> Array:
        """The cost of `best` in the windows it was chosen on, (W, N): optimistic."""
        return np.asarray(self.costs[self.policies.index(self.best)])

    def without(self, window: int) -> Tuning:
        """The same tuning as if one window had not been there."""
        return Tuning(self.policies, np.delete(self.costs, window, axis=1))

    @property
    def unseen_costs(self) -> Array:
        """Cost in each window of the candidate chosen on all *other* windows, (W, N).

        What tuning is worth, rather than how well it can fit. With one window there are no
        others: the number is then judged where it was chosen.
        """
        n_windows = self.costs.shape[1]
        if n_windows == 1:
            return self.best_costs
        chosen = [self.policies.index(self.without(w).best) for w in range(n_windows)]
        return np.stack([self.costs[k, w] for w, k in enumerate(chosen)])


@dataclass(frozen=True)
class Choice:
    """The policy to use, and why.

    policy : Policy
    is_fallback : bool
        True when the preferred family did not beat the guard on unseen windows.
    difference : preferred minus guard on unseen windows, in money; below 0: preferred is cheaper
    sentence : the same for people
    """

    policy: Policy
    is_fallback: bool
    difference: Difference
    sentence: str


def tune(
    policies: Sequence[Policy],
    windows: Sequence[Window],
    *,
    decide_costs: Costs | None = None,
    round_to: RoundTo | None = None,
    shortage: Literal["lost_sales", "backorder"] = "lost_sales",
) -> Tuning:
    """The cost of every candidate in every window; all of them see the same forecasts.

    Parameters
    ----------
    policies : one family, in the order of the number that is tuned
    windows : past windows with the same stock points
    decide_costs, round_to, shortage
        As in `onhand.evaluate.replay.replay`.

    Raises
    ------
    HistoryError
        When there is no candidate or no window.
    """
    if not policies or not windows:
        raise HistoryError(
            f"{len(policies)} policies and {len(windows)} windows to tune on; give at least one of "
            "each, or shorten the windows so that the history holds some"
        )
    costs = [
        [
            replay(
                policy, window, decide_costs=decide_costs, round_to=round_to, shortage=shortage
            ).cost_by_series
            for window in windows
        ]
        for policy in policies
    ]
    return Tuning(tuple(policies), np.asarray(costs))


def choose(
    preferred: Tuning,
    guard: Tuning,
    unseen: tuple[Array, Array] | None = None,
    policy: Policy | None = None,
) -> Choice:
    """The best of `preferred`, unless it costs more than `guard` on windows it was not tuned on.

    The guard is tuned coverage: a rule that any spreadsheet can follow. A clever rule that does
    not beat it on the shop's own past has no business deciding there.

    unseen : costs (W, N) of both on windows that had no say in what was chosen, where more was chosen
        than a number of these two: among many, the cheapest on all windows was lucky on each of them
    policy : what is preferred, where it is made of several numbers of the family; else its best one
    """
    ours_now = policy or preferred.best
    ours, theirs = unseen or (preferred.unseen_costs, guard.unseen_costs)
    difference = paired(list(ours), list(theirs))
    is_fallback = difference.mean >= 0
    used = guard.best if is_fallback else ours_now
    n_windows = len(difference.per_window)
    verdict = "did not beat" if is_fallback else "beat"
    sentence = (
        f"{ours_now.name} {verdict} {guard.best.name} out of sample: "
        f"{difference.mean:+,.2f} per window ({difference.low:+,.2f} to {difference.high:+,.2f}), "
        f"cheaper in {difference.n_won} of {n_windows}; using {used.name}."
    )
    return Choice(used, is_fallback, difference, sentence)
