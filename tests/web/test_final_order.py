"""That an order is final, on its request's page."""

from datetime import timedelta

from django.test import Client
from django.utils import timezone

from takedown.choices import VerdictValue
from takedown.models import RemovalOrder
from tests.factories import in_verdict
from tests.web.test_order import draft, sent, url


def test_a_supervisor_records_that_an_order_is_final_and_takes_it_back(alice: Client, bob: Client) -> None:
    row = sent()
    at = timezone.localtime() - timedelta(minutes=1)
    said = {"at": f"{at:%Y-%m-%dT%H:%M:%S}", "reason": "No <b>appeal</b> was lodged."}
    assert "Record as final" not in alice.get(url(row, "request")).content.decode()
    assert alice.post(url(row, "request-final"), said).status_code == 403
    assert "Record as final" in bob.get(url(row, "request")).content.decode()
    assert bob.post(url(row, "request-final"), said).status_code == 302
    page = alice.get(url(row, "request")).content.decode()
    assert "No &lt;b&gt;appeal&lt;/b&gt; was lodged." in page
    assert "Order final" in page
    assert ("Record as final" in page, "Take back that it is final" in page) == (False, False)
    assert alice.post(url(row, "request-not-final"), {"reason": "x"}).status_code == 403
    assert bob.post(url(row, "request-not-final"), {"reason": ""}).status_code == 409
    assert bob.post(url(row, "request-not-final"), {"reason": "It was."}).status_code == 302
    assert RemovalOrder.objects.get(request=row).final_at is None
    assert "Order not final after all" in alice.get(url(row, "request")).content.decode()


def test_a_request_that_is_no_order_is_not_offered_to_be_final(bob: Client) -> None:
    assert "Record as final" not in bob.get(url(in_verdict(VerdictValue.PENDING), "request")).content.decode()
    assert "Record as final" not in bob.get(url(draft(), "request")).content.decode()
