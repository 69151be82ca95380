"""Step 1: take reports in."""

from takedown.intake.again import Call, KeyReused
from takedown.intake.preview import MOST_LINES, PreviewLine, PreviewVerdict, preview
from takedown.intake.submit import Draft, Filed, submit

__all__ = ["MOST_LINES", "Call", "Draft", "Filed", "KeyReused", "PreviewLine", "PreviewVerdict", "preview", "submit"]
