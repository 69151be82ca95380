"""Requests: one item asked to be taken down by one platform under one policy."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q

from platforms.models import Platform
from takedown.choices import CLOSED, OPEN, Category, Channel, ClockState, Outcome, RequestStatus, Severity, VerdictValue
from takedown.deadlines import Clock
from takedown.models.agency import Agency
from takedown.models.item import FlaggedItem
from takedown.models.numbers import count_of
from takedown.models.policy import DeadlinePolicy
from takedown.models.scope import AgencyQuerySet, one_of
from takedown.models.user import User
from takedown.verdict import Verdict, judge


def overdue(now: datetime) -> Q:
    """Past its deadline without proof that it was met, still open, and nobody has decided otherwise."""
    late = (VerdictValue.BREACHED, VerdictValue.UNPROVEN, VerdictValue.PENDING)
    return Q(status__in=OPEN, due_at__lte=now, verdict__in=late, adjudicated_verdict="")


class TakedownRequestQuerySet(AgencyQuerySet["TakedownRequest"]):
    def open(self) -> Self:
        return self.filter(status__in=OPEN)

    def overdue(self, now: datetime) -> Self:
        return self.filter(overdue(now))

    def undecided(self) -> Self:
        """Indeterminate, and no person has judged."""
        return self.filter(verdict=VerdictValue.INDETERMINATE, adjudicated_verdict="")


class TakedownRequest(models.Model):
    """The thing that has a deadline and a number.

    `due_at` and the clock are stored when clock events change them. The bracket is copied from the watch whenever the verdict is
    judged; while the item is up, `Watch.last_up` is the fresher of the two.
    """

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="requests")
    item = models.ForeignKey(FlaggedItem, on_delete=models.PROTECT, related_name="requests")
    platform = models.ForeignKey(Platform, on_delete=models.PROTECT, related_name="requests")
    policy = models.ForeignKey(DeadlinePolicy, on_delete=models.PROTECT, related_name="requests")
    category = models.CharField(max_length=30, choices=Category)
    severity = models.CharField(max_length=10, choices=Severity, default=Severity.MEDIUM)
    language = models.CharField(max_length=35, blank=True)
    explanation = models.TextField(blank=True, help_text="Sent to the platform: why this is illegal.")
    status = models.CharField(max_length=20, choices=RequestStatus, default=RequestStatus.TO_SEND)
    status_reason = models.TextField(blank=True)
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="opened_requests")
    closed_at = models.DateTimeField(null=True, blank=True)
    assigned_to = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="assigned_requests")
    escalated_at = models.DateTimeField(null=True, blank=True)

    approval = models.ForeignKey(
        "takedown.Approval", on_delete=models.PROTECT, null=True, blank=True, related_name="+", help_text="The one it may be sent under."
    )
    channel = models.CharField(max_length=10, choices=Channel)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)

    clock_state = models.CharField(max_length=15, choices=ClockState, default=ClockState.NOT_STARTED)
    clock_started_at = models.DateTimeField(null=True, blank=True, help_text="Start of the period that counts: the restart, after one.")
    clock_first_started_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    warn_at = models.DateTimeField(null=True, blank=True, help_text="When the next warning of this deadline is due.")

    last_up = models.DateTimeField(null=True, blank=True)
    first_gone = models.DateTimeField(null=True, blank=True)
    gone_confirmed = models.BooleanField(default=False)
    gone_outcome = models.CharField(max_length=25, choices=Outcome, blank=True)
    gone_until = models.DateTimeField(null=True, blank=True, help_text="Last look that found it gone before it came back.")
    back_at = models.DateTimeField(null=True, blank=True, help_text="When it was seen up again at or after the deadline.")

    verdict = models.CharField(max_length=15, choices=VerdictValue, default=VerdictValue.NOT_STARTED)
    provisional = models.BooleanField(default=False)
    verdict_reason = models.TextField(blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True, help_text="When the platform says it removed the item.")
    claim_open = models.BooleanField(default=False, help_text="No look has borne out or contradicted that claim yet.")
    adjudicated_verdict = models.CharField(max_length=15, choices=VerdictValue, blank=True)
    adjudicated_reason = models.TextField(blank=True)
    adjudicated_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="adjudications")
    adjudicated_at = models.DateTimeField(null=True, blank=True)

    objects = TakedownRequestQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("agency", "item", "policy"), condition=Q(status__in=sorted(OPEN)), name="request_one_open"),
            models.CheckConstraint(condition=Q(closed_at__isnull=True) | Q(status__in=sorted(CLOSED)), name="request_closed_has_status"),
            models.CheckConstraint(condition=Q(due_at=None) | Q(clock_started_at__isnull=False), name="request_due_needs_clock"),
            models.CheckConstraint(
                condition=Q(warn_at=None) | Q(due_at__isnull=False, warn_at__lt=F("due_at")), name="request_warns_before_it_is_due"
            ),
            models.CheckConstraint(condition=Q(claim_open=False) | Q(claimed_at__isnull=False), name="request_open_claim_is_one"),
            models.CheckConstraint(
                condition=Q(first_gone=None) | Q(last_up=None) | Q(last_up__lt=F("first_gone")), name="request_bracket_in_order"
            ),
            models.CheckConstraint(
                condition=Q(verdict=VerdictValue.MET, first_gone__isnull=False, first_gone__lte=F("due_at")) | ~Q(verdict=VerdictValue.MET),
                name="request_met_needs_proof",
            ),
            models.CheckConstraint(
                condition=Q(adjudicated_verdict="", adjudicated_by=None)
                | (~Q(adjudicated_verdict="") & ~Q(adjudicated_reason="") & Q(adjudicated_by__isnull=False)),
                name="request_adjudication_has_reason",
            ),
            one_of("status", RequestStatus),
            one_of("channel", Channel),
            one_of("verdict", VerdictValue),
            one_of("category", Category),
            one_of("clock_state", ClockState),
        )
        indexes = (
            models.Index(fields=("item",), name="request_by_item_open", condition=Q(status__in=sorted(OPEN))),
            # `verdicts.sweep`
            models.Index(fields=("due_at",), name="request_pending_due", condition=Q(verdict=VerdictValue.PENDING)),
            # `verdicts.warn`
            models.Index(fields=("warn_at",), name="request_to_warn", condition=Q(verdict=VerdictValue.PENDING, warn_at__isnull=False)),
            # `orders.check_claims`
            models.Index(fields=("item",), name="request_claim_open", condition=Q(claim_open=True)),
            # The lanes of `dispatch.send_due`
            models.Index(
                fields=("policy", "severity", "platform", "agency", "next_attempt_at"),
                name="request_lanes",
                condition=Q(status=RequestStatus.TO_SEND, next_attempt_at__isnull=False),
            ),
            # What waits for a second person
            models.Index(fields=("agency", "due_at", "id"), name="request_to_approve", condition=Q(status=RequestStatus.TO_APPROVE)),
            # What a platform has missed
            models.Index(
                fields=("agency", "platform", "due_at", "id"),
                name="request_missed",
                condition=Q(verdict=VerdictValue.BREACHED) | Q(adjudicated_verdict=VerdictValue.BREACHED),
            ),
            # What a person has to do
            models.Index(fields=("agency", "due_at", "id"), name="request_for_person", condition=Q(status=RequestStatus.NEEDS_OPERATOR)),
            # Queue and overdue list
            models.Index(fields=("agency", "due_at", "id"), name="request_queue", condition=Q(status__in=sorted(OPEN))),
            # What a person has to decide
            models.Index(
                fields=("agency", "due_at", "id"),
                name="request_undecided",
                condition=Q(verdict=VerdictValue.INDETERMINATE, adjudicated_verdict=""),
            ),
            # What was seen back
            models.Index(fields=("agency", "due_at", "id"), name="request_back", condition=Q(back_at__isnull=False)),
            # Closed ones, and all
            models.Index(fields=("agency", "due_at", "id"), name="request_in_order"),
            # Lists of one agency, newest first, and the API
            models.Index(fields=("agency", "-id"), name="request_newest"),
            # Open requests by age; what is counted of them is in the index, so that their rows are not read
            models.Index(
                fields=("agency", "opened_at"),
                include=("platform", "policy", "due_at", "verdict", "adjudicated_verdict"),
                condition=Q(status__in=sorted(OPEN)),
                name="request_opened",
            ),
            # Statistics by period
            models.Index(fields=("agency", "clock_started_at"), name="request_period"),
        )

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """As people of its agency read it."""
        return f"TD-{count_of(self.pk)}"

    @property
    def reference(self) -> str:
        """As platforms read it, who hear from several agencies that count by themselves: `TD-1041/north`."""
        return f"{self.number}/{self.agency.slug}"

    @property
    def effective_verdict(self) -> str:
        """What a person decided, else what was observed."""
        return self.adjudicated_verdict or self.verdict

    def verdict_at(self, now: datetime) -> Verdict:
        """The verdict on what this row knows. A bracket that a later return has closed stays the one that counts."""
        return judge(
            due_at=self.due_at,
            last_up=self.last_up,
            first_gone=self.first_gone,
            gone_confirmed=self.gone_confirmed,
            clock=Clock(ClockState(self.clock_state), self.clock_started_at, self.due_at),
            now=now,
            gone_until=self.gone_until,
            back_at=self.back_at,
            first_started_at=self.clock_first_started_at,
        )
