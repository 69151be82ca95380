"""What the benchmarks of looking share: a loopback server, a database with many watches, and worker processes."""

import asyncio
import json
import multiprocessing
import os
import random
import resource
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

import django
import uvloop

CONTEXT = multiprocessing.get_context("spawn")
IN_FLIGHT = 64
WORDS = b"<p>Some words that make a paragraph.</p>" * 40
PAGE = b"<html><head><title>A post</title></head><body><h1>A post</h1>%b</body></html>" % WORDS
REPLY = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\n\r\n%b" % (len(PAGE), PAGE)
TOO_MANY = b"HTTP/1.1 429 Too Many Requests\r\nContent-Type: text/plain\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"
VIDEO = {"status": {"uploadStatus": "processed", "privacyStatus": "public"}, "contentDetails": {}, "snippet": {}}


class Server(asyncio.Protocol):
    """Answers as fast as Python can: a page, or for `?id=a,b` a list of videos; after `delay` seconds, a share of them with 429."""

    def __init__(self, delay: float, limited: float) -> None:
        self.delay, self.limited, self.pending = delay, limited, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport

    def data_received(self, data: bytes) -> None:
        self.pending += data
        while b"\r\n\r\n" in self.pending:
            head, self.pending = self.pending.split(b"\r\n\r\n", 1)
            reply = TOO_MANY if self.limited and random.random() < self.limited else _reply(head)
            if self.delay:
                asyncio.get_running_loop().call_later(self.delay, self.transport.write, reply)
            else:
                self.transport.write(reply)


def _reply(head: bytes) -> bytes:
    query = head.split(b" ", 2)[1].partition(b"&id=")[2]
    if not query:
        return REPLY
    ids = query.split(b"&", 1)[0].decode().replace("%2C", ",").split(",")
    body = {"kind": "youtube#videoListResponse", "pageInfo": {"totalResults": len(ids)}, "items": [{"id": one, **VIDEO} for one in ids]}
    text = json.dumps(body).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(text), text)


def _serve(ready: Connection, delay: float, limited: float) -> None:
    async def forever() -> None:
        server = await asyncio.get_running_loop().create_server(lambda: Server(delay, limited), "127.0.0.1", 0)
        ready.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    uvloop.run(forever())


@contextmanager
def serving(delay: float = 0.0, limited: float = 0.0) -> Iterator[str]:
    """A server in a process of its own; its URL."""
    receiver, sender = CONTEXT.Pipe()
    process = CONTEXT.Process(target=_serve, args=(sender, delay, limited), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{receiver.recv()}"
    finally:
        process.terminate()


def fresh(name: str) -> None:
    """Point Django at an empty database of this name."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "takedown.settings")
    os.environ["BENCH_DATABASE"] = name
    django.setup()
    from django.conf import settings  # after the environment is set
    from django.core.management import call_command
    from django.db import connection

    from takedown import embedded  # after the environment is set

    embedded.hold(settings.VAR, settings.EMBEDDED)
    with connection.cursor() as cursor:
        quoted = connection.ops.quote_name(name)
        cursor.execute(f"DROP DATABASE IF EXISTS {quoted} WITH (FORCE)")
        cursor.execute(f"CREATE DATABASE {quoted}")
    use_database()
    call_command("migrate", verbosity=0)


def use_database() -> None:
    from django.db import connection  # after the environment is set

    connection.close()
    connection.settings_dict["NAME"] = os.environ["BENCH_DATABASE"]


def fill(url: str, watched: int, *, slug: str = "web", kind: str = "page", unwatched: int = 0) -> None:
    """Items of one agency on one platform that is the server at `url`: none of those watched is due within the hour."""
    from django.db import connection  # after the environment is set

    from platforms.models import Platform  # after the environment is set
    from takedown.models import Agency

    agency, _ = Agency.objects.get_or_create(name="Bench", slug="bench")
    config = {"api_base_url": url, "rate": "", "control_id": "", "rhythm": {"jitter": 0}}
    platform, _ = Platform.objects.update_or_create(slug=slug, defaults={"name": slug, "connector": slug, "config": config})
    external = "''" if kind == "page" else "lpad(n::text, 11, 'v')"
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("ALTER TABLE takedown_flaggeditem DISABLE TRIGGER ALL; ALTER TABLE takedown_watch DISABLE TRIGGER ALL")
        cursor.execute("SELECT coalesce(max(id), 0) FROM takedown_flaggeditem")
        (there,) = cursor.fetchone()
        cursor.execute(
            f"""
            INSERT INTO takedown_flaggeditem (agency_id, identity, platform_id, kind, external_id, canonical_url, created_at)
            SELECT {agency.pk}, lpad(to_hex(n), 32, '0')::uuid, {platform.pk}, '{kind}', {external},
                   'https://host' || n % 50000 || '.example/post/' || n, now()
            FROM generate_series({there + 1}, {there + watched + unwatched}) n
            """
        )
        cursor.execute(
            f"""
            INSERT INTO takedown_watch (item_id, platform_id, agency_id, since, next_look_at, is_anchor, fence, episode, last_up,
                                        gone_count, attributed_count, gone_outcome, outcome, reason, run_last_sent,
                                        run_last_answered, run_count)
            SELECT id, platform_id, agency_id, now() - interval '30 days', now() + interval '1 hour' + random() * interval '1 day',
                   false, 0, 1, now() - interval '1 hour', 0, 0, '', 'available', '', now() - interval '1 hour',
                   now() - interval '1 hour', 3
            FROM takedown_flaggeditem WHERE platform_id = {platform.pk} AND id > {there} ORDER BY id LIMIT {watched}
            """
        )
        cursor.execute("ALTER TABLE takedown_flaggeditem ENABLE TRIGGER ALL; ALTER TABLE takedown_watch ENABLE TRIGGER ALL")
    connection.commit()
    maintain()


def maintain() -> None:
    from django.db import connection  # after the environment is set

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE takedown_watch")
        cursor.execute("ANALYZE takedown_flaggeditem")
        cursor.execute("CHECKPOINT")


def make_due(items: int) -> None:
    """So many watches, spread over the table, are due at once."""
    from django.db import connection  # after the environment is set

    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE takedown_watch SET next_look_at = now() - interval '1 minute' * random() WHERE item_id IN "
            "(SELECT item_id FROM takedown_watch ORDER BY hashint8(item_id) LIMIT %s)",
            [items],
        )


def due() -> int:
    from django.db import connection  # after the environment is set

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM takedown_watch WHERE NOT is_anchor AND next_look_at <= now() + interval '2 minutes'")
        (left,) = cursor.fetchone()
    return int(left)


def _work(orders: Connection, allow: str) -> None:
    """A worker process: on "go" it works until nothing is due, then tells its peak of memory in megabytes."""
    os.environ["FETCH_ALLOWED_HOSTS"] = allow
    django.setup()
    use_database()
    from takedown import polling  # after the environment is set

    polling.work()
    orders.send("ready")
    while orders.recv() == "go":
        while due():
            polling.work()
        orders.send(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


@contextmanager
def workers(count: int, url: str) -> Iterator[Callable[[], list[float]]]:
    """So many worker processes; calling what this gives lets them work until nothing is due, and gives their peaks of memory in MB."""
    pipes = []
    for _ in range(count):
        here, there = CONTEXT.Pipe()
        CONTEXT.Process(target=_work, args=(there, url.removeprefix("http://")), daemon=True).start()
        pipes.append(here)
    for pipe in pipes:
        pipe.recv()

    def go() -> list[float]:
        for pipe in pipes:
            pipe.send("go")
        return [pipe.recv() for pipe in pipes]

    try:
        yield go
    finally:
        for pipe in pipes:
            pipe.send("stop")


def median_rate(work: Callable[[], Any], items: int, before: Callable[[], Any] = lambda: None, runs: int = 3) -> float:
    times = []
    for _ in range(runs):
        before()
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return items / statistics.median(times)
