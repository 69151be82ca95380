"""How a request stands with its deadline, in one word and a few characters. Acting exactly at the deadline is in time."""

from datetime import datetime, timedelta

from django.utils import timezone

from platforms.models import Pause
from takedown.choices import OPEN, ClockState, VerdictValue
from takedown.models import TakedownRequest

SOON_AT_LEAST = timedelta(minutes=15)
TICKING = frozenset({"ok", "soon", "overdue"})
SYMBOLS = {
    "ok": "clock",
    "soon": "half",
    "overdue": "overdue",
    "paused": "v-suspended",
    "met": "check",
    "late": "v-breached",
    "passed": "v-indeterminate",
    "none": "v-not_counted",
    "waiting": "v-not_counted",
    "unconfirmed": "v-indeterminate",
}
WORDS = {
    "waiting": "Not started",
    "unconfirmed": "Not confirmed",
    "paused": "Clock stopped",
    "met": "In time",
    "late": "Late",
    "passed": "Passed",
}
_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def soon_from(request: TakedownRequest) -> datetime:
    """Start of the last quarter of the period, and of the last 15 minutes at the latest."""
    assert request.due_at is not None  # noqa: S101  callers have checked
    period = request.due_at - (request.clock_started_at or request.opened_at)
    return request.due_at - max(SOON_AT_LEAST, period / 4)


def state_of(request: TakedownRequest, now: datetime) -> str:
    """One of the keys of `SYMBOLS`."""
    verdict = request.effective_verdict
    if request.clock_state == ClockState.SUSPENDED:
        return "paused"
    if verdict == VerdictValue.NOT_STARTED:
        return "waiting"
    if request.due_at is None or verdict == VerdictValue.NOT_COUNTED:
        return "none"
    if request.provisional and not request.adjudicated_verdict:
        # What is not confirmed is neither in time nor late yet.
        return "unconfirmed" if now > request.due_at else "soon" if now >= soon_from(request) else "ok"
    if verdict == VerdictValue.MET:
        return "met"
    if verdict == VerdictValue.INDETERMINATE:
        return "passed"
    if verdict == VerdictValue.BREACHED and (request.first_gone or request.status not in OPEN):
        return "late"
    if now > request.due_at:
        return "overdue"
    return "soon" if now >= soon_from(request) else "ok"


def text_of(state: str, due_at: datetime | None, now: datetime) -> str:
    """What the chip says. The browser's countdown uses the same words."""
    if due_at is not None and state == "overdue":
        return f"{duration(now - due_at)} overdue"
    if due_at is not None and state in TICKING:
        return f"{duration(due_at - now)} left"
    return WORDS.get(state, "No deadline")


def look_asked(pause: Pause | None) -> str:
    """What to say to somebody who has asked for a look, and what it waits for."""
    if pause is None:
        return "A look is asked for."
    end = f"until {absolute(pause.until)}" if pause.until else "until somebody resumes it"
    return f"A look is asked for. {pause.platform} is paused {end}; the look waits for that."


def absolute(at: datetime) -> str:
    """`21 Nov 2026, 14:05:09 CET`, in the agency's zone."""
    local = timezone.localtime(at)
    return f"{local.day} {local:%b %Y, %H:%M:%S} {local.tzname()}"


def duration(span: timedelta) -> str:
    """The two largest units of a length of time: `2 h 14 min`. Never negative."""
    seconds = max(0, int(span.total_seconds()))
    for index, (size, name) in enumerate(_UNITS):
        if seconds >= size:
            count, rest = divmod(seconds, size)
            smaller, small_name = _UNITS[min(index + 1, len(_UNITS) - 1)]
            below = rest // smaller if size > 1 else 0
            return f"{count} {name} {below} {small_name}" if below else f"{count} {name}"
    return "0 s"
