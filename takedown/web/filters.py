"""The queue's filters: all of them live in the query string, and survive paging, actions and Back."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Self
from urllib.parse import urlencode

from django.db.models import Count, F, Q, QuerySet

from platforms.identity import NotAURL, identify
from takedown.choices import OPEN, Category, RequestStatus, VerdictValue
from takedown.models import Agency, TakedownRequest, User
from takedown.models.item import identity_of
from takedown.models.numbers import key_of
from takedown.models.request import overdue
from takedown.statistics.ahead import STATES, last_found
from takedown.statistics.causes import CAUSES
from takedown.web.cohort import AGES, COUNTED, DAYS, SPANS, counted_as, falls_due, opened, started
from takedown.web.went import WAYS, went, went_by

PAGE = 50
UNCOUNTED = ("closed", "decide", "back", "all")
COUNT_LIMIT = 1000
"""Closed requests are many: beyond this the tab says `1000+` and the database stops counting."""

TABS = {
    "open": "Open",
    "due": "Due in 1 h",
    "overdue": "Overdue",
    "mine": "Mine",
    "unassigned": "Unassigned",
    "approve": "To be approved",
    "person": "Needs a person",
    "decide": "To be decided",
    "back": "Seen back",
    "closed": "Closed",
    "all": "All",
}

STATUS_OF = {"approve": RequestStatus.TO_APPROVE, "person": RequestStatus.NEEDS_OPERATOR}


def on_tab(tab: str, user: User, now: datetime) -> Q:
    """The condition behind one tab."""
    still_open = Q(status__in=OPEN)
    match tab:
        case "due":
            return still_open & Q(due_at__gt=now, due_at__lte=now + timedelta(hours=1), first_gone=None)
        case "overdue":
            return overdue(now)
        case "mine":
            return still_open & Q(assigned_to=user)
        case "unassigned":
            return still_open & Q(assigned_to=None)
        case "approve" | "person":
            return Q(status=STATUS_OF[tab])
        case "decide":
            return Q(verdict=VerdictValue.INDETERMINATE, adjudicated_verdict="")
        case "back":
            return Q(back_at__isnull=False)
        case "closed":
            return ~still_open
        case "all":
            return Q()
    return still_open


@dataclass(frozen=True, slots=True)
class Filters:
    """What the reader asked for. Values that mean nothing are dropped, so that an old link still shows a page."""

    tab: str = "open"
    q: str = ""
    status: str = ""
    verdict: str = ""
    platform: str = ""
    policy: str = ""
    category: str = ""
    mine: str = ""
    since: str = ""
    until: str = ""
    counted: str = ""
    age: str = ""
    went: str = ""
    cause: str = ""
    ahead: str = ""
    found: str = ""
    after: str = ""

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Self:
        known: dict[str, Container[str]] = {"tab": TABS, "status": RequestStatus.values, "verdict": VerdictValue.values}
        known |= {"category": Category.values, "counted": COUNTED, "age": AGES, "went": WAYS, "cause": CAUSES, "since": DAYS, "until": DAYS}
        known |= {"ahead": SPANS, "found": STATES}
        values = {field.name: query[field.name].replace("\0", "").strip() for field in fields(cls) if query.get(field.name)}
        return cls(**{name: value for name, value in values.items() if value in known.get(name, (value,))})

    def query(self, **changes: str) -> str:
        """Query string of these filters with some changed; starts over at the first page unless `after` is given."""
        values = {field.name: getattr(self, field.name) for field in fields(self)} | {"after": ""} | changes
        if values["tab"] == "open":
            values.pop("tab")
        return urlencode({name: value for name, value in values.items() if value})

    @property
    def narrowed(self) -> bool:
        """Whether anything beyond the tab is asked for."""
        return any(getattr(self, field.name) for field in fields(self) if field.name not in {"tab", "after"})

    def apply(self, requests: QuerySet[TakedownRequest], user: User, now: datetime) -> QuerySet[TakedownRequest]:
        return self.on_any_tab(requests, user, now).filter(on_tab(self.tab, user, now))

    def on_any_tab(self, requests: QuerySet[TakedownRequest], user: User, now: datetime) -> QuerySet[TakedownRequest]:
        """All that is asked for but the tab."""
        exact = {"status": self.status, "platform__slug": self.platform}
        exact |= {"policy__key": self.policy, "category": self.category}
        found = requests.filter(**{name: value for name, value in exact.items() if value})
        if self.verdict:
            found = found.filter(Q(adjudicated_verdict=self.verdict) | Q(adjudicated_verdict="", verdict=self.verdict))
        if self.mine:
            found = found.filter(assigned_to=user)
        if (self.since or self.until) and user.agency:
            found = found.filter(started(self.since, self.until, user.agency.timezone))
        if self.counted:
            found = found.filter(counted_as(self.counted, now))
        if self.age:
            found = found.filter(opened(self.age, now))
        if self.went:
            found = found.filter(went(self.went))
        if self.cause:
            found = found.filter(went_by(self.cause))
        if self.ahead:
            found = found.filter(falls_due(self.ahead, now))
        if self.found:
            found = found.filter(last_found(self.found))
        return found.filter(matching(self.q, user.agency_id)) if self.q else found


def number_in(text: str) -> int | None:
    """The number in `TD-1041`, `td1041`, `1041`, or in what platforms are told: `TD-1041/north`; also a key, as addresses have it."""
    digits = text.strip().upper().removeprefix("TD").lstrip("-").partition("/")[0]
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 18 else None


def exactly(text: str, agency_id: int | None) -> Q | None:
    """The agency's request with this number, or those on this content; None where it is neither a number nor a URL."""
    if (number := number_in(text)) is not None:
        return Q(pk=key_of(agency_id or 0, number))
    try:
        return Q(item__identity=identity_of(identify(text)))
    except NotAURL:
        return None


def matching(text: str, agency_id: int | None) -> Q:
    """As `exactly`, and requests with this in their URL."""
    exact = exactly(text, agency_id)
    if number_in(text) is not None and exact is not None:
        return exact
    resembling = Q(item__canonical_url__icontains=text.replace("[.]", "."))
    return resembling if exact is None else exact | resembling


def in_order(requests: QuerySet[TakedownRequest]) -> QuerySet[TakedownRequest]:
    """Due first, without a deadline last, ties by number: a total order, so that pages neither repeat nor lose rows."""
    return requests.order_by(F("due_at").asc(nulls_last=True), "id")


def after(requests: QuerySet[TakedownRequest], cursor: str) -> QuerySet[TakedownRequest]:
    """Rows that follow the one a cursor names; all of them where it is unreadable."""
    at, _, number = cursor.rpartition("~")
    if not number.isascii() or not number.isdigit():
        return requests
    if not at:
        return requests.filter(due_at=None, id__gt=int(number))
    try:
        due_at = datetime.fromisoformat(at).astimezone(UTC)
    except (ValueError, OverflowError):
        return requests
    return requests.filter(Q(due_at__gt=due_at) | Q(due_at=due_at, id__gt=int(number)) | Q(due_at=None))


def cursor_of(request: TakedownRequest) -> str:
    return f"{request.due_at.isoformat() if request.due_at else ''}~{request.pk}"


def open_counts(requests: QuerySet[TakedownRequest], user: User, now: datetime) -> dict[str, int]:
    """How many of these are on each tab that shows open requests only, in one pass."""
    per_tab = {tab: Count("id", filter=on_tab(tab, user, now)) for tab in TABS if tab not in UNCOUNTED}
    return requests.filter(status__in=OPEN).aggregate(**per_tab)


def counts(filters: Filters, agency: Agency, user: User, now: datetime) -> dict[str, str]:
    """What the tabs say, as the filters that their links keep leave it: one pass over the open requests, and a closed count.

    That one stops early, which takes that nothing narrows it: else it would read all the closed to find a few. The rest is not counted.
    """
    mine = filters.on_any_tab(TakedownRequest.objects.for_agency(agency), user, now)
    numbers = {tab: str(number) for tab, number in open_counts(mine, user, now).items()}
    if filters.narrowed:
        return numbers
    closed = mine.filter(on_tab("closed", user, now)).order_by()[: COUNT_LIMIT + 1].count()
    return {**numbers, "closed": f"{COUNT_LIMIT}+" if closed > COUNT_LIMIT else str(closed)}
