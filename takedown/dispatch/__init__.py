"""Step 2: send requests and keep the receipts."""

from takedown.dispatch.approvals import decide, revise, send_in_emergency
from takedown.dispatch.by_hand import mark_received, mark_sent, send_now, withdraw
from takedown.dispatch.hands import send_due, send_with_all_hands
from takedown.dispatch.restores import is_held, reconcile
from takedown.dispatch.send import Result, attempt, claim_next, finish, held_until
from takedown.verdicts import void_approval

__all__ = [
    "Result",
    "attempt",
    "claim_next",
    "decide",
    "finish",
    "held_until",
    "is_held",
    "mark_received",
    "mark_sent",
    "reconcile",
    "revise",
    "send_due",
    "send_in_emergency",
    "send_now",
    "send_with_all_hands",
    "void_approval",
    "withdraw",
]
