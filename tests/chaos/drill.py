"""`python -m tests.chaos.drill`: back up, go on working, lose the database, restore it, reconcile; nothing left twice and nothing is lost.

Mails go to files and calls to the sandbox, which no restore touches: they are the witnesses.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from email import message_from_bytes
from pathlib import Path
from typing import Any

import requests

from takedown import embedded
from tests.chaos.install import Install, free_port
from tests.chaos.proxy import Proxy
from tests.chaos.storm import Client, answers, prepare, say, serve_sandbox, wait_for

PLATFORMS = ("web", "mastodon", "bluesky", "x")
NEEDED = frozenset({"web", "acts", "beat-1"})
HELD_SECONDS = 6.0
"""How long nothing may leave before anybody has reconciled: several rounds of sending."""


class Drill:
    """One install, its backup, and what its clients have filed."""

    def __init__(self, install: Install, sandbox: Any, key: str) -> None:
        self.install, self.sandbox, self.key = install, sandbox, key
        self.base = f"http://127.0.0.1:{install.web_port}"
        self.dump = install.var / "backup.dump"

    def file(self, name: str, urls: list[str]) -> None:
        """As a client that repeats each call, with the same key, until it is told that the report was filed."""
        Client(self.base, self.key, name, urls).run()

    def urls(self, count: int) -> list[str]:
        wishes = [{"platform": PLATFORMS[each % len(PLATFORMS)], "script": [{"at": 0, "state": "available"}]} for each in range(count)]
        return [item.url for item in self.sandbox.world.add(wishes)]

    def left(self) -> Counter[str]:
        """How many times each address was asked to be taken down, by mail or by a call."""
        texts = [self._body(path) for path in sorted((self.install.var / "mail").glob("*"))]
        texts += [str(call) for call in self.sandbox.world.calls if call["method"] == "POST" and "report" in call["path"].lower()]
        names = {item.url: item.url.rsplit("/", 1)[1] for item in self.sandbox.world.items.values()}
        return Counter({url: sum(text.count(name) for text in texts) for url, name in names.items()})

    @staticmethod
    def _body(path: Path) -> str:
        message = message_from_bytes(path.read_bytes().replace(b"\n" + b"-" * 79 + b"\n", b"\n"))
        payload = message.get_payload(decode=True)
        return payload.decode() if isinstance(payload, bytes) else ""

    def wait_until_left(self, urls: Sequence[str]) -> None:
        wait_for(lambda: all(self.left()[url] for url in urls), "what was filed")

    def back_up(self) -> None:
        self._postgres("pg_dump", "--format=custom", f"--file={self.dump}", embedded.DATABASE)

    def lose_the_database(self) -> None:
        """Everything dies, and the disk of the database with it."""
        self.install.stop()
        pid = int((self.install.var / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0])
        os.kill(pid, signal.SIGQUIT)
        while embedded.is_alive(pid):
            time.sleep(0.02)
        shutil.rmtree(self.install.var / "postgres")

    def restore(self) -> None:
        embedded.start(self.install.var)
        self._postgres("pg_restore", "--exit-on-error", f"--dbname={embedded.DATABASE}", str(self.dump))

    def _postgres(self, program: str, *arguments: str) -> None:
        host = embedded.database_url(self.install.var).split("host=")[1]
        subprocess.run([str(embedded.postgres_bin() / program), "-h", host, "-U", "postgres", *arguments], check=True)

    def reconcile(self) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", "reconcile"], env=dict(self.install.env), capture_output=True, text=True, check=True
        )
        return done.stdout

    def is_held(self) -> bool:
        return bool(not requests.get(f"{self.base}/readyz", timeout=10).json()["checks"]["restore"]["ok"])

    def statuses(self) -> dict[str, str]:
        """Of every report that the database knows, by its address."""
        from django.db import connection  # after the environment is set

        from takedown.models import Report  # after the environment is set

        connection.close()
        return dict(Report.objects.values_list("url", "request__status"))


def run() -> int:
    with ExitStack() as stack:
        var = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="takedown-drill-")))
        elsewhere = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="takedown-journal-")))
        os.environ.update({"TAKEDOWN_VAR": str(var), "DJANGO_SETTINGS_MODULE": "takedown.settings", "LOG_LEVEL": "CRITICAL"})
        os.environ["SENT_JOURNAL"] = str(elsewhere / "sent.journal")
        for name in ("DATABASE_URL", "REDIS_URL", "DEMO"):
            os.environ.pop(name, None)
        stack.callback(embedded.stop, var)
        embedded.hold(var)
        proxy = Proxy(int(embedded.redis_url(var).rsplit(":", 1)[1].split("/")[0]))
        os.environ["REDIS_URL"] = f"redis://127.0.0.1:{proxy.port}/0"
        sandbox = stack.enter_context(serve_sandbox())
        os.environ["FETCH_ALLOWED_HOSTS"] = sandbox.url.removeprefix("http://")
        key = prepare(sandbox.url)
        install = Install(var, proxy, free_port(), dict(os.environ), only=NEEDED)
        stack.callback(install.stop)
        return rehearse(Drill(install, sandbox, key))


def rehearse(drill: Drill) -> int:
    before, open_ones, after, unsent = drill.urls(8), drill.urls(8), drill.urls(8), drill.urls(8)
    drill.install.start()
    wait_for(lambda: answers(f"{drill.base}/livez"), "the web server")
    drill.file("before", before)
    drill.wait_until_left(before)
    say("sent before the backup")
    without_sending(drill, lambda: drill.file("open", open_ones))
    drill.back_up()
    say("backed up; more work")
    drill.install.supervise()
    drill.file("after", after)
    drill.wait_until_left([*open_ones, *after])
    without_sending(drill, lambda: drill.file("unsent", unsent))
    drill.lose_the_database()
    say("the database is lost")
    drill.restore()
    drill.install.supervise()
    wait_for(lambda: answers(f"{drill.base}/livez") and drill.is_held(), "the hold")
    say("restored and started; clients file again what they know to be lost")
    drill.file("after", after)
    drill.file("unsent", unsent)
    time.sleep(HELD_SECONDS)
    broken = [f"{url} left before anybody had reconciled" for url in unsent if drill.left()[url]]
    say(drill.reconcile().strip().replace("\n", "\n          "))
    drill.wait_until_left(unsent)
    broken += violations(drill, settled=[*before, *open_ones, *unsent], asked=after)
    for line in broken:
        print(f"BROKEN: {line}", flush=True)
    say("broken" if broken else "nothing left twice, nothing is lost")
    return len(broken)


def without_sending(drill: Drill, work: Callable[[], None]) -> None:
    """Do something while nobody sends."""
    drill.install.kill("acts")
    work()


def violations(drill: Drill, *, settled: Sequence[str], asked: Sequence[str]) -> list[str]:
    """What is not as it must be. What left after the backup for reports that were lost is a person's to decide."""
    expected = {**dict.fromkeys(settled, "sent"), **dict.fromkeys(asked, "needs_operator")}
    wait_for(lambda: set(drill.statuses().values()) == set(expected.values()), "the last receipts")
    found, left = drill.statuses(), drill.left()
    wrong = [f"{url} is {found.get(url, 'lost')}, not {status}" for url, status in expected.items() if found.get(url) != status]
    return wrong + [f"{url} left {left[url]} times" for url in expected if left[url] != 1]


if __name__ == "__main__":
    sys.exit(min(run(), 100))
