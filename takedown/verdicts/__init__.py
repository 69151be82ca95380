"""Step 4: judge requests against their deadlines; let people decide what observation cannot."""

from takedown.verdicts.approvals import authors, digest_of, is_covered, notice, payload, void_approval
from takedown.verdicts.clock import ClockFact, as_typed, lock, record_clock_events, refresh
from takedown.verdicts.duties import finish_duty, open_duty
from takedown.verdicts.near import warn
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
    "as_typed",
    "assign",
    "authors",
    "database_now",
    "digest_of",
    "escalate",
    "finish_duty",
    "is_covered",
    "judged_meanwhile",
    "judgement_of",
    "lock",
    "note",
    "notice",
    "open_duty",
    "payload",
    "record_clock_events",
    "refresh",
    "settle",
    "sweep",
    "void_approval",
    "warn",
]
