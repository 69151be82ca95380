"""Looking through an interface that takes 50 ids a call: `python -m bench.batches --items 50000 --watched 1000000`.

Two of our workers against the fastest that PostgreSQL writes the same rows: two processes that do nothing but update watches, 200 a
statement, with the statement that our workers use. Medians of three runs.
"""

import argparse
import multiprocessing
import os
import time

import django

from bench.world import CONTEXT, fill, fresh, make_due, median_rate, serving, use_database, workers

DATABASE = "takedown_bench_batches"


def update(first: int, items: int, step: int) -> None:
    """Rewrite so many watches, from the `first` on, every `step`th batch."""
    django.setup()
    use_database()
    from django.db import connection, transaction  # after the environment is set
    from psycopg2.extras import execute_values

    from takedown.polling import narrow  # after the environment is set

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT item_id, fence, next_look_at, now(), now(), now() + interval '1 day', false FROM takedown_watch "
            "ORDER BY hashint8(item_id) LIMIT %s",
            [items],
        )
        rows = cursor.fetchall()
        for at in range(first * 200, items, 200 * step):
            with transaction.atomic():
                batch = rows[at : at + 200]
                execute_values(cursor.cursor, narrow.WRITE, batch, template=narrow.ROW, page_size=len(batch), fetch=True)


def limit(items: int) -> float:
    """Rows a second that two processes write."""
    rates = []
    for _ in range(3):
        started = time.perf_counter()
        processes = [CONTEXT.Process(target=update, args=(first, items, 2)) for first in range(2)]
        _run(processes)
        whole = time.perf_counter() - started
        started = time.perf_counter()
        _run([CONTEXT.Process(target=update, args=(first, 0, 2)) for first in range(2)])
        rates.append(items / (whole - (time.perf_counter() - started)))
    return sorted(rates)[1]


def _run(processes: list[multiprocessing.context.SpawnProcess]) -> None:
    for process in processes:
        process.start()
    for process in processes:
        process.join()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=50_000)
    parser.add_argument("--watched", type=int, default=1_000_000)
    arguments = parser.parse_args()
    fresh(DATABASE)
    with serving() as url:
        fill(url, arguments.watched, slug="youtube", kind="video")
        bare = limit(arguments.items)
        os.environ["FETCH_ALLOWED_HOSTS"] = url.removeprefix("http://")
        with workers(2, url) as go:
            ours = median_rate(go, arguments.items, lambda: make_due(arguments.items))
    print(f"update of watches, two processes       {bare:10,.0f} rows/s    1.000")
    print(f"two workers, 50 ids a call, all of it  {ours:10,.0f} looks/s   {ours / bare:.3f}")


if __name__ == "__main__":
    main()
