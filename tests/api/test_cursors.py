"""A cursor that we did not give is refused: reading on from the wrong place would miss rows, and nobody would know."""

import base64
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from takedown.models import Agency, TakedownRequest
from tests.factories import RequestFactory, WatchFactory

REQUESTS = "/api/v1/requests/"
SAME_DATABASE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)


def one_more(agency: Agency) -> None:
    WatchFactory.create(item=RequestFactory.create(agency=agency).item)


@pytest.fixture
def seven(agency: Agency) -> list[int]:
    """Ids of the agency's requests, newest first."""
    for _ in range(7):
        one_more(agency)
    return list(TakedownRequest.objects.for_agency(agency).order_by("-id").values_list("pk", flat=True))


def ids(answer: Any) -> list[int]:
    return [row["id"] for row in answer.json()["results"]]


def cursor_in(link: str) -> str:
    return parse_qs(urlsplit(link).query)["cursor"][0]


def test_pages_lead_through_all_rows_and_back(client: APIClient, seven: list[int]) -> None:
    pages, link = [], f"{REQUESTS}?page_size=3"
    while link:
        answer = client.get(link)
        pages.append(ids(answer))
        link = answer.json()["next"]
    assert pages == [seven[:3], seven[3:6], seven[6:]]
    assert ids(client.get(answer.json()["previous"])) == seven[3:6]


def test_a_new_row_neither_repeats_nor_hides_another(client: APIClient, agency: Agency, seven: list[int]) -> None:
    link = client.get(f"{REQUESTS}?page_size=4").json()["next"]
    one_more(agency)
    assert ids(client.get(link)) == seven[4:]


INVENTED = [
    "",
    "a1",
    "a1.",
    ".",
    "a1.x",
    "ä",
    "\ud800",
    "\x00",
    *(base64.b64encode(text).decode() for text in (b"p=3", b"o=999999", b"r=1&p=3")),
]


@pytest.mark.parametrize("cursor", INVENTED)
def test_an_invented_cursor_is_refused(client: APIClient, seven: list[int], cursor: str) -> None:
    answer = client.get(f"{REQUESTS}?cursor=" + "".join(f"%{byte:02x}" for byte in cursor.encode(errors="surrogatepass")))
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [("/cursor", "invalid")]


@SAME_DATABASE
@given(data=st.data())
def test_a_cursor_that_was_cut_or_changed_is_refused(client: APIClient, seven: list[int], data: st.DataObject) -> None:
    whole = cursor_in(client.get(REQUESTS, {"page_size": 2}).json()["next"])
    place = data.draw(st.integers(0, len(whole) - 1))
    spoilt = data.draw(
        st.one_of(
            st.just(whole[:place]),
            st.just(whole[place + 1 :]),
            st.characters(codec="utf-8").map(lambda letter: whole[:place] + letter + whole[place + 1 :]),
            st.text(min_size=1).map(lambda more: whole + more),
        )
    )
    expected = 200 if spoilt == whole else 400
    assert client.get(REQUESTS, {"page_size": "2", "cursor": spoilt}).status_code == expected
