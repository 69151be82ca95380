"""`python -m tests.chaos.storm [quick|long]`: break a whole install on purpose, let it recover, check what must be true.

The quick profile takes well under a minute. The seed is printed; give it back with `--seed` to repeat the choice of faults.
"""

import argparse
import asyncio
import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import requests

from takedown import embedded
from tests.chaos.install import Install, free_port
from tests.chaos.proxy import Mode, Proxy

LEASE_SECONDS = 3
RECOVERY_SECONDS = 300.0
"""Patience with a slow machine; it is over as soon as all is well."""
CONFIG = {
    # No limits: what is tested here is that nothing is lost. Limits have a storm of their own.
    "rate": "",
    "breaker": {"fewest": 1000},
    "rhythm": {
        "dense_seconds": 1,
        "growth": 0,
        "running_max_seconds": 1,
        "idle_max_seconds": 1,
        "lead_seconds": 0.2,
        "return_seconds": [1],
    },
    "confirm": {"attributed": [2, 0.5], "unattributed": [2, 0.5]},
    "access_token": "test",
}


class Client(threading.Thread):
    """A REST client that files reports and repeats a call until it is told that the report was filed."""

    def __init__(self, base: str, key: str, name: str, urls: list[str]) -> None:
        super().__init__(daemon=True)
        self.base, self.key, self.name, self.urls = base, key, name, urls
        self.accepted: dict[str, str] = {}

    def run(self) -> None:
        for number, url in enumerate(self.urls):
            reference = f"{self.name}-{number}"
            headers = {"Authorization": f"Api-Key {self.key}", "Idempotency-Key": reference}
            body = {"url": url, "category": "a_incite", "client_reference": reference, "policy": "minute"}
            while not self._filed(headers, body):
                time.sleep(0.2)
            self.accepted[reference] = url

    def _filed(self, headers: dict[str, str], body: dict[str, Any]) -> bool:
        try:
            answer = requests.post(f"{self.base}/api/v1/reports/", json=body, headers=headers, timeout=5)
        except requests.RequestException:
            return False
        return answer.status_code in {200, 201}


def faults(install: Install, rng: random.Random) -> list[tuple[str, Callable[[], None]]]:
    """One of everything, in random order."""
    looks = rng.choice(("looks-1", "looks-2"))
    every: list[tuple[str, Callable[[], None]]] = [
        (f"kill {looks}", lambda: install.kill(looks)),
        ("freeze beyond the lease", lambda: install.freeze("looks-1" if looks == "looks-2" else "looks-2", LEASE_SECONDS + 1)),
        ("kill acts", lambda: install.kill("acts")),
        ("kill a scheduler", lambda: install.kill(rng.choice(("beat-1", "beat-2")))),
        ("flush Redis", lambda: flush_redis(install)),
        ("garbage in the queue", lambda: garbage_in_the_queue(install)),
        ("reset Redis connections", install.proxy.reset),
        ("stall Redis", lambda: stall(install, 2)),
        ("take Redis away until somebody looks without it", lambda: take_redis_away(install)),
        ("crash PostgreSQL", install.restart_postgres),
        ("kill web", lambda: install.kill("web")),
    ]
    rng.shuffle(every)
    return every


def redis_of(install: Install) -> Any:
    import redis  # after the environment is set

    return redis.Redis(port=install.proxy.target_port)


def flush_redis(install: Install) -> None:
    with redis_of(install) as valkey:
        valkey.flushall()


def garbage_in_the_queue(install: Install) -> None:
    with redis_of(install) as valkey:
        valkey.lpush("takedown:looks", "no message at all")


def stall(install: Install, seconds: float) -> None:
    install.proxy.mode = Mode.STALL
    time.sleep(seconds)
    install.proxy.mode = Mode.PASS


def take_redis_away(install: Install) -> None:
    """What was under way has ended after a few seconds; who looks later than that has heard no doorbell."""
    from django.db import connection  # after the environment is set

    from takedown.models import Heartbeat  # after the environment is set
    from takedown.models.heartbeat import LOOK
    from takedown.verdicts import database_now

    connection.close()
    install.proxy.mode = Mode.RESET
    install.proxy.reset()
    begun = database_now()
    wait_for(lambda: Heartbeat.objects.filter(name=LOOK, at__gt=begun + timedelta(seconds=4)).exists(), "a look without Redis")
    install.proxy.mode = Mode.PASS


def scripts(world: Any, count: int, rng: random.Random) -> list[str]:
    """Items that stay, that go, and that stop telling; their URLs."""
    wishes: list[dict[str, Any]] = []
    for number in range(count):
        platform = ("web", "youtube", "mastodon", "bluesky", "x")[number % 5]
        gone = {"bluesky": "removed_by_platform"}.get(platform, "gone_unattributed")
        at = rng.uniform(6, 30)
        fate = [{"at": at, "state": gone}] if number % 3 else []
        if platform == "web" and number % 2:
            fate.append({"at": rng.uniform(2, 5), "state": rng.choice(("server_error", "bot_wall", "garbage"))})
            fate.append({"at": 5.5, "state": "available"})
        wishes.append({"platform": platform, "script": [{"at": 0, "state": "available"}, *fate]})
    return [item.url for item in world.add(wishes)]


def backdate(urls: list[str], seconds: float) -> None:
    """Record that some requests had been sent long enough ago to be due in the middle of the storm."""
    from django.utils import timezone  # after the environment is set

    from takedown import dispatch  # after the environment is set
    from takedown.models import TakedownRequest

    for request in TakedownRequest.objects.filter(item__canonical_url__in=urls):
        now = timezone.now()
        dispatch.mark_sent(request=request, at=now - timedelta(seconds=seconds), reference="earlier", actor=None, now=now)


STARTED = time.monotonic()


def say(what: str) -> None:
    print(f"{time.monotonic() - STARTED:6.1f} s  {what}", flush=True)


def run(profile: str, seed: int) -> int:
    rng = random.Random(seed)
    say(f"seed {seed}, profile {profile}")
    rounds, items = (1, 60) if profile == "quick" else (40, 200)
    with ExitStack() as stack:
        var = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="takedown-chaos-")))
        os.environ.update(
            {"TAKEDOWN_VAR": str(var), "DJANGO_SETTINGS_MODULE": "takedown.settings", "LOOK_LEASE_SECONDS": str(LEASE_SECONDS)}
        )
        os.environ.update({"DISPATCH_LEASE_SECONDS": "5", "BROKER_PREFIX": "takedown:", "LOG_LEVEL": "ERROR"})
        for name in ("DATABASE_URL", "REDIS_URL", "DEMO"):
            os.environ.pop(name, None)
        stack.callback(embedded.stop, var)
        embedded.hold(var)
        proxy = Proxy(int(embedded.redis_url(var).rsplit(":", 1)[1].split("/")[0]))
        os.environ["REDIS_URL"] = f"redis://127.0.0.1:{proxy.port}/0"
        sandbox = stack.enter_context(serve_sandbox())
        os.environ["FETCH_ALLOWED_HOSTS"] = sandbox.url.removeprefix("http://")
        key = prepare(sandbox.url)
        install = Install(var, proxy, free_port(), dict(os.environ))
        stack.callback(install.stop)
        install.start()
        return storm(install, sandbox, key, rng, rounds, items)


def storm(install: Install, sandbox: Any, key: str, rng: random.Random, rounds: int, items: int) -> int:
    from django.db import close_old_connections  # after the environment is set

    from takedown.verdicts import database_now  # after the environment is set
    from tests.chaos.invariants import violations

    base = f"http://127.0.0.1:{install.web_port}"
    wait_for(lambda: answers(f"{base}/livez"), "the web server")
    say("up")
    late = scripts(sandbox.world, 4, rng)
    first = Client(base, key, "late", late)
    # While nobody sends: what has left already cannot be said to have left earlier.
    install.kill("acts")
    first.run()
    backdate(late, 52)
    install.supervise()
    client = Client(base, key, "client", scripts(sandbox.world, items, rng))
    client.start()
    for _ in range(rounds):
        for name, fault in faults(install, rng):
            say(f"fault: {name}")
            fault()
            install.supervise()
            time.sleep(rng.uniform(0.3, 1.0))
    say("waiting for the client")
    client.join(RECOVERY_SECONDS)
    close_old_connections()
    ended = database_now()
    say("the storm is over")
    accepted = {**first.accepted, **client.accepted}
    found = ["the client never got all its reports filed"] if client.is_alive() else []
    deadline = time.monotonic() + RECOVERY_SECONDS
    while (broken := found + list(violations(sandbox.world, accepted, ended))) and time.monotonic() < deadline:
        install.supervise()
        time.sleep(1)
    say(f"{len(accepted)} reports, {'broken' if broken else 'all is well'}")
    for line in broken:
        print(f"BROKEN: {line}", flush=True)
    if broken:
        for log in sorted(install.var.glob("*.log")):
            print(f"--- {log.name}\n{log.read_text(errors='replace')[-2000:]}", flush=True)
    return len(broken)


def serve_sandbox() -> Any:
    """The sandbox in a thread of this process: its world is the witness."""
    from contextlib import contextmanager  # after the environment is set

    from platforms.sandbox.server import serving  # after the environment is set
    from platforms.sandbox.world import World

    @contextmanager
    def running() -> Any:
        world, ready, stop = World(), threading.Event(), asyncio.Event()
        loop, held = asyncio.new_event_loop(), []

        async def main() -> None:
            async with serving(world) as url:
                held.append(url)
                ready.set()
                await stop.wait()

        thread = threading.Thread(target=lambda: loop.run_until_complete(main()), daemon=True)
        thread.start()
        ready.wait()
        yield type("Running", (), {"url": held[0], "world": world})
        loop.call_soon_threadsafe(stop.set)
        thread.join()

    return running()


def prepare(sandbox_url: str) -> str:
    """Migrate, point the platforms at the sandbox, make an agency; its API key."""
    import django  # after the environment is set

    django.setup()
    from django.core.management import call_command  # after the environment is set
    from django.utils import timezone

    from platforms.models import Platform  # after the environment is set
    from platforms.registry import plays
    from platforms.sandbox import config_for
    from takedown.administration import issue_key
    from takedown.models import Agency, ApiKey, DeadlinePolicy

    call_command("migrate", verbosity=0)
    for slug in plays():
        channel = "api" if slug in {"mastodon", "bluesky"} else "email"
        config = {**config_for(slug, sandbox_url), **CONFIG}
        Platform.objects.create(slug=slug, name=slug, connector=slug, channel=channel, contact_email=f"abuse@{slug}.example", config=config)
    agency = Agency.objects.create(name="Storm", slug="storm", default_policy_key="minute")
    DeadlinePolicy.objects.create(key="minute", name="One minute", duration=1, unit="minutes", valid_from=timezone.now())
    now = timezone.now()
    return issue_key(agency=agency, client_name="storm", scopes=ApiKey.Scope.values, expires_at=None, actor=None, now=now)[1]


def answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException:
        return False


def wait_for(ready: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + RECOVERY_SECONDS
    while not ready():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come up")
        time.sleep(0.1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("profile", choices=("quick", "long"), nargs="?", default="quick")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    options = parser.parse_args()
    sys.exit(min(run(options.profile, options.seed), 100))
