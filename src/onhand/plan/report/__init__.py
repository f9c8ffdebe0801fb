"""What does the planner see? The plan as one page that opens anywhere, without a network."""

from onhand.plan.report.write import render_report, write_report

__all__ = ["render_report", "write_report"]
