"""A whole install of its own, in a folder of its own, that may be broken at will."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from takedown import embedded
from tests.chaos.proxy import Proxy

CELERY = (sys.executable, "-m", "celery", "--quiet", "-A", "takedown")
WORKER = (*CELERY, "worker", "--loglevel", "ERROR", "--pool", "prefork", "--without-gossip", "--without-mingle")


@dataclass
class Install:
    """Servers, web, workers and scheduler; every process is started again when it dies, as a supervisor would."""

    var: Path
    proxy: Proxy
    web_port: int
    env: Mapping[str, str]
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    only: frozenset[str] = frozenset()
    """Names of the processes to run; empty: all."""

    def start(self) -> None:
        web = ("-m", "gunicorn", "takedown.wsgi", "--config", "python:takedown.gunicorn", "--bind", f"127.0.0.1:{self.web_port}")
        self.commands = {
            "web": (sys.executable, *web),
            "looks-1": (*WORKER, "-Q", "looks", "-c", "1", "-n", "looks1@%h"),
            "looks-2": (*WORKER, "-Q", "looks", "-c", "1", "-n", "looks2@%h"),
            "acts": (*WORKER, "-Q", "acts", "-c", "1", "-n", "acts@%h"),
            "beat-1": (*CELERY, "beat", "--loglevel", "CRITICAL", "-s", str(self.var / "beat1")),
            "beat-2": (*CELERY, "beat", "--loglevel", "CRITICAL", "-s", str(self.var / "beat2")),
        }
        if self.only:
            self.commands = {name: command for name, command in self.commands.items() if name in self.only}
        self.supervise()

    def supervise(self) -> None:
        """Start what is not running."""
        for name, command in self.commands.items():
            process = self.processes.get(name)
            if process is None or process.poll() is not None:
                with (self.var / f"{name}.log").open("ab") as log:
                    self.processes[name] = subprocess.Popen(
                        command, env={**self.env, "TMPDIR": str(self.var)}, stdout=log, stderr=log, start_new_session=True
                    )

    def kill(self, name: str) -> None:
        """`kill -9` a process and its children, as the kernel would for want of memory."""
        self._signal(name, signal.SIGKILL)
        self.processes[name].wait()

    def freeze(self, name: str, seconds: float) -> None:
        self._signal(name, signal.SIGSTOP)
        time.sleep(seconds)
        self._signal(name, signal.SIGCONT)

    def _signal(self, name: str, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.processes[name].pid, number)

    def restart_postgres(self) -> None:
        """Crash PostgreSQL and bring it back; it recovers from its log."""
        pid = int((self.var / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0])
        os.kill(pid, signal.SIGQUIT)
        while embedded.is_alive(pid):
            time.sleep(0.02)
        embedded.start(self.var)

    def stop(self) -> None:
        for name in self.processes:
            self._signal(name, signal.SIGKILL)
        for process in self.processes.values():
            process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
