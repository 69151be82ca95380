"""How looking scales: `python -m bench.scale --items 10000000 --watched 1000000`.

The cost of a look among 100,000 watched items, and among a million that are watched of ten million that are stored; writing back a batch to
the watches against writing the same to the item rows; and the memory of the workers. Ratios of medians, all in one run.
"""

import argparse
import os

from bench.world import fill, fresh, maintain, make_due, median_rate, serving, workers

DATABASE = "takedown_bench_scale"


def rate_of(url: str, items: int) -> tuple[float, list[float]]:
    peaks: list[float] = []
    with workers(2, url) as go:
        rate = median_rate(lambda: peaks.extend(go()), items, lambda: make_due(items))
    return rate, peaks


def write_back(table: str, key: str, items: int) -> float:
    """Rows a second when random batches of 200 are written: eight columns, one of them indexed."""
    from django.db import connection  # after the environment is set

    narrow = table == "takedown_watch"
    columns = (
        "last_up = now(), run_last_sent = now(), run_last_answered = now(), run_count = run_count + 1, "
        "next_look_at = now() + interval '1 day'"
        if narrow
        else "created_at = created_at, bench_last_up = now(), bench_sent = now(), bench_answered = now(), bench_count = bench_count + 1, "
        "bench_next = now() + interval '1 day'"
    )

    def write() -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {key} FROM {table} TABLESAMPLE SYSTEM (20) ORDER BY random() LIMIT %s", [items])
            ids = [row[0] for row in cursor.fetchall()]
            for at in range(0, items, 200):
                cursor.execute(f"UPDATE {table} SET {columns} WHERE {key} = ANY(%s)", [ids[at : at + 200]])

    return median_rate(write, items, maintain)


def widen_items() -> None:
    """What the items would carry if there were no watches."""
    from django.db import connection  # after the environment is set

    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE takedown_flaggeditem ADD bench_last_up timestamptz, ADD bench_sent timestamptz, ADD bench_answered timestamptz, "
            "ADD bench_count int NOT NULL DEFAULT 0, ADD bench_next timestamptz"
        )
        cursor.execute("CREATE INDEX bench_queue ON takedown_flaggeditem (platform_id, agency_id, bench_next)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=10_000_000)
    parser.add_argument("--watched", type=int, default=1_000_000)
    parser.add_argument("--looks", type=int, default=20_000)
    arguments = parser.parse_args()
    with serving() as url:
        os.environ["FETCH_ALLOWED_HOSTS"] = url.removeprefix("http://")
        fresh(DATABASE)
        fill(url, 100_000)
        small, _ = rate_of(url, arguments.looks)
        fill(url, arguments.watched - 100_000, unwatched=arguments.items - arguments.watched)
        large, peaks = rate_of(url, arguments.looks)
    print(f"100,000 watched                      {small:10,.0f} looks/s   1.00", flush=True)
    print(f"{arguments.watched:,} watched of {arguments.items:,}  {large:10,.0f} looks/s   cost {small / large:.2f} x", flush=True)
    print(f"memory of a worker, run by run, MB   {', '.join(f'{peak:.0f}' for peak in peaks)}", flush=True)
    watch = write_back("takedown_watch", "item_id", arguments.looks)
    widen_items()
    item = write_back("takedown_flaggeditem", "id", arguments.looks)
    print(f"writing back to the item row         {item:10,.0f} rows/s    1.00")
    print(f"writing back to the watch            {watch:10,.0f} rows/s    {watch / item:.2f} x")


if __name__ == "__main__":
    main()
