"""How is a number, a date or a status written for a person?

The script on the page formats the same way (script/wording.js); only charts and opened
lines need it there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

__all__ = ["KINDS", "Wording"]

# Sign shown where a code is common knowledge; any other code is written out before the amount.
CURRENCY_SIGNS = {
    "GBP": "£",
    "EUR": "€",
    "USD": "$",
    "JPY": "¥",
    "INR": "₹",
    "KRW": "₩",
    "UAH": "₴",
    "TRY": "₺",
    "ILS": "₪",
    "VND": "₫",
    "NGN": "₦",
    "PHP": "₱",
}

# Status of a stock point: what it is called, and the sign beside the word (never colour alone).
KINDS: Mapping[str, tuple[str, str]] = {
    "stocked_out": ("Stocked out", "✕"),
    "at_risk": ("Running out", "!"),
    "excess": ("Too much", "+"),
    "dying": ("Dying", "↓"),
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

    currency : ISO code such as "GBP", a sign such as "£", or None when the shop has not said;
        amounts are then written without a sign
    frequency : "day", "week" or "month"

    >>> words = Wording("GBP", "week")
    >>> words.money(-1234.5), words.exact_money(1234.5), words.units(1234.0), words.share(0.003)
    ('−£1,235', '£1,234.50', '1,234', '<1%')
    >>> words.cover(1.0), words.cover(None), words.day("2011-12-09")
    ('1.0 weeks', 'no demand', '9 Dec 2011')
    """

    currency: str | None
    frequency: str

    @property
    def sign(self) -> str:
        """What stands before an amount: "£", "CHF ", or nothing."""
        if not self.currency:
            return ""
        code = self.currency.strip()
        if code.upper() in CURRENCY_SIGNS:
            return CURRENCY_SIGNS[code.upper()]
        return f"{code}\u00a0" if code.isalpha() else code

    def money(self, value: object) -> str:
        """An amount to the whole unit of currency; `<£1` for a little, `–` for unknown."""
        amount = known(value)
        if amount is None:
            return UNKNOWN
        if 0 < abs(amount) < 0.5:
            return f"<{self.sign}1"
        return signed(amount, f"{self.sign}{math.floor(abs(amount) + 0.5):,}")

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
        """A quantity: whole when it is whole, one decimal otherwise."""
        amount = known(value)
        if amount is None:
            return UNKNOWN
        rounded = round(abs(amount), 1)
        text = f"{rounded:,.0f}" if rounded == int(rounded) else f"{rounded:,.1f}"
        return signed(amount, text)

    def share(self, value: object) -> str:
        """A probability or share in whole percent, never rounded to a false 0% or 100%."""
        number = known(value)
        if number is None:
            return UNKNOWN
        percent = 100 * number
        if 0 < percent < 1:
            return "<1%"
        if 99 < percent < 100:
            return ">99%"
        return signed(percent, f"{abs(percent):.0f}%")

    def rate(self, value: object) -> str:
        """A fill rate, to a tenth of a percent."""
        number = known(value)
        return UNKNOWN if number is None else f"{100 * number:.1f}%"

    def cover(self, value: object) -> str:
        """Periods that stock lasts; None means that nothing is wanted."""
        periods = known(value)
        if periods is None:
            return "no demand"
        return f"{periods:,.1f} {self.periods}" if periods < 100 else f"99+ {self.periods}"

    @property
    def periods(self) -> str:
        """The period's name in the plural."""
        return f"{self.frequency}s"

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
