"""Whether anybody looks at all. Install-wide: everybody shares the workers, and it tells no numbers of anybody."""

from dataclasses import dataclass
from datetime import timedelta

from django.db import connection

from takedown.models.heartbeat import LOOK, STAND_IN
from takedown.polling.claim import IS_PAUSED

QUIET_SECONDS = 10.0
"""So long without a look, while looks are due, is said on every page."""

# The earliest look of each lane, found by jumping through the index of one queue, as a claim does. Empty where nothing there has one.
_FIRST = """(
    SELECT platform_id, agency_id, next_look_at FROM takedown_watch
    WHERE {queue} {after} ORDER BY platform_id, agency_id, next_look_at LIMIT 1
)"""


def _ends(queue: str) -> str:
    after = "AND (platform_id, agency_id) > (lane.platform_id, lane.agency_id)"
    first, following = _FIRST.format(queue=queue, after=""), _FIRST.format(queue=queue, after=after)
    return f"(WITH RECURSIVE lane AS ({first} UNION ALL SELECT n.* FROM lane, LATERAL {following} n) SELECT * FROM lane)"  # noqa: S608


# The lanes are read only where no look was made for a while: usually this is one row by its key.
_SILENCE = f"""
SELECT CASE WHEN d.due IS NOT NULL THEN extract(epoch FROM statement_timestamp() - greatest(d.due, h.looked)) END,
       coalesce(d.paused, false), coalesce(h.stood_in > statement_timestamp() - 2 * %(quiet)s * interval '1 second', false),
       EXISTS (SELECT 1 FROM takedown_restore WHERE reconciled_at IS NULL)
FROM (SELECT max(at) FILTER (WHERE name = %(look)s) AS looked, max(at) FILTER (WHERE name = %(stand_in)s) AS stood_in
      FROM takedown_heartbeat WHERE name IN (%(look)s, %(stand_in)s)) h
LEFT JOIN LATERAL (
    SELECT bool_and(l.paused) AS paused,
           CASE WHEN bool_and(l.paused) THEN min(l.next_look_at) ELSE min(l.next_look_at) FILTER (WHERE NOT l.paused) END AS due
    FROM (SELECT q.next_look_at, {IS_PAUSED.format(lane="q")} AS paused FROM ({_ends("is_anchor")} UNION ALL {_ends("NOT is_anchor")}) q
          WHERE q.next_look_at IS NOT NULL) l
    WHERE h.looked IS NULL OR h.looked < statement_timestamp() - %(quiet)s * interval '1 second'
) d ON d.due < statement_timestamp() - %(quiet)s * interval '1 second'
"""  # noqa: S608  our own text


@dataclass(frozen=True, slots=True)
class Silence:
    """What is wrong with looking, or sending, as a whole."""

    lasts: timedelta | None
    """Since when looks have been due and none was made; None: looks are made."""
    paused: bool = False
    """Every platform with something to look at is paused."""
    stands_in: bool = False
    """Looks are made, but by stand-ins."""
    held: bool = False
    """Nothing is sent: the database was restored, and nobody has reconciled."""

    @property
    def state(self) -> str:
        """`nobody` looks, or `stand_ins` do; sending is `held`."""
        looking = "nobody" if self.lasts is not None else "stand_ins" if self.stands_in else ""
        return "-".join(word for word in (looking, "held" if self.held else "") if word)


def silence() -> Silence | None:
    """None where looks are made as they should be, and what is to be sent is sent."""
    with connection.cursor() as cursor:
        cursor.execute(_SILENCE, {"quiet": QUIET_SECONDS, "look": LOOK, "stand_in": STAND_IN})
        seconds, paused, stood_in, held = cursor.fetchone() or (None, False, False, False)
    found = Silence(None if seconds is None else timedelta(seconds=float(seconds)), paused, stood_in, held)
    return found if found.state else None
