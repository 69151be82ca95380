"""Which requests a page of statistics is about, read from its query string."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.db.models import Q

from platforms.models import Platform
from takedown.models import Agency, DeadlinePolicy
from takedown.models.policy import DeadlinePolicyQuerySet

PERIODS = {
    "7d": ("Last 7 days", 7),
    "30d": ("Last 30 days", 30),
    "90d": ("Last 90 days", 90),
    "365d": ("Last 365 days", 365),
    "all": ("All time", None),
}
CUSTOM = "custom"
DEFAULT_PERIOD = "30d"
EARLIEST = date(2000, 1, 1)
"""Days before it are read as this one: nobody needs a chart of 100,000 empty weeks."""


@dataclass(frozen=True)
class Filters:
    """The cohort: requests of one agency whose clock started in `[since, until)`; `since` None: no lower end.

    `problems` says in plain sentences what was asked for and could not be used.
    """

    agency_id: int
    timezone: str
    until: datetime
    since: datetime | None = None
    period: str = DEFAULT_PERIOD
    platform: Platform | None = None
    policies: tuple[DeadlinePolicy, ...] = ()
    """All versions of the policy that was chosen; empty: every policy."""
    problems: tuple[str, ...] = ()

    @property
    def policy_key(self) -> str:
        return self.policies[0].key if self.policies else ""

    @cached_property
    def first_day(self) -> date | None:
        """First day inside, in the agency's zone."""
        return self.since and self.since.astimezone(ZoneInfo(self.timezone)).date()

    @cached_property
    def last_day(self) -> date:
        """Last day inside, in the agency's zone."""
        return (self.until.astimezone(ZoneInfo(self.timezone)) - timedelta(microseconds=1)).date()

    def parameters(self) -> dict[str, Any]:
        """For the queries, all but `now`."""
        return {
            "agency_id": self.agency_id,
            "since": self.since,
            "until": self.until,
            "timezone": self.timezone,
            "platform_id": self.platform and self.platform.pk,
            "policy_ids": [policy.pk for policy in self.policies] or None,
        }

    @property
    def period_text(self) -> str:
        """`1 Mar 2026 to 18 Mar 2026`, `any time to 18 Mar 2026`."""
        first = f"{self.first_day.day} {self.first_day:%b %Y}" if self.first_day else "any time"
        return f"{first} to {self.last_day.day} {self.last_day:%b %Y}"

    def listed(self, **more: str) -> dict[str, str]:
        """The queue's filters for the requests of this cohort; `more` narrows or replaces them."""
        return {**self._listed, **more}

    @cached_property
    def _listed(self) -> dict[str, str]:
        days = {"since": str(self.first_day or ""), "until": str(self.last_day)}
        return {"tab": "all", **days, "platform": self.platform.slug if self.platform else "", "policy": self.policy_key}

    def query_string(self, **more: str) -> str:
        """The same filters as a query string."""
        days = {"from": str(self.first_day), "to": str(self.last_day)} if self.period == CUSTOM else {}
        chosen = {"platform": self.platform.slug if self.platform else "", "policy": self.policy_key}
        return urlencode({key: value for key, value in {"period": self.period, **days, **chosen, **more}.items() if value})


def over(filters: Filters, first: date, last: date) -> Filters:
    """The same filters for other days, both inside, in the agency's zone."""
    zone = ZoneInfo(filters.timezone)
    since, until = (datetime.combine(day, time(), zone) for day in (first, last + timedelta(days=1)))
    return replace(filters, since=since, until=until, period=CUSTOM)


def before(filters: Filters) -> Filters | None:
    """The period of as many days that ends where this one begins; None where it has no beginning."""
    first = filters.first_day
    if first is None or first <= EARLIEST:
        return None
    return over(filters, first - (filters.last_day - first) - timedelta(days=1), first - timedelta(days=1))


def read_filters(query: Mapping[str, str], agency: Agency, now: datetime) -> Filters:
    """Filters from `period` (a key of `PERIODS`, or `custom` with the days `from` and `to`, both inside), `platform` and `policy`.

    Days begin at midnight in the agency's zone. What cannot be read falls back to the default and is named in `problems`.
    """
    problems: list[str] = []
    zone = ZoneInfo(agency.timezone)
    period, first, last = _days(query, now.astimezone(zone).date(), problems)
    return Filters(
        agency_id=agency.pk,
        timezone=agency.timezone,
        since=datetime.combine(first, time(), zone) if first else None,
        until=datetime.combine(last + timedelta(days=1), time(), zone),
        period=period,
        platform=_platform(_plain(query.get("platform", "")), problems),
        policies=_policies(_plain(query.get("policy", "")), agency, problems),
        problems=tuple(problems),
    )


def _days(query: Mapping[str, str], today: date, problems: list[str]) -> tuple[str, date | None, date]:
    """The name of the period and its first and last day."""
    period = query.get("period") or (CUSTOM if query.get("from") or query.get("to") else DEFAULT_PERIOD)
    if period == CUSTOM:
        try:
            first, last = date.fromisoformat(query.get("from", "")), date.fromisoformat(query.get("to", ""))
            first, last = max(first, EARLIEST), min(last, today)
            if first <= last:
                return CUSTOM, first, last
            problems.append("The first day lies after the last, or after today. Showing the last 30 days.")
        except ValueError:
            problems.append("A period of your own needs two days such as 2026-03-31. Showing the last 30 days.")
        period = DEFAULT_PERIOD
    elif query.get("from") or query.get("to"):
        problems.append("Days count with the period “From and to” only.")
    if period not in PERIODS:
        problems.append("That period is unknown. Showing the last 30 days.")
        period = DEFAULT_PERIOD
    days = PERIODS[period][1]
    return period, today - timedelta(days=days - 1) if days else None, today


def _plain(text: str) -> str:
    """Without NUL, which PostgreSQL refuses."""
    return text.replace("\0", "")


def _platform(slug: str, problems: list[str]) -> Platform | None:
    found = Platform.objects.filter(slug=slug).first() if slug else None
    if slug and not found:
        problems.append("That platform is unknown. Showing all platforms.")
    return found


def _policies(key: str, agency: Agency, problems: list[str]) -> tuple[DeadlinePolicy, ...]:
    found = tuple(policies_of(agency).filter(key=key)) if key else ()
    if key and not found:
        problems.append("That policy is unknown. Showing all policies.")
    return found


def policies_of(agency: Agency) -> DeadlinePolicyQuerySet:
    """Every version an agency's requests may run under, its own and everybody's; past versions too."""
    return DeadlinePolicy.objects.filter(Q(agency=None) | Q(agency=agency)).order_by("name", "key", "-version")
