"""The order itself: what it begins with, and every change of it."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction

from takedown.annexes import ANNEX_I, LANGUAGES, REDRESS, Values, check, missing, wrong
from takedown.choices import UNSENT, SubmissionState
from takedown.models import RemovalOrder, Submission, TakedownRequest, User
from takedown.models.errors import NotPossible
from takedown.models.policy import REMOVAL_ORDER
from takedown.orders.paper import render
from takedown.verdicts import is_covered, lock, void_approval

OF_THE_AGENCY = (
    *("issuing_member_state", "authority_type", "authority_name", "representative_name", "post_title_grade", "address", "phone", "fax"),
    *("email", "followup_contact", *REDRESS),
)
OF_THE_PLATFORM = ("addressee", "contact_point", "addressee_member_state", "hsp_state_authority_contact")


def order_of(request: TakedownRequest) -> RemovalOrder | None:
    return getattr(request, "order", None)


def is_order(request: TakedownRequest) -> bool:
    return request.policy.key == REMOVAL_ORDER


def draft(request: TakedownRequest, author: User, now: datetime) -> tuple[Values, str]:
    """What a new order begins with, and its language: from the request, and from the agency's last orders."""
    before = RemovalOrder.objects.for_agency(request.agency).exclude(pk=request.pk).order_by("-saved_at")
    last, same = before.first(), before.filter(request__platform=request.platform).first()
    here = now.astimezone(ZoneInfo(request.agency.timezone))
    values: Values = {
        "addressee": request.platform.name,
        "contact_point": request.platform.contact_email,
        "issued_at": here.isoformat(timespec="seconds"),
        "reference_number": request.reference,
        "urls": request.item.addresses,
        "locator_notes": f"{request.item.kind} {request.item.external_id}" if request.item.external_id else "",
        "reasons_types": [request.category] if request.category in ANNEX_I.fields["reasons_types"].options else [],
        "reasons_text": request.explanation,
        "authority_name": request.agency.name,
        "representative_name": str(author),
        "date": here.date().isoformat(),
    }
    values |= {key: last.fields[key] for key in OF_THE_AGENCY if last and key in last.fields}
    values |= {key: same.fields[key] for key in OF_THE_PLATFORM if same and key in same.fields}
    return check(ANNEX_I, values, now=now)[0], last.language if last else LANGUAGES[0]


def lacking(order: RemovalOrder, now: datetime) -> list[str]:
    """Labels of what is missing before the order is complete."""
    return [ANNEX_I.fields[key].label.en for key in missing(check(ANNEX_I, order.fields, now=now)[1])]


def is_approved(order: RemovalOrder, now: datetime) -> bool:
    """Whether it is no draft any more: approved just as it is now, or, where its policy asks for no approval, complete."""
    return is_covered(order.request) and (order.request.policy.four_eyes or not lacking(order, now))


def print_order(order: RemovalOrder, now: datetime) -> bytes:
    """The order as PDF."""
    approved = is_approved(order, now)
    return render(order.fields, language=order.language, number=order.request.reference, approved=approved, saved_at=order.saved_at)


def why_not_ready(request: TakedownRequest, now: datetime) -> str:
    """What keeps a removal order from being sent; empty where nothing does, or where it is none."""
    if not is_order(request):
        return ""
    order = order_of(request)
    if order is None:
        return "This is a removal order: fill in its form (Annex I) first."
    missed = lacking(order, now)
    return f"The removal order is not complete. Missing: {'; '.join(missed)}." if missed else ""


@transaction.atomic
def save_order(*, request: TakedownRequest, fields: Mapping[str, object], language: str, actor: User, now: datetime) -> RemovalOrder:
    """Keep the order, complete or not; whatever was approved is approved no longer. The same again changes nothing."""
    request = lock([request])[request.pk]
    _must_be_open_to_change(request)
    values, errors = check(ANNEX_I, fields, now=now)
    if language not in LANGUAGES or wrong(errors):
        named = ", ".join(sorted(wrong(errors))) or "language"
        raise NotPossible(f"The order was not saved. Correct: {named}.")
    order = RemovalOrder.objects.filter(request=request).first()
    old = order.fields if order else {}
    if order and (old, order.language) == (values, language):
        return order
    kept = {"agency_id": request.agency_id, "fields": values, "language": language, "saved_at": now, "saved_by": actor}
    try:
        with transaction.atomic():
            order, _ = RemovalOrder.objects.update_or_create(request=request, defaults=kept)
    except IntegrityError as error:
        if "order_reference_once" not in str(error):
            raise
        raise NotPossible("Another order of your agency has this reference number.") from error
    changed = [field.label.en for key, field in ANNEX_I.fields.items() if old.get(key) != values.get(key)] or ["Language"]
    void_approval(
        request=request, actor=actor, now=now, why=f"Removal order changed: {'; '.join(changed)}." if old else "Removal order written."
    )
    return order


def _must_be_open_to_change(request: TakedownRequest) -> None:
    if not is_order(request):
        raise NotPossible("Only a request under the policy for removal orders has one.")
    if request.status not in UNSENT:
        raise NotPossible(f"This request is {request.get_status_display().lower()}; what was sent is not changed.")
    if Submission.objects.filter(request=request, state=SubmissionState.STARTED).exists():
        raise NotPossible("It is being sent right now. Wait a moment.")
