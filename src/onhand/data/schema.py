"""Which columns does each table have? The one file in which column names are spelled.

Every table, column, unit, the meaning of an empty cell, the bounds beyond which a value is set
aside, and the foreign headers we recognise stand here. `docs/reference/tables.md` is written from
this file (`python -m onhand.data.schema`), and a test holds the two together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

import polars as pl

__all__ = [
    "INVOICES",
    "KNOWN_HEADERS",
    "MOST_OF_ANYTHING",
    "TABLES",
    "Column",
    "Kind",
    "Repeat",
    "Table",
    "as_markdown",
    "compact_header",
    "normalise_header",
    "recognise_columns",
    "recognise_table",
]


class Kind(Enum):
    """What the values of a column are."""

    TEXT = "text"
    DATE = "date"
    NUMBER = "number"
    SHARE = "share"  # 0..1, or a yes/no flag, or a percentage
    DAYS_LIST = "days;days;..."  # several numbers in one cell
    WEEKDAYS = "weekday;weekday;..."  # days of the week, in any of a dozen languages

    @property
    def dtype(self) -> pl.DataType:
        """The Polars type in which the column is kept."""
        if self is Kind.DATE:
            return pl.Date()
        if self in (Kind.NUMBER, Kind.SHARE):
            return pl.Float64()
        return pl.String()


class Repeat(Enum):
    """What two rows with the same key mean."""

    SUM = "added up"
    FIRST = "the first row counts, later ones are set aside"
    KEEP = "each row is an event of its own"


@dataclass(frozen=True)
class Column:
    """One column: its meaning, unit, and what an empty cell stands for.

    low, high : values beyond are set aside with the reason. None: no bound.
    aliases : foreign headers, normalised, best first.
    """

    name: str
    kind: Kind
    meaning: str
    null: str
    unit: str = ""
    is_required: bool = False
    low: float | None = None
    high: float | None = None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """One table: what a row says, its key, and what holds when it is missing."""

    name: str
    meaning: str
    default: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    repeat: Repeat
    extra: str  # what becomes of columns not listed

    def __getitem__(self, name: str) -> Column:
        return next(c for c in self.columns if c.name == name)

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns that must be there."""
        return tuple(c.name for c in self.columns if c.is_required)

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """Column name -> Polars type, for an empty table."""
        return {c.name: c.kind.dtype for c in self.columns}


MOST_UNITS = 1e9  # a quantity beyond is a telephone number or a barcode
MOST_MONEY = 1e9
MOST_OF_ANYTHING = 1e12  # a number beyond is none that a forecast could learn from


def _also(names: str) -> tuple[str, ...]:
    """Foreign headers, normalised, best first."""
    return tuple(names.split())


_ITEM_ALIASES = _also(
    "sku item_id item_code item_no item_number product_id product_code "
    "product_sku product stock_code stockcode lineitem_sku variant_sku seller_sku "
    "merchant_sku msku unique_id article article_id article_number part "
    "part_number material asin artikel artikelnummer articulo referencia "
    "reference ref produit codigo"
)
_LOCATION_ALIASES = _also(
    "store store_id shop shop_id warehouse warehouse_id location_id location_name "
    "site branch outlet depot source_code fulfillment_center_id filiale lager "
    "tienda almacen magasin entrepot"
)
_SUPPLIER_ALIASES = _also(
    "vendor supplier_name supplier_id lieferant kreditor proveedor fournisseur leverancier fornitore"
)
# How many, in German, Spanish, French, Dutch and Italian: the same words head every table.
_UNITS_ALIASES = _also(
    "menge anzahl stueck stück stueckzahl stückzahl stk cantidad cant unidades uds quantite quantité "
    "qte qté unites unités aantal hoeveelheid stuks quantita quantità qta qtà pezzi"
)
# The same of what was ordered.
_ORDERED_ALIASES = _also(
    "bestellmenge bestellte_menge offene_menge bestellt cantidad_pedida cantidad_ordenada "
    "quantite_commandee quantité_commandée besteld_aantal bestelde_hoeveelheid quantita_ordinata "
    "quantità_ordinata"
)
_DATE_ALIASES = _also(
    "ds day week month timestamp time datetime date_time order_date created_at "
    "paid_at purchase_date invoice_date sale_date sales_date transaction_date "
    "date_created period datum fecha jour data giorno"
)


def _item(is_required: bool = True, null: str = "row set aside") -> Column:
    return Column(
        "item",
        Kind.TEXT,
        "what is sold: the shop's own code",
        null,
        "",
        is_required,
        aliases=_ITEM_ALIASES,
    )


def _location(null: str = "`shop`: the one place there is") -> Column:
    return Column(
        "location", Kind.TEXT, "where it is stocked and sold", null, aliases=_LOCATION_ALIASES
    )


def _money(name: str, meaning: str, null: str, *aliases: str) -> Column:
    return Column(
        name, Kind.NUMBER, meaning, null, "money per unit", low=0, high=MOST_MONEY, aliases=aliases
    )


SALES = Table(
    "sales",
    "what was sold of an item at a location on a date",
    "none: this table is needed",
    (
        _item(),
        _location(),
        Column(
            "date",
            Kind.DATE,
            "the day of the sale, or the first day of the week or month it is counted in; "
            "a time of day is cut off, a time zone is read as the shop's own clock",
            "row set aside",
            is_required=True,
            aliases=_DATE_ALIASES,
        ),
        Column(
            "quantity",
            Kind.NUMBER,
            "units sold; negative: units that came back, taken off the sales of their own period",
            "row set aside",
            "units",
            is_required=True,
            low=-MOST_UNITS,
            high=MOST_UNITS,
            aliases=(
                *_also(
                    "y qty units sales sale units_sold unit_sales quantity_sold qty_sold "
                    "quantity_purchased net_quantity sold demand lineitem_quantity units_ordered "
                    "volume"
                ),
                *_UNITS_ALIASES,
                *_also(
                    "absatz verkaufsmenge verkauft ventas ventes vendu verkocht vendite venduto"
                ),
            ),
        ),
        _money(
            "price",
            "price paid per unit, after discount; as a covariate, the last price seen stands until "
            "another is seen",
            "unknown",
            "unit_price",
            "selling_price",
            "sell_price",
            "sale_price",
            "lineitem_price",
            "price_per_unit",
            "preis",
            "precio",
            "prix",
        ),
        Column(
            "revenue",
            Kind.NUMBER,
            "money of the whole row, used for the price where that is empty: price = revenue / quantity",
            "unknown",
            "money",
            low=-MOST_MONEY,
            high=MOST_MONEY,
            aliases=_also("item_price line_total amount turnover total_price net_sales umsatz"),
        ),
        Column(
            "promotion",
            Kind.SHARE,
            "share of the period on promotion; yes/no is read as 1/0",
            "no promotion",
            "share 0..1",
            low=0,
            high=1,
            aliases=_also("promo on_promotion onpromotion is_promotion promo_flag promotion_flag"),
        ),
        Column(
            "in_stock",
            Kind.SHARE,
            "share of the selling time with stock on the shelf; yes/no is read as 1/0. A row with "
            "quantity 0 that is in stock says: could be sold, nobody wanted it",
            "in stock all the time",
            "share 0..1",
            low=0,
            high=1,
            aliases=_also(
                "in_stock_share instock is_in_stock availability available_share on_shelf"
            ),
        ),
    ),
    ("item", "location", "date"),
    Repeat.SUM,
    "numbers become covariates known once the period is over (their mean over the rows of a "
    "period), unless `calendar` plans the same name ahead; identifiers and texts are left out, "
    "with a finding",
)

ITEMS = Table(
    "items",
    "what an item is",
    "every item that is sold, with nothing known about it",
    (
        _item(),
        Column(
            "title",
            Kind.TEXT,
            "name for people",
            "the item's code",
            aliases=_also("name product_name item_name description lineitem_name bezeichnung"),
        ),
        Column(
            "category",
            Kind.TEXT,
            "group of like items",
            "no group",
            aliases=_also("product_category categories department product_type type group"),
        ),
        Column(
            "brand",
            Kind.TEXT,
            "maker or label",
            "no brand",
            aliases=_also("vendor manufacturer marke"),
        ),
        _money(
            "price",
            "usual selling price per unit",
            "taken from sales",
            "list_price",
            "regular_price",
            "rrp",
            "your_price",
            "variant_price",
        ),
        _money(
            "unit_cost",
            "what one unit costs us, landed",
            "taken from supply, else assumed from the price",
            "cost",
            "cost_per_item",
            "cost_price",
            "cogs",
            "purchase_price",
            "landed_cost",
            "standard_cost",
            "einkaufspreis",
        ),
        Column(
            "launched",
            Kind.DATE,
            "first day on sale",
            "first day with a sale or stock",
            aliases=_also("launch_date first_sale_date introduced available_from"),
        ),
        Column(
            "discontinued",
            Kind.DATE,
            "first day no longer sold",
            "still sold",
            aliases=_also("end_date end_of_life delisted discontinued_date"),
        ),
        Column(
            "shelf_life",
            Kind.NUMBER,
            "days from arrival until it cannot be sold",
            "does not perish",
            "days",
            low=1,
            high=36_500,
            aliases=("shelf_life_days", "expiry_days"),
        ),
        Column(
            "weight",
            Kind.NUMBER,
            "weight of one unit, in the unit of the suppliers' limits",
            "0: not counted",
            "weight per unit",
            low=0,
            high=MOST_UNITS,
            aliases=_also("unit_weight weight_kg gewicht peso poids variant_grams grams"),
        ),
        Column(
            "volume",
            Kind.NUMBER,
            "volume of one unit, in the unit of the suppliers' limits",
            "0: not counted",
            "volume per unit",
            low=0,
            high=MOST_UNITS,
            aliases=_also("unit_volume volume_m3 cbm cubage"),
        ),
    ),
    ("item",),
    Repeat.FIRST,
    "each becomes a fact that does not change (static covariate)",
)

LOCATIONS = Table(
    "locations",
    "what a location is",
    "every location that sells, with nothing known about it",
    (
        Column(
            "location",
            Kind.TEXT,
            "where stock is kept and sold",
            "row set aside",
            is_required=True,
            aliases=(*_LOCATION_ALIASES, "id", "code"),
        ),
        Column(
            "title",
            Kind.TEXT,
            "name for people",
            "the location's code",
            aliases=_also("name store_name warehouse_name"),
        ),
        Column("city", Kind.TEXT, "city", "unknown", aliases=("town", "ship_city")),
        Column(
            "region",
            Kind.TEXT,
            "state, region or country, for holidays and likeness",
            "unknown",
            aliases=_also("state country province"),
        ),
        Column(
            "space",
            Kind.NUMBER,
            "room there is, in the unit of the items' volume: what is on the shelf, on order and ordered may "
            "take so much together",
            "no limit of its own",
            "volume",
            low=0,
            high=MOST_OF_ANYTHING,
            aliases=_also("storage_capacity warehouse_capacity storage_volume"),
        ),
    ),
    ("location",),
    Repeat.FIRST,
    "each becomes a fact that does not change (static covariate)",
)

STOCK = Table(
    "stock",
    "what lies on the shelf",
    "unknown: the plan starts from an assumed opening stock, and says so",
    (
        _item(),
        _location(),
        Column(
            "date",
            Kind.DATE,
            "the day at whose end it was counted",
            "the last day of the data",
            aliases=(*_DATE_ALIASES, "as_of", "snapshot_date", "count_date"),
        ),
        Column(
            "on_hand",
            Kind.NUMBER,
            "units that can be sold, already promised ones included",
            "row set aside",
            "units",
            is_required=True,
            low=-MOST_UNITS,
            high=MOST_UNITS,
            aliases=(
                *_also(
                    "onhand on_hand_current stock stock_level stock_on_hand qty_on_hand "
                    "quantity_on_hand inventory inventory_level inventory_quantity "
                    "variant_inventory_qty afn_fulfillable_quantity ending_warehouse_balance "
                    "end_inventory available quantity qty units bestand lagerbestand existencias "
                    "voorraad giacenza"
                ),
                *_UNITS_ALIASES,
            ),
        ),
        Column(
            "backorders",
            Kind.NUMBER,
            "units promised to customers and not yet delivered",
            "0",
            "units",
            low=0,
            high=MOST_UNITS,
            aliases=_also(
                "committed reserved backordered allocated afn_reserved_quantity customer_order"
            ),
        ),
        Column(
            "expires",
            Kind.DATE,
            "the last day on which these units can be sold; a row for each lot",
            "as if they had just arrived, where the item has a shelf life; else they keep",
            aliases=_also(
                "expiry expiry_date expiration expiration_date expires_on exp_date best_before "
                "best_before_date use_by use_by_date bbd mhd caducidad dlc"
            ),
        ),
    ),
    ("item", "location", "date", "expires"),
    Repeat.SUM,
    "left out, with a finding",
)

INBOUND = Table(
    "inbound",
    "what was ordered from a supplier: still to come, or already received",
    "nothing is on order",
    (
        _item(),
        _location(),
        Column(
            "quantity",
            Kind.NUMBER,
            "units ordered",
            "row set aside",
            "units",
            is_required=True,
            low=0,
            high=MOST_UNITS,
            aliases=(
                *_also(
                    "qty units ordered order_quantity quantity_ordered on_order incoming "
                    "outstanding afn_inbound_shipped_quantity"
                ),
                *_ORDERED_ALIASES,
                *_UNITS_ALIASES,
            ),
        ),
        Column(
            "due_date",
            Kind.DATE,
            "the day it is expected",
            "order date plus lead time, else last day plus lead time",
            aliases=_also(
                "due eta expected_date arrival_date expected_arrival delivery_date liefertermin "
                "lieferdatum fecha_entrega fecha_de_entrega date_livraison date_de_livraison "
                "leverdatum data_consegna date"
            ),
        ),
        Column(
            "order_date",
            Kind.DATE,
            "the day it was ordered",
            "unknown",
            aliases=_also(
                "ordered_on po_date po_sent bestelldatum bestellt_am fecha_pedido fecha_de_pedido "
                "date_commande date_de_commande besteldatum data_ordine created_at"
            ),
        ),
        Column(
            "received_date",
            Kind.DATE,
            "the day it came in; with the order date it is an observed lead time",
            "not yet received",
            aliases=_also(
                "received received_on receipt_date delivered wareneingang eingangsdatum geliefert_am "
                "fecha_recepcion fecha_recepción date_reception date_réception ontvangstdatum "
                "data_ricezione"
            ),
        ),
        Column(
            "received_quantity",
            Kind.NUMBER,
            "units that came in; without a received date, the rest is still to come",
            "all of them once received, else none",
            "units",
            low=0,
            high=MOST_UNITS,
            aliases=_also(
                "quantity_received qty_received received_qty units_received gelieferte_menge "
                "liefermenge cantidad_recibida quantite_recue quantité_reçue ontvangen_aantal "
                "quantita_ricevuta quantità_ricevuta"
            ),
        ),
        Column(
            "supplier",
            Kind.TEXT,
            "who delivers",
            "the item's supplier in supply",
            aliases=_SUPPLIER_ALIASES,
        ),
    ),
    ("item", "location", "due_date"),
    Repeat.KEEP,
    "left out, with a finding",
)

SUPPLY = Table(
    "supply",
    "on which terms a supplier delivers an item",
    "one supplier, and the lead time, review and costs of the config, named as assumed",
    (
        _item(
            is_required=False, null="these terms hold for every item of the supplier, or for all"
        ),
        _location(null="these terms hold at every location"),
        Column(
            "supplier",
            Kind.TEXT,
            "who delivers",
            "`supplier`: the one there is",
            aliases=_SUPPLIER_ALIASES,
        ),
        Column(
            "lead_time",
            Kind.NUMBER,
            "days from placing the order until it can be sold",
            "the middle of the observed ones, else the config's",
            "days",
            low=0,
            high=1500,
            aliases=_also("lead_time_days leadtime lead_days delivery_days lieferzeit plazo"),
        ),
        Column(
            "observed_lead_times",
            Kind.DAYS_LIST,
            "lead times seen, e.g. `12;14;14;21`; also learned from received rows of inbound",
            "none seen: the lead time is fixed",
            "days",
            aliases=("lead_times", "lead_time_history"),
        ),
        Column(
            "moq",
            Kind.NUMBER,
            "least units per order of the item",
            "0: no least",
            "units",
            low=0,
            high=MOST_UNITS,
            aliases=_also(
                "minimum_order min_order_quantity minimum_order_quantity min_qty mindestmenge "
                "mindestbestellmenge cantidad_minima cantidad_mínima quantite_minimale "
                "quantité_minimale minimale_hoeveelheid quantita_minima quantità_minima"
            ),
        ),
        Column(
            "capacity",
            Kind.NUMBER,
            "most units per order of the item",
            "none: as many as wanted",
            "units",
            low=0,
            high=MOST_UNITS,
            aliases=_also(
                "max_order maximum_order max_order_quantity maximum_order_quantity max_qty max_quantity "
                "order_limit supply_limit allocation supplier_capacity hoechstmenge"
            ),
        ),
        Column(
            "pack_size",
            Kind.NUMBER,
            "orders are multiples of it",
            "1: loose",
            "units",
            low=1e-6,
            high=MOST_UNITS,
            aliases=_also(
                "pack case_size case_pack units_per_case order_multiple lot_size inner_pack ve"
            ),
        ),
        _money(
            "unit_cost",
            "price the supplier asks per unit, landed",
            "taken from items",
            "cost",
            "cost_price",
            "purchase_price",
            "buy_price",
            "landed_cost",
            "einkaufspreis",
        ),
        Column(
            "order_cost",
            Kind.NUMBER,
            "cost of placing one order, whatever its size",
            "the config's",
            "money per order",
            low=0,
            high=MOST_MONEY,
            aliases=_also("ordering_cost fixed_cost order_fee"),
        ),
        Column(
            "review_days",
            Kind.NUMBER,
            "days from one possible order to the next",
            "the config's",
            "days",
            low=1,
            high=366,
            aliases=_also("review_period review_interval order_interval order_cycle"),
        ),
        Column(
            "shelf_life",
            Kind.NUMBER,
            "days from arrival until it cannot be sold",
            "taken from items",
            "days",
            low=1,
            high=36_500,
            aliases=("shelf_life_days", "expiry_days"),
        ),
    ),
    ("item", "location", "supplier"),
    Repeat.FIRST,
    "left out, with a finding",
)


def _whole_order(name: str, meaning: str, unit: str, aliases: str, null: str = "none") -> Column:
    return Column(
        name, Kind.NUMBER, meaning, null, unit, low=0, high=MOST_MONEY, aliases=_also(aliases)
    )


SUPPLIERS = Table(
    "suppliers",
    "what a supplier asks of an order as a whole, and when it takes orders",
    "no supplier asks anything of an order as a whole",
    (
        Column(
            "supplier",
            Kind.TEXT,
            "who delivers, as in `supply`",
            "row set aside",
            is_required=True,
            aliases=(*_SUPPLIER_ALIASES, "name", "id", "code"),
        ),
        Column(
            "lead_time",
            Kind.NUMBER,
            "days from placing the order until it can be sold, for items without their own",
            "taken from supply",
            "days",
            low=0,
            high=1500,
            aliases=_also("lead_time_days leadtime lead_days delivery_days lieferzeit plazo"),
        ),
        Column(
            "review_days",
            Kind.NUMBER,
            "days from one possible order to the next, for items without their own",
            "taken from supply",
            "days",
            low=1,
            high=366,
            aliases=_also("review_period review_interval order_interval order_cycle"),
        ),
        Column(
            "order_weekdays",
            Kind.WEEKDAYS,
            "days of the week on which it takes orders, e.g. `mon;thu`, `Mo, Do`, `Mon-Fri` or `daily`; "
            "a word that is no day is an error finding, and the other days of its cell hold",
            "every day",
            aliases=_also(
                "order_days ordering_days order_weekday order_day weekdays weekday bestelltage "
                "bestelltag dias_de_pedido jours_de_commande besteldagen giorni_di_ordine"
            ),
        ),
        _whole_order(
            "order_cost",
            "cost of placing one order, whatever its lines",
            "money per order",
            "ordering_cost fixed_cost order_fee",
            "0",
        ),
        _whole_order(
            "minimum_value",
            "least value of an order, at the supplier's prices",
            "money",
            "min_order_value minimum_order_value mov min_value mindestbestellwert",
        ),
        _whole_order(
            "capacity",
            "most units that it delivers per order, all items together",
            "units",
            "max_order maximum_order max_units maximum_units order_limit supplier_capacity allocation",
            "as many as wanted",
        ),
        _whole_order("minimum_weight", "least weight of an order", "weight", "min_weight"),
        _whole_order("minimum_volume", "least volume of an order", "volume", "min_volume"),
        _whole_order(
            "container_volume",
            "volume of a container; orders are whole containers, nine tenths full or more",
            "volume",
            "container_m3 container_size",
        ),
        _whole_order(
            "container_weight",
            "weight that a container carries",
            "weight",
            "container_kg container_payload",
        ),
        _whole_order(
            "container_cost", "freight of one container", "money", "container_freight", "0"
        ),
    ),
    ("supplier",),
    Repeat.FIRST,
    "left out, with a finding",
)

PRICE_BREAKS = Table(
    "price_breaks",
    "from which quantity on all units of an order line cost less",
    "the unit cost of supply holds for every quantity",
    (
        _item(),
        Column(
            "supplier",
            Kind.TEXT,
            "who gives the price, as in `supply`",
            "every supplier of the item",
            aliases=_SUPPLIER_ALIASES,
        ),
        Column(
            "quantity",
            Kind.NUMBER,
            "units in one order line from which the price holds",
            "row set aside",
            "units",
            is_required=True,
            low=0,
            high=MOST_UNITS,
            aliases=(
                *_also(
                    "from_quantity min_quantity minimum_quantity break_quantity qty units ab_menge "
                    "staffelmenge ab_stueck ab_stück desde desde_cantidad a_partir_de vanaf vanaf_aantal "
                    "da_quantita da_quantità"
                ),
                *_UNITS_ALIASES,
            ),
        ),
        Column(
            "unit_cost",
            Kind.NUMBER,
            "price per unit, landed, for all units of the line",
            "row set aside",
            "money per unit",
            is_required=True,
            low=0,
            high=MOST_MONEY,
            aliases=_also(
                "price cost unit_price cost_price break_price einkaufspreis staffelpreis preis precio "
                "prix prijs prezzo"
            ),
        ),
    ),
    ("item", "supplier", "quantity"),
    Repeat.FIRST,
    "left out, with a finding",
)

CLOSURES = Table(
    "closures",
    "when a supplier neither takes orders nor works on them",
    "suppliers never close",
    (
        Column(
            "supplier",
            Kind.TEXT,
            "who is closed, as in `supply`",
            "every supplier",
            aliases=_SUPPLIER_ALIASES,
        ),
        Column(
            "closed_from",
            Kind.DATE,
            "first day closed",
            "row set aside",
            is_required=True,
            aliases=_also("from from_date start start_date first_day begin"),
        ),
        Column(
            "closed_to",
            Kind.DATE,
            "last day closed",
            "row set aside",
            is_required=True,
            aliases=_also("to to_date end end_date last_day until"),
        ),
    ),
    ("supplier", "closed_from", "closed_to"),
    Repeat.FIRST,
    "left out, with a finding",
)

CALENDAR = Table(
    "calendar",
    "what is known in advance: holidays, closed days, planned prices and promotions, weather forecasts",
    "closed days are found in sales; nothing else is known in advance",
    (
        Column(
            "date",
            Kind.DATE,
            "the day, past or future",
            "row set aside",
            is_required=True,
            aliases=(*_DATE_ALIASES, "planned_date"),
        ),
        Column("item", Kind.TEXT, "the item it holds for", "every item", aliases=_ITEM_ALIASES),
        Column(
            "location",
            Kind.TEXT,
            "the location it holds for",
            "every location",
            aliases=_LOCATION_ALIASES,
        ),
        Column(
            "is_open",
            Kind.SHARE,
            "share of the day on which the shop sells",
            "found in sales",
            "share 0..1",
            low=0,
            high=1,
            aliases=_also("open open_share trading"),
        ),
        Column(
            "holiday",
            Kind.SHARE,
            "a holiday: yes/no or a share of the period",
            "no holiday",
            "share 0..1",
            low=0,
            high=1,
            aliases=_also("holiday_flag is_holiday feiertag festivo"),
        ),
        _money(
            "price",
            "planned price per unit",
            "the last price seen",
            "planned_price",
            "unit_price",
            "sell_price",
        ),
        Column(
            "promotion",
            Kind.SHARE,
            "planned promotion",
            "no promotion",
            "share 0..1",
            low=0,
            high=1,
            aliases=_also("promo on_promotion planned_promotion is_promotion"),
        ),
    ),
    ("date", "item", "location"),
    Repeat.FIRST,
    "numbers become covariates known in advance; a row for an item or a location overrides a row "
    "for all; a column of the same name in sales lends its past, but not as a plan: give past "
    "promotions here, too, unless sales have rows of 0 units",
)

MARKET = Table(
    "market",
    "what happened outside: an indicator and its value",
    "nothing is known of the market",
    (
        Column(
            "indicator",
            Kind.TEXT,
            "name of the indicator, e.g. `search_interest`",
            "row set aside",
            is_required=True,
            aliases=_also("name series metric signal unique_id"),
        ),
        Column(
            "date",
            Kind.DATE,
            "the day it was published; it holds until the next one",
            "row set aside",
            is_required=True,
            aliases=_DATE_ALIASES,
        ),
        Column(
            "value",
            Kind.NUMBER,
            "its value",
            "row set aside",
            "its own",
            is_required=True,
            low=-MOST_OF_ANYTHING,
            high=MOST_OF_ANYTHING,
            aliases=_also("y index close level score"),
        ),
    ),
    ("indicator", "date"),
    Repeat.FIRST,
    "left out, with a finding",
)

INTERACTIONS = Table(
    "interactions",
    "what shoppers did: one row per event",
    "nothing is known of shoppers",
    (
        Column(
            "user",
            Kind.TEXT,
            "who, already pseudonymous",
            "nobody in particular",
            aliases=_also("user_id visitor_id visitorid customer_id customer session_id client_id"),
        ),
        _item(),
        Column("location", Kind.TEXT, "where", "every location", aliases=_LOCATION_ALIASES),
        Column(
            "time",
            Kind.DATE,
            "the day of the event; a time of day is cut off",
            "row set aside",
            is_required=True,
            aliases=("date", "event_time", *_DATE_ALIASES),
        ),
        Column(
            "kind",
            Kind.TEXT,
            "view, cart, wish, purchase, ...",
            "`view`",
            aliases=_also("event event_type action type interaction"),
        ),
    ),
    ("user", "item", "time", "kind"),
    Repeat.KEEP,
    "left out, with a finding",
)

TABLES: Mapping[str, Table] = {
    t.name: t
    for t in (
        SALES,
        ITEMS,
        LOCATIONS,
        STOCK,
        INBOUND,
        SUPPLY,
        SUPPLIERS,
        PRICE_BREAKS,
        CLOSURES,
        CALENDAR,
        MARKET,
        INTERACTIONS,
    )
}

INVOICES = Table(
    "invoices",
    "one row per line of an invoice, as a till or a shop system writes it; becomes `sales` and `items`",
    "sales are given instead",
    (
        Column(
            "invoice",
            Kind.TEXT,
            "number of the invoice; a leading C marks a cancellation",
            "unknown",
            is_required=True,
            aliases=_also(
                "invoice_no invoice_number invoiceno order_id order_number amazon_order_id "
                "name receipt_number transaction_id"
            ),
        ),
        Column(
            "item",
            Kind.TEXT,
            "what was sold",
            "row set aside",
            is_required=True,
            aliases=_ITEM_ALIASES,
        ),
        _location(),
        Column(
            "date",
            Kind.DATE,
            "the day of the invoice",
            "row set aside",
            is_required=True,
            aliases=("invoice_date", "invoice_ts", "created_at", "purchase_date", *_DATE_ALIASES),
        ),
        Column(
            "quantity",
            Kind.NUMBER,
            "units; negative: returned, cancelled or written off",
            "row set aside",
            "units",
            is_required=True,
            low=-MOST_UNITS,
            high=MOST_UNITS,
            aliases=(*_also("lineitem_quantity qty units"), *_UNITS_ALIASES),
        ),
        Column(
            "price",
            Kind.NUMBER,
            "price per unit; 0 or negative: not a sale but an adjustment",
            "unknown: a sale",
            "money per unit",
            low=-MOST_MONEY,
            high=MOST_MONEY,
            aliases=_also("unit_price unit_price_gbp lineitem_price"),
        ),
        Column(
            "revenue",
            Kind.NUMBER,
            "money of the whole line, where the price is empty",
            "unknown",
            "money",
            low=-MOST_MONEY,
            high=MOST_MONEY,
            aliases=_also("item_price line_total amount"),
        ),
        Column(
            "title",
            Kind.TEXT,
            "name of the item",
            "the item's code",
            aliases=_also("description product_name lineitem_name item_name"),
        ),
        Column(
            "customer",
            Kind.TEXT,
            "who bought, used only to match a return to its sale",
            "unknown",
            aliases=_also("customer_id buyer email client_id"),
        ),
        Column(
            "status",
            Kind.TEXT,
            "`cancelled` and its like: the line was never a sale",
            "a sale",
            aliases=_also("cancelled_at order_status item_status financial_status"),
        ),
    ),
    ("invoice", "item"),
    Repeat.KEEP,
    "left out",
)

# File names that mean a table, beside its own name.
FILE_ALIASES: Mapping[str, str] = {
    "sale": "sales",
    "sales_history": "sales",
    "sales_export": "sales",
    "demand": "sales",
    "item": "items",
    "products": "items",
    "product": "items",
    "catalogue": "items",
    "catalog": "items",
    "skus": "items",
    "stores": "locations",
    "warehouses": "locations",
    "shops": "locations",
    "location": "locations",
    "inventory": "stock",
    "stock_levels": "stock",
    "on_hand": "stock",
    "purchase_orders": "inbound",
    "open_orders": "inbound",
    "open_purchase_orders": "inbound",
    "pos": "inbound",
    "supply_terms": "supply",
    "vendors": "suppliers",
    "supplier_rules": "suppliers",
    "price_ladder": "price_breaks",
    "shutdowns": "closures",
    "supplier_closures": "closures",
    "holidays": "calendar",
    "promotions": "calendar",
    "planned": "calendar",
    "weather": "calendar",
    "indicators": "market",
    "events": "interactions",
    "clicks": "interactions",
    "invoices": "invoices",
    "invoice_lines": "invoices",
    "orders": "invoices",
    "orders_export": "invoices",
    "transactions": "invoices",
}

# Headers that betray a table whatever the file is called: (table, all of these, best first).
_SIGNATURES: tuple[tuple[str, frozenset[str]], ...] = (
    ("invoices", frozenset({"lineitem_sku", "lineitem_quantity"})),  # Shopify orders
    ("invoices", frozenset({"amazon_order_id", "sku", "quantity"})),  # Amazon all orders
    ("invoices", frozenset({"invoice_no", "stock_code", "quantity"})),  # a till's invoice lines
    ("invoices", frozenset({"invoice", "stock_code", "quantity"})),
    ("invoices", frozenset({"order_number", "item_sku", "quantity"})),  # WooCommerce order lines
    ("stock", frozenset({"sku", "location", "on_hand_current"})),  # Shopify inventory
    ("stock", frozenset({"sku", "afn_fulfillable_quantity"})),  # Amazon FBA inventory
    ("stock", frozenset({"msku", "ending_warehouse_balance"})),  # Amazon ledger
    ("sales", frozenset({"unique_id", "ds", "y"})),  # Nixtla
    ("supply", frozenset({"supplier", "lead_time"})),
    ("interactions", frozenset({"item", "user", "kind"})),
    ("market", frozenset({"indicator", "date", "value"})),
)

# Columns that name people; masked in whatever is written out.
PERSONAL = re.compile(
    r"(^|_)(e?mail|phone|telephone|address\d?|street|zip|postal_code|postcode|buyer|recipient|"
    r"first_name|last_name|full_name|customer_name|ip|notes?)($|_)|^(billing|shipping)_"
)

# Numbers that identify and do not measure; never a covariate.
IDENTIFIER = re.compile(
    r"(^|_)(id|ids|no|nr|num|number|code|key|index|idx|row|uuid|guid|barcode|ean|gtin|hs|"
    r"customer|invoice|order|year|month|week|weekday|day|dayofweek|hour)$"
)


def normalise_header(header: str) -> str:
    """A header in lower case with underscores, so that spellings of one name agree.

    >>> [normalise_header(h) for h in ["InvoiceNo", " Lineitem sku", "purchase-date", "On hand (current)"]]
    ['invoice_no', 'lineitem_sku', 'purchase_date', 'on_hand_current']
    """
    text = header.strip().strip("\ufeff\"'").strip()
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    return re.sub(r"[^0-9a-zà-ÿ]+", "_", text.lower()).strip("_")


def compact_header(header: str) -> str:
    """A header without anything but letters and digits, so that `LeadTime` is `lead time`."""
    return normalise_header(header).replace("_", "")


# Every name and alias of every table: a line with several of them is a line of headers.
KNOWN_HEADERS = frozenset(
    compact_header(name)
    for table in (*TABLES.values(), INVOICES)
    for column in table.columns
    for name in (column.name, *column.aliases)
)


def recognise_columns(table: Table, headers: Iterable[str]) -> dict[str, str]:
    """Their header -> our column, for the headers of one table that we recognise.

    A canonical name wins over an alias, an earlier alias over a later one, and each header and
    each column is used once.

    >>> recognise_columns(SALES, ["unique_id", "ds", "y"])
    {'unique_id': 'item', 'ds': 'date', 'y': 'quantity'}
    """
    by_name: dict[str, str] = {}
    for header in headers:
        by_name.setdefault(normalise_header(header), header)
    found: dict[str, str] = {}
    for column in table.columns:
        if column.name in by_name:
            found[column.name] = by_name.pop(column.name)
    # Compact spelling too: `LeadTime`, `leadtime` and `lead time` are one name.
    compact = {name.replace("_", ""): name for name in reversed(by_name)}
    for column in table.columns:
        if column.name in found:
            continue
        for alias in (column.name, *column.aliases):
            name = compact.get(alias.replace("_", ""))
            if name in by_name:
                found[column.name] = by_name.pop(name)
                break
    return {found[c.name]: c.name for c in table.columns if c.name in found}


def recognise_table(stem: str, headers: Iterable[str]) -> str | None:
    """The table that a file holds, from its headers and its name; None where nothing fits.

    Headers that betray a known export win over the file name, which wins over the table whose
    needed columns are all there.

    >>> recognise_table("export-2024", ["SKU", "Day", "Units sold"])
    'sales'
    >>> recognise_table("sales", ["InvoiceNo", "StockCode", "Quantity", "InvoiceDate"])
    'invoices'
    """
    headers = list(headers)
    names = {normalise_header(h) for h in headers}
    name = re.sub(r"[_\d]+$", "", normalise_header(stem))
    named = FILE_ALIASES.get(name, name)
    for table, needed in _SIGNATURES:
        if needed <= names and (table == "invoices" or named not in TABLES):
            return table
    if named == "invoices" and not _has_required(INVOICES, headers):
        named = "sales"
    if named == "suppliers" and _is_by_item(headers):
        return "supply"  # a list of suppliers with a row per item says what supply says
    if named in TABLES or named == "invoices":
        return named
    for part, table in FILE_ALIASES.items():
        if name.startswith(part) and table != "invoices" and _has_required(TABLES[table], headers):
            return table
    for part in TABLES:
        if part in name and _has_required(TABLES[part], headers):
            return part
    candidates = ("sales", "inbound", "stock", "market")
    return next((t for t in candidates if _has_required(TABLES[t], headers)), None)


def _is_by_item(headers: list[str]) -> bool:
    return "item" in recognise_columns(SUPPLY, headers).values()


def _has_required(table: Table, headers: list[str]) -> bool:
    return set(table.required) <= set(recognise_columns(table, headers).values())


def as_markdown() -> str:
    """The reference page of all tables, as Markdown."""
    lines = [
        "# Tables",
        "",
        "Only `sales` is needed. This page is written from `src/onhand/data/schema.py` by",
        "`python -m onhand.data.schema > docs/reference/tables.md`; a test keeps the two equal.",
        "",
        "Dates are days. Keys are texts, so `007` stays `007`. An empty cell, `NA`, `N/A`, `null`, "
        "`none`, `-` and `#N/A` all mean *empty*. A row that breaks a rule is set aside with its "
        "file, line and reason; it never stops the run.",
        "",
        "Sales long after all others are set aside, too, with an error finding: rows after a silence of "
        "more than a week with at most a tenth of the usual rows of a day, or after a silence of more "
        "than four weeks and three times any earlier one; at most one row in 200, so that a shop that "
        "opens again is not meant. One wrong year would else make the plan for a day to come. "
        f"Numbers beyond {MOST_OF_ANYTHING:g} in columns of your own are taken as empty, with a "
        "finding. A file with more than 1,000 columns is not read.",
        "",
    ]
    for table in (*TABLES.values(), INVOICES):
        lines += _table_markdown(table)
    return "\n".join(lines).rstrip() + "\n"


def _table_markdown(table: Table) -> list[str]:
    lines = [
        f"## {table.name}",
        "",
        f"A row says {table.meaning}.",
        "",
        f"- If the table is missing: {table.default}.",
        f"- Key: {', '.join(f'`{k}`' for k in table.key)}. Two rows with one key: {table.repeat.value}.",
        f"- Other columns: {table.extra}.",
        "",
        "| column | type | unit | meaning | empty or missing means | allowed | also recognised |",
        "|---|---|---|---|---|---|---|",
    ]
    for c in table.columns:
        name = f"**`{c.name}`**" if c.is_required else f"`{c.name}`"
        allowed = "" if c.low is None else f"{c.low:g} to {c.high:g}"
        also = ", ".join(f"`{a}`" for a in c.aliases)
        lines.append(
            f"| {name} | {c.kind.value} | {c.unit} | {c.meaning} | {c.null} | {allowed} | {also} |"
        )
    return [*lines, "", "Columns in bold are needed.", ""]


if __name__ == "__main__":
    print(as_markdown(), end="")
