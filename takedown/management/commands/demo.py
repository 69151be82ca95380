"""`manage.py demo`: the whole product on one machine, in one foreground command."""

import asyncio
import json
import os
import shlex
import signal
import sys
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone

from platforms.base import AnchoredClock
from platforms.http import FetchError, Gateway, Reply
from takedown.management.demo import live, seed
from takedown.management.demo.supervise import Supervisor
from takedown.models import Agency

READY_SECONDS = 90.0
WEB = "--config python:takedown.gunicorn"
CELERY = f"{sys.executable} -m celery --quiet -A takedown"
WORKER = f"{CELERY} worker --loglevel WARNING --pool prefork --without-gossip --without-mingle"


class Command(BaseCommand):
    help = "Start web, workers, scheduler and sandbox, seeded with made-up data; Ctrl-C stops everything."

    def handle(self, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("Use `make demo`: it sets DEMO=1 and keeps the demonstration apart from real data.")
        port, sandbox_port = os.environ.get("PORT", "8000"), os.environ["SANDBOX_PORT"]
        self.url, self.sandbox_url = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{sandbox_port}"
        self.world = settings.VAR / "sandbox.json"
        call_command("migrate", verbosity=0)
        seed.connect(self.sandbox_url)
        self.fresh = not Agency.objects.filter(slug=seed.SLUG).exists()
        self.content = self._remembered() if not self.fresh else seed.seed(world_path=self.world, now=timezone.now())
        seed.write_demo_json(settings.VAR / "demo.json", {"url": self.url, "sandbox_url": self.sandbox_url, **self.content})
        connection.close()
        sys.exit(self._run(port, sandbox_port))

    def _remembered(self) -> dict[str, Any]:
        try:
            content = json.loads((settings.VAR / "demo.json").read_text())
        except FileNotFoundError:
            raise CommandError("var/demo.json is gone, and with it the passwords. `make reset` starts afresh.") from None
        return {key: value for key, value in content.items() if key not in {"url", "sandbox_url"}}

    def _run(self, port: str, sandbox_port: str) -> int:
        manager = Supervisor()
        python, world = shlex.quote(sys.executable), shlex.quote(str(self.world))
        commands = {
            "sandbox": f"{python} -m platforms.sandbox --port {sandbox_port} --state {world}",
            "web": f"{python} -m gunicorn takedown.wsgi --bind 127.0.0.1:{port} {WEB}",
            "looks": f"{WORKER} -Q looks -c 2 -n looks@%h",
            "acts": f"{WORKER} -Q acts -c 2 -n acts@%h",
            "beat": f"{CELERY} beat --loglevel WARNING",
        }
        env = {"LOG_LEVEL": "WARNING", **os.environ, "PYTHONUNBUFFERED": "1"}
        for name, command in commands.items():
            manager.add_process(name, f"exec {command}", env=env)
        threading.Thread(target=self._announce, args=(manager,), daemon=True).start()
        manager.loop()
        return 0 if manager.returncode in {0, -signal.SIGINT, 130} else int(manager.returncode)

    def _announce(self, manager: Supervisor) -> None:
        """Say when everything is up; report the live items the first time."""
        if not _wait(lambda: _answers(f"{self.sandbox_url}/_control/health") and _answers(f"{self.url}/livez")):
            self.stderr.write("Web or sandbox did not come up; see above. Is the port taken? PORT=8100 make demo takes another.")
            manager.terminate()
            return
        if self.fresh:
            wishes = [wish for wish, _, _ in live.scripts()]
            reply = _ask("POST", f"{self.sandbox_url}/_control/items", {"items": wishes})
            seed.report_live(json.loads(reply.body)["items"], timezone.now())
            connection.close()
        analyst = self.content["users"]["analyst"]
        self.stdout.write(f"ready {self.url} sign in as {analyst['username']} with {analyst['password']}; all accounts: var/demo.json")
        self.stdout.flush()


def _wait(ready: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + READY_SECONDS
    while not ready():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def _answers(url: str) -> bool:
    try:
        return _ask("GET", url).status == HTTPStatus.OK
    except FetchError:
        return False


def _ask(method: str, url: str, body: object = None) -> Reply:
    """Ask one of our own loopback servers."""

    async def ask() -> Reply:
        async with Gateway(AnchoredClock.local(), allow=frozenset({url.split("/")[2]}), total_seconds=10) as gateway:
            return await gateway.fetch(method, url, json=body)

    return asyncio.run(ask())
