"""What a connector is, what it takes and what it gives back.

Connectors import this module, `platforms.http` and `platforms.pages`, nothing else of ours. Everything here is a small frozen value; no
model is ever seen on this side.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from django.db import models

if TYPE_CHECKING:
    from platforms.http import Reply


class Outcome(models.TextChoices):
    """What one check may conclude. `INDETERMINATE` moves nothing, ever."""

    AVAILABLE = "available", "Available"
    AVAILABLE_GATED = "available_gated", "Available behind a gate"
    GEO_BLOCKED = "geo_blocked", "Withheld in some countries"
    PRIVATE = "private", "Made private by its owner"
    REMOVED_BY_PLATFORM = "removed_by_platform", "Removed by the platform"
    REMOVED_BY_USER = "removed_by_user", "Deleted by its author"
    REMOVED_BY_COMMUNITY = "removed_by_community", "Removed by moderators of the community"
    ACCOUNT_SUSPENDED = "account_suspended", "Account suspended"
    ACCOUNT_GONE = "account_gone", "Account deleted or deactivated"
    GONE_UNATTRIBUTED = "gone_unattributed", "Gone, cause unknown"
    HOST_GONE = "host_gone", "Host gone"
    INDETERMINATE = "indeterminate", "Could not tell"


UP = frozenset({Outcome.AVAILABLE, Outcome.AVAILABLE_GATED, Outcome.GEO_BLOCKED})
"""Outcomes that prove the item could still be seen somewhere."""

ATTRIBUTED = frozenset(
    {
        Outcome.REMOVED_BY_PLATFORM,
        Outcome.REMOVED_BY_USER,
        Outcome.REMOVED_BY_COMMUNITY,
        Outcome.ACCOUNT_SUSPENDED,
        Outcome.ACCOUNT_GONE,
    }
)
"""Gone, and the platform says by whom."""

UNATTRIBUTED = frozenset({Outcome.GONE_UNATTRIBUTED, Outcome.HOST_GONE})

GONE = ATTRIBUTED | UNATTRIBUTED
"""Outcomes that count as taken down once confirmed."""

UNDECIDED = frozenset({Outcome.INDETERMINATE, Outcome.PRIVATE})
"""Outcomes that move neither end of the bracket. A private item is not public, but no platform removed it: a person decides."""

_NEARLY_ALL = 200
"""Countries. There are 249 codes (ISO 3166-1), and some are of places without people."""


def nearly_everywhere(countries: Collection[str]) -> bool:
    """Whether a list of countries where an item is withheld is so long that nobody may be left who can see it: "up elsewhere" is no longer
    known then."""
    return len({country.upper() for country in countries}) >= _NEARLY_ALL


NEVER_SEEN = "never_seen"
"""The reason of a look that did not find what the same way of asking has never shown."""

PART_UNSEEN = "part_unseen"
"""The reason where a part (a comment) cannot be seen by itself: whether its whole is up or gone says nothing about it."""


NEEDS_BROWSER = "js_shell"
"""The reason of a look at a page that scripts draw: what a reader sees there, only a browser could tell."""


@dataclass(frozen=True, slots=True)
class ContentRef:
    """Identity of one piece of content: equal for every spelling of its URL."""

    platform: str
    kind: str
    external_id: str
    canonical_url: str


class Clock(Protocol):
    """Instants for a bracket. Both err on the side that widens it."""

    def sent(self) -> datetime:
        """An instant not later than now: call it just before a request leaves."""

    def answered(self) -> datetime:
        """An instant not earlier than now: call it once a reply has arrived whole."""


class AnchoredClock:
    """The database's clock, carried forward by the monotonic one.

    `reading` is what the database said between the two monotonic readings `before` and `after` (seconds). A worker whose own
    wall clock is wrong still writes right instants; the round trip to the database widens the bracket, never narrows it.
    """

    def __init__(self, reading: datetime, before: float, after: float) -> None:
        self._reading, self._before, self._after = reading, before, after

    @classmethod
    def local(cls) -> "AnchoredClock":
        """For tools without a database."""
        tick = time.monotonic()
        return cls(datetime.now(UTC), tick, tick)

    def sent(self) -> datetime:
        return self._reading + timedelta(seconds=time.monotonic() - self._after)

    def answered(self) -> datetime:
        return self._reading + timedelta(seconds=time.monotonic() - self._before)


class Door(Protocol):
    """The network, as connectors are given it: `platforms.http.Gateway`, or one that also keeps a platform's limits."""

    async def fetch(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        params: Sequence[tuple[str, str]] = (),
        accept: Collection[str] = (),
        follow: bool = True,
    ) -> "Reply": ...

    async def exists(self, host: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Sighting:
    """What one check of one item returned.

    `sent_at` is when the request that decided it left, `answered_at` when its reply had arrived. `reason` is a stable code of ours
    (`http_404`, `bot_wall`, `absent_in_batch`, …), `evidence` a few JSON scalars that support it, never content.
    """

    ref: ContentRef
    outcome: Outcome
    reason: str
    sent_at: datetime
    answered_at: datetime
    method: str = ""
    http_status: int | None = None
    countries: tuple[str, ...] = ()
    evidence: Mapping[str, Any] = field(default_factory=dict)
    retry_after: float | None = None
    """Seconds the platform asked us to wait before the next look, where it did."""
    identity: ContentRef | None = None
    """What the item turned out to be, where it was flagged under a name that can change hands or by a link that leads to it."""
    keep: Mapping[str, Any] | None = None
    """What the connector wants to be reminded of at the next look (`Connector.kept`): a few JSON scalars, never content."""


@dataclass(frozen=True, slots=True)
class Submission:
    """What is sent to a platform for one request."""

    attempt_id: str
    """Ours; platforms that take an idempotency key get this one."""
    number: str
    ref: ContentRef
    category: str
    explanation: str
    language: str = ""
    reported_url: str = ""
    """The address as it was reported, where that is not the canonical one."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The platform's acknowledgement: its reference and, where it says so, its own time of receipt."""

    reference: str
    sent_at: datetime
    received_at: datetime | None = None


class SubmitError(Exception):
    """A submission that did not go through, named by what follows from it."""


class Retry(SubmitError):
    """Nothing reached the platform: try again, not before `after` seconds."""

    def __init__(self, reason: str, after: float = 60.0) -> None:
        super().__init__(reason)
        self.after = after


class OutcomeUnknown(SubmitError):
    """The request may have reached the platform. A person finds out before anything is sent again."""


class NeedsOperator(SubmitError):
    """Credentials, settings or a missing channel: a person must act."""


class Rejected(SubmitError):
    """The platform refused the submission for good."""


class Capability(StrEnum):
    OBSERVE = "observe"
    SUBMIT = "submit"


KINDS = frozenset({"post", "video", "account", "channel", "group", "file", "page", "comment", "playlist"})


class Connector(ABC):
    """The code that talks to one kind of platform. One instance per platform and batch of work.

    Subclasses are checked when they are defined: a missing slug or label, or an unknown kind, is an error at import time.
    """

    slug: ClassVar[str]
    label: ClassVar[str]
    kinds: ClassVar[frozenset[str]]
    capabilities: ClassVar[frozenset[Capability]] = frozenset({Capability.OBSERVE})
    defaults: ClassVar[Mapping[str, Any]]
    """Default configuration, always with `api_base_url` (may be "") and `batch_size`; `Platform.config` overrides it key by key.

    `rate` limits calls in short windows ("300 per 5 minutes; 3 per second"), for each server of a platform that is many; `daily_quota`
    limits units in a day of `quota_zone`.
    """
    secret_fields: ClassVar[frozenset[str]] = frozenset()
    """Configuration keys that are credentials: masked wherever configuration is shown."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        for name in ("slug", "label", "kinds", "defaults"):
            if not hasattr(cls, name):
                raise TypeError(f"{cls.__name__} must define {name}")
        if unknown := cls.kinds - KINDS:
            raise TypeError(f"{cls.__name__}: unknown kinds {sorted(unknown)}")
        if missing := {"api_base_url", "batch_size"} - set(cls.defaults):
            raise TypeError(f"{cls.__name__}: defaults lack {sorted(missing)}")

    def __init__(self, config: Mapping[str, Any], http: Door, clock: Clock) -> None:
        self.config = {**self.defaults, **config}
        self.http = http
        self.clock = clock
        self.kept: dict[ContentRef, Mapping[str, Any]] = {}
        """What earlier sightings asked to keep, by ref. Filled by whoever calls `observe`."""
        self.reported: dict[ContentRef, str] = {}
        """The address as reported, by ref, where it is not the canonical one. Filled like `kept`."""

    @property
    def batch_size(self) -> int:
        """How many items are looked at together: a control id takes one of the places of a call."""
        size = int(self.config["batch_size"])
        return max(1, size - 1) if self.config.get("control_id") else size

    def group(self, ref: ContentRef) -> str:
        """Items of one group may be asked for in one call. One group for all, unless the platform is many servers."""
        return ""

    def bucket(self, url: str) -> str:
        """The server that limits apply to when `url` is asked: "" unless the platform is many servers."""
        return ""

    def calls(self, refs: Sequence[ContentRef]) -> int:
        """Units of the daily quota that a look at these costs, where the platform has one (`daily_quota`)."""
        return 1

    @property
    def stands_in(self) -> bool:
        """Whether a stand-in plays the platform."""
        return str(self.config["api_base_url"]).rstrip("/") != str(self.defaults["api_base_url"]).rstrip("/")

    def through(self, url: str) -> str:
        """Where to ask for the page `url`: at its own host, or at the stand-in as `{api_base_url}/{scheme}/{host}{path}?{query}`."""
        if not self.stands_in:
            return url
        return f"{str(self.config['api_base_url']).rstrip('/')}/{url.replace('://', '/', 1).split('#', 1)[0]}"

    def outer(self, url: str) -> str:
        """The address a reply came from, as the outside world would write it: `through` undone."""
        base = f"{str(self.config['api_base_url']).rstrip('/')}/"
        return url.removeprefix(base).replace("/", "://", 1) if self.stands_in and url.startswith(base) else url

    @abstractmethod
    async def observe(self, refs: Sequence[ContentRef]) -> list[Sighting]:
        """Look at up to `batch_size` items now. One sighting per ref, in any order; never raises for what the outside world does."""

    def parts_unseen(self, refs: Sequence[ContentRef]) -> tuple[list[Sighting], list[ContentRef]]:
        """For interfaces that do not show comments: a sighting of each comment that says so, and what else there is to look at."""
        now, later = self.clock.sent(), self.clock.answered()
        comments = [ref for ref in refs if ref.kind == "comment"]
        others = [ref for ref in refs if ref.kind != "comment"]
        return [Sighting(ref, Outcome.INDETERMINATE, PART_UNSEEN, now, later) for ref in comments], others

    async def against_control(self, sightings: Sequence[Sighting], look: Callable[[], Awaitable[Sighting]] | None) -> list[Sighting]:
        """For interfaces that answer about one item a call: an absence counts only if the control item is seen up right afterwards.

        `look` looks at the control item by the same way of asking; None where none is configured. What the platform itself attributes,
        and what is up, stands as it is.
        """
        if not any(sighting.outcome in UNATTRIBUTED for sighting in sightings):
            return list(sightings)
        control = await look() if look else None
        if control is not None and control.outcome in UP:
            return list(sightings)
        why = "control_missing" if control else "no_control"
        return [
            replace(sighting, outcome=Outcome.INDETERMINATE, reason=why) if sighting.outcome in UNATTRIBUTED else sighting
            for sighting in sightings
        ]

    def once_shown(self, sightings: Sequence[Sighting]) -> list[Sighting]:
        """For interfaces that say the same of what is gone and of what they hide: an absence counts only of an item they have shown before.

        What was up in these sightings is remembered as shown, so give only those of one way of asking. A refusal alone proves
        nothing: the item may have been private, or shown to adults only, when it was reported.
        """
        return [self._once_shown(sighting) for sighting in sightings]

    def _once_shown(self, sighting: Sighting) -> Sighting:
        if sighting.outcome in {Outcome.AVAILABLE, Outcome.AVAILABLE_GATED}:
            return self.remember(sighting, shown=True)
        if sighting.outcome not in UNATTRIBUTED or self.kept.get(sighting.ref, {}).get("shown"):
            return sighting
        return replace(sighting, outcome=Outcome.INDETERMINATE, reason=NEVER_SEEN)

    def remember(self, sighting: Sighting, **facts: Any) -> Sighting:
        """`sighting`, which keeps `facts` (JSON scalars) beside what is kept already. Nothing is kept twice: each write costs."""
        kept = self.kept.get(sighting.ref, {})
        keep = {**kept, **(sighting.keep or {}), **facts}
        return replace(sighting, keep=keep if keep != kept else None)

    async def submit(self, submission: Submission) -> Receipt:
        """Send one takedown request. Raises a `SubmitError` named by its consequence."""
        raise NeedsOperator(f"{self.label} takes no reports through its interface")
