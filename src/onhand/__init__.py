"""Onhand: from a shop's own files to the orders it should place, proven by replay."""

__version__ = "0.1.0"
