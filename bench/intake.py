"""Reports through the REST interface against COPY into the same table: `python -m bench.intake --reports 10000`.

The interface identifies, deduplicates, opens requests and writes history; COPY only writes rows. The ratio says what that costs, on any
machine; medians of three runs.
"""

import argparse
import io
import os
import statistics
import time
from collections.abc import Callable

import django

from bench.pages import use

RUNS = 3
BATCH = 500


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reports", type=int, default=10_000)
    parser.add_argument("--database", default="takedown_bench_intake")
    arguments = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "takedown.settings")
    django.setup()
    use(arguments.database)
    run(arguments.reports)


def run(reports: int) -> None:
    from django.db import connection  # settings are read when these are imported: the environment comes first
    from django.utils import timezone
    from rest_framework.test import APIClient

    from takedown.administration import issue_key  # after the environment is set
    from takedown.models import Agency, ApiKey, DeadlinePolicy  # after the environment is set

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE takedown_agency, platforms_platform, takedown_deadlinepolicy CASCADE")
    agency = Agency.objects.create(name="Bench", slug="bench")
    DeadlinePolicy.objects.create(key="referral_voluntary", name="Bench", duration=24, unit="hours", valid_from=timezone.now())
    client = APIClient()
    now = timezone.now()
    _, secret = issue_key(agency=agency, client_name="bench", scopes=ApiKey.Scope.values, expires_at=None, actor=None, now=now)
    client.credentials(HTTP_AUTHORIZATION=f"Api-Key {secret}")
    serial = iter(range(10**9))

    def batches() -> None:
        for _ in range(reports // BATCH):
            body = [{"url": f"https://host.example/post/{next(serial)}", "category": "a_incite"} for _ in range(BATCH)]
            answer = client.post("/api/v1/reports/batch/", {"reports": body}, format="json")
            if answer.status_code != 207 or answer.json()["refused"]:
                raise SystemExit(f"The interface refused: {answer.content[:500]!r}")

    def single() -> None:
        for _ in range(reports // 20):
            client.post("/api/v1/reports/", {"url": f"https://host.example/post/{next(serial)}", "category": "a_incite"}, format="json")

    batched = reports / median_seconds(batches)
    alone = (reports // 20) / median_seconds(single)
    copied = reports / median_seconds(lambda: copy(reports))
    print(f"{'COPY into takedown_report':34}{copied:10,.0f} rows/s       1.000")
    print(f"{f'POST reports/batch/, {BATCH} a call':34}{batched:10,.0f} reports/s    {batched / copied:.3f}")
    print(f"{'POST reports/, one a call':34}{alone:10,.0f} reports/s    {alone / copied:.3f}")


def copy(rows: int) -> None:
    """The same number of report rows, indexes and constraints included, from memory."""
    from django.db import connection, transaction  # after the environment is set
    from django.utils import timezone

    from takedown.models import Report  # after the environment is set

    like = Report.objects.values("agency_id", "item_id", "request_id").first()
    if like is None:
        raise SystemExit("Nothing to copy like")
    ids, now = (like["agency_id"], like["item_id"], like["request_id"]), timezone.now().isoformat()
    rest = f"created\ta_incite\tmedium\t\t\t\t\t\t\t0\t{ids[0]}\t{ids[1]}\t{ids[2]}\t{now}"
    lines = (f"https://host.example/copy/{row}\t{rest}" for row in range(rows))
    columns = ["url", "outcome", "category", "severity", "language", "note", "client_reference"]
    columns += ["fingerprint", "idempotency_key", "call_fingerprint", "place"]
    with transaction.atomic(), connection.cursor() as cursor:
        source = io.StringIO("\n".join(lines) + "\n")
        cursor.copy_from(source, Report._meta.db_table, columns=(*columns, "agency_id", "item_id", "request_id", "submitted_at"))


def median_seconds(work: Callable[[], None]) -> float:
    times = []
    for _ in range(RUNS):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


if __name__ == "__main__":
    main()
