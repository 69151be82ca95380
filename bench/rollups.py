"""What roll-ups are worth, and what they cost: `python -m bench.rollups --requests 1000000`.

On the database of `bench.pages`. First the figures of the dashboard as they are read, and the same straight from the requests (every day
marked as changed), with the ratio of the two. Then 10,000 new verdicts on requests of the last week, written in batches of 200, and the
run that adds up what they changed; beside it the same number of rows copied into a table. Medians of three.
"""

import argparse
import os
from datetime import timedelta
from itertools import cycle

import django

from bench.pages import fill, median_ms, use

RUNS = 3
PERIODS = ("30d", "365d", "all")
VERDICTS, BATCH = 10_000, 200


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=1_000_000)
    parser.add_argument("--database", default="takedown_bench")
    arguments = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "takedown.settings")
    django.setup()
    use(arguments.database)
    fill(arguments.requests)
    compare()
    refreshed()


def compare() -> None:
    from django.db import connection, transaction  # after the environment is set
    from django.utils import timezone

    from takedown.models import Agency  # after the environment is set
    from takedown.statistics.filters import read_filters
    from takedown.statistics.readers import dashboard

    now, agency = timezone.now(), Agency.objects.get(slug="bench")
    print(f"{'figures of the dashboard':28}{'roll-ups':>12}{'requests':>12}   ratio")
    for period in PERIODS:
        filters = read_filters({"period": period}, agency, now)
        ours = median_ms(lambda filters=filters: dashboard(filters, now), runs=RUNS)  # type: ignore[misc]  # binds the loop's value now
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout = 0; SET LOCAL work_mem = '64MB'")
                cursor.execute("SELECT takedown_mark_all(NULL)")
            straight = median_ms(lambda filters=filters: dashboard(filters, now), runs=RUNS)  # type: ignore[misc]  # binds the loop's value now
            transaction.set_rollback(True)
        print(f"{period:28}{ours:9.0f} ms{straight:9.0f} ms   1 : {straight / ours:.1f}", flush=True)


def refreshed() -> None:
    from django.db import connection  # after the environment is set
    from django.utils import timezone

    from takedown.models import TakedownRequest  # after the environment is set
    from takedown.statistics import rollups

    recent = TakedownRequest.objects.filter(clock_started_at__gte=timezone.now() - timedelta(days=7)).order_by("?")
    ids = list(recent.values_list("pk", flat=True)[:VERDICTS])
    verdicts = cycle(("indeterminate", "unproven"))

    def judge() -> None:
        verdict = next(verdicts)
        for first in range(0, len(ids), BATCH):
            TakedownRequest.objects.filter(pk__in=ids[first : first + BATCH]).update(verdict=verdict, provisional=False)

    def copy() -> None:
        with connection.cursor() as cursor:
            cursor.execute("CREATE TEMP TABLE copied AS SELECT * FROM takedown_takedownrequest ORDER BY id DESC LIMIT %s", [VERDICTS])
            cursor.execute("DROP TABLE copied")

    limit = median_ms(copy, runs=RUNS)
    ours = median_ms(lambda: rollups.refresh(timezone.now()), judge, runs=RUNS)
    print(f"{VERDICTS:,} rows copied: {limit:.0f} ms   1.0")
    print(f"adding up after {VERDICTS:,} new verdicts of the last week: {ours:.0f} ms   {ours / limit:.1f}")


if __name__ == "__main__":
    main()
