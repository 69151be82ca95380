"""Deadlines: `python -m bench.anchors --deadlines 10000 --watched 1000000`.

So many deadlines fall within one minute, among a million watched items that also have looks due. Two workers run as they do in production:
rung every second. How late the look at each deadline left is what the watches' minutes say.
"""

import argparse
import os
import time
from multiprocessing.connection import Connection

import django

from bench.world import CONTEXT, fill, fresh, make_due, serving, use_database

DATABASE = "takedown_bench_anchors"


def ring(stop: Connection) -> None:
    django.setup()
    use_database()
    from takedown import polling  # after the environment is set

    while not stop.poll(0):
        started = time.monotonic()
        polling.work()
        time.sleep(max(0.0, 1.0 - (time.monotonic() - started)))


def set_deadlines(count: int, seconds: float) -> None:
    """The looks at so many deadlines, evenly over a minute that begins in `seconds`."""
    from django.db import connection  # after the environment is set

    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE takedown_watch w SET is_anchor = true, next_look_at = now() + (%s + 60.0 * d.place / %s) * interval '1 second' FROM "
            "(SELECT item_id, row_number() OVER () AS place FROM "
            "(SELECT item_id FROM takedown_watch ORDER BY hashint8(item_id) DESC LIMIT %s) x) d WHERE w.item_id = d.item_id",
            [seconds, count, count],
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--deadlines", type=int, default=10_000)
    parser.add_argument("--watched", type=int, default=1_000_000)
    arguments = parser.parse_args()
    fresh(DATABASE)
    with serving() as url:
        fill(url, arguments.watched)
        make_due(20_000)
        set_deadlines(arguments.deadlines, 15)
        os.environ["FETCH_ALLOWED_HOSTS"] = url.removeprefix("http://")
        pipes = []
        for _ in range(2):
            here, there = CONTEXT.Pipe()
            CONTEXT.Process(target=ring, args=(there,), daemon=True).start()
            pipes.append(here)
        time.sleep(90)
        for pipe in pipes:
            pipe.send("stop")
        report(arguments.deadlines)


def report(deadlines: int) -> None:
    from django.db import connection  # after the environment is set

    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(anchors), sum(late_anchors), max(latest_anchor_ms), sum(looks) FROM platforms_lookminute")
        anchors, late, worst, looks = cursor.fetchone()
        cursor.execute("SELECT count(*) FROM takedown_watch WHERE is_anchor AND next_look_at < now()")
        (missed,) = cursor.fetchone()
    print(f"{deadlines} deadlines within a minute: {anchors} looks at them among {looks}, {missed} missed")
    print(f"within 2 s of their instant: {100 * (anchors - late) / anchors:.2f} %, the latest {worst} ms late")


if __name__ == "__main__":
    main()
