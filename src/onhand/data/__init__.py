"""What happened? Tables come in, are checked, and become a panel."""

from onhand.data.build import build_panel
from onhand.data.calendar import future_open
from onhand.data.findings import Finding, Severity, findings_table, worst_severity
from onhand.data.invoices import FromInvoices, from_invoices
from onhand.data.panel import Frequency, Panel
from onhand.data.read import read_tables
from onhand.data.sample import sample_shop
from onhand.data.tables import Tables, write_set_aside
from onhand.data.validate import validate

__all__ = [
    "Finding",
    "Frequency",
    "FromInvoices",
    "Panel",
    "Severity",
    "Tables",
    "build_panel",
    "findings_table",
    "from_invoices",
    "future_open",
    "read_tables",
    "sample_shop",
    "validate",
    "worst_severity",
    "write_set_aside",
]
