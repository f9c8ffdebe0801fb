"""How do we say a number to a planner?"""

from __future__ import annotations

__all__ = ["counted", "money", "percent", "periods", "plural", "signed", "units"]

_SYMBOLS = {"EUR": "€", "GBP": "£", "USD": "$", "JPY": "¥", "CNY": "¥", "INR": "₹"}


def money(value: float, currency: str) -> str:
    """An amount with its currency; whole from 100 on, cents below.

    >>> money(1234.5, "GBP"), money(-3.5, "EUR"), money(12, "CHF")
    ('£1,234', '-€3.50', 'CHF 12.00')
    """
    digits = 0 if abs(value) >= 99.995 else 2
    sign = "-" if round(value, digits) < 0 else ""
    symbol = _SYMBOLS.get(currency.upper(), f"{currency} " if currency else "")
    return f"{sign}{symbol}{abs(value):,.{digits}f}"


def units(value: float) -> str:
    """Units without needless decimals.

    >>> units(1200.0), units(3.26), units(0.04)
    ('1,200', '3.3', '0.04')
    """
    if abs(value - round(value)) < 0.005 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:,.1f}" if abs(value) >= 0.1 else f"{value:,.2g}"


def counted(value: float, sign: str = "") -> str:
    """Units as parts of a sum that is to be checked by hand: to the hundredth; `sign` "+" shows it.

    >>> counted(33.75), counted(1200.0), counted(60.8429, "+"), counted(-0.001)
    ('33.75', '1,200', '+60.84', '0')
    """
    value = round(value, 2) + 0.0  # no -0
    text = f"{value:{sign},.2f}"
    return text.rstrip("0").rstrip(".")


def signed(value: float) -> str:
    """A change in units, with its sign.

    >>> signed(1286.0), signed(-3.26)
    ('+1,286', '-3.3')
    """
    return f"{'-' if value < 0 else '+'}{units(abs(value))}"


def percent(share: float) -> str:
    """A share 0..1 in percent; neither 0 nor 100 unless it is.

    >>> percent(0.123), percent(0.999), percent(0.0004), percent(1.0)
    ('12%', '>99%', '<1%', '100%')
    """
    if 0 < share < 0.005:
        return "<1%"
    if 0.995 <= share < 1:
        return ">99%"
    return f"{share:.0%}"


def periods(count: float, frequency: str) -> str:
    """A number of periods.

    >>> periods(1.0, "week"), periods(2.5, "day")
    ('1 week', '2.5 days')
    """
    return f"{units(count)} {frequency if units(count) == '1' else frequency + 's'}"


def plural(count: int, word: str) -> str:
    """A count with its word.

    >>> plural(1, "order line"), plural(3200, "item")
    ('1 order line', '3,200 items')
    """
    return f"{count:,} {word if count == 1 else word + 's'}"
