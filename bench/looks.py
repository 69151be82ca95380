"""Looking, end to end, against a bare HTTP loop: `python -m bench.looks --items 4000`.

Both ask one loopback server, in a process of its own, for the same pages with 64 requests in flight. The bare loop is aiohttp and nothing
else; ours claims from PostgreSQL, checks addresses, reads the page, writes what it saw and plans the next look. Medians of three runs.
"""

import argparse
import asyncio
import multiprocessing
import os
import statistics
import time
from collections.abc import Callable
from multiprocessing.connection import Connection

import aiohttp
import django
import uvloop

from bench.pages import use

RUNS = 3
IN_FLIGHT = 64
WORDS = b"<p>Some words that make a paragraph.</p>" * 40
PAGE = b"<html><head><title>A post</title></head><body><h1>A post</h1>%b</body></html>" % WORDS
REPLY = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\n\r\n%b" % (len(PAGE), PAGE)


class Server(asyncio.Protocol):
    """Answers every request with the same page, as fast as Python can."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport, self.pending = transport, b""

    def data_received(self, data: bytes) -> None:
        self.pending += data
        while b"\r\n\r\n" in self.pending:
            _, self.pending = self.pending.split(b"\r\n\r\n", 1)
            self.transport.write(REPLY)  # type: ignore[attr-defined]


def serve(ready: Connection) -> None:
    async def forever() -> None:
        server = await asyncio.get_running_loop().create_server(Server, "127.0.0.1", 0)
        ready.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    uvloop.run(forever())


def bare(url: str, items: int) -> None:
    async def loop() -> None:
        slots = asyncio.Semaphore(IN_FLIGHT)
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=IN_FLIGHT)) as session:

            async def one(number: int) -> None:
                async with slots, session.get(f"{url}/{number}") as reply:
                    await reply.read()

            await asyncio.gather(*(one(number) for number in range(items)))

    uvloop.run(loop())


def prepare(url: str, items: int) -> None:
    """One agency, one platform that is the server, and items that are all due."""
    from django.db import connection  # settings are read when these are imported: the environment comes first

    from platforms.models import Platform  # after the environment is set
    from takedown.models import Agency

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE takedown_agency, platforms_platform CASCADE")
        agency = Agency.objects.create(name="Bench", slug="bench")
        platform = Platform.objects.create(slug="web", name="Web", connector="web", config={"api_base_url": url})
        cursor.execute(
            """
            INSERT INTO takedown_flaggeditem (agency_id, identity, platform_id, kind, external_id, canonical_url, created_at)
            SELECT %s, gen_random_uuid(), %s, 'page', '', 'https://host.example/post/' || n, now() FROM generate_series(1, %s) n
            """,
            [agency.pk, platform.pk, items],
        )
        cursor.execute(
            """
            INSERT INTO takedown_watch (item_id, platform_id, since, is_anchor, fence, episode, gone_count, gone_outcome, outcome, reason,
                                        run_count)
            SELECT id, platform_id, now(), false, 0, 1, 0, '', '', '', 0 FROM takedown_flaggeditem
            """
        )
        cursor.execute("ANALYZE")


def ours(items: int) -> None:
    from takedown import polling  # after the environment is set

    seen = 0
    while seen < items:
        seen += polling.work()


def make_due() -> None:
    from takedown.models import Watch  # after the environment is set

    Watch.objects.update(next_look_at="2000-01-01T00:00:00Z")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=4000)
    parser.add_argument("--database", default="takedown_bench_looks")
    arguments = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "takedown.settings")
    receiver, sender = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(sender,), daemon=True)
    server.start()
    url = f"http://127.0.0.1:{receiver.recv()}"
    os.environ["FETCH_ALLOWED_HOSTS"] = url.removeprefix("http://")
    django.setup()
    use(arguments.database)
    prepare(url, arguments.items)
    limit = median_rate(lambda: bare(url, arguments.items), arguments.items, lambda: None)
    looks = median_rate(lambda: ours(arguments.items), arguments.items, make_due)
    print(f"{'bare aiohttp loop':34}{limit:10,.0f} pages/s      1.000")
    print(f"{'claim, look, write, plan':34}{looks:10,.0f} looks/s      {looks / limit:.3f}")
    server.terminate()


def median_rate(work: Callable[[], None], items: int, before: Callable[[], None]) -> float:
    times = []
    for _ in range(RUNS):
        before()
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return items / statistics.median(times)


if __name__ == "__main__":
    main()
