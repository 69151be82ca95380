"""Small worlds, many at a time: agencies with requests on the edges of the rules, and what the slow rule says of them."""

import random
import uuid
from bisect import bisect_left, bisect_right
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from platforms.models import Platform
from takedown.choices import GONE, OPEN, UP, ClockState, Outcome, RequestStatus, VerdictValue
from takedown.models import Agency, DeadlinePolicy, FlaggedItem, TakedownRequest, User, Watch
from takedown.statistics.histogram import GRID
from tests.factories import PlatformFactory, PolicyFactory, UserFactory
from tests.statistics.rows import NOW

EDGES = (None, -10, 0, 5, 29.99, 30, 59.5, 60, 60.5, 75, 24 * 60, 24 * 60 + 1, 7 * 24 * 60)
"""Minutes after the start of a clock."""
ZONES = ("UTC", "Europe/Paris", "America/New_York", "Asia/Kolkata", "Pacific/Apia")


@dataclass
class World:
    agency: Agency
    requests: list[TakedownRequest]
    watches: dict[int, Watch]
    """By item."""


def worlds(seed: int, number: int) -> list[World]:
    """So many agencies with a dozen requests each, written at once."""
    pick = random.Random(seed)
    platforms = [PlatformFactory.create(slug=slug) for slug in ("web", "video", "chat")]
    policies = [PolicyFactory.create(key=key) for key in ("one_hour", "other")]
    bob = UserFactory.create(username="bob")
    made = Agency.objects.bulk_create(
        Agency(name=f"Unit {seed} {n}", slug=f"unit-{seed}-{n}", timezone=ZONES[n % len(ZONES)]) for n in range(number)
    )
    found = []
    for agency in made:
        items = FlaggedItem.objects.bulk_create(_item(agency, pick.choice(platforms)) for _ in range(12))
        requests = TakedownRequest.objects.bulk_create(_request(pick, item, pick.choice(policies), bob) for item in items)
        watches = Watch.objects.bulk_create(_watch(pick, one) for one in requests if one.clock_started_at and pick.random() < 0.8)
        found.append(World(agency, requests, {watch.item_id: watch for watch in watches}))
    return found


def _item(agency: Agency, platform: Platform) -> FlaggedItem:
    url = f"https://host.example/{uuid.uuid4()}"
    return FlaggedItem(agency=agency, platform=platform, kind="page", canonical_url=url, identity=uuid.uuid4(), created_at=NOW)


def _request(pick: random.Random, item: FlaggedItem, policy: DeadlinePolicy, judge: User) -> TakedownRequest:
    ago = pick.choice([timedelta(minutes=pick.randrange(130)), timedelta(minutes=pick.randrange(180, 80 * 24 * 60))])
    elapsed, start = ago / timedelta(minutes=1), NOW - ago
    last_up = pick.choice([edge for edge in EDGES if edge is None or edge <= elapsed])
    first_gone = pick.choice([edge for edge in EDGES if edge is None or (-20 if last_up is None else last_up) < edge <= elapsed])
    state = pick.choices([ClockState.RUNNING, ClockState.SUSPENDED, ClockState.WITHDRAWN, ClockState.NOT_STARTED], [12, 1, 1, 1])[0]
    confirmed = first_gone is not None and pick.random() < 0.8
    hours = pick.choice([1, 1, 1, 24, None])
    due_at = start + timedelta(hours=hours) if hours and state == ClockState.RUNNING else None
    back = confirmed and (due_at is None or due_at < NOW) and pick.random() < 0.1
    withdrawn, started = state == ClockState.WITHDRAWN, state != ClockState.NOT_STARTED
    request = TakedownRequest(
        agency=item.agency,
        item=item,
        platform=item.platform,
        policy=policy,
        category="a_incite",
        channel="manual",
        opened_at=start - timedelta(minutes=pick.choice([0, 2, 600])),
        status=RequestStatus.WITHDRAWN if withdrawn else RequestStatus.CLOSED if confirmed else RequestStatus.SENT,
        closed_at=NOW if withdrawn or confirmed else None,
        clock_state=state,
        clock_started_at=start if started else None,
        due_at=due_at,
        last_up=_at(start, last_up),
        first_gone=_at(start, first_gone),
        gone_confirmed=confirmed,
        gone_outcome=pick.choice(sorted(GONE)) if first_gone is not None else "",
        back_at=NOW if back else None,
        gone_until=NOW - timedelta(seconds=1) if back else None,
    )
    # A sweep that came by at any time since the last sighting leaves the verdict of then.
    judged = request.verdict_at(start + timedelta(minutes=pick.uniform(max(last_up or 0, first_gone or 0), elapsed)))
    request.verdict, request.provisional = judged.value, judged.provisional
    if decided := pick.choices(["", "met", "breached", "not_counted"], [12, 1, 1, 1])[0]:
        request.adjudicated_verdict, request.adjudicated_reason, request.adjudicated_by = decided, "Seen.", judge
    return request


def _at(start: datetime, minutes: float | None) -> datetime | None:
    return None if minutes is None else start + timedelta(minutes=minutes)


def _watch(pick: random.Random, request: TakedownRequest) -> Watch:
    start = request.clock_started_at or NOW
    seen = pick.choice([edge for edge in EDGES if edge is None or edge <= (NOW - start) / timedelta(minutes=1)])
    about = {"platform_id": request.platform_id, "agency_id": request.agency_id, "since": start}
    return Watch(item_id=request.item_id, outcome=pick.choice([*Outcome.values, ""]), last_up=_at(start, seen), **about)


def judged(request: TakedownRequest) -> str:
    """What it counts as, by the slow rule."""
    if request.adjudicated_verdict:
        return request.adjudicated_verdict
    found = request.verdict_at(NOW)
    return "provisional" if found.provisional else found.value


def counts(world: World) -> Counter[tuple[date, str, str]]:
    """By Monday in the agency's zone, platform and what they count as."""
    found: Counter[tuple[date, str, str]] = Counter()
    for request in world.requests:
        if request.clock_started_at:
            day = request.clock_started_at.astimezone(ZoneInfo(world.agency.timezone)).date()
            found[day - timedelta(days=day.weekday()), request.platform.slug, judged(request)] += 1
    return found


def brackets(world: World, *, coarse: bool) -> Counter[tuple[str, str, int, int | None]]:
    """By platform: how it went, and between which seconds; on the grid or not."""
    return Counter(_rounded(*found) if coarse else found for request in world.requests if (found := _bracket(world, request)))


def _bracket(world: World, request: TakedownRequest) -> tuple[str, str, int, int | None] | None:
    start = request.clock_started_at
    ended = request.clock_state in (ClockState.VOIDED, ClockState.WITHDRAWN) or request.adjudicated_verdict == VerdictValue.NOT_COUNTED
    if start is None or ended or (request.verdict == VerdictValue.NOT_COUNTED and request.first_gone and request.first_gone <= start):
        return None
    watch = world.watches.get(request.item_id) if request.first_gone is None and request.status in OPEN else None
    ups = [at for at in (request.last_up, watch and watch.last_up, start) if at]
    up = int((max(ups) - start) / timedelta(seconds=1))
    if request.gone_confirmed and request.first_gone:
        gone = -((start - request.first_gone) // timedelta(seconds=1))
        return request.platform.slug, request.gone_outcome, up, max(gone, 1)
    way = "provisional" if request.first_gone else "up" if watch and watch.outcome in UP else "unknown"
    return request.platform.slug, way, up, None


def _rounded(slug: str, way: str, up: int, gone: int | None) -> tuple[str, str, int, int | None]:
    return slug, way, int(GRID[bisect_right(GRID, up) - 1]), None if gone is None else int(GRID[bisect_left(GRID, gone)])


def ages(world: World) -> Counter[tuple[int, bool]]:
    """Open requests by the seconds their age band begins at, and whether they are overdue."""
    found: Counter[tuple[int, bool]] = Counter()
    for request in world.requests:
        if request.status in OPEN:
            age = (NOW - request.opened_at).total_seconds()
            late = not request.adjudicated_verdict and request.verdict_at(NOW).value in (VerdictValue.BREACHED, VerdictValue.UNPROVEN)
            found[max(edge for edge in (0, 3_600, 86_400, 259_200, 604_800, 2_592_000) if edge <= age), late] += 1
    return found
