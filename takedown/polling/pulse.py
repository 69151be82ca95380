"""How well we see: counts of every minute, the breaker of each platform, and the hold on what cannot be believed."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import QuerySet, Sum

from platforms.base import GONE, UP, Outcome, Sighting
from platforms.breaker import BreakerRule, failed
from platforms.models import LATE_SECONDS, Breaker, Hold, HoldRelease, LookMinute, Pause, PauseReason, Platform, Quota, pause
from takedown.choices import AlertKind
from takedown.models import Agency, Alert, Watch
from takedown.polling.advance import NOT_GONE
from takedown.polling.apply import Settings
from takedown.polling.claim import Claim
from takedown.verdicts import database_now, refresh

CHECK_SECONDS = 60.0
"""How often a hold is asked whether it has passed."""
KEPT_DAYS = 8
MINUTES_KEPT = timedelta(days=1)
"""Then the minutes of a quarter of an hour become one row: a dashboard sums up all of them."""

_MOST_MS = 2**31 - 1

_COUNTED = ("looks", "indeterminate", "had_been_up", "disappeared", "anchors", "late_anchors")

_ADDED = f"""
ON CONFLICT (platform_id, minute, for_agency) DO UPDATE SET {", ".join(f"{name} = m.{name} + excluded.{name}" for name in _COUNTED)},
latest_anchor_ms = greatest(m.latest_anchor_ms, excluded.latest_anchor_ms)
"""
_MINUTE = f"""
INSERT INTO platforms_lookminute AS m (platform_id, for_agency, minute, {", ".join(_COUNTED)}, latest_anchor_ms)
VALUES (%s, %s, %s, {", ".join(["%s"] * len(_COUNTED))}, %s) {_ADDED}
"""  # noqa: S608  column names of ours
# Quarters of an hour: days begin with one in every time zone.
_QUARTERS = f"""
WITH gone AS (
    DELETE FROM platforms_lookminute WHERE minute < %s AND minute <> date_bin('15 minutes', minute, 'epoch') RETURNING *
)
INSERT INTO platforms_lookminute AS m (platform_id, for_agency, minute, {", ".join(_COUNTED)}, latest_anchor_ms)
SELECT platform_id, for_agency, date_bin('15 minutes', minute, 'epoch'),
    {", ".join(f"sum({name})" for name in _COUNTED)}, max(latest_anchor_ms)
FROM gone GROUP BY 1, 2, 3 {_ADDED}
"""  # noqa: S608  column names of ours

# A success is written down at most every ten seconds: it changes nothing else.
_WELL = """
INSERT INTO platforms_breaker AS b (platform_id, failures, trips, last_failure, last_success_at) VALUES (%s, 0, 0, '', %s)
ON CONFLICT (platform_id) DO UPDATE SET failures = 0, trips = 0, last_success_at = excluded.last_success_at
WHERE b.failures > 0 OR b.trips > 0 OR b.last_success_at IS NULL OR b.last_success_at < excluded.last_success_at - interval '10 seconds'
"""


@dataclass(frozen=True, slots=True)
class Call:
    """What one call to one platform came to."""

    platform_id: int
    looks: list[tuple[Claim, Sighting]]


@dataclass(slots=True)
class Pulse:
    """What a round of looks has taught about the platforms it asked, by id."""

    held: dict[int, frozenset[int]] = field(default_factory=dict)
    """Nothing is concluded from absences, but for these agencies, which believe them."""
    closed: dict[int, datetime] = field(default_factory=dict)
    """The breaker has opened, until then."""
    well: set[int] = field(default_factory=set)
    """A call succeeded."""


def take_pulse(calls: Sequence[Call], platforms: Mapping[int, Settings], now: datetime) -> Pulse:
    """Count what these calls saw, before anything is concluded from it."""
    pulse = Pulse()
    by_platform: dict[int, list[Call]] = defaultdict(list)
    for call in calls:
        by_platform[call.platform_id].append(call)
    if not by_platform:
        return pulse
    with transaction.atomic():
        # Always in this order, so that no two workers wait for each other.
        for platform_id in sorted(by_platform):
            group = by_platform[platform_id]
            rule = platforms[platform_id].breaker
            if _count(platform_id, (look for call in group for look in call.looks), now):
                _hold_if_too_many(platform_id, rule, now)
            _mind_the_breaker(platform_id, group, rule, now, pulse)
        holds = Hold.objects.filter(platform__in=list(by_platform), released_at=None).prefetch_related("releases")
        pulse.held = {hold.platform_id: frozenset(one.for_agency for one in hold.releases.all()) for hold in holds}
    return pulse


def _count(platform_id: int, looks: Iterable[tuple[Claim, Sighting]], now: datetime) -> int:
    """Add to the minute of each agency; how many items have just disappeared for any."""
    minute = now.replace(second=0, microsecond=0)
    by_agency: dict[int, list[tuple[Claim, Sighting]]] = defaultdict(list)
    for look in looks:
        by_agency[look[0].agency_id].append(look)
    return sum(_count_of(platform_id, agency_id, by_agency[agency_id], minute) for agency_id in sorted(by_agency))


def _count_of(platform_id: int, agency_id: int, looks: Sequence[tuple[Claim, Sighting]], minute: datetime) -> int:
    counts: Counter[str] = Counter()
    latest = 0.0
    for claim, sighting in looks:
        counts["looks"] += 1
        counts["indeterminate"] += sighting.outcome is Outcome.INDETERMINATE
        gone = sighting.outcome in GONE
        if claim.was_up and (gone or sighting.outcome in UP):
            # Every item once a minute, or many looks at what stays would hide a few at what went.
            counts["had_been_up"] += gone or claim.last_up is None or claim.last_up < minute
            counts["disappeared"] += gone
        if claim.anchor:
            late = (sighting.sent_at - claim.due_at).total_seconds()
            counts["anchors"] += 1
            counts["late_anchors"] += late > LATE_SECONDS
            latest = max(latest, late)
    with connection.cursor() as cursor:
        cursor.execute(_MINUTE, [platform_id, agency_id, minute, *(counts[name] for name in _COUNTED), min(int(latest * 1000), _MOST_MS)])
    return counts["disappeared"]


def _hold_if_too_many(platform_id: int, rule: BreakerRule, now: datetime) -> None:
    begun = now - timedelta(minutes=rule.window_minutes)
    last = Hold.objects.filter(platform_id=platform_id, released_at__gt=begun).order_by("released_at").last()
    if last is not None and last.released_by:
        # What a person has just found to be true is not held again.
        return
    if last is not None:
        # It let go by itself, because what it held was not true: what disappears from then on counts anew.
        begun = last.released_at or begun
    window = LookMinute.objects.filter(platform_id=platform_id, minute__gt=begun).order_by("-minute")
    lost = looked = 0
    # From the last minute backwards: what began a minute ago must not be thinned out by ten quiet minutes before it.
    for _, disappeared, had_been_up in window.values_list("minute").annotate(Sum("disappeared"), Sum("had_been_up")):
        lost, looked = lost + disappeared, looked + had_been_up
        if rule.holds(disappeared=lost, had_been_up=looked):
            break
    else:
        return
    _, new = Hold.objects.get_or_create(
        platform_id=platform_id, released_at=None, defaults={"since": now, "lost": lost, "looked": looked, "checked_at": now}
    )
    if new:
        # Without numbers: they would be those of others too.
        tell(platform_id, AlertKind.HELD, now, f"So many items disappeared within {rule.window_minutes} minutes that it is not believed")


def _mind_the_breaker(platform_id: int, calls: Sequence[Call], rule: BreakerRule, now: datetime, pulse: Pulse) -> None:
    """Count failures in a row; open at the threshold."""
    failures, reason, success = 0, "", None
    for call in calls:
        if all(failed(sighting) for _, sighting in call.looks):
            failures, reason = failures + 1, call.looks[0][1].reason
        elif any(sighting.outcome is not Outcome.INDETERMINATE for _, sighting in call.looks):
            failures, success = 0, now
    if failures:
        _count_failures(platform_id, failures, reason, success, rule, now, pulse)
    elif success is not None:
        pulse.well.add(platform_id)
        with connection.cursor() as cursor:
            cursor.execute(_WELL, [platform_id, success])


def _count_failures(
    platform_id: int, failures: int, reason: str, success: datetime | None, rule: BreakerRule, now: datetime, pulse: Pulse
) -> None:
    """Add so many failures to those in a row, or begin anew with them after a `success`."""
    Breaker.objects.get_or_create(platform_id=platform_id)
    # Where several workers have seen failures, one after the other decides.
    breaker = Breaker.objects.select_for_update().get(platform_id=platform_id)
    if success is not None:
        breaker.failures, breaker.trips, breaker.last_success_at = 0, 0, success
    # What was under way when it opened says nothing about the time after the pause.
    if not _is_open(platform_id, now):
        breaker.failures, breaker.last_failure = breaker.failures + failures, reason[:60]
        if rule.opens(breaker.failures, breaker.trips):
            _open(breaker, rule, now, pulse)
    breaker.save()


def _open(breaker: Breaker, rule: BreakerRule, now: datetime, pulse: Pulse) -> None:
    platform_id, failed_ones = breaker.platform_id, f"{breaker.failures} calls in a row failed"
    breaker.failures, breaker.trips = 0, breaker.trips + 1
    until = now + timedelta(seconds=rule.cooldown(breaker.trips))
    pause(platform_id, PauseReason.BREAKER, until, now=now, detail=f"{failed_ones}, the last with {breaker.last_failure}")
    pulse.closed[platform_id] = until
    if breaker.trips == 1:
        tell(platform_id, AlertKind.BREAKER, now, f"{failed_ones}: {breaker.last_failure}")


def _is_open(platform_id: int, now: datetime) -> bool:
    return Pause.objects.filter(platform_id=platform_id, bucket="", reason=PauseReason.BREAKER, until__gt=now).exists()


def tell(platform_id: int, kind: AlertKind, now: datetime, detail: str) -> None:
    """Alert every agency that watches something there."""
    agencies = Watch.objects.filter(platform_id=platform_id).order_by("agency_id").values_list("agency_id", flat=True).distinct()
    Alert.objects.bulk_create(
        Alert(agency_id=agency_id, kind=kind, at=now, platform_id=platform_id, detail=detail[:300]) for agency_id in agencies
    )


@transaction.atomic
def release(hold: Hold, *, by: str, reason: str, now: datetime, believed: bool) -> None:
    """Let conclusions go on. What is `believed` is confirmed by the looks made so far; else none of them proved anything: an item counts
    as gone from the next look that finds it gone, and no deadline that has passed meanwhile is met by a look that was not believed."""
    released = {"released_at": now, "released_by": by, "release_reason": reason[:300]}
    if not Hold.objects.filter(pk=hold.pk, released_at=None).update(**released):
        return
    if believed:
        _look_at(_suspects(hold), now)
    else:
        ids = list(_suspects(hold).order_by("item_id").select_for_update().values_list("item_id", flat=True))
        Watch.objects.filter(item_id__in=ids).update(**NOT_GONE)
        refresh(ids, now=now)
    tell(hold.platform_id, AlertKind.RELEASED, now, reason)


@transaction.atomic
def believe(hold: Hold, agency: Agency, *, by: str, reason: str, now: datetime) -> bool:
    """Let the conclusions of one agency go on; whether that is new. What others conclude stays held."""
    said = {"at": now, "by": by, "reason": reason[:300]}
    _, new = HoldRelease.objects.get_or_create(hold=hold, for_agency=agency.pk, defaults=said)
    if new:
        _look_at(_suspects(hold).filter(agency=agency), now)
    return new


def _look_at(watches: "QuerySet[Watch]", now: datetime) -> None:
    ids = list(watches.order_by("item_id").select_for_update().values_list("item_id", flat=True))
    Watch.objects.filter(item_id__in=ids).update(next_look_at=now)


def release_what_has_passed() -> int:
    """Ask each hold, once a minute, whether it has passed; how many have."""
    now, released = database_now(), 0
    for hold in Hold.objects.filter(released_at=None, checked_at__lt=now - timedelta(seconds=CHECK_SECONDS)).select_related("platform"):
        rule = _rule(hold.platform)
        still_gone = _suspects(hold).count()
        hold.lost, hold.checked_at = max(hold.lost, still_gone), now
        hold.save(update_fields=("lost", "checked_at"))
        held = (now - hold.since).total_seconds()
        if rule.lets_go(lost=hold.lost, still_gone=still_gone, held_seconds=held):
            back = hold.lost - still_gone
            waited_out = held >= rule.hold_seconds
            why = f"They stayed away for {held / 3600:.0f} h" if waited_out else f"{100 * back // max(hold.lost, 1)} % of them are back"
            release(hold, by="", reason=why, now=now, believed=waited_out)
            released += 1
    return released


def _suspects(hold: Hold) -> "QuerySet[Watch]":
    """Watches of items that disappeared around the hold and are not confirmed gone."""
    begun = hold.since - timedelta(minutes=_rule(hold.platform).window_minutes)
    return Watch.objects.filter(platform_id=hold.platform_id, first_gone__gte=begun, confirmed_at=None, next_look_at__isnull=False)


def _rule(platform: Platform) -> BreakerRule:
    """That of a platform somebody has set up wrongly is the default: a hold must not keep the sweep from its work."""
    try:
        return Settings.of(platform).breaker
    except (ValueError, TypeError, LookupError, AttributeError):
        return BreakerRule()


def tidy() -> int:
    """Forget counts, quotas and pauses that are over, and count by the quarter of an hour what is older than a day; how many rows."""
    now = database_now()
    with connection.cursor() as cursor:
        cursor.execute(_QUARTERS, [now - MINUTES_KEPT])
    old = now - timedelta(days=KEPT_DAYS)
    gone = (
        LookMinute.objects.filter(minute__lt=old).delete()[0],
        Quota.objects.filter(day__lt=old.date()).delete()[0],
        Pause.objects.filter(until__lt=old).delete()[0],
    )
    return sum(gone)
