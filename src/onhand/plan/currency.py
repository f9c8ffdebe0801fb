"""Which money do the tables speak of, when the settings do not say?"""

from __future__ import annotations

from onhand.data.tables import Tables
from onhand.plan.config import Config, ShopSettings

__all__ = ["in_its_currency"]


def in_its_currency(config: Config, tables: Tables) -> Config:
    """The settings with the currency that a column of sales or invoices names.

    A currency stated in the settings stands; the one that stands there when nobody said gives way.

    >>> in_its_currency(Config(), Tables(currency="USD")).shop.currency
    'USD'
    >>> stated = Config().with_settings({"shop.currency": "GBP"})
    >>> in_its_currency(stated, Tables(currency="USD")).shop.currency
    'GBP'
    """
    default = ShopSettings().currency
    if not tables.currency or config.shop.currency != default or tables.currency == default:
        return config
    return config.with_settings({"shop.currency": tables.currency})
