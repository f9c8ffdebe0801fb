"""What should be ordered, and why? The plan: frozen, complete, and the same bytes every time.

Every number in the report, in `orders.csv` and in `onhand explain` comes from here. Money is in the
shop's currency and rounded to cents when the plan is made, units to hundredths, shares to
ten-thousandths: the totals are sums of the numbers as printed, so that anyone can check them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from onhand.errors import ReadError
from onhand.plan.card import Card
from onhand.plan.contest import Contest

__all__ = [
    "Assumption",
    "Board",
    "Calendar",
    "Frontier",
    "FrontierPoint",
    "Increment",
    "IntervalDemand",
    "JointChoice",
    "MatrixCell",
    "NextPack",
    "Noticed",
    "OfferCompared",
    "OrderLine",
    "Part",
    "Plan",
    "PointOutlook",
    "Reason",
    "ShopFacts",
    "Sold",
    "SupplierTotal",
    "Trouble",
]


@dataclass(frozen=True, slots=True)
class ShopFacts:
    """Whose plan it is, and on how much history it stands.

    frequency : `day`, `week` or `month`, the length of a period
    periods : number of past periods
    first_date, last_date : first day of the first and of the last past period, ISO
    n_series : number of stock points
    source_note : where the data came from, and its credit; empty: not said
    """

    name: str
    currency: str
    frequency: str
    periods: int
    first_date: str
    last_date: str
    n_items: int
    n_locations: int
    n_series: int
    source_note: str


@dataclass(frozen=True, slots=True)
class Assumption:
    """Something the plan needed, where its value came from, and why.

    source : `assumed` (nobody said), `config` (stated in onhand.toml) or `file` (read from a table)
    """

    key: str
    value: str
    unit: str
    source: str
    why: str


@dataclass(frozen=True, slots=True)
class Noticed:
    """A finding about the data, as the plan keeps it.

    severity : `error` (rows set aside), `warning` (read with a doubt) or `info`
    count : rows it concerns
    example : one place where it happens
    """

    severity: str
    table: str
    rule: str
    count: int
    example: str
    advice: str


@dataclass(frozen=True, slots=True)
class Board:
    """The shop at a glance.

    stock_value, stock_units : on hand now, at unit cost
    on_order_units, on_order_value : ordered before this plan and not yet received
    order_value, order_units, n_order_lines : this plan's orders; sums over its lines
    expected_fill_rate, expected_fill_rate_without : share 0..1 of the demand of the next protection
        interval that is met from stock, with and without this plan's orders
    money_at_risk, money_at_risk_with : margin expected to be lost in the next protection interval at
        all stock points, ordered or not, without and with these orders
        without and with this plan's orders; sums over its lines
    n_stocked_out, n_at_risk, n_excess, n_new, n_dying, n_ok : stock points by status; sum to all
    excess_value : money tied up in units that are not expected to sell within the excess limit; the
        sum of `money` over stock points in excess
    perishing_value, perishing_value_with : expected to be thrown away within the horizon, at unit cost,
        without and with this plan's orders
    is_stock_assumed : whether nobody said what is in stock, so that every stock figure is an assumption
    """

    stock_value: float
    stock_units: float
    on_order_value: float
    on_order_units: float
    order_value: float
    order_units: float
    n_order_lines: int
    expected_fill_rate: float
    expected_fill_rate_without: float
    money_at_risk: float
    money_at_risk_with: float
    n_stocked_out: int
    n_at_risk: int
    n_excess: int
    n_new: int
    n_dying: int
    n_ok: int
    excess_value: float
    perishing_value: float = 0.0
    perishing_value_with: float = 0.0
    is_stock_assumed: bool = False


@dataclass(frozen=True, slots=True)
class IntervalDemand:
    """Demand over the protection interval, units: its mean, median, and quantile at the target."""

    mean: float
    p50: float
    target: float


@dataclass(frozen=True, slots=True)
class Increment:
    """Units that a constraint (`minimum_order`, `pack_size`, …) added to the need; below 0: took away."""

    constraint: str
    units: float


@dataclass(frozen=True, slots=True)
class Reason:
    """Why this quantity: the same numbers that made it.

    quantile : share 0..1 of worlds that the target covers; null: the policy has none
    on_hand, on_order : units now, and ordered before this plan
    projected_stock : units expected to be there for the periods that this order must cover
    target : units wanted there: the demand of those periods at the quantile
    besides : what else the need consists of: units owed to customers, what will perish of the stock, and
        what comes of stock and demand varying together;  target - projected_stock + besides = need
    need : units before the supplier's constraints;  need + increments = quantity
    """

    policy: str
    quantile: float | None
    demand_over_protection_interval: IntervalDemand
    on_hand: float
    on_order: float
    projected_stock: float
    target: float
    need: float
    increments: tuple[Increment, ...]
    quantity: float
    besides: tuple[Increment, ...] = ()


@dataclass(frozen=True, slots=True)
class OfferCompared:
    """One supplier's offer for a stock point, as it was judged against the others.

    quantity : units that would be ordered on its terms;  unit_cost : money per unit at that quantity
    cost : expected money over so many `periods`, until the slowest offer's next order could help; the sum of
        premium (above the cheapest unit cost), order (placing it), transit (held on the way),
        shelf (held in the shop), shortage (margin lost until the next order can come) and bridge
    bridge : below 0: what a small order from a faster supplier, `bridged_by`, saves until this comes
    """

    supplier: str
    quantity: float
    unit_cost: float
    lead_time_days: float
    cost: float
    premium: float
    order: float
    transit: float
    shelf: float
    shortage: float
    bridge: float = 0.0
    bridged_by: str = ""
    periods: float = 0.0


@dataclass(frozen=True, slots=True)
class SupplierTotal:
    """One supplier's order as a whole, ready to be sent; sums over its lines.

    weight, volume : of the order, in the unit of the items table
    rules : what shaped the order as a whole, such as `minimum_value`; empty: nothing did
    units_added, units_taken : by those rules
    """

    supplier: str
    order_date: str
    due_date: str
    n_lines: int
    units: float
    value: float
    weight: float
    volume: float
    money_at_risk: float
    rules: tuple[str, ...]
    units_added: float
    units_taken: float
    sentence: str


@dataclass(frozen=True, slots=True)
class NextPack:
    """A row of the buy list: the next packs of one stock point, in the order in which money should buy them.

    worth : money that they are expected to earn: margin saved minus holding
    total : money spent down to here;  is_ordered : whether this plan orders them
    """

    rank: int
    item: str
    location: str
    title: str
    supplier: str
    units: float
    cost: float
    worth: float
    total: float
    is_ordered: bool


@dataclass(frozen=True, slots=True)
class FrontierPoint:
    """What so much money buys: margin saved and share of demand met in the next protection interval."""

    spend: float
    margin_saved: float
    fill_rate: float


@dataclass(frozen=True, slots=True)
class Frontier:
    """Service against investment: `today` without orders, `chosen` this plan, and the `curve` through both.

    Up to the plan the curve buys the plan's own packs, in the order in which a smaller budget would; beyond
    it, the packs that are worth most next, or, where a supplier or the shop asks something of orders as a
    whole, orders that they would accept. All are judged as the plan is, before freight and fees.
    """

    curve: tuple[FrontierPoint, ...]
    today: FrontierPoint
    chosen: FrontierPoint


@dataclass(frozen=True, slots=True)
class Calendar:
    """How often a supplier is ordered from, and how often would be cheapest.

    every_days_now, every_days : days between its orders, as stated and as proposed
    cost_now, cost, saved : money per year of orders, lines, containers and stock;  saved = cost_now - cost
    bound : money per year that no cycles can undercut
    slower : (item, location, days) of those that need not be in every order
    is_used : whether this plan is made with it
    """

    supplier: str
    n_items: int
    every_days_now: float
    every_days: float
    cost_now: float
    cost: float
    saved: float
    bound: float
    slower: tuple[tuple[str, str, float], ...]
    is_used: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class JointChoice:
    """Something chosen for many lines at once, how it was found, and how good it is.

    what : `containers`, the contents of a supplier's containers; `budget`, `space` or `budget and space`,
        what these leave of all orders where they bind; `suppliers`, who delivers what now; or `suppliers
        and cycles`, who should deliver what in the long run, and how often
    suppliers : whose containers; who was chosen among; none where it is all of them
    method : `solver`, proven; `rule`: the plain rule was as good, or the solver had too little time;
        `search`: likewise, but a search did better; `last plan`: what it had packed is kept
    is_proven : whether the solver finished, so that the bound is a tight one
    n_containers : of containers; 0: the order waits
    chosen, by_rule : expected money: what the contents or the orders earn, freight and orders paid; or what the
        deliveries cost beyond the goods at the cheapest price, margin lost included (a year's, for cycles)
    saved : money better than by the plain rule (contents ranked one by one; the cheapest supplier of each
        item by itself)
    bound : money that no other choice can beat; null: unknown
    items : (item, location, supplier) as proposed for the long run;  days : (supplier, days between orders)
    """

    what: str
    suppliers: tuple[str, ...]
    method: str
    is_proven: bool
    n_containers: int
    chosen: float
    by_rule: float
    saved: float
    bound: float | None
    sentence: str
    items: tuple[tuple[str, str, str], ...] = ()
    days: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One line to order from one supplier for one stock point.

    id : stable name of the line within this plan
    cost : quantity × unit_cost, money
    order_date, due_date : ISO; the due date is the day promised, never before the order date
    late_date : ISO; the day by which it is there in the share of cases that
        `supply.lead_time_quantile` asks for, by the supplier's record of deliveries
    cover_without, cover_with : periods that stock on hand and on order lasts at expected demand;
        null: longer than can be said (nothing is expected to sell)
    stockout_probability_without, …_with : share 0..1 of worlds with a stock-out within the protection
        interval
    money_at_risk_without, …_with : margin expected to be lost in the protection interval
    offers : the suppliers compared, where several offer the item
    kind : `order`; `bridge`: a small order from a fast supplier beside the one from a slow supplier; or
        `split`: what the chosen supplier cannot deliver, from a second one
    """

    id: str
    supplier: str
    item: str
    location: str
    title: str
    quantity: float
    unit_cost: float
    cost: float
    order_date: str
    due_date: str
    cover_without: float | None
    cover_with: float | None
    stockout_probability_without: float
    stockout_probability_with: float
    money_at_risk_without: float
    money_at_risk_with: float
    reason: Reason
    sentence: str
    offers: tuple[OfferCompared, ...] = ()
    late_date: str = ""
    kind: str = "order"


@dataclass(frozen=True, slots=True)
class Part:
    """One part of an expected demand: units per period that `group` adds; below 0: takes away.

    group : `level`, `season`, `calendar`, `price and promotion`, `stock status` (what empty shelves
        hid), `life cycle` (comparable items; the chance of being over), `other signals` or `past errors`
    """

    group: str
    units: float


@dataclass(frozen=True, slots=True)
class Sold:
    """Units sold per period, on the average of a stretch of the past; null: it was not there.

    month, quarter, year : of the last 28 days, 91 days and year, or what there is of them
    year_ago : of the periods of last year that the plan looks ahead to now
    n_unknown : periods of the last quarter that say nothing of demand: empty shelf, closed, not believed
    """

    month: float | None
    quarter: float | None
    year: float | None
    year_ago: float | None
    n_unknown: int


@dataclass(frozen=True, slots=True)
class PointOutlook:
    """One stock point: what it is, what is there, and what to expect when nothing is ordered.

    abc : `A`, `B` or `C` by revenue;  xyz : `X`, `Y` or `Z` by how regular demand is
    demand_class : `smooth`, `erratic`, `intermittent`, `lumpy` or `none`
    status : `stocked_out`, `at_risk`, `excess`, `new`, `dying` or `ok`
    mean_demand : units expected per period
    stock_value : on_hand × unit_cost, money
    money : what the status puts at stake: margin at risk, or money tied up when in excess or dying
    cover : periods; null: nothing is expected to sell
    stockout_probability : within the protection interval, when nothing is ordered
    stockout_date : as on a `Card`
    alive : chance 0..1 that it still sells at all, judged by its silence
    not_ordered : why a need is not ordered; empty: it is, or there is none
    parts : of `mean_demand`, which they add up to; empty where they were not worked out
    likes : titles of the items most like it, of a new one
    sold : what it sold of late, to hold the forecast against
    """

    item: str
    location: str
    title: str
    supplier: str
    abc: str
    xyz: str
    demand_class: str
    status: str
    on_hand: float
    on_order: float
    mean_demand: float
    unit_cost: float
    price: float
    stock_value: float
    money: float
    cover: float | None
    stockout_probability: float
    stockout_date: str | None
    alive: float = 1.0
    not_ordered: str = ""
    parts: tuple[Part, ...] = ()
    likes: tuple[str, ...] = ()
    sold: Sold | None = None


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that needs a look, ranked by the money at stake.

    kind : a stock point's status other than `ok`; `order_waits`, a supplier's order not placed now (the
        title names the supplier); `phase_out`, stock that will be left when the item ends; `perishing`,
        stock that will be thrown away; or `held_back`, a need of an item that hardly sells any more
    """

    kind: str
    item: str
    location: str
    title: str
    money: float
    sentence: str


@dataclass(frozen=True, slots=True)
class MatrixCell:
    """One cell of the ABC-XYZ matrix.

    n : stock points;  revenue : money over the last year, or the whole history if shorter
    revenue_share : of all revenue, 0..1;  stock_value : money
    """

    abc: str
    xyz: str
    n: int
    revenue: float
    stock_value: float
    revenue_share: float


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole run, ready to be printed, drawn, explained or sent.

    onhand : version that made it
    snapshot : SHA-256 of the input tables
    seed : of the sample paths
    made_for : first day not yet seen, ISO
    config : every setting, as used
    replay : null when the history is too short to replay anything
    supplier_orders : the orders by supplier
    buy_list : what money should buy next, from nothing ordered, the best first
    frontier : null when there is nothing worth buying
    calendars : order cycles by supplier, the most money saved first; suppliers whose orders cost something
    joint : what was chosen for many lines at once: containers' contents, suppliers

    >>> import onhand
    >>> plan = onhand.make_plan(onhand.sample_shop())  # doctest: +SKIP
    >>> plan.write("plan.json")                        # doctest: +SKIP
    """

    onhand: str
    snapshot: str
    seed: int
    made_for: str
    shop: ShopFacts
    config: dict[str, Any]
    assumptions: tuple[Assumption, ...]
    findings: tuple[Noticed, ...]
    board: Board
    orders: tuple[OrderLine, ...]
    stock_points: tuple[PointOutlook, ...]
    exceptions: tuple[Trouble, ...]
    matrix: tuple[MatrixCell, ...]
    cards: tuple[Card, ...]
    replay: Contest | None
    supplier_orders: tuple[SupplierTotal, ...] = ()
    buy_list: tuple[NextPack, ...] = ()
    frontier: Frontier | None = None
    calendars: tuple[Calendar, ...] = ()
    joint: tuple[JointChoice, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The plan as plain dictionaries, lists, numbers and strings, spelled as in `plan.json`."""
        return _adapter().dump_python(self, mode="json", by_alias=True)

    def to_json(self) -> str:
        """The bytes of `plan.json`: one row of a list per line, so that two plans can be diffed."""
        return _lines(self.to_dict())

    def write(self, path: str | Path) -> None:
        """Write `plan.json`."""
        Path(path).write_text(self.to_json(), encoding="utf-8", newline="\n")

    @classmethod
    def from_json(cls, text: str | bytes) -> Plan:
        """The plan that `to_json` wrote.

        Raises
        ------
        ReadError
            When the text is not a plan of this version's shape.
        """
        try:
            return _adapter().validate_json(text)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "the top"
            raise ReadError(
                f"this is not a plan that this version of Onhand can read: at {where}, "
                f"{first['msg'].lower()}. Make it again with `onhand plan`."
            ) from error

    @classmethod
    def read(cls, path: str | Path) -> Plan:
        """The plan in a `plan.json`, or in a folder that holds one.

        Raises
        ------
        ReadError
            When there is none, or it cannot be read.
        """
        file = Path(path)
        if file.is_dir():
            file = file / "plan.json"
        try:
            text = file.read_bytes()
        except OSError as error:
            raise ReadError(
                f"there is no plan at {file}: {error.strerror}. "
                f"Make one with `onhand plan SOURCE --out DIR`, or point at its folder with --plan."
            ) from error
        return cls.from_json(text)


@cache
def _adapter() -> TypeAdapter[Plan]:
    return TypeAdapter(Plan)


def _lines(tree: dict[str, Any]) -> str:
    """JSON with one line per top-level key, and one per row of its lists."""
    parts = []
    for key, value in tree.items():
        if isinstance(value, list) and value:
            rows = ",\n".join("  " + _compact(row) for row in value)
            parts.append(f"{_compact(key)}: [\n{rows}\n]")
        else:
            parts.append(f"{_compact(key)}: {_compact(value)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
