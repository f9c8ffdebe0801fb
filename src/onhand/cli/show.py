"""What does a planner want to see of a result in a terminal?"""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from onhand.cli.screen import heading, out, plain, table
from onhand.data.findings import Finding
from onhand.data.tables import Tables
from onhand.plan.contest import Contest
from onhand.plan.plan import Noticed, Plan
from onhand.plan.wording import money, percent, plural, units

__all__ = ["show_contest", "show_doubts", "show_findings", "show_plan", "show_tables"]

_MARKS = {
    "error": ("✗ error", "red"),
    "warning": ("! warning", "yellow"),
    "info": ("· info", "dim"),
}
_N_SHOWN = 10
# Rules of `onhand.data` on single numbers or days that can change what is ordered.
_MOVES_ORDERS = (
    "unusual-quantity",
    "giant-quantity",
    "old-sales",
    "cut-end",
    "received-ahead",
    "last-plan-not-placed",
)


def show_tables(tables: Tables) -> None:
    """What was read, and how its columns were understood."""
    heading("What was read")
    rows = [
        (
            name,
            f"{tables.rows_in.get(name, 0):,}" if name in tables.rows_in else "",
            f"{tables.given[name].height:,}" if name in tables.given else "",
            _renaming(dict(tables.renamed.get(name, {}))),
        )
        for name in sorted({*tables.given, *tables.rows_in})
    ]
    columns = {"table": "left", "rows in": "right", "rows kept": "right", "columns": "wide"}
    out().print(table(columns, rows))
    if tables.set_aside.height:
        out().print(f"{plural(tables.set_aside.height, 'row')} set aside.")


def _renaming(names: dict[str, str]) -> str:
    changed = [f"{theirs} → {ours}" for theirs, ours in names.items() if theirs != ours]
    return ", ".join(changed)


def show_findings(findings: Sequence[Finding]) -> None:
    """What was noticed, the gravest first."""
    heading("What was found" if findings else "Nothing to complain about")
    order = list(_MARKS)
    console = out()
    for finding in sorted(findings, key=lambda f: (order.index(f.severity), f.table)):
        mark, colour = _MARKS[finding.severity]
        where = f"{finding.table}: " if finding.table else ""
        key = f"{finding.key}: " if finding.key else ""
        console.print(
            Text.assemble(
                (f"{mark:<10}", colour), plain(f"{where}{key}{finding.value}; {finding.advice}")
            )
        )


def show_plan(plan: Plan) -> None:
    """The board, the first orders, the gravest exceptions, and the replay."""
    currency, board = plan.shop.currency, plan.board
    heading(f"{plan.shop.name}: orders for {plan.made_for}")
    show_doubts(plan.findings)
    facts = [
        (
            "to order",
            f"{plural(board.n_order_lines, 'line')}, {money(board.order_value, currency)}",
        ),
        (
            "in stock (assumed)" if board.is_stock_assumed else "in stock",
            f"{money(board.stock_value, currency)} at cost, {units(board.stock_units)} units",
        ),
        (
            "on order",
            f"{money(board.on_order_value, currency)}, {units(board.on_order_units)} units",
        ),
        (
            "demand met from stock",
            f"{percent(board.expected_fill_rate)} expected with these orders, "
            f"{percent(board.expected_fill_rate_without)} without",
        ),
        (
            "margin at risk",
            f"{money(board.money_at_risk_with, currency)} with these orders, "
            f"{money(board.money_at_risk, currency)} without",
        ),
        (
            "need a look, if the assumed stock is true"
            if board.is_stock_assumed
            else "need a look",
            f"{board.n_stocked_out:,} stocked out, {board.n_at_risk:,} about to be, "
            f"{board.n_excess:,} too much, {board.n_dying:,} dying, {board.n_new:,} new",
        ),
    ]
    if board.perishing_value or board.perishing_value_with:
        facts.insert(
            -1,
            (
                "will perish",
                f"{money(board.perishing_value_with, currency)} at cost with these orders, "
                f"{money(board.perishing_value, currency)} without",
            ),
        )
    out().print(table({"": "left", " ": "wide"}, facts))
    _show_suppliers(plan)
    _show_joint(plan)
    _show_orders(plan)
    _show_exceptions(plan)
    _show_calendars(plan)
    _show_assumptions(plan)
    if plan.replay is not None:
        show_contest(plan.replay, currency)


def show_doubts(findings: Sequence[Noticed]) -> None:
    """What was found that the orders below may be wrong for: every error, and what may move an order."""
    grave = [f for f in findings if f.severity == "error"]
    grave += [f for f in findings if f.severity == "warning" and f.rule in _MOVES_ORDERS]
    for finding in grave:
        mark, colour = _MARKS[finding.severity]
        said = f"{finding.table}: {finding.example}; {finding.advice}"
        out().print(Text.assemble((f"{mark:<10}", colour), plain(said)))
    n_more = sum(f.severity == "warning" for f in findings) - sum(
        f.severity == "warning" for f in grave
    )
    if grave and n_more:
        out().print(f"{plural(n_more, 'more warning')}: onhand check shows them.")


def _show_orders(plan: Plan) -> None:
    if not plan.orders:
        heading("Nothing to order")
        return
    top = sorted(plan.orders, key=lambda line: -line.money_at_risk_without)[:_N_SHOWN]
    of = f", the first {len(top)} of {len(plan.orders):,}" if len(plan.orders) > len(top) else ""
    heading(f"Orders by margin at risk{of}")
    currency = plan.shop.currency
    where = {"location": "left"} if plan.shop.n_locations > 1 else {}
    columns = {
        "item": "left",
        **where,
        "title": "title",
        "order": "right",
        "due": "left",
        "cost": "right",
        "stock-out risk": "right",
        "margin at risk": "right",
    }
    rows = [
        (
            line.item,
            *([line.location] if where else []),
            line.title if line.kind == "order" else f"{line.kind}: {line.title}",
            units(line.quantity),
            line.due_date,
            money(line.cost, currency),
            f"{percent(line.stockout_probability_without)} → "
            f"{percent(line.stockout_probability_with)}",
            f"{money(line.money_at_risk_without, currency)} → "
            f"{money(line.money_at_risk_with, currency)}",
        )
        for line in top
    ]
    out().print(table(columns, rows))


def _show_suppliers(plan: Plan) -> None:
    """The orders as they leave: one per supplier. One supplier needs no table of its own."""
    if len(plan.supplier_orders) < 2 and not any(t.rules for t in plan.supplier_orders):
        return
    heading("Orders by supplier")
    rows = [
        (
            total.supplier,
            total.order_date,
            f"{total.n_lines:,}",
            money(total.value, plan.shop.currency),
            f"{total.weight:,.10g}" if total.weight else "",
            f"{total.volume:,.10g}" if total.volume else "",
            ", ".join(name.replace("_", " ") for name in total.rules),
        )
        for total in plan.supplier_orders
    ]
    columns = {
        "supplier": "left",
        "order on": "left",
        "lines": "right",
        "value": "right",
        "weight": "right",
        "volume": "right",
        "shaped by": "left",
    }
    out().print(table(columns, rows))


def _show_joint(plan: Plan) -> None:
    """What was chosen for many lines at once, and how good it is."""
    if not plan.joint:
        return
    heading("Chosen together")
    rows = [(choice.what, ", ".join(choice.suppliers), choice.sentence) for choice in plan.joint]
    out().print(table({"what": "left", "supplier": "left", "how": "wide"}, rows))


def _show_exceptions(plan: Plan) -> None:
    if not plan.exceptions:
        return
    heading(f"Need a look, by money at stake (of {len(plan.exceptions):,})")
    where = {"location": "left"} if plan.shop.n_locations > 1 else {}
    rows = [
        (
            trouble.kind.replace("_", " "),
            trouble.item,
            *([trouble.location] if where else []),
            trouble.sentence,
        )
        for trouble in plan.exceptions[: _N_SHOWN // 2]
    ]
    out().print(table({"what": "left", "item": "left", **where, "why": "wide"}, rows))


def _show_calendars(plan: Plan) -> None:
    """How often to order from whom, where another cycle would save something."""
    saving = [calendar for calendar in plan.calendars if calendar.saved > 0]
    if not saving:
        return
    is_used = saving[0].is_used
    heading(
        "Order cycles this plan is made with"
        if is_used
        else 'Cheaper order cycles (to plan with them: --set supply.cycles="proposed")'
    )
    rows = [
        (
            calendar.supplier,
            f"{units(calendar.every_days_now)} days",
            f"{units(calendar.every_days)} days",
            plural(len(calendar.slower), "item") if calendar.slower else "",
            money(calendar.saved, plan.shop.currency),
        )
        for calendar in saving[:_N_SHOWN]
    ]
    columns = {
        "supplier": "left",
        "now every": "right",
        "better every": "right",
        "less often still": "right",
        "saves a year": "right",
    }
    out().print(table(columns, rows))


def _show_assumptions(plan: Plan) -> None:
    heading("What was assumed (change it in onhand.toml)")
    rows = [
        (note.key, f"{note.value} {note.unit}".strip(), note.why)
        for note in plan.assumptions
        if note.source != "file"
        or note.key == "policy.level"  # what made the orders is always told
    ]
    out().print(table({"setting": "left", "value": "wide", "why": "wide"}, rows))


def show_contest(contest: Contest, currency: str) -> None:
    """Who would have cost what, and how sure the difference is."""
    heading(f"Replay of {contest.first_date} to {contest.last_date}, {contest.origins} reviews")
    ranked = sorted(contest.contenders.items(), key=lambda entry: entry[1].total)
    columns = {
        "policy": "wide",
        "cost": "right",
        "holding": "right",
        "lost margin": "right",
        "filled": "right",
        "dearer than default (95 %)": "left",
    }
    rows = [
        (
            who.label,
            money(who.total, currency),
            money(who.holding + who.ordering, currency),
            money(who.shortage, currency),
            f"{who.fill_rate:.1%}",
            _margin(contest, name, currency),
        )
        for name, who in ranked
    ]
    out().print(table(columns, rows))
    out().print(Text(plain(contest.note), style="dim"))


def _margin(contest: Contest, name: str, currency: str) -> str:
    margin = contest.differences.get(name)
    if margin is None:
        return "this is the default"
    between = f"{money(margin.low, currency)} to {money(margin.high, currency)}"
    return f"{money(margin.mean, currency)} ({between})"
