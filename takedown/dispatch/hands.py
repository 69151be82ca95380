"""Several hands send at once, so that what is slow keeps nothing else waiting."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait

from django.db import connection

from takedown.dispatch.lanes import Turn
from takedown.dispatch.send import attempt, claim_next, finish, give_up_lost
from takedown.models.heartbeat import leave, take

NEW_WORK_SECONDS = 20.0
"""How long one task begins new attempts. With the time one attempt may take, it stays below the soft time limit of a task."""
HANDS = (*(Turn.URGENT,) * 2, *(Turn.DEADLINE,) * 7, *(Turn.AGENCY,) * 3)
"""Two are kept for what is urgent, and three go round the agencies. More than the mail server gets: interfaces need not wait for it."""
SENDING = "sending"
"""The heartbeat of the process that sends: the others leave it to that one."""
LEASE_SECONDS = 4.0
IDLE_SECONDS = 0.5


def send_due() -> int:
    """Send, one after the other, what may be sent now; how many attempts."""
    give_up_lost()
    tried, begun = 0, time.monotonic()
    while time.monotonic() - begun < NEW_WORK_SECONDS and (submissions := claim_next()):
        finish(submissions, attempt(submissions))
        tried += 1
    return tried


def send_with_all_hands() -> int:
    """The same with all hands, unless another process does; how many attempts.

    One process at a time: enough for what platforms take, and the workers of the others are free for other tasks. It hands over as soon as
    it begins nothing new, so that an attempt that hangs holds up only itself.
    """
    if not take(SENDING, LEASE_SECONDS):
        return 0
    give_up_lost()
    desk = _Desk()
    with ThreadPoolExecutor(len(HANDS), thread_name_prefix="hand") as pool:
        hands = [pool.submit(desk.work, turn) for turn in HANDS]
        while wait(hands, timeout=1.0).not_done and not desk.is_over():
            take(SENDING, 0)
        leave(SENDING)
        return sum(hand.result() for hand in hands)


class _Desk:
    """What the hands of one process share: the end of their shift, and how many of them hold something."""

    def __init__(self) -> None:
        self._ends = time.monotonic() + NEW_WORK_SECONDS
        self._lock, self._busy = threading.Lock(), 0
        self._closed = threading.Event()

    def is_over(self) -> bool:
        return self._closed.is_set() or time.monotonic() >= self._ends

    def work(self, turn: Turn) -> int:
        """One hand: takes, sends, and waits for more while others are at work."""
        done = 0
        try:
            while not self.is_over():
                if self._send_one(turn):
                    done += 1
                elif self._busy:
                    self._closed.wait(IDLE_SECONDS)
                else:
                    break
        finally:
            connection.close()
        return done

    def _send_one(self, turn: Turn) -> bool:
        with self._lock:
            self._busy += 1
        try:
            submissions = claim_next(turn)
            if submissions:
                finish(submissions, attempt(submissions))
            return bool(submissions)
        finally:
            with self._lock:
                self._busy -= 1
