"""The stand-in of each worker: does the worker's tasks by itself while no doorbell is heard, whatever the reason.

Redis may be away, the scheduler dead, the worker deaf. What tells is a heartbeat in PostgreSQL that every task leaves: a task whose
heartbeat is too old is done here and now. Nothing of this touches Redis. A process of its own, forked from the worker before that has
connections or threads; it starts its children again when they die, and ends with the worker.
"""

import logging
import math
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from typing import NoReturn

from django.db import DatabaseError, InterfaceError, close_old_connections, connections

from takedown.celery import app
from takedown.models.heartbeat import STAND_IN, beat, take

logger = logging.getLogger(__name__)

SILENCE_SECONDS = 4.0
"""A task that nobody has begun for so long, or for twice its period, is done by a stand-in. Deadlines are looked at a moment later."""
TASK_SECONDS = 60
"""Then a task is killed, as Celery would."""
LONG = frozenset({"poll", "dispatch"})
"""Tasks that take so long that the others must not wait for them."""

Tasks = Mapping[str, float]
"""Names of tasks and the seconds of silence after which each is done."""


def groups_of(queues: Collection[str]) -> list[Tasks]:
    """What a worker of these queues does, in groups that do not wait for each other."""
    groups: dict[str, dict[str, float]] = {}
    for name, entry in app.conf.beat_schedule.items():
        if app.conf.task_routes.get(entry["task"], {}).get("queue", app.conf.task_default_queue) in queues:
            group = groups.setdefault(name if name in LONG else "", {})
            group[name] = max(SILENCE_SECONDS, 2 * entry["schedule"])
    return list(groups.values())


class StandIn:
    """One that does these tasks."""

    def __init__(self, tasks: Tasks) -> None:
        self._tasks = tasks
        self._last: dict[str, float] = {}

    def round(self) -> list[str]:
        """Do what nobody else does; the names of what was done. One task that came late is nobody's business, the same again is said."""
        silent = [name for name, seconds in self._tasks.items() if take(name, seconds)]
        for name in silent:
            begun = time.monotonic()
            if name in LONG and begun - self._last.get(name, -math.inf) < 3 * self._tasks[name]:
                beat(STAND_IN)
            signal.alarm(TASK_SECONDS)
            app.tasks[app.conf.beat_schedule[name]["task"]]()
            signal.alarm(0)
            self._last[name] = time.monotonic()
        return silent


def start(queues: Collection[str]) -> int:
    """Fork the stand-in of this process; its number."""
    groups = groups_of(queues)
    connections.close_all()
    return _fork(lambda stop, parent: _supervise(groups, stop, parent))


def stop(pid: int) -> None:
    """Have it finish what it does and end."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)


def _fork(work: Callable[[threading.Event, int], None]) -> int:
    parent = os.getpid()
    pid = os.fork()
    if not pid:
        _become(work, parent)
    return pid


def _become(work: Callable[[threading.Event, int], None], parent: int) -> NoReturn:
    """What a forked process does. It must never return into the code of its parent."""
    code = 1
    try:
        stopping = threading.Event()
        for number in (signal.SIGALRM, signal.SIGCHLD, signal.SIGQUIT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda *_: stopping.set())
        work(stopping, parent)
        code = 0
    finally:
        if code:
            logger.critical("A stand-in ends", exc_info=sys.exc_info())
        os._exit(code)


def _supervise(groups: Sequence[Tasks], stopping: threading.Event, parent: int) -> None:
    """Keep one process going for each group, for as long as the worker lives."""
    children: dict[int, Tasks] = {}
    while not stopping.is_set() and os.getppid() == parent:
        for group in groups:
            if group not in children.values():
                children[_fork(lambda stop, supervisor, group=group: _serve(group, stop, supervisor))] = group  # type: ignore[misc]
        stopping.wait(1.0)
        while children and (ended := os.waitpid(-1, os.WNOHANG)[0]):
            children.pop(ended)
    for pid in children:
        stop(pid)
    for pid in children:
        os.waitpid(pid, 0)


def _serve(tasks: Tasks, stopping: threading.Event, supervisor: int) -> None:
    stand_in = StandIn(tasks)
    while not stopping.wait(1.0) and os.getppid() == supervisor:
        close_old_connections()
        try:
            if done := stand_in.round():
                logger.info("Nobody rang: stood in for %s", ", ".join(done))
        except (DatabaseError, InterfaceError) as error:
            signal.alarm(0)
            logger.warning("A stand-in cannot work: %s", error)
