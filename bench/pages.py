"""How long the pages take with a million requests: `python -m bench.pages --requests 1000000`.

Fills a database of its own on the configured server (once; later runs find it full) and prints the server time of each page, and its
ratio to a bare sequential count of the request table measured in the same run: ratios survive a change of machine, milliseconds do
not. The plans of the slowest queries go to `var/bench-plans.txt`.
"""

import argparse
import os
import re
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import django

from takedown import embedded

HERE = Path(__file__).parent
RUNS = 5
PAGES = {
    "dashboard, 30 days": "/dashboard/",
    "dashboard, 365 days": "/dashboard/?period=365d",
    "dashboard, all time": "/dashboard/?period=all",
    "dashboard, one platform and policy": "/dashboard/?period=90d&platform=bench03&policy=bench-1",
    "dashboard of one platform": "/dashboard/platforms/bench03/",
    "deadlines ahead": "/dashboard/deadlines/",
    "wall": "/wall/",
    "queue, breached of a platform": "/queue/?tab=all&counted=breached&platform=bench03&since=2020-01-01",
    "queue": "/queue/",
    "queue, breached": "/queue/?verdict=breached",
    "overdue": "/overdue/",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=1_000_000)
    parser.add_argument("--database", default="takedown_bench")
    arguments = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "takedown.settings")
    django.setup()
    use(arguments.database)
    fill(arguments.requests)
    report()


def use(name: str) -> None:
    """Point Django at a database of this name, made if need be."""
    from django.conf import settings  # after the environment is set
    from django.core.management import call_command  # settings are read when these are imported: the environment comes first
    from django.db import connection

    embedded.hold(settings.VAR, settings.EMBEDDED)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if not cursor.fetchone():
            cursor.execute(f"CREATE DATABASE {connection.ops.quote_name(name)}")
    connection.close()
    connection.settings_dict["NAME"] = name
    call_command("migrate", verbosity=0)


def fill(requests: int) -> None:
    """People, platforms, policies and `requests` requests, unless they are there."""
    from django.db import connection  # after the environment is set
    from django.utils import timezone

    from platforms.models import Platform  # after the environment is set
    from takedown.models import Agency, DeadlinePolicy, TakedownRequest, User
    from takedown.statistics import rollups

    if TakedownRequest.objects.exists():
        print("The database is full already.")
        return
    started, now = time.perf_counter(), timezone.now()
    agency = Agency.objects.create(name="Bench", slug="bench")
    User.objects.create(username="bench", agency=agency, role="supervisor")
    Platform.objects.bulk_create(Platform(slug=f"bench{place:02}", name=f"Platform {place:02}", connector="web") for place in range(1, 13))
    for place, (duration, unit) in enumerate(((1, "hours"), (24, "hours"), (0, "none")), 1):
        DeadlinePolicy.objects.create(key=f"bench-{place}", name=f"Policy {place}", duration=duration, unit=unit, valid_from=now)
    with connection.cursor() as cursor:
        # Foreign keys hold by construction, and checking four million of them takes minutes.
        cursor.execute("SET statement_timeout = 0; SET session_replication_role = replica; SELECT setseed(0.5)")
        for statement in (HERE / "fill.sql").read_text().strip().removesuffix(";").split(";\n"):
            cursor.execute(statement, {"requests": requests, "now": now})
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("VACUUM (ANALYZE)")
    print(f"Filled with {requests:,} requests in {time.perf_counter() - started:.0f} s.", flush=True)
    started = time.perf_counter()
    rollups.rebuild()
    while rollups.refresh(timezone.now()):
        pass
    print(f"Added up in {time.perf_counter() - started:.0f} s.", flush=True)


def median_ms(run: Callable[[], object], before: Callable[[], object] = lambda: None, *, runs: int = RUNS) -> float:
    """Median of so many runs in milliseconds, after one to warm up."""
    times = []
    for _ in range(runs + 1):
        before()
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
    return statistics.median(times[1:]) * 1000


def report() -> None:
    """The table, and the plans of what each page asks."""
    from django.db import connection  # after the environment is set
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from takedown.models import User  # after the environment is set

    def scan() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET enable_indexscan = off; SET enable_indexonlyscan = off; SET enable_bitmapscan = off")
            cursor.execute("SELECT count(*) FROM takedown_takedownrequest")
            cursor.execute("RESET enable_indexscan; RESET enable_indexonlyscan; RESET enable_bitmapscan")

    client = Client()
    client.force_login(User.objects.get(username="bench"))
    session = client.session
    session["factor_at"] = time.time()  # as if a second factor had been shown
    session.save()
    base = median_ms(scan)
    print(f"{'page':36}{'ms':>8}{'ratio':>8}  queries\n{'sequential count':36}{base:8.0f}{1:8.2f}")
    plans = []
    for name, path in PAGES.items():
        with CaptureQueriesContext(connection) as captured:
            status = client.get(path).status_code
        queries = list(captured)
        if status != 200:
            print(f"{name:36}answered {status}")
            continue
        taken = median_ms(lambda path=path: client.get(path))  # type: ignore[misc]  # binds the loop's value now
        print(f"{name:36}{taken:8.0f}{taken / base:8.2f}  {len(queries)}")
        plans.append(f"=== {name} {path}")
        plans += [
            plan(query["sql"]) for query in queries if query["sql"].lstrip().startswith(("SELECT", "WITH")) and float(query["time"]) >= 0.01
        ]
    target = Path("var/bench-plans.txt")
    target.parent.mkdir(exist_ok=True)
    target.write_text("\n".join(plans) + "\n")
    print(f"Plans of queries over 10 ms: {target}")


def plan(sql: str) -> str:
    """The nodes of a plan as it ran, without the lines between them."""
    from django.db import connection  # after the environment is set

    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, COSTS OFF, TIMING ON) " + sql.replace("%", "%%"), ())
        lines = [str(line) for (line,) in cursor.fetchall()]
    nodes = [line for line in lines if re.search(r"->|^\w.*actual|Filter:|Cond:|JIT|Execution Time|Sort Method|Rows Removed", line)]
    return "\n".join(("--- " + " ".join(sql.split())[:160], *nodes))


if __name__ == "__main__":
    main()
