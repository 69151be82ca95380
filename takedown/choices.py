"""Every enum of the domain and the named groups of its values."""

from django.db.models import TextChoices

from platforms.base import GONE, UNDECIDED, UP, Outcome

__all__ = [
    "CLOSED",
    "DECIDED",
    "ENDED",
    "GONE",
    "OPEN",
    "SENDABLE",
    "UNDECIDED",
    "UNSENT",
    "UP",
    "Action",
    "AlertKind",
    "AnswerKind",
    "Category",
    "ChangeOf",
    "Channel",
    "ClockEventKind",
    "ClockState",
    "Compliance",
    "CountingRule",
    "Decision",
    "DurationUnit",
    "FactorKind",
    "Outcome",
    "Purpose",
    "ReportOutcome",
    "RequestStatus",
    "Role",
    "Severity",
    "SignInAction",
    "StartEvent",
    "SubmissionState",
    "VerdictValue",
]


class Role(TextChoices):
    ANALYST = "analyst", "Analyst"
    SUPERVISOR = "supervisor", "Supervisor"
    AUDITOR = "auditor", "Auditor"
    ADMINISTRATOR = "administrator", "Administrator"
    OPERATOR = "operator", "Operator"


class FactorKind(TextChoices):
    """What a person proves with that it is them, besides the password."""

    APP = "app", "Authenticator app"
    PASSKEY = "passkey", "Passkey"


class SignInAction(TextChoices):
    """What happens to an account."""

    SIGNED_IN = "signed_in", "Signed in"
    FACTOR_ADDED = "factor_added", "Second factor added"
    FACTOR_REMOVED = "factor_removed", "Second factor removed"
    CODES_MADE = "codes_made", "Recovery codes made"
    CODE_USED = "code_used", "Recovery code used"
    RESET = "reset", "Second factor reset"
    PASSWORD_CHANGED = "password_changed", "Password changed"
    SESSIONS_ENDED = "sessions_ended", "Signed out everywhere else"


class Category(TextChoices):
    """Legal type of the content. The first five are Art. 2(7) Regulation (EU) 2021/784."""

    INCITE = "a_incite", "Incitement to terrorist offences"
    SOLICIT_OFFENCE = "b_solicit_offence", "Solicitation of terrorist offences"
    SOLICIT_GROUP = "c_solicit_group", "Recruitment for a terrorist group"
    INSTRUCT = "d_instruct", "Instructions for weapons or attacks"
    THREAT = "e_threat", "Threat of a terrorist offence"
    VIOLENT_EXTREMISM = "violent_extremism", "Violent extremism, other"
    HATE_SPEECH = "hate_speech", "Illegal hate speech"
    OTHER_ILLEGAL = "other_illegal", "Other illegal content"


class Severity(TextChoices):
    LOW = "low", "Low"
    MEDIUM = "medium", "Medium"
    HIGH = "high", "High"
    CRITICAL = "critical", "Critical"


class ReportOutcome(TextChoices):
    CREATED = "created", "New item"
    KNOWN = "known", "Already known"
    RETURNED = "returned", "Was gone, reported again"


class RequestStatus(TextChoices):
    """Where a request stands with us. What became of the content is the verdict's matter."""

    TO_APPROVE = "to_approve", "To be approved"
    REFUSED = "refused", "Not approved"
    TO_SEND = "to_send", "To be sent"
    SENT = "sent", "Sent"
    NEEDS_OPERATOR = "needs_operator", "Needs a person"
    CLOSED = "closed", "Closed"
    WITHDRAWN = "withdrawn", "Withdrawn"


SENDABLE = frozenset({RequestStatus.TO_SEND, RequestStatus.NEEDS_OPERATOR})
UNSENT = SENDABLE | {RequestStatus.TO_APPROVE, RequestStatus.REFUSED}
OPEN = UNSENT | {RequestStatus.SENT}
CLOSED = frozenset({RequestStatus.CLOSED, RequestStatus.WITHDRAWN})


class Decision(TextChoices):
    """What became of a request that a second person has to approve before it is sent."""

    APPROVED = "approved", "Approved"
    REFUSED = "refused", "Refused"
    CANCELLED = "cancelled", "Cancelled"
    REQUEUED = "requeued", "Left to another person"
    EMERGENCY = "emergency", "Sent at once, to be reviewed"


class Channel(TextChoices):
    API = "api", "Platform interface"
    EMAIL = "email", "E-mail"
    MANUAL = "manual", "By hand"


class SubmissionState(TextChoices):
    """One attempt to send one request. `STARTED` is written before anything leaves."""

    STARTED = "started", "Started"
    SENT = "sent", "Sent"
    FAILED = "failed", "Failed, nothing sent"
    UNKNOWN = "unknown", "May have been sent"


class StartEvent(TextChoices):
    SENT = "sent", "When the request is sent"
    RECEIVED = "received", "When the platform receives it"
    RECORDED = "recorded", "When somebody records it"


class Purpose(TextChoices):
    """What a policy sets a deadline for."""

    REMOVAL = "removal", "A platform is to take something down"
    DUTY = "duty", "Somebody else is to do something"


class Compliance(TextChoices):
    """What of the platform's measures complies with a policy."""

    REMOVED = "removed", "Removed"
    REMOVED_OR_DISABLED = "removed_or_disabled", "Removed, or access disabled"


class DurationUnit(TextChoices):
    NONE = "none", "No fixed period"
    MINUTES = "minutes", "Minutes"
    HOURS = "hours", "Hours"
    DAYS = "days", "Calendar days"
    WEEKS = "weeks", "Weeks"
    MONTHS = "months", "Calendar months"
    WORKING_DAYS = "working_days", "Working days"


class CountingRule(TextChoices):
    ELAPSED_EXACT = "elapsed_exact", "Elapsed time, to the second"
    WHOLE_UNITS = "full_hours_1182_71", "Whole hours and days, Regulation 1182/71"


class ClockEventKind(TextChoices):
    SENT = "sent", "Sent"
    RECEIVED = "received", "Received"
    OBSTACLE_STARTED = "obstacle_started", "Obstacle reported"
    OBSTACLE_ENDED = "obstacle_ended", "Obstacle ended"
    CLARIFICATION_REQUESTED = "clarification_requested", "Clarification asked for"
    CLARIFICATION_RECEIVED = "clarification_received", "Clarification received"
    EXTENDED = "extended", "Extended"
    VOIDED = "voided", "Declared void"
    WITHDRAWN = "withdrawn", "Withdrawn"


class ClockState(TextChoices):
    NOT_STARTED = "not_started", "Not started"
    RUNNING = "running", "Running"
    SUSPENDED = "suspended", "Suspended"
    VOIDED = "voided", "Void"
    WITHDRAWN = "withdrawn", "Withdrawn"


ENDED = frozenset({ClockState.VOIDED, ClockState.WITHDRAWN})
"""Clocks of requests that do not stand any more."""


class VerdictValue(TextChoices):
    """Judgement of a request against its deadline."""

    NOT_COUNTED = "not_counted", "Not counted"
    SUSPENDED = "suspended", "Suspended"
    NOT_STARTED = "not_started", "Not started"
    MET = "met", "Met"
    BREACHED = "breached", "Breached"
    INDETERMINATE = "indeterminate", "Indeterminate"
    PENDING = "pending", "Pending"
    UNPROVEN = "unproven", "Unproven"


DECIDED = frozenset({VerdictValue.MET, VerdictValue.BREACHED, VerdictValue.INDETERMINATE, VerdictValue.NOT_COUNTED})


class Action(TextChoices):
    """What an event records."""

    REPORTED = "reported", "Reported"
    OPENED = "opened", "Request opened"
    SUBMITTED = "submitted", "Sent to the platform"
    SUBMIT_FAILED = "submit_failed", "Sending failed"
    CLOCK = "clock", "Clock event"
    DUE_CHANGED = "due_changed", "Deadline set"
    SEEN_GONE = "seen_gone", "First seen gone"
    SEEN_UP_AGAIN = "seen_up_again", "Seen up again before it was confirmed gone"
    CONFIRMED_GONE = "confirmed_gone", "Confirmed gone"
    REAPPEARED = "reappeared", "Reappeared"
    VERDICT = "verdict", "Verdict"
    CLOSED = "closed", "Closed"
    WITHDRAWN = "withdrawn", "Withdrawn"
    NOTE = "note", "Note"
    ASSIGNED = "assigned", "Assigned"
    ESCALATED = "escalated", "Escalated"
    ADJUDICATED = "adjudicated", "Adjudicated"
    LOOK_ASKED = "look_asked", "Look asked for"
    IDENTIFIED = "identified", "Identified"
    MERGED = "merged", "Same content as another item"
    REVISED = "revised", "Revised"
    DECIDED = "decided", "Approval"
    VOIDED = "voided", "Approval void"
    DUTY = "duty", "Other clock"
    ANSWERED = "answered", "Answer of the platform"
    FINAL = "final", "Order final"
    NOT_FINAL = "not_final", "Order not final after all"


class ChangeOf(TextChoices):
    """What the record of administration is about."""

    KEY = "key", "Key"
    PERSON = "person", "Person"
    PLATFORM = "platform", "Platform"
    AGENCY = "agency", "Agency"


class AlertKind(TextChoices):
    """What people are told without having asked."""

    REAPPEARED = "reappeared", "Removed content is back"
    HELD = "held", "Conclusions are held"
    RELEASED = "released", "Conclusions are no longer held"
    BREAKER = "breaker", "A platform cannot be reached"
    PAUSED = "paused", "A platform is paused"
    RESUMED = "resumed", "A platform is looked at again"
    CONTRADICTED = "contradicted", "A claim contradicts what was seen"
    DUE_SOON = "due_soon", "A deadline is near"


class AnswerKind(TextChoices):
    """The forms in which a platform answers a removal order."""

    DONE = "annex_2", "Removed or disabled (Annex II)"
    IMPOSSIBLE = "annex_3", "Cannot be executed (Annex III)"
