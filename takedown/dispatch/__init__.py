"""Step 2: send requests and keep the receipts."""

from takedown.dispatch.by_hand import mark_received, mark_sent, send_now, withdraw
from takedown.dispatch.send import Result, claim_next, finish, send_due

__all__ = ["Result", "claim_next", "finish", "mark_received", "mark_sent", "send_due", "send_now", "withdraw"]
