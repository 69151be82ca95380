"""Reports through the REST interface."""

import codecs
import json
import zlib
from typing import Any

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from takedown.choices import Action
from takedown.models import Agency, ApiKey, Event, FlaggedItem, Report, TakedownRequest, Watch
from tests.api.conftest import client_of
from tests.factories import AgencyFactory, PolicyFactory

REPORTS = "/api/v1/reports/"
BODY = {"url": "https://host.example/post/1", "category": "a_incite"}


def post(client: APIClient, body: Any = BODY, **headers: str) -> Any:
    return client.post(REPORTS, json.dumps(body), content_type="application/json", headers=headers)


def batch(client: APIClient, *reports: Any, **headers: str) -> Any:
    return client.post(f"{REPORTS}batch/", json.dumps({"reports": reports}), content_type="application/json", headers=headers)


def test_a_report_answers_with_its_item_and_its_request(client: APIClient, agency: Agency) -> None:
    answer = post(client, BODY | {"client_reference": "case 7", "note": "why", "language": "fr", "severity": "high"})
    assert answer.status_code == 201
    body = answer.json()
    assert (body["outcome"], body["client_reference"], body["severity"]) == ("created", "case 7", "high")
    (request,) = body["requests"]
    assert set(request) >= {
        "id",
        "number",
        "platform",
        "policy",
        "status",
        "due_at",
        "verdict",
        "provisional",
        "last_up",
        "first_gone",
    }
    assert (request["platform"], request["policy"], request["status"], request["verdict"]) == (
        "web",
        "referral_voluntary",
        "to_send",
        "not_started",
    )
    assert client.get(f"{REPORTS}{body['id']}/").json() == body
    stored = TakedownRequest.objects.get(pk=request["id"])
    assert request["number"] == stored.number
    assert Event.objects.filter(agency=agency, action__in=(Action.REPORTED, Action.OPENED)).count() == 2


def test_spellings_of_one_content_share_one_item_and_one_request(client: APIClient) -> None:
    first = post(client, BODY | {"url": "https://youtu.be/dQw4w9WgXcQ?si=abc"}).json()
    second = post(client, BODY | {"url": "hxxps://www.youtube[.]com/watch?v=dQw4w9WgXcQ&t=9"}).json()
    assert (first["outcome"], second["outcome"]) == ("created", "known")
    assert first["item"] == second["item"]
    assert first["requests"][0]["id"] == second["requests"][0]["id"]
    assert Report.objects.count() == 2
    assert FlaggedItem.objects.count() == Watch.objects.count() == TakedownRequest.objects.count() == 1


def test_two_policies_are_two_requests_about_one_item(client: APIClient) -> None:
    PolicyFactory.create(key="order")
    first, second = post(client).json(), post(client, BODY | {"policy": "order"}).json()
    assert first["item"] == second["item"]
    assert {first["requests"][0]["policy"], second["requests"][0]["policy"]} == {"referral_voluntary", "order"}


def test_a_repeated_call_with_one_key_files_once(client: APIClient) -> None:
    headers = {"Idempotency-Key": "a1"}
    first, second = post(client, **headers), post(client, **headers)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert Report.objects.count() == 1


def test_one_key_for_two_reports_is_refused(client: APIClient) -> None:
    post(client, **{"Idempotency-Key": "a1"})
    answer = post(client, BODY | {"note": "other"}, **{"Idempotency-Key": "a1"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] == "idempotency_key_reused"
    assert Report.objects.count() == 1


def test_two_agencies_never_share_an_item(client: APIClient) -> None:
    other = client_of(AgencyFactory.create(slug="south"))
    mine, theirs = post(client).json(), post(other).json()
    assert (mine["outcome"], theirs["outcome"]) == ("created", "created")
    assert mine["item"] != theirs["item"]
    assert other.get(f"{REPORTS}{mine['id']}/").status_code == 404
    assert client.get(f"/api/v1/requests/{theirs['requests'][0]['id']}/").status_code == 404
    assert [row["id"] for row in client.get("/api/v1/requests/").json()["results"]] == [mine["requests"][0]["id"]]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/url"),
        (BODY | {"url": "not a url at all"}, "/url"),
        (BODY | {"url": "ftp://host.example/a"}, "/url"),
        (BODY | {"url": "https://user:pass@host.example/"}, "/url"),
        (BODY | {"url": "https://host.example/\x00"}, "/url"),
        (BODY | {"category": "z_other"}, "/category"),
        (BODY | {"policy": "unknown"}, "/policy"),
        (BODY | {"severity": 7}, "/severity"),
        (BODY | {"note": "\ud800"}, "/note"),
        (BODY | {"note": ["a"]}, "/note"),
        (BODY | {"client_reference": "x" * 201}, "/client_reference"),
        (BODY | {"client_reference": 1.10}, "/client_reference"),
        ([], ""),
        ("text", ""),
        (None, ""),
    ],
)
def test_bad_input_is_a_problem_that_points_at_the_field(client: APIClient, body: Any, pointer: str) -> None:
    answer = post(client, body)
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert {"type", "title", "status", "detail", "errors"} <= set(problem)
    assert pointer in [error["pointer"] for error in problem["errors"]]
    assert not Report.objects.exists()


@pytest.mark.parametrize("raw", [b"{", b"\xff\xfe", b"[" * 100_000, b'{"url": NaN}', b""])
def test_broken_json_is_refused_politely(client: APIClient, raw: bytes) -> None:
    answer = client.post(REPORTS, raw, content_type="application/json")
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("name", "pointer", "says"),
    [
        ("client_refrence", "/client_refrence", "Did you mean client_reference?"),
        ("URL", "/URL", "Known: url, category"),
        ("dry_run", "/dry_run", "Known: url, category"),
        ("submitted_by", "/submitted_by", "Unknown field."),
        ("id", "/id", "Unknown field."),
        ("a/b.c~d", "/a~1b.c~0d", "Unknown field."),
        ("\ud800", "/?", "Unknown field."),
        ("", "/", "Unknown field."),
    ],
)
def test_an_unknown_field_is_refused_by_name(client: APIClient, name: str, pointer: str, says: str) -> None:
    answer = post(client, BODY | {name: 1})
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["pointer"], error["code"]) == (400, pointer, "unknown_field")
    assert says in error["detail"]
    row = batch(client, BODY | {name: 1}).json()["results"][0]["error"]
    assert (row["pointer"], row["code"], row["detail"]) == (f"/reports/0{pointer}", "unknown_field", error["detail"])
    assert not Report.objects.exists()


def test_a_batch_and_a_look_have_no_unknown_fields_either(client: APIClient) -> None:
    answer = client.post(f"{REPORTS}batch/", {"reports": [BODY], "dry_run": True}, format="json")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/dry_run")
    item = post(client).json()["item"]
    assert client.post(f"/api/v1/items/{item}/look/", {"dry_run": True}, format="json").status_code == 400
    assert client.post(f"/api/v1/items/{item}/look/", {}, format="json").status_code == 202


def test_a_body_of_nothing_but_unknown_fields_is_answered_in_few_words(client: APIClient) -> None:
    assert len(post(client, {f"field{number}": "" for number in range(5000)}).json()["errors"]) == 10


@pytest.mark.parametrize(
    ("raw", "charset"),
    [
        (codecs.BOM_UTF8 + json.dumps(BODY).encode(), "utf-8"),
        (json.dumps(BODY).encode("utf-16"), "utf-16"),
        (json.dumps(BODY).encode("utf-16-le"), "utf-8"),
        (json.dumps(BODY).encode("utf-32"), "UTF-32"),
        (json.dumps(BODY).encode(), "us-ascii"),
    ],
)
def test_json_is_read_in_every_unicode(client: APIClient, raw: bytes, charset: str) -> None:
    assert client.post(REPORTS, raw, content_type=f"application/json; charset={charset}").status_code == 201


@pytest.mark.parametrize("charset", ["latin-1", "zlib", "punycode", "utf-7"])
def test_json_in_another_character_set_is_refused(client: APIClient, charset: str) -> None:
    raw = zlib.compress(json.dumps(BODY).encode()) if charset == "zlib" else json.dumps(BODY).encode(charset)
    answer = client.post(REPORTS, raw, content_type=f"application/json; charset={charset}")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "parse_error")


@pytest.mark.parametrize(
    "body", ['{"url": "https://a.example/1", %s, "url": "https://b.example/2"}', '{"reports": [{"a": [{"b": 1, "c": {}, "\\u0062": 2}]}]}']
)
def test_a_key_that_stands_twice_is_refused_at_any_depth(client: APIClient, body: str) -> None:
    raw = body.replace("%s", '"category": "a_incite"')
    for path in (REPORTS, f"{REPORTS}batch/"):
        answer = client.post(path, raw, content_type="application/json")
        assert answer.status_code == 400
        assert "stands twice" in answer.json()["detail"]


def test_a_reference_sent_again_answers_the_same_report(client: APIClient) -> None:
    body = BODY | {"client_reference": "case 7", "note": "why"}
    first, second, third = post(client, body), post(client, body, **{"Idempotency-Key": "a"}), batch(client, body, body)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert [one["report"] for one in third.json()["results"]] == [first.json()] * 2
    assert Report.objects.count() == 1


@pytest.mark.parametrize("more", [{"url": "https://host.example/post/2"}, {"note": "other"}, {"policy": "referral_voluntary"}])
def test_a_reference_with_another_body_is_refused_and_names_the_report(client: APIClient, more: dict[str, str]) -> None:
    body = BODY | {"client_reference": "case 7"}
    number = post(client, body).json()["id"]
    answer = post(client, body | more)
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["pointer"], error["code"]) == (409, "/client_reference", "client_reference_reused")
    assert f"report {number}." in error["detail"]
    results = batch(client, body | more, body, BODY).json()["results"]
    assert results[0]["error"] == error | {"pointer": "/reports/0/client_reference"}
    assert [one["report"]["outcome"] for one in results[1:]] == ["created", "known"]
    assert Report.objects.count() == 2


def test_a_batch_files_the_good_and_names_the_bad(client: APIClient) -> None:
    reports = [BODY, BODY | {"url": "nothing"}, BODY | {"url": "https://host.example/post/2"}]
    answer = client.post(reverse("api-report-batch"), {"reports": reports}, format="json")
    assert answer.status_code == 207
    body = answer.json()
    assert (body["filed"], body["refused"]) == (2, 1)
    assert [one["index"] for one in body["results"]] == [0, 1, 2]
    assert body["results"][1]["error"]["pointer"] == "/reports/1/url"
    assert Report.objects.count() == 2


def test_a_report_that_is_no_good_at_all_spoils_no_other(client: APIClient) -> None:
    bad = [BODY | {"category": "z_other"}, {"category": "a_incite"}, "text", BODY | {"note": "\x00"}, None, BODY | {"policy": "none"}]
    reports = [*bad, BODY]
    for _ in range(2):
        answer = client.post(reverse("api-report-batch"), {"reports": reports}, format="json", headers={"Idempotency-Key": "b"})
        body = answer.json()
        assert (answer.status_code, body["filed"], body["refused"]) == (207, 1, 6)
        assert [one["index"] for one in body["results"]] == list(range(7))
        pointers = [one["error"]["pointer"].removeprefix("/reports/") for one in body["results"] if one["error"]]
        assert pointers == ["0/category", "1/url", "2", "3/note", "4", "5/policy"]
        assert all(one["error"]["detail"] for one in body["results"][:6])
        assert body["results"][6]["report"]["outcome"] == "created"
    assert Report.objects.count() == 1


def test_a_batch_of_nothing_good_files_nothing(client: APIClient) -> None:
    answer = client.post(reverse("api-report-batch"), {"reports": [{}]}, format="json")
    assert (answer.status_code, answer.json()["refused"], Report.objects.count()) == (207, 1, 0)


def test_an_idempotency_key_counts_for_its_route_only(client: APIClient) -> None:
    headers = {"Idempotency-Key": "a"}
    assert post(client, **headers).status_code == 201
    batch = {"reports": [BODY | {"note": "other"}]}
    assert client.post(reverse("api-report-batch"), batch, format="json", headers=headers).json()["filed"] == 1
    assert post(client, **{"Idempotency-Key": "a:0"}).status_code == 201
    assert Report.objects.count() == 3


def test_a_batch_sent_again_files_nothing_twice(client: APIClient) -> None:
    reports = {"reports": [BODY, BODY | {"url": "https://host.example/post/2"}]}
    answers = [client.post(reverse("api-report-batch"), reports, format="json", headers={"Idempotency-Key": "b"}) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert Report.objects.count() == 2


@pytest.mark.parametrize("other", [[BODY], [BODY, BODY | {"note": "other"}], [BODY, "text"], [BODY, BODY, BODY], [BODY | {"url": "?"}]])
def test_another_batch_with_the_same_key_is_refused_as_a_whole(client: APIClient, other: list[Any]) -> None:
    assert batch(client, BODY, BODY, **{"Idempotency-Key": "b"}).json()["filed"] == 2
    answer = batch(client, *other, **{"Idempotency-Key": "b"})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "idempotency_key_reused")
    assert Report.objects.count() == 2


def test_a_key_is_the_clients_and_no_other_clients(client: APIClient, agency: Agency) -> None:
    """What is sent again after a rotation goes with another API key."""
    mine = post(client, **{"Idempotency-Key": "a"}).json()
    other = client_of(agency)
    assert post(other, **{"Idempotency-Key": "a"}).status_code == 201
    ApiKey.objects.update(client=ApiKey.objects.earliest("pk").client)
    assert post(other, **{"Idempotency-Key": "a"}).json() == mine


def test_a_batch_takes_few_statements_whatever_its_size(client: APIClient, django_assert_max_num_queries: Any) -> None:
    reports = [BODY | {"url": f"https://host.example/post/{number}"} for number in range(120)]
    client.post(reverse("api-report-batch"), {"reports": reports[:1]}, format="json")
    with django_assert_max_num_queries(30):
        assert client.post(reverse("api-report-batch"), {"reports": reports}, format="json").json()["filed"] == 120


def test_a_platform_nobody_has_set_up_takes_reports_all_the_same(client: APIClient) -> None:
    answer = post(client, BODY | {"url": "https://x.com/somebody/status/1234567890"})
    assert answer.json()["requests"][0]["platform"] == "x"
    assert TakedownRequest.objects.get().channel == "manual"
