"""Step 4: judge requests against their deadlines; let people decide what observation cannot."""

from takedown.verdicts.clock import ClockFact, lock, record_clock_events, refresh
from takedown.verdicts.review import ADJUDICABLE, ADJUDICATIONS, adjudicate, assign, escalate, judged_meanwhile, judgement_of, note
from takedown.verdicts.settle import Anchors, Return, settle
from takedown.verdicts.sweep import database_now, sweep

__all__ = [
    "ADJUDICABLE",
    "ADJUDICATIONS",
    "Anchors",
    "ClockFact",
    "Return",
    "adjudicate",
    "assign",
    "database_now",
    "escalate",
    "judged_meanwhile",
    "judgement_of",
    "lock",
    "note",
    "record_clock_events",
    "refresh",
    "settle",
    "sweep",
]
