"""Step 2: send requests and keep the receipts."""

from takedown.dispatch.approvals import decide, revise, send_in_emergency
from takedown.dispatch.by_hand import mark_received, mark_sent, send_now, withdraw
from takedown.dispatch.send import Result, claim_next, finish, send_due
from takedown.verdicts import void_approval

__all__ = [
    "Result",
    "claim_next",
    "decide",
    "finish",
    "mark_received",
    "mark_sent",
    "revise",
    "send_due",
    "send_in_emergency",
    "send_now",
    "void_approval",
    "withdraw",
]
