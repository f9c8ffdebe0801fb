"""What is bought now, and what is to be expected of it?

Where suppliers and shop ask nothing beyond packs and minimum orders, one look ahead decides every line
and judges it. Otherwise the first look proposes the lines and what their packs are worth, the orders
are fitted to the rules, and a second look at the same worlds judges what is ordered.
"""

from __future__ import annotations

import numpy as np

from onhand.decide.replenish.rounding import RoundedOrder, round_order
from onhand.forecast.forecaster import FittedForecaster
from onhand.inventory.policy import Situation
from onhand.inventory.stock import Stock
from onhand.plan.buying.buy import Bought, buy
from onhand.plan.buying.proposals import Proposal, joined, propose
from onhand.plan.buying.rules import Rules
from onhand.plan.economics import Economics
from onhand.plan.outlook import Lookahead, Outlook, look_ahead, situations
from onhand.plan.progress import Progress, silent

__all__ = ["decide"]

_CELLS = 1 << 21  # steps of worth over all stock points: 16 MiB each of worth and saving


def decide(
    fitted: FittedForecaster,
    stock: Stock,
    terms: Economics,
    rules: Rules,
    ahead: Lookahead,
    progress: Progress = silent,
) -> tuple[Bought, Outlook]:
    """The orders of every stock point and what to expect with and without them."""
    n = len(stock.on_hand)
    n_steps = int(np.clip(_CELLS // max(1, n), 32, 512))
    parts: list[Proposal] = []

    def collect(rows: slice, situation: Situation, own: RoundedOrder) -> None:
        parts.append(propose(situation, own, rules, rows, n_steps))

    if rules.is_plain:
        outlook = look_ahead(
            fitted, stock, terms.terms, terms.costs, ahead, progress, watch=collect
        )
        return Bought.plain(joined(parts), outlook.quantity), outlook
    for rows, situation in situations(fitted, stock, terms.terms, terms.costs, ahead):
        own = round_order(ahead.policy.order(situation), situation.terms, ahead.rounding)
        collect(rows, situation, own)
        progress("Proposing", rows.stop / n)
    bought = buy(joined(parts), terms.supplier, rules)
    outlook = look_ahead(
        fitted, stock, terms.terms, terms.costs, ahead, progress, quantity=bought.quantity
    )
    return bought, outlook
