"""A removal order from its form to its end: written, approved by another, sent, stopped by Annex III, restarted, complied with, closed."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from takedown import dispatch, intake, orders
from takedown.choices import AnswerKind, ClockEventKind, ClockState, RequestStatus, VerdictValue
from takedown.models import Alert, TakedownRequest
from tests.clients import client_as
from tests.conftest import Sandbox
from tests.engine.test_path import age, look
from tests.factories import ORDER, PARTIES, Cast, PolicyFactory, answer_token, cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> Cast:
    return cast()


def as_(person: Any) -> Client:
    return client_as(person)


def press(client: Client, request: TakedownRequest, name: str, status: int = 302, **fields: Any) -> str:
    """One button of the request page; its hidden fields come from the page."""
    page = client.get(reverse("request", args=[request.pk])).content.decode()
    form = re.search(rf'<form method="post" action="[^"]*/{name}/">(.*?)</form>', page, re.DOTALL)
    assert form is not None, name
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form[1]))
    answer = client.post(reverse(f"request-{name}", args=[request.pk]), {**hidden, **fields})
    assert answer.status_code == status, answer.content.decode()
    request.refresh_from_db()
    return answer.content.decode()


def local(at: Any) -> str:
    return f"{timezone.localtime(at):%Y-%m-%dT%H:%M:%S}"


@pytest.fixture
def order(sandbox: Sandbox, people: Cast) -> TakedownRequest:
    sandbox.configure()
    PolicyFactory.create(key="tco_removal_order", start_event="received", four_eyes=True)
    url = sandbox.add("web", (-60, "available"))
    draft = intake.Draft(url, "a_incite", policy="tco_removal_order", note="It praises an attack.")
    (filed,) = intake.submit(agency=people.agency, drafts=[draft], actor=people.alice, now=timezone.now() - timedelta(minutes=2))
    assert filed.report is not None, filed.error
    look(filed.report.request)
    return filed.report.request


def write(order: TakedownRequest, people: Cast, **fields: Any) -> None:
    orders.save_order(request=order, fields=ORDER | fields, language="en", actor=people.alice, now=timezone.now())


def test_an_order_that_is_not_complete_is_not_approved(order: TakedownRequest, people: Cast) -> None:
    assert "fill in its form" in press(as_(people.bob), order, "approve", 409)
    write(order, people, reasons_text="")
    assert "Missing" in press(as_(people.bob), order, "approve", 409)
    assert "Missing" in press(as_(people.alice), order, "emergency", 409, reason="Now.")
    assert order.status == RequestStatus.TO_APPROVE


def test_an_order_from_its_form_to_its_end(order: TakedownRequest, people: Cast, sandbox: Sandbox) -> None:
    alice, bob = as_(people.alice), as_(people.bob)
    write(order, people)
    press(bob, order, "approve")
    assert dispatch.send_due() == 1
    (message,) = mail.outbox
    ((name, paper, kind),) = message.attachments
    assert (name, kind, paper[:5]) == (f"removal-order-{order.number}.pdf", "application/pdf", b"%PDF-")
    order.refresh_from_db()
    assert (order.status, order.clock_state) == (RequestStatus.SENT, ClockState.NOT_STARTED)

    # People write whole seconds: the second in which it was sent is not before it.
    sent = order.clock_events.get(kind=ClockEventKind.SENT).at
    press(alice, order, "mark-received", at=local(sent), proof="Portal receipt 7")
    assert order.clock_state == ClockState.RUNNING

    # The platform answers under its link: it cannot, for now.
    link = reverse("answer", args=[answer_token(order)])
    impossible = {
        **PARTIES,
        "order_received_at": f"{timezone.now() - timedelta(seconds=5):%Y-%m-%dT%H:%M:%S}",
        "non_execution_reasons": ["force_majeure"],
        "further_information": "The storage is being moved.",
    }
    answer = Client().post(f"{link}?form={AnswerKind.IMPOSSIBLE}", impossible)
    assert answer.status_code in {200, 302}, answer.content.decode()
    order.refresh_from_db()
    assert (order.clock_state, order.due_at, order.verdict) == (ClockState.SUSPENDED, None, VerdictValue.SUSPENDED)

    # The obstacle is over: a whole hour from then (Art. 3(7) Regulation (EU) 2021/784).
    press(alice, order, "clock", kind="obstacle_ended", at=local(timezone.now()), proof="Told by phone")
    assert order.clock_state == ClockState.RUNNING
    assert order.due_at == order.clock_events.get(kind=ClockEventKind.OBSTACLE_ENDED).at + timedelta(hours=1)

    sandbox.become(order.item.canonical_url, "gone_unattributed")
    look(order)
    look(order)
    assert (order.verdict, order.provisional) == (VerdictValue.MET, False)
    assert order.status == RequestStatus.SENT  # it still has to be gone when the hour is over
    age(order, 3601)
    look(order)
    assert (order.verdict, order.status) == (VerdictValue.MET, RequestStatus.CLOSED)
    assert not Alert.objects.filter(kind="contradicted").exists()
    page = bob.get(reverse("request", args=[order.pk])).content.decode()
    for told in ("Portal receipt 7", "Told by phone", "a whole new", "Approved"):
        assert told in page
