"""How is a number, a date or a status written on the page?

As `onhand.plan.wording` writes it, because the plan's own sentences stand beside these numbers;
here it also copes with the unknown, and with columns that must add up. The script on the page
formats the same way (script/wording.js), for charts and opened lines.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from onhand.plan import wording as spoken

__all__ = ["KINDS", "Wording"]

# Status of a stock point: what it is called, and the sign beside the word (never colour alone).
KINDS: Mapping[str, tuple[str, str]] = {
    "stocked_out": ("Stocked out", "✕"),
    "at_risk": ("Running out", "!"),
    "order_waits": ("Order waits", "…"),
    "excess": ("Too much", "+"),
    "dying": ("Dying", "↓"),
    "phase_out": ("Left over", "↘"),
    "perishing": ("Will perish", "~"),
    "held_back": ("Held back", "="),
    "new": ("New", "*"),
    "ok": ("In order", "✓"),
}
# Not from strftime, whose names follow the machine's locale.
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
UNKNOWN = "–"


def known(value: object) -> float | None:
    """The number that `value` is, or None when it is no number that can be written."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def signed(value: float, text: str) -> str:
    """`text` of the absolute value, with a true minus sign in front when `value` is below zero."""
    return f"−{text}" if value < 0 and any(c in "123456789" for c in text) else text


@dataclass(frozen=True)
class Wording:
    """Writes numbers in the shop's currency and period.

    currency : ISO code such as "GBP"; amounts stand without a sign when it is empty
    frequency : "day", "week" or "month"

    >>> words = Wording("GBP", "week")
    >>> words.money(-1234.5), words.exact_money(1234.5), words.units(1234.0), words.share(0.003)
    ('−£1,234', '£1,234.50', '1,234', '<1%')
    >>> words.cover(2.5), words.cover(None), words.day("2011-12-09")
    ('2.5 weeks', 'no demand', '9 Dec 2011')
    """

    currency: str
    frequency: str

    @property
    def sign(self) -> str:
        """What stands before an amount: "£", "CHF ", or nothing."""
        return spoken.money(0.0, self.currency).removesuffix("0.00").replace(" ", "\u00a0")

    @property
    def periods(self) -> str:
        """The period's name in the plural."""
        return f"{self.frequency}s"

    def money(self, value: object) -> str:
        """An amount to the whole unit of currency; `<£1` for a little, `–` for unknown."""
        amount = known(value)
        if amount is None:
            return UNKNOWN
        if 0 < abs(amount) < 0.5:
            return f"<{self.sign}1"
        return signed(amount, f"{self.sign}{abs(amount):,.0f}")

    def exact_money(self, value: object) -> str:
        """An amount to the cent, for what is paid."""
        amount = known(value)
        if amount is None:
            return UNKNOWN
        return signed(amount, f"{self.sign}{abs(amount):,.2f}")

    def unit_price(self, value: object) -> str:
        """A price per unit, to as many places as it has, from two to four: 1.875 stays 1.875."""
        amount = known(value)
        if amount is None:
            return UNKNOWN
        whole, _, places = f"{abs(amount):,.4f}".partition(".")
        return signed(amount, f"{self.sign}{whole}.{places[:2]}{places[2:].rstrip('0')}")

    def units(self, value: object) -> str:
        """A quantity without needless decimals."""
        amount = known(value)
        return UNKNOWN if amount is None else signed(amount, spoken.units(abs(amount)))

    def share(self, value: object) -> str:
        """A probability or share in whole percent, never rounded to a false 0% or 100%."""
        number = known(value)
        return UNKNOWN if number is None else signed(number, spoken.percent(abs(number)))

    def rate(self, value: object) -> str:
        """A fill rate, to a tenth of a percent."""
        number = known(value)
        return UNKNOWN if number is None else f"{number:.1%}"

    def cover(self, value: object) -> str:
        """Periods that stock lasts; None means that nothing is wanted."""
        number = known(value)
        return "no demand" if number is None else spoken.periods(number, self.frequency)

    def day(self, value: object) -> str:
        """An ISO date as people write it; `–` for none."""
        try:
            when = date.fromisoformat(str(value)[:10])
        except ValueError:
            return UNKNOWN
        return f"{when.day} {MONTHS[when.month - 1]} {when.year}"

    def value(self, value: object) -> str:
        """A setting as it stands in a file: number, word, list, yes or no."""
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, list | tuple):
            return ", ".join(self.value(v) for v in value)
        number = known(value)
        if number is not None:
            return f"{value:,}" if isinstance(value, int) else f"{number:,.6g}"
        return UNKNOWN if value is None else str(value)
