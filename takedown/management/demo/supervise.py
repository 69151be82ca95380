"""honcho, with processes that are started again when they die, as a supervisor would do in production."""

import multiprocessing
import os
import signal
import time
from contextlib import suppress
from functools import partial
from multiprocessing.synchronize import Event
from typing import Any

from honcho import manager
from honcho.process import Process

QUICK_SECONDS = 5.0
MOST_QUICK_DEATHS = 4
STOP_SECONDS = 90
"""How long processes may finish what they do before they are killed: as long as in production."""


class Lasting(Process):  # type: ignore[misc]  # the library is untyped
    """Comes back until it is told to stop, or until it has died at once several times in a row."""

    def __init__(self, *args: Any, stopping: Event, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._stopping = stopping

    def run(self, events: Any = None, ignore_signals: bool = False) -> None:
        self._events = events
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        quick = 0
        while True:
            started = time.monotonic()
            self._once()
            quick = quick + 1 if time.monotonic() - started < QUICK_SECONDS else 0
            if self._stopping.wait(1) or quick >= MOST_QUICK_DEATHS:
                break
            self._send_message(f"died (rc={self._child.returncode}); started again".encode())
        self._send_message({"returncode": self._child.returncode}, type="stop")

    def _once(self) -> None:
        self._child = self._child_ctor(self.cmd, env=self.env, cwd=self.cwd, preexec_fn=_hear_signals)
        self._send_message({"pid": self._child.pid}, type="start")
        for line in iter(self._child.stdout.readline, b""):
            self._send_message(line)
        self._child.wait()


def _hear_signals() -> None:
    """What we ignore would be ignored by our child too."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _ask_to_stop(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)


class Supervisor(manager.Manager):  # type: ignore[misc]  # the library is untyped
    """Starts processes, keeps them running, and stops all of them together."""

    def __init__(self) -> None:
        super().__init__()
        manager.KILL_WAIT = STOP_SECONDS
        # The first of each group only, which then stops its own: children of a worker would drop what they do at once.
        self._procmgr.terminate = _ask_to_stop
        self._stopping = multiprocessing.Event()
        self._process_ctor = partial(Lasting, stopping=self._stopping)

    def terminate(self) -> None:
        self._stopping.set()
        super().terminate()
