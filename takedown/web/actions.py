"""What a person can do about a request: one row per button, each calling one verb."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from takedown import dispatch, orders, polling, verdicts
from takedown.choices import OPEN, SENDABLE, UNSENT, Channel, ClockEventKind, Decision, RequestStatus
from takedown.models import TakedownRequest, User
from takedown.models.access import GRANTS, Permission
from takedown.web.action_forms import (
    ActionForm,
    AdjudicateForm,
    AssignForm,
    ClockForm,
    DutyForm,
    FinalForm,
    FinishForm,
    NoteForm,
    ReadForm,
    ReadReasonForm,
    ReasonForm,
    ReceivedForm,
    ReviseForm,
    SentForm,
)
from takedown.web.due import look_asked


@dataclass(frozen=True, slots=True)
class Action:
    """A button. `offered` says when it makes sense; the verb has the last word."""

    name: str
    label: str
    done: str
    permission: Permission
    form: type[ActionForm]
    run: Callable[[TakedownRequest, dict[str, Any], User, datetime], str | None]
    """May say more than `done` does."""
    offered: Callable[[TakedownRequest], bool]
    icon: str = ""
    fresh: bool = False
    """Whether a second factor must have been shown within the last minutes."""


def _is_open(request: TakedownRequest) -> bool:
    return request.status in OPEN


def _is_unsent(request: TakedownRequest) -> bool:
    return request.status in SENDABLE


def _waits(request: TakedownRequest) -> bool:
    return request.status == RequestStatus.TO_APPROVE


def _issue_link(request: TakedownRequest, data: dict[str, Any], user: User, now: datetime) -> None:
    orders.issue_link(request=request, actor=user, now=now)


def _send(request: TakedownRequest, data: dict[str, Any], user: User, now: datetime) -> None:
    dispatch.send_now(request=request, actor=user, now=now)


def _decide(decision: Decision) -> Callable[[TakedownRequest, dict[str, Any], User, datetime], None]:
    def run(request: TakedownRequest, data: dict[str, Any], user: User, now: datetime) -> None:
        reason = data.get("reason", "")
        dispatch.decide(request=request, decision=decision, digest=data["digest"], reason=reason, actor=user, now=now)

    return run


def _emergency(request: TakedownRequest, data: dict[str, Any], user: User, now: datetime) -> None:
    dispatch.send_in_emergency(request=request, reason=data["reason"], actor=user, now=now)


def _revise(request: TakedownRequest, data: dict[str, Any], user: User, now: datetime) -> None:
    dispatch.revise(request=request, **data, actor=user, now=now)


def _clock(request: TakedownRequest, data: dict[str, Any], user: User, now: datetime) -> None:
    fact = verdicts.ClockFact(request.pk, ClockEventKind(data["kind"]), data["at"], data["until"], data["proof"])
    verdicts.record_clock_events([fact], actor=user, now=now)


def _duty(request: TakedownRequest, data: dict[str, Any], user: User, now: datetime) -> None:
    verdicts.open_duty(request=request, **data, actor=user, now=now)


def _finish(request: TakedownRequest, data: dict[str, Any], user: User, now: datetime) -> None:
    verdicts.finish_duty(**data, actor=user, now=now)


def _mark_sent(request: TakedownRequest, data: dict[str, Any], user: User, now: datetime) -> None:
    dispatch.mark_sent(request=request, at=data["at"], reference=data["reference"], actor=user, now=now)


def _mark_received(request: TakedownRequest, data: dict[str, Any], user: User, now: datetime) -> None:
    dispatch.mark_received(request=request, at=data["at"], proof=data["proof"], actor=user, now=now)


def _withdraw(request: TakedownRequest, data: dict[str, Any], user: User, now: datetime) -> None:
    dispatch.withdraw(request=request, reason=data["reason"], actor=user, now=now)


def _look(request: TakedownRequest, data: dict[str, Any], user: User, now: datetime) -> str:
    return look_asked(polling.look_now(item=request.item, actor=user, now=now))


def _note(request: TakedownRequest, data: dict[str, Any], user: User, now: datetime) -> None:
    verdicts.note(request=request, text=data["text"], actor=user, now=now)


def _assign(request: TakedownRequest, data: dict[str, Any], user: User, now: datetime) -> None:
    verdicts.assign(request=request, to=data["to"], actor=user, now=now)


def _escalate(request: TakedownRequest, data: dict[str, Any], user: User, now: datetime) -> None:
    verdicts.escalate(request=request, reason=data["reason"], actor=user, now=now)


def _final(request: TakedownRequest, data: dict[str, Any], user: User, now: datetime) -> None:
    orders.record_final(request=request, **data, actor=user, now=now)


def _not_final(request: TakedownRequest, data: dict[str, Any], user: User, now: datetime) -> None:
    orders.revoke_final(request=request, **data, actor=user, now=now)


def _is_final(request: TakedownRequest) -> bool:
    order = orders.order_of(request)
    return order is not None and order.final_at is not None


def _adjudicate(request: TakedownRequest, data: dict[str, Any], user: User, now: datetime) -> None:
    said = {name: data[name] for name in ("verdict", "reason", "shown")}
    verdicts.adjudicate(request=request, **said, actor=user, now=now)


ACTIONS = (
    Action("look", "Look now", "A look is asked for.", Permission.LOOK, ActionForm, _look, _is_open, "look"),
    Action("approve", "Approve", "Approved.", Permission.SUPERVISE, ReadForm, _decide(Decision.APPROVED), _waits, "check", fresh=True),
    Action("refuse", "Refuse", "Refused.", Permission.SUPERVISE, ReadReasonForm, _decide(Decision.REFUSED), _waits, fresh=True),
    Action(
        "requeue",
        "Leave to another person",
        "Left to another person.",
        Permission.SUPERVISE,
        ReadReasonForm,
        _decide(Decision.REQUEUED),
        _waits,
        fresh=True,
    ),
    Action("cancel", "Cancel", "Cancelled.", Permission.SUPERVISE, ReadReasonForm, _decide(Decision.CANCELLED), _waits, fresh=True),
    Action(
        "emergency",
        "Send at once (emergency)",
        "Queued for sending; another person has to review it.",
        Permission.SEND,
        ReasonForm,
        _emergency,
        _waits,
        fresh=True,
    ),
    Action(
        "revise",
        "Revise",
        "Revised.",
        Permission.SEND,
        ReviseForm,
        _revise,
        lambda request: request.status in UNSENT,
    ),
    Action(
        "send",
        "Send now",
        "Queued for sending.",
        Permission.SEND,
        ActionForm,
        _send,
        lambda request: _is_unsent(request) and request.channel != Channel.MANUAL,
    ),
    Action("mark-sent", "Mark as sent", "Marked as sent.", Permission.SEND, SentForm, _mark_sent, _is_unsent),
    Action(
        "mark-received",
        "Mark as received",
        "Marked as received.",
        Permission.SEND,
        ReceivedForm,
        _mark_received,
        lambda request: (
            request.status == RequestStatus.SENT and not any(event.kind == ClockEventKind.RECEIVED for event in request.clock_events.all())
        ),
    ),
    Action(
        "issue-link",
        "Issue a link for the platform's answer",
        "The link is issued; it stands with the order.",
        Permission.SEND,
        ActionForm,
        _issue_link,
        lambda request: orders.is_order(request) and not orders.why_not_answerable(request),
    ),
    Action(
        "revoke-links",
        "Revoke the links for the platform's answer",
        "Revoked.",
        Permission.SEND,
        ReasonForm,
        lambda request, data, user, now: orders.revoke_links(request=request, reason=data["reason"], actor=user, now=now),
        lambda request: orders.is_order(request) and any(link.revoked_at is None for link in request.answer_links.all()),
    ),
    Action(
        "clock",
        "Record what moves the deadline",
        "Recorded.",
        Permission.SEND,
        ClockForm,
        _clock,
        lambda request: request.status == RequestStatus.SENT,
    ),
    Action("duty", "Start another clock", "Started.", Permission.SEND, DutyForm, _duty, lambda request: True),
    Action(
        "duty-done",
        "Finish another clock",
        "Finished.",
        Permission.SEND,
        FinishForm,
        _finish,
        lambda request: any(duty.done_at is None for duty in request.duties.all()),
    ),
    Action("note", "Write a note", "Note saved.", Permission.NOTE, NoteForm, _note, lambda request: True),
    Action("assign", "Assign", "Assigned.", Permission.SUPERVISE, AssignForm, _assign, _is_open),
    Action("escalate", "Escalate", "Escalated.", Permission.SUPERVISE, ReasonForm, _escalate, _is_open),
    Action(
        "adjudicate",
        "Adjudicate",
        "Adjudicated.",
        Permission.SUPERVISE,
        AdjudicateForm,
        _adjudicate,
        lambda request: request.verdict in verdicts.ADJUDICABLE,
        fresh=True,
    ),
    Action(
        "final",
        "Record as final",
        "Recorded as final.",
        Permission.SUPERVISE,
        FinalForm,
        _final,
        lambda request: not orders.why_not_final(request),
    ),
    Action("not-final", "Take back that it is final", "Taken back.", Permission.SUPERVISE, ReasonForm, _not_final, _is_final),
    Action("withdraw", "Withdraw", "Withdrawn.", Permission.SEND, ReasonForm, _withdraw, _is_open),
)
BY_NAME = {action.name: action for action in ACTIONS}


def assignable(user: User) -> list[User]:
    """Colleagues who can be given a request, for those who may give one."""
    if not user.may(Permission.SUPERVISE):
        return []
    able = [role for role, granted in GRANTS.items() if Permission.SEND in granted]
    return list(User.objects.filter(agency=user.agency, role__in=able, is_active=True).order_by("display_name", "username"))


def offered(
    request: TakedownRequest, user: User, people: Sequence[User], names: tuple[str, ...] = tuple(BY_NAME), read: str = ""
) -> list[tuple[Action, ActionForm]]:
    """The buttons this person gets on this request, each with its empty form. `read`: the digest of what an approver is shown."""
    able = (BY_NAME[name] for name in names)
    return [
        (each, each.form(name=each.name, request=request, user=user, people=people, read=read))
        for each in able
        if user.may(each.permission) and each.offered(request)
    ]
