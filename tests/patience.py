"""How tests wait and compare work, so that a slow machine changes nothing: nothing here or elsewhere asserts how long something takes."""

import time
from collections.abc import Callable

PATIENCE = 60.0
"""Seconds after which a test gives up. Far more than anything takes: it turns a hang into a failure, and measures nothing."""
TIMES = 8
TURNS = 5


def eventually(ready: Callable[[], object]) -> bool:
    """Whether it becomes true while patience lasts."""
    ends = time.monotonic() + PATIENCE
    while not ready():
        if time.monotonic() > ends:
            return False
        time.sleep(0.02)
    return True


def linear(work: Callable[[int], object], size: int) -> bool:
    """Whether work on `size` takes about as much more than on an eighth of it as there is more to do: 8 times, not 64.

    CPU time of this thread, in turns, the least of each: what else the machine does at the moment hits both or is left out.
    """
    small = large = float("inf")
    for _ in range(TURNS):
        small, large = min(small, _seconds(work, size // TIMES)), min(large, _seconds(work, size))
        if large < small * TIMES**1.5:
            return True
    return False


def _seconds(work: Callable[[int], object], size: int) -> float:
    began = time.thread_time()
    work(size)
    return time.thread_time() - began
