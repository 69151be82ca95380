"""How well we see each platform: what closes an eye, in words, and its last hour in figures. Of one agency, or for operators of all."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django.db.models import Count, Max, OuterRef, Q, QuerySet, Subquery, Sum

from platforms import registry
from platforms.base import NEEDS_BROWSER
from platforms.credentials import UnreadableCredentialsError
from platforms.models import LATE_SECONDS, Breaker, Hold, LookMinute, Pause, PauseReason, Platform, Quota
from platforms.quota import daily, next_midnight, today
from takedown.models import Agency, Watch
from takedown.polling import Settings, may_end
from takedown.web.due import duration

HOUR, QUARTER = 60, 15
"""Minutes of the chart and of most figures, and of the pace."""
BLIND = timedelta(minutes=15)
"""Looks that tell nothing for so long are no longer bad luck."""
BEHIND = timedelta(minutes=2)
LATE_SHARE = 0.05
Row = TypeVar("Row", Pause, Hold, "Minute")
STEP, TALL = 2, 24
"""Width of a minute in the chart and height of the chart, in user units."""

KINDS = {
    "unusable": ("Cannot be used", "v-breached", "breached"),
    "paused": ("Paused", "v-suspended", "suspended"),
    "breaker": ("Breaker open", "v-breached", "breached"),
    "held": ("Conclusions held", "v-indeterminate", "indeterminate"),
    "quota": ("Quota used up", "v-not_counted", "not_counted"),
    "waits": ("Asked to wait", "clock", "pending"),
    "blind": ("Nothing told", "v-unproven", "unproven"),
    "late": ("Late at deadlines", "overdue", "breached"),
    "behind": ("Looks wait", "half", "unproven"),
}
"""What can be wrong with an eye: words, symbol and colour of its chip."""
SHUT = frozenset({"unusable", "paused", "breaker", "quota", "waits"})
"""No looks at all."""
_PAUSED = {
    PauseReason.OPERATOR: "paused",
    PauseReason.BREAKER: "breaker",
    PauseReason.QUOTA: "quota",
    PauseReason.RETRY_AFTER: "waits",
}


@dataclass(frozen=True, slots=True)
class Lid:
    """One reason not to trust an eye. `kind` is a key of `KINDS`."""

    kind: str
    text: str
    until: datetime | None = None
    since: datetime | None = None

    @property
    def label(self) -> str:
        return KINDS[self.kind][0]

    @property
    def symbol(self) -> str:
        return KINDS[self.kind][1]

    @property
    def css(self) -> str:
        return KINDS[self.kind][2]


@dataclass(frozen=True, slots=True)
class Allowance:
    """The daily quota of a platform, in its own zone."""

    used: int | None
    """For operators: an agency would see what others use."""
    limit: int
    zone: str
    resets_at: datetime


@dataclass(frozen=True, slots=True)
class Minute:
    """What the looks of one minute at one platform came to."""

    platform_id: int
    minute: datetime
    looks: int = 0
    indeterminate: int = 0
    anchors: int = 0
    late_anchors: int = 0
    latest_anchor_ms: int = 0


@dataclass(frozen=True, slots=True)
class Bar:
    """One minute of the chart: what told something stands below what did not."""

    x: int
    told: float
    untold: float

    @property
    def told_y(self) -> float:
        return round(TALL - self.told, 2)

    @property
    def untold_y(self) -> float:
        return round(TALL - self.told - self.untold, 2)


@dataclass(frozen=True, slots=True)
class LastHour:
    looks: int
    indeterminate: int
    anchors: int
    late: int
    worst: str
    pace: float
    """Looks per minute in the last quarter of an hour."""
    bars: Sequence[Bar]
    summary: str
    """The chart in words."""

    @property
    def untold(self) -> str:
        return share(self.indeterminate, self.looks)

    @property
    def too_late(self) -> str:
        return share(self.late, self.anchors)


@dataclass(frozen=True, slots=True)
class Eye:
    platform: Platform
    lids: Sequence[Lid]
    servers_waiting: int
    """Servers of the platform that asked to be left alone, while the others are looked at. Shown as a number to operators only."""
    can_resume: bool
    """Whether the reader's pause ends it."""
    need_browser: int
    """Items of the agency that scripts draw: only a browser could tell whether they are up."""
    last_success: datetime | None
    allowance: Allowance | None
    hour: LastHour

    @property
    def is_held(self) -> bool:
        return any(lid.kind == "held" for lid in self.lids)


def share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else ""


def look_into(agency: Agency | None, now: datetime) -> list[Eye]:
    """The platforms this agency watches or the install has set up, those that are not seen as they should be first.

    Nobody's agency is an operator's, who sees the figures of the whole install.
    """
    mine = agency.pk if agency else None
    platforms = list(_shown(agency))
    pauses = _by_platform(Pause.objects.active().felt_by(mine).filter(platform__in=platforms).order_by("reason"))
    holds = _by_platform(Hold.objects.filter(platform__in=platforms, released_at=None).exclude(releases__for_agency=mine or 0))
    minutes = _by_platform(_minutes(mine, platforms, _floor(now) - timedelta(minutes=HOUR)))
    recent = Quota.objects.filter(platform__in=platforms, day__gte=(now - timedelta(days=1)).date())
    used = {(quota.platform_id, quota.day): quota.used for quota in recent}
    drawn = Watch.objects.filter(agency=agency, reason=NEEDS_BROWSER, next_look_at__isnull=False)
    blind = dict(drawn.values_list("platform").annotate(Count("pk")))
    eyes = [
        _eye(one, pauses[one.pk], holds[one.pk], last_hour(minutes[one.pk], now), used, blind.get(one.pk, 0), now, mine)
        for one in platforms
    ]
    return sorted(eyes, key=lambda eye: (not eye.lids, eye.platform.name.lower()))


def _minutes(agency_id: int | None, platforms: Sequence[Platform], since: datetime) -> Iterable[Minute]:
    rows = LookMinute.objects.filter(platform__in=platforms, minute__gt=since)
    own = rows if agency_id is None else rows.filter(for_agency=agency_id)
    sums = [Sum(name) for name in ("looks", "indeterminate", "anchors", "late_anchors")]
    return (Minute(*row) for row in own.values_list("platform_id", "minute").annotate(*sums, Max("latest_anchor_ms")))


def _shown(agency: Agency | None) -> "QuerySet[Platform]":
    """Each with the earliest look that is due there, read from the ends of the two queues: counting a million watches is too slow."""
    watches = Watch.objects.filter(platform=OuterRef("pk"))
    queue = (watches.filter(agency=agency) if agency else watches).order_by("next_look_at").values("next_look_at")
    due = {
        "anchor_due": Subquery(queue.filter(is_anchor=True, next_look_at__isnull=False)[:1]),
        "routine_due": Subquery(queue.filter(is_anchor=False, next_look_at__isnull=False)[:1]),
    }
    watched = Q(anchor_due__isnull=False) | Q(routine_due__isnull=False)
    return Platform.objects.select_related("breaker").annotate(**due).filter(watched | ~Q(config={}) | ~Q(credentials=""))


def _by_platform(rows: Iterable[Row]) -> "defaultdict[int, list[Row]]":
    found: defaultdict[int, list[Row]] = defaultdict(list)
    for row in rows:
        found[row.platform_id].append(row)
    return found


def _eye(
    platform: Platform,
    pauses: list[Pause],
    holds: list[Hold],
    hour: LastHour,
    used: Mapping[tuple[int, Any], int],
    need_browser: int,
    now: datetime,
    agency_id: int | None,
) -> Eye:
    breaker: Breaker | None = getattr(platform, "breaker", None)
    allowance, wrong = _configuration(platform, used if agency_id is None else None, now)
    lids = [*([Lid("unusable", wrong)] if wrong else []), *(_pause(one, agency_id) for one in pauses if not one.bucket)]
    lids += [Lid("held", _lost(hold, agency_id), since=hold.since) for hold in holds]
    if breaker and breaker.trips and not any(lid.kind == "breaker" for lid in lids):
        lids.append(Lid("breaker", f"Calls failed, the last with {breaker.last_failure}. The next ones show whether it is well again."))
    if not any(lid.kind in SHUT for lid in lids):
        lids += _doubts(platform, breaker.last_success_at if breaker else None, hour, now)
    return Eye(
        platform=platform,
        lids=lids,
        servers_waiting=len({pause.bucket for pause in pauses if pause.bucket}),
        can_resume=any(may_end(pause, agency_id) for pause in pauses if not pause.bucket),
        need_browser=need_browser,
        last_success=breaker.last_success_at if breaker else None,
        allowance=allowance,
        hour=hour,
    )


def _configuration(platform: Platform, used: Mapping[tuple[int, Any], int] | None, now: datetime) -> tuple[Allowance | None, str]:
    """The daily quota, and what is wrong with the settings, as the workers would find it."""
    try:
        kind = registry.get(platform.connector)
        Settings.of(platform)
        config = {**kind.defaults, **platform.settings()}
        limit, zone = daily(config)
        resets_at = next_midnight(now, zone)
    except UnreadableCredentialsError as error:
        return None, str(error)
    except (ValueError, TypeError, LookupError, AttributeError, OSError) as error:
        return None, f"Its configuration makes no sense, so nothing is looked at there: {error}"
    spent = None if used is None else used.get((platform.pk, today(now, zone)), 0)
    return Allowance(spent, limit, ZoneInfo(zone).key, resets_at) if limit else None, ""


def _pause(pause: Pause, agency_id: int | None) -> Lid:
    name = pause.by if pause.for_agency == agency_id else "an operator"
    who = f"By {name}: " if pause.by else ""
    return Lid(_PAUSED[PauseReason(pause.reason)], f"{who}{pause.detail}" or pause.get_reason_display(), pause.until, pause.since)


def _lost(hold: Hold, agency_id: int | None) -> str:
    among = f" of {hold.looked}" if hold.lost <= hold.looked else ""
    lost = f"{hold.lost}{among} items" if agency_id is None else "Too many items"
    return f"{lost} disappeared at once. Nothing there is confirmed gone until they are back or a person releases it."


def _doubts(platform: Platform, last_success: datetime | None, hour: LastHour, now: datetime) -> list[Lid]:
    """An eye that nobody has closed may see badly all the same."""
    lids = []
    if hour.looks and hour.looks == hour.indeterminate and (last_success is None or now - last_success > BLIND):
        kind = registry.get(platform.connector)
        why = " No credentials are entered." if kind.secret_fields and not platform.credentials else ""
        lids.append(Lid("blind", f"None of {hour.looks} looks in the last hour told anything.{why}"))
    if hour.late > LATE_SHARE * hour.anchors:
        text = f"{hour.late} of {hour.anchors} looks at deadlines were more than {LATE_SECONDS} s late in the last hour."
        lids.append(Lid("late", text))
    # `_shown` brings them.
    due = [at for at in (getattr(platform, "anchor_due", None), getattr(platform, "routine_due", None)) if at]
    if due and (late := now - min(due)) > BEHIND:
        lids.append(Lid("behind", f"The oldest look was due {duration(late)} ago. Are the workers running?"))
    return lids


def last_hour(minutes: Sequence[Minute], now: datetime) -> LastHour:
    """The hour that ends with the minute of `now`; the pace without that minute, which is not over."""
    slot = {int((_floor(now) - row.minute).total_seconds() // 60): row for row in minutes}
    looks = sum(row.looks for row in minutes)
    untold = sum(row.indeterminate for row in minutes)
    most = max((row.looks for row in minutes), default=0)
    bars = tuple(
        Bar(
            (HOUR - 1 - ago) * STEP,
            round(TALL * (row.looks - row.indeterminate) / most, 2),
            round(TALL * row.indeterminate / most, 2),
        )
        for ago, row in sorted(slot.items(), reverse=True)
        if row.looks and 0 <= ago < HOUR
    )
    tens = [sum(row.looks for ago, row in slot.items() if start <= ago < start + 10) for start in range(50, -1, -10)]
    summary = f"Looks in each ten minutes of the last hour: {', '.join(map(str, tens))}. {untold} of {looks} could not tell."
    return LastHour(
        looks=looks,
        indeterminate=untold,
        anchors=sum(row.anchors for row in minutes),
        late=sum(row.late_anchors for row in minutes),
        worst=f"{max((row.latest_anchor_ms for row in minutes), default=0) / 1000:,.1f} s",
        pace=sum(row.looks for ago, row in slot.items() if 1 <= ago <= QUARTER) / QUARTER,
        bars=bars,
        summary=summary,
    )


def _floor(now: datetime) -> datetime:
    return now.replace(second=0, microsecond=0)
