"""What did the shop tell us about itself? The settings of `onhand.toml`, checked and documented.

Each setting's description below is also the comment in the `onhand.toml` that Onhand writes and the
line in `docs/reference/config.md` (a test compares them).
"""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date as date_type
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from onhand.errors import ConfigError

__all__ = [
    "ArrowSettings",
    "CompareSettings",
    "Config",
    "CostSettings",
    "DemandSettings",
    "ForecastSettings",
    "LimitSettings",
    "PlanSettings",
    "PolicySettings",
    "ReplaySettings",
    "ShopSettings",
    "StockSettings",
    "SupplySettings",
    "settings",
]


class _Section(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, validate_default=True, allow_inf_nan=False
    )


class ShopSettings(_Section):
    """Whose plan it is."""

    name: str = Field(
        default="My shop", description="Name of the shop, for the title of the report."
    )
    currency: str = Field(
        default="EUR", description="ISO code of the money in every table, such as EUR, GBP or USD."
    )
    frequency: Literal["auto", "day", "week", "month"] = Field(
        default="auto", description="Length of a period: auto, day, week or month."
    )
    source_note: str = Field(
        default="", description="Where the data came from, printed on the report."
    )


class CostSettings(_Section):
    """What stock and shortages cost, where no table says so."""

    holding_rate: float = Field(
        default=0.25,
        gt=0,
        le=20,
        description="Cost of holding stock, as a share of its unit cost per year (0.25: 25 %).",
    )
    shortage_share: float = Field(
        default=1.0,
        gt=0,
        le=100,
        description="Cost of a lost sale, as a share of its margin (price minus unit cost).",
    )
    order_cost: float = Field(
        default=0.0,
        ge=0,
        description="Cost of placing one order line, in money, whatever its size.",
    )
    unit_cost_share: float = Field(
        default=0.5,
        gt=0,
        lt=1,
        description="Unit cost as a share of the price, where no table gives a unit cost.",
    )
    unit_price: float = Field(
        default=1.0,
        gt=0,
        description="Price of an item, in money, where no table gives price or cost.",
    )


class SupplySettings(_Section):
    """How goods are bought, where the supply table does not say."""

    supplier: str = Field(
        default="supplier", description="Name of the supplier of items without one."
    )
    lead_time_days: float = Field(
        default=7.0, ge=0, le=730, description="Days from placing an order to selling from it."
    )
    lead_time_quantile: float = Field(
        default=0.8,
        gt=0,
        lt=1,
        description=(
            "Share of deliveries that come within the lead time planned with, learned from received "
            "orders. 0.5: as late as usual; higher: more caution."
        ),
    )
    deliveries: Literal["random", "planned"] = Field(
        default="random",
        description=(
            "How deliveries are foreseen, and replayed on the past. random: every possible world has "
            "its own delay and share delivered, drawn from the shop's received orders. planned: all "
            "come in full, within the lead time planned with."
        ),
    )
    bridges: bool = Field(
        default=True,
        description=(
            "Whether a small order from a fast supplier may bridge the time until the order from a slow "
            "one comes, where both offer the item and it pays."
        ),
    )
    write_off_days: float = Field(
        default=180.0,
        ge=0,
        le=3650,
        description="Days after its due date at which an open order is no longer expected.",
    )
    review_days: float = Field(
        default=7.0, gt=0, le=365, description="Days from one chance to order to the next."
    )
    cycles: Literal["stated", "proposed"] = Field(
        default="stated",
        description=(
            "How often each supplier is ordered from. stated: as the tables or review_days say. proposed: "
            "as often as is cheapest by what its orders, lines and containers cost and stock costs to "
            "hold, where that is known; the plan lists the proposal in either case."
        ),
    )
    solver_seconds: float = Field(
        default=5.0,
        ge=0,
        le=3600,
        description=(
            "Seconds of work that the solver may do for one plan, looking for the best contents of "
            "containers, the best choice among suppliers and the best orders for a budget or a space. The "
            "work is counted, not timed, so a busy machine makes the same plan. Where it is not enough, the "
            "plain rule decides, and the plan says so. 0: always the plain rule."
        ),
    )
    minimum_order: float = Field(
        default=0.0, ge=0, description="Smallest order, in units. 0: none."
    )
    pack_size: float = Field(default=1.0, gt=0, description="Orders are multiples of it, in units.")


class StockSettings(_Section):
    """What is on the shelf, where no stock table says so."""

    when_unknown: Literal["rule", "cover"] = Field(
        default="rule",
        description=(
            "Stock to assume without a stock table. rule: what a buyer who tops up to cover_days of "
            "average sales at every review would have left, open orders included. cover: exactly "
            "cover_days of average sales on the shelf, nothing on order."
        ),
    )
    cover_days: float = Field(
        default=28.0, gt=0, le=730, description="Days of average sales that buyer tops up to."
    )
    issue: Literal["fifo", "lifo"] = Field(
        default="fifo",
        description=(
            "Which lot of what perishes is sold first. fifo: the one that perishes first. lifo: the "
            "freshest, as customers choose where they can."
        ),
    )


class LimitSettings(_Section):
    """What all orders of one plan may take together, of money and of room."""

    budget: float = Field(
        default=0.0,
        ge=0,
        description=(
            "Most money for the orders of one plan, those already placed on its day included. 0: no limit."
        ),
    )
    space: float = Field(
        default=0.0,
        ge=0,
        description=(
            "Room in the warehouse, in the unit of the items' volume: what is on the shelf, on order and "
            "ordered may take so much together. Items without a volume take none. 0: no limit. Each place may "
            "have one of its own: `space` in the locations table."
        ),
    )


class DemandSettings(_Section):
    """What is known of customers beside what they bought."""

    country: str = Field(
        default="",
        description=(
            "Country whose public holidays are known in advance, as an ISO code such as GB or DE; needs "
            "the extra onhand[calendar]. Empty: only the holidays of the calendar table are."
        ),
    )
    region: str = Field(
        default="",
        description="Region of that country, as a code of the holidays package. Empty: the whole country.",
    )
    lags: str = Field(
        default="",
        description=(
            "Days after the end of a period at which what was observed in it is really known, by name: "
            "'n_view 1, search_interest 45'. What is not named is known at once."
        ),
    )
    announced: bool = Field(
        default=True,
        description=(
            "Whether items never sold, whose launched date in the items table lies ahead or not long "
            "back, are planned by what items like them sold when they were new."
        ),
    )


class ForecastSettings(_Section):
    """How demand is foreseen."""

    forecaster: Literal[
        "default",
        "statistical",
        "boosted",
        "ensemble",
        "seasonal_naive",
        "moving_average",
        "exponential_smoothing",
        "tsb",
        "bootstrap",
        "analogues",
    ] = Field(
        default="default",
        description=(
            "Forecaster. default: the cheapest on the shop's own past of statistics steered by boosted "
            "trees, with either of two spreads, and statistics alone; statistical: without the trees; "
            "boosted: the trees' mean with the spread of the statistics; analogues: what came next for "
            "items that stood alike, for rare demand, in months a candidate of the default; ensemble: statistics, trees "
            "and a network together, which needs the extra onhand[deep]; or one of seasonal_naive, "
            "moving_average, exponential_smoothing, tsb and bootstrap, whose errors on the past give "
            "the spread of its paths."
        ),
    )
    blend: Literal[
        "",
        "default",
        "statistical",
        "boosted",
        "seasonal_naive",
        "moving_average",
        "exponential_smoothing",
        "tsb",
        "bootstrap",
        "analogues",
    ] = Field(
        default="",
        description=(
            "A second forecaster to share the future with: half of the possible worlds are told by it. "
            "Empty: none."
        ),
    )

    infer_stock_outs: bool = Field(
        default=False,
        description=(
            "Whether a forecast takes a silence that is too long to be luck for an empty shelf, where "
            "stock was not recorded. Only silences that ended: an item that is over stays over."
        ),
    )

    tensorboard: str = Field(
        default="",
        description=(
            "Folder for logs of a network's training, which TensorBoard draws (`pip install tensorboard`). "
            "Empty: none."
        ),
    )

    @property
    def named(self) -> str:
        """What forecasts: one name, or two with a plus between them."""
        return f"{self.forecaster} + {self.blend}" if self.blend else self.forecaster


class PolicySettings(_Section):
    """How the order quantity is decided."""

    name: Literal[
        "projected_inventory",
        "balanced_projection",
        "marginal_value",
        "look_ahead",
        "order_up_to",
        "capped_base_stock",
        "min_max",
        "reorder_point",
        "power_approximation",
        "mean_plus_errors",
        "newsvendor",
        "classical",
        "coverage",
    ] = Field(
        default="projected_inventory",
        description=(
            "Policy that makes the orders: projected_inventory (the default), balanced_projection, "
            "marginal_value, look_ahead, order_up_to, capped_base_stock, min_max, reorder_point, "
            "power_approximation, mean_plus_errors, newsvendor, classical or coverage. The replay shows "
            "its rivals in any case."
        ),
    )
    season_periods: int = Field(
        default=4,
        ge=1,
        le=1000,
        description="Periods that one order must last, for newsvendor: the season, or the shelf life.",
    )
    objective: Literal["money", "ratio"] = Field(
        default="money",
        description=(
            "What the policy is for. money: holding costs and lost margin. ratio: the objective of the "
            "field's tutorials, alpha x stock + beta x unmet share + gamma x units short; then name "
            "and level do not matter, and the plan tells which service these weights ask for and "
            "what that costs."
        ),
    )
    ratio_alpha: float = Field(
        default=1.0, gt=0, description="Weight of a unit of stock, for the ratio objective."
    )
    ratio_beta: float = Field(
        default=10.0,
        ge=0,
        description="Weight of missing all of an item's demand, for the ratio objective.",
    )
    ratio_gamma: float = Field(
        default=10.0, ge=0, description="Weight of a unit short, for the ratio objective."
    )
    ratio_solver: Literal["exact", "both"] = Field(
        default="exact",
        description=(
            "exact: the quantile that solves the ratio objective. both: the quantile decides, and the "
            "plan tells how far a genetic algorithm (population 50, 100 generations) stays behind it."
        ),
    )
    level: float | Literal["tune"] = Field(
        default="tune",
        description=(
            "The policy's one number: the share of possible worlds to cover (0.5 .. 0.999); the weight "
            "of holding costs for balanced_projection, marginal_value and power_approximation; mean "
            "absolute errors for mean_plus_errors; the protection intervals of expected demand for "
            "coverage. tune: the cheapest one on the shop's own past."
        ),
    )
    extra_periods: int | Literal["tune"] = Field(
        default="tune",
        description=(
            "Periods beyond the protection interval that projected_inventory covers. tune: the "
            "cheapest number on the shop's own past."
        ),
    )
    rounding: Literal["up", "nearest", "down"] = Field(
        default="up", description="How a need becomes whole packs: up, nearest or down."
    )
    shortage: Literal["lost_sales", "backorder"] = Field(
        default="lost_sales",
        description="What happens to a customer who finds nothing: lost_sales or backorder.",
    )

    @property
    def family(self) -> str:
        """The policy that decides: the named one, or "ratio" where that is the objective."""
        return "ratio" if self.objective == "ratio" else self.name


class PlanSettings(_Section):
    """How far and how finely the plan looks ahead, and what it calls a problem."""

    date: str = Field(
        default="",
        pattern=r"^(\d{4}-\d{2}-\d{2})?$",
        description=(
            "The day the plan is for, such as 2026-11-21. Sales from that day on are not looked at. Where "
            "they end days before it, the forecast looks over the days between. Empty: the day after "
            "sales end."
        ),
    )
    n_samples: int = Field(
        default=200, ge=20, le=10_000, description="Possible worlds simulated per stock point."
    )
    seed: int = Field(
        default=0, ge=0, description="Seed of the worlds. The same seed gives the same plan."
    )
    horizon_days: float = Field(
        default=56.0, gt=0, le=730, description="Days to look ahead for stock-out dates and cards."
    )
    at_risk_probability: float = Field(
        default=0.2,
        gt=0,
        lt=1,
        description="Probability of a stock-out before the next order can help that counts as a risk.",
    )
    excess_days: float = Field(
        default=182.0,
        gt=0,
        le=3650,
        description="Days of expected sales on the shelf and on order beyond which stock is excess.",
    )
    new_days: float = Field(
        default=56.0,
        ge=0,
        le=730,
        description="An item whose first sale is younger than this is new.",
    )
    dying_days: float = Field(
        default=56.0,
        gt=0,
        le=730,
        description="An item with stock but no sale for this many days, that used to sell, is dying.",
    )
    keep_within: float = Field(
        default=0.1,
        ge=0,
        lt=1,
        description=(
            "A quantity that differs from the previous plan's by at most this share stays as it was, "
            "where a previous plan is given. Its supplier stays, too, unless changing saves more than "
            "this share of what the orders cost."
        ),
    )
    frozen_days: float = Field(
        default=0.0,
        ge=0,
        le=365,
        description=(
            "Days from the plan's day on within which the previous plan's orders that are not yet placed "
            "stay exactly as they were, where a previous plan is given: supplier, quantity, and the small "
            "orders beside them. They are bought before anything new. "
            "One that was to be placed before today is planned anew. 0: none."
        ),
    )
    hold_dying: bool = Field(
        default=True,
        description=(
            "Whether nothing is bought of an item that, by its silence, is more likely over than not. Its "
            "need is shown, and that it was held back."
        ),
    )
    n_buy_list: int = Field(
        default=100,
        ge=0,
        le=10_000,
        description="Next packs listed, the most money earned per money spent first.",
    )
    n_cards: int = Field(
        default=24, ge=0, le=500, description="Cards drawn for the items that matter most."
    )

    @field_validator("date", mode="before")
    @classmethod
    def _day(cls, given: object) -> object:
        """TOML has days of its own: `date = 2026-11-21` without quotes is one."""
        return given.isoformat() if isinstance(given, date_type) else given


class ReplaySettings(_Section):
    """How the past is replayed."""

    days: float = Field(
        default=91.0, gt=0, le=730, description="Days of the past that are replayed and judged."
    )
    tuning_days: float = Field(
        default=91.0,
        gt=0,
        le=730,
        description="Days before those, on which the policies' numbers are tuned.",
    )
    tuning_windows: int = Field(
        default=2,
        ge=1,
        le=8,
        description=(
            "Stretches of so many days that are tuned on, one before the other, where the history "
            "has room for them: more say more about chance, and take longer."
        ),
    )
    n_samples: int = Field(
        default=100,
        ge=20,
        le=10_000,
        description="Possible worlds per stock point at each past review.",
    )
    max_stock_points: int = Field(
        default=1500,
        ge=1,
        description=(
            "Stock points replayed. A larger shop is represented by a draw of them, the larger ones "
            "likelier, each counted for as many as it stands for."
        ),
    )


class ArrowSettings(_Section):
    """What forecasting and decisions tell each other. Turn one off to see what it earns."""

    paths: bool = Field(
        default=True,
        description=(
            "Decisions see possible worlds, joint in time. false: an expected demand and a sigma, as "
            "if errors were normal and independent from period to period."
        ),
    )
    unmask: bool = Field(
        default=True,
        description=(
            "Periods with an empty shelf tell little about demand. false: sales are taken for demand, "
            "the zeros of empty shelves too."
        ),
    )
    calibrate: bool = Field(
        default=True,
        description=(
            "Forecasts are as wide, and as much corrected, as they were wrong at earlier origins. "
            "false: as wide as their own formula says."
        ),
    )
    weigh: bool = Field(
        default=False,
        description=(
            "A forecaster that learns from the whole shop at once is taught to err less where an error "
            "costs more. false: all stock points weigh the same."
        ),
    )
    omega: str = Field(
        default="",
        description=(
            "Name of a column of numbers in the items table to weigh by, set by hand. Empty: the money "
            "that an error of one unit costs, worked out from costs and past demand."
        ),
    )
    choose: bool = Field(
        default=True,
        description=(
            "Model and policy number are chosen by what they would have cost on the past. false: the "
            "model by its forecast errors, the number by the textbook's ratio of costs."
        ),
    )


class CompareSettings(_Section):
    """How `onhand compare` cuts the past, when it measures what each arrow earns."""

    windows: int = Field(
        default=5, ge=2, le=52, description="Judged stretches of the past, one after the other."
    )
    days: float = Field(
        default=28.0,
        gt=0,
        le=365,
        description=(
            "Days in each of them. Those shorter than four weeks share their luck with their "
            "neighbours and are put together in blocks for the interval."
        ),
    )
    tuning_days: float = Field(
        default=91.0,
        gt=0,
        le=730,
        description="Days before each of them, on which its model and policy number are chosen.",
    )
    max_stock_points: int = Field(
        default=500,
        ge=1,
        description=(
            "Stock points replayed. A larger shop is represented by a draw of them, the larger ones "
            "likelier, each counted for as many as it stands for."
        ),
    )


class Config(BaseModel):
    """Everything in `onhand.toml`, each setting with its default.

    >>> Config().costs.holding_rate
    0.25
    >>> Config.from_dict({"costs": {"holding_rat": 0.3}})
    Traceback (most recent call last):
    ...
    onhand.errors.ConfigError: [costs] has no setting 'holding_rat'. Did you mean 'holding_rate'?
    """

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)

    shop: ShopSettings = ShopSettings()
    costs: CostSettings = CostSettings()
    supply: SupplySettings = SupplySettings()
    stock: StockSettings = StockSettings()
    limits: LimitSettings = LimitSettings()
    demand: DemandSettings = DemandSettings()
    forecast: ForecastSettings = ForecastSettings()
    policy: PolicySettings = PolicySettings()
    plan: PlanSettings = PlanSettings()
    replay: ReplaySettings = ReplaySettings()
    arrows: ArrowSettings = ArrowSettings()
    compare: CompareSettings = CompareSettings()

    @classmethod
    def from_dict(cls, tree: Mapping[str, Any], *, where: str = "") -> Config:
        """The configuration in nested dictionaries, defaults filled in.

        Raises
        ------
        ConfigError
            Naming the first wrong key or value, and what to write instead. `where` starts the message.
        """
        try:
            return cls.model_validate(dict(tree))
        except ValidationError as error:
            raise ConfigError(where + _explain(error)) from error

    @classmethod
    def read(cls, path: str | Path) -> Config:
        """The configuration in an `onhand.toml`.

        Raises
        ------
        ConfigError
            When the file cannot be opened, is not TOML, or holds a wrong key or value.
        """
        try:
            text = Path(path).read_text(encoding="utf-8-sig")
        except OSError as error:
            raise ConfigError(
                f"cannot open the settings at {path}: {error.strerror}. "
                "Leave --config out to use the defaults."
            ) from error
        except UnicodeDecodeError as error:
            raise ConfigError(f"{path} is not UTF-8 text; save it as UTF-8") from error
        try:
            tree = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ConfigError(
                f"{path} is not valid TOML: {error}. Text needs quotes, numbers need none."
            ) from error
        return cls.from_dict(tree, where=f"{path}: ")

    def with_settings(self, changes: Mapping[str, str]) -> Config:
        """This configuration with some settings replaced, given as text, as `--set` does.

        >>> Config().with_settings({"supply.lead_time_days": "21"}).supply.lead_time_days
        21.0
        """
        tree = self.model_dump()
        for key, text in changes.items():
            section, _, name = key.partition(".")
            if section not in tree or not name:
                raise ConfigError(
                    f"there is no setting {key!r}. Write section.setting, as in "
                    f"costs.holding_rate=0.3.{_did_you_mean(key, [s.key for s in settings()])}"
                )
            tree[section][name] = _value(text)
        return Config.from_dict(tree)

    def write(self, path: str | Path) -> None:
        """Write an `onhand.toml` in which every setting stands with its meaning."""
        Path(path).write_text(self.to_toml(), encoding="utf-8", newline="\n")

    def to_toml(self) -> str:
        """The text of `onhand.toml`, with comments."""
        lines = ["# Settings of Onhand. Change what is not true of your shop, and plan again."]
        for section, model in _sections():
            lines += ["", f"# {_first_line(model)}", f"[{section}]"]
            values = getattr(self, section)
            for name, info in model.model_fields.items():
                lines += [f"# {info.description}", f"{name} = {_toml(getattr(values, name))}"]
        return "\n".join(lines) + "\n"


class Setting(BaseModel):
    """One setting: its full key, its default as TOML, and what it means."""

    key: str
    default: str
    meaning: str


def settings() -> Iterator[Setting]:
    """Every setting, in the order of `onhand.toml`."""
    for section, model in _sections():
        for name, info in model.model_fields.items():
            yield Setting(
                key=f"{section}.{name}",
                default=_toml(info.default),
                meaning=info.description or "",
            )


def _sections() -> Iterator[tuple[str, type[_Section]]]:
    for name, info in Config.model_fields.items():
        model = info.annotation
        assert isinstance(model, type)
        assert issubclass(model, _Section)
        yield name, model


def _first_line(model: type[_Section]) -> str:
    return (model.__doc__ or "").partition("\n")[0]


def _toml(value: Any) -> str:
    """A TOML scalar; JSON spells strings, booleans and numbers the same way."""
    return json.dumps(value, ensure_ascii=False)


def _value(text: str) -> Any:
    """What `text` means as a TOML value; plain words are strings."""
    try:
        return tomllib.loads(f"x = {text}")["x"]
    except tomllib.TOMLDecodeError:
        return text


def _explain(error: ValidationError) -> str:
    """The first complaint, as a sentence that names the key and the fix."""
    first = error.errors()[0]
    loc = [str(part) for part in first["loc"]]
    models = dict(_sections())
    if first["type"] == "extra_forbidden":
        if len(loc) == 1:
            return f"there is no section [{loc[0]}].{_did_you_mean(loc[0], list(models))}"
        known = list(models[loc[0]].model_fields)
        return f"[{loc[0]}] has no setting {loc[1]!r}.{_did_you_mean(loc[1], known)}"
    if len(loc) == 1:
        return f"[{loc[0]}] must be a section of settings, but holds {first['input']!r}"
    meaning = models[loc[0]].model_fields[loc[1]].description
    problem = first["msg"].removeprefix("Input ")
    return f"{'.'.join(loc[:2])} = {_shown(first['input'])} {problem}. Meaning: {meaning}"


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _did_you_mean(word: str, known: list[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1)
    if close:
        return f" Did you mean {close[0]!r}?"
    return f" Known: {', '.join(known)}."
