"""Reports to authorities and to the public, made from the rows behind the statistics: numbers only, no personal data."""

from takedown.reports.authority import AUTHORITY
from takedown.reports.build import Asked, build, read
from takedown.reports.flagger import FLAGGER
from takedown.reports.lines import lines
from takedown.reports.monitoring import MONITORING
from takedown.reports.paper import render
from takedown.reports.report import Kind, Report, Section

KINDS = {kind.slug: kind for kind in (AUTHORITY, FLAGGER, MONITORING)}

__all__ = ["KINDS", "Asked", "Kind", "Report", "Section", "build", "lines", "read", "render"]
