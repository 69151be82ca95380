"""Whose turn it is to be sent.

Requests that wait stand in lanes, one for each policy, severity, platform and agency. What counts is the time that a platform will have:
lanes of short deadlines go first, of equal ones the more severe. Among equals the agency that least is being sent for has its turn, and
of that agency the platform that least is being sent to. What is not urgent never takes all places at a platform that is slow, nor all of
the mail server.
"""

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import NamedTuple

from django.db import connection

from takedown.choices import Channel, DurationUnit, Severity, SubmissionState
from takedown.models import Submission
from takedown.models.policy import REMOVAL_ORDER

# The lanes with somebody in them whose time has come. Found by jumping through the index from one to the next, so that the cost depends on
# the lanes, not on the requests that wait.
_LANES = """
WITH RECURSIVE lane AS (
    (SELECT policy_id, severity, platform_id, agency_id, next_attempt_at FROM takedown_takedownrequest
     WHERE status = 'to_send' AND next_attempt_at IS NOT NULL
     ORDER BY policy_id, severity, platform_id, agency_id, next_attempt_at LIMIT 1)
    UNION ALL
    SELECT next.policy_id, next.severity, next.platform_id, next.agency_id, next.next_attempt_at FROM lane, LATERAL (
        SELECT r.policy_id, r.severity, r.platform_id, r.agency_id, r.next_attempt_at FROM takedown_takedownrequest r
        WHERE r.status = 'to_send' AND r.next_attempt_at IS NOT NULL
          AND (r.policy_id, r.severity, r.platform_id, r.agency_id) > (lane.policy_id, lane.severity, lane.platform_id, lane.agency_id)
        ORDER BY r.policy_id, r.severity, r.platform_id, r.agency_id, r.next_attempt_at LIMIT 1
    ) next
)
SELECT l.policy_id, l.severity, l.platform_id, l.agency_id, p.channel, l.next_attempt_at, d.key, d.unit, d.duration
FROM lane l JOIN takedown_deadlinepolicy d ON d.id = l.policy_id JOIN platforms_platform p ON p.id = l.platform_id
WHERE l.next_attempt_at <= %s
"""

UNITS = {
    DurationUnit.MINUTES: timedelta(minutes=1),
    DurationUnit.HOURS: timedelta(hours=1),
    DurationUnit.DAYS: timedelta(days=1),
    DurationUnit.WORKING_DAYS: timedelta(days=1),
    DurationUnit.WEEKS: timedelta(weeks=1),
    DurationUnit.MONTHS: timedelta(days=30),
}
STEPS = (timedelta(hours=1), timedelta(days=1), timedelta(weeks=1))
"""Periods of up to an hour, a day, a week, and longer ones: what lies within one step is equally urgent."""
SEVERITIES = tuple(reversed(Severity.values))

AT_ONE_PLATFORM = 2
"""Attempts under way at one platform, urgent ones aside."""
BY_MAIL = 7
"""Attempts under way through the mail server, urgent ones aside."""
UNDER_WAY = timedelta(seconds=60)
"""An attempt that began longer ago has lost its worker: it takes nobody's place."""


class Urgency(NamedTuple):
    """The smaller, the sooner."""

    step: int
    severity: int

    @property
    def is_urgent(self) -> bool:
        """An hour or less: alone in its mail, and held up by no limit."""
        return self.step == 0


class Turn(Enum):
    """By what a hand that sends chooses."""

    URGENT = "Only what is urgent"
    DEADLINE = "The shortest deadline first, agencies in turn"
    AGENCY = "Agencies in turn, of each the shortest deadline first: whatever one of them files, the others go on"


@dataclass(frozen=True, slots=True)
class Lane:
    policy_id: int
    severity: str
    platform_id: int
    agency_id: int
    channel: str
    since: datetime
    """When the first one's time came."""
    urgency: Urgency


@dataclass(slots=True)
class Flying:
    """How many attempts are under way."""

    agencies: Counter[int] = field(default_factory=Counter)
    platforms: Counter[int] = field(default_factory=Counter)
    calm: Counter[int] = field(default_factory=Counter)
    """By platform, of what is not urgent."""
    calm_mails: int = 0

    def has_room_for(self, lane: Lane) -> bool:
        mail = lane.channel != Channel.EMAIL or self.calm_mails < BY_MAIL
        return lane.urgency.is_urgent or (mail and self.calm[lane.platform_id] < AT_ONE_PLATFORM)


def urgency(*, key: str, unit: str, duration: int, severity: str = Severity.MEDIUM) -> Urgency:
    """Of a request under a policy with this key and period."""
    period = UNITS[DurationUnit(unit)] * duration if unit in UNITS else timedelta.max
    step = 0 if key == REMOVAL_ORDER else sum(period > most for most in STEPS)
    return Urgency(step, SEVERITIES.index(severity))


def lanes(now: datetime) -> list[Lane]:
    """All in which somebody waits to be sent, in no order."""
    with connection.cursor() as cursor:
        cursor.execute(_LANES, [now])
        return [
            Lane(policy, severity, platform, agency, channel, since, urgency(key=key, unit=unit, duration=duration, severity=severity))
            for policy, severity, platform, agency, channel, since, key, unit, duration in cursor.fetchall()
        ]


def flying(now: datetime) -> Flying:
    """What is under way, in all processes. The requests of one mail are one attempt."""
    begun = Submission.objects.filter(state=SubmissionState.STARTED, started_at__gt=now - UNDER_WAY)
    lane = ("agency_id", "request__platform_id", "request__policy__key", "request__policy__unit", "request__policy__duration")
    found = Flying()
    for agency, platform, key, unit, duration, channel, _ in begun.values_list(*lane, "channel", "started_at").distinct():
        found.agencies[agency] += 1
        found.platforms[platform] += 1
        if not urgency(key=key, unit=unit, duration=duration).is_urgent:
            found.calm[platform] += 1
            found.calm_mails += channel == Channel.EMAIL
    return found


def in_turn(waiting: Iterable[Lane], under_way: Flying, turn: Turn) -> Sequence[Lane]:
    """The lanes that may be served now, the next one first. Of equals one is drawn by lot, first of agencies, then of their platforms."""
    lots: dict[tuple[str, int], float] = {}

    def lot(kind: str, one: int) -> float:
        return lots.setdefault((kind, one), random.random())  # noqa: S311  no secret

    def place(lane: Lane) -> tuple[float, ...]:
        agency = (under_way.agencies[lane.agency_id], lot("agency", lane.agency_id))
        platform = (under_way.platforms[lane.platform_id], lot("platform", lane.platform_id), lane.since.timestamp())
        return (*agency, *lane.urgency, *platform) if turn is Turn.AGENCY else (*lane.urgency, *agency, *platform)

    allowed = (lane for lane in waiting if under_way.has_room_for(lane) and (lane.urgency.is_urgent or turn is not Turn.URGENT))
    return sorted(allowed, key=place)
