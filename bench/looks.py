"""Looking at pages, end to end, among a million watches: `python -m bench.looks --items 20000 --watched 1000000`.

Three designs ask one loopback server, in a process of its own, for the same pages: a bare aiohttp loop with 64 requests in flight, which
writes nothing; two of our workers, which claim from PostgreSQL, keep limits, read the page, write what they saw and plan the next look; and
one Celery task for each item with `requests`, in two processes. Then the same with a server that takes 100 ms, and with one that turns a
tenth away. All do the same job: who is turned away comes back when `Retry-After` says so, until every page has been seen. Medians of three
runs.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import time

import aiohttp
import uvloop

from bench.world import IN_FLIGHT, due, fill, fresh, make_due, median_rate, serving, workers

DATABASE = "takedown_bench_looks"
TURNED_AWAY = 429


def bare(url: str, items: int) -> None:
    async def loop() -> None:
        slots = asyncio.Semaphore(IN_FLIGHT)
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=IN_FLIGHT)) as session:

            async def one(number: int) -> None:
                while True:
                    async with slots, session.get(f"{url}/post/{number}") as reply:
                        await reply.read()
                    if reply.status != TURNED_AWAY:
                        return
                    await asyncio.sleep(float(reply.headers["Retry-After"]))

            await asyncio.gather(*(one(number) for number in range(items)))

    uvloop.run(loop())


def naive(url: str, items: int) -> float:
    """Items a second, from the first message to the last row."""
    from bench.naive import app, look  # after the environment is set
    from takedown.models import Watch

    command = [sys.executable, "-m", "celery", "-A", "bench.naive", "worker", "-c", "2", "-Q", "naive", "--loglevel", "ERROR"]
    app.control.purge()
    make_due(items)
    ids = list(Watch.objects.order_by("next_look_at").values_list("item_id", flat=True)[:items])
    with subprocess.Popen([*command, "--without-gossip", "--without-mingle"], env=os.environ) as worker:
        look.delay(ids[0], url)
        while due() == items:
            time.sleep(0.05)
        started = time.perf_counter()
        for item_id in ids[1:]:
            look.delay(item_id, url)
        while due():
            time.sleep(0.05)
        rate = (items - 1) / (time.perf_counter() - started)
        worker.terminate()
    return rate


def point_at(url: str) -> None:
    from platforms.models import Pause, Platform  # after the environment is set

    platform = Platform.objects.get(slug="web")
    platform.config["api_base_url"] = url
    platform.save()
    Pause.objects.all().delete()


def compare(what: str, url: str, items: int) -> float:
    """Print the rates of the bare loop and of two workers; that of the workers."""
    limit = median_rate(lambda: bare(url, items), items)
    point_at(url)
    with workers(2, url) as go:
        ours = median_rate(go, items, lambda: make_due(items))
    print(f"{what}: bare aiohttp loop      {limit:10,.0f} pages/s   1.000", flush=True)
    print(f"{what}: two workers, all of it {ours:10,.0f} looks/s   {ours / limit:.3f}", flush=True)
    return ours


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--watched", type=int, default=1_000_000)
    parser.add_argument("--only-fast", action="store_true", help="leave out the naive design and the slow servers")
    arguments = parser.parse_args()
    fresh(DATABASE)
    with serving() as url:
        fill(url, arguments.watched)
        ours = compare("fast server", url, arguments.items)
        if arguments.only_fast:
            return
        slow = naive(url, arguments.items // 10)
        print(f"fast server: a task an item        {slow:10,.0f} looks/s   1 : {ours / slow:.1f}", flush=True)
    with serving(delay=0.1) as url:
        compare("100 ms an answer", url, arguments.items // 4)
    with serving(limited=0.1) as url:
        compare("a tenth turned away", url, 3 * arguments.items)


if __name__ == "__main__":
    main()
