"""Taking reports in: nothing lost, nothing doubled."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from platforms.models import Platform
from takedown import intake
from takedown.choices import Purpose, RequestStatus, StartEvent
from takedown.intake import Call, KeyReused
from takedown.models import Agency, ApiKey, FlaggedItem, PolicyChoice, Report, TakedownRequest, User, Watch
from tests.factories import AgencyFactory, PlatformFactory, PolicyFactory, UserFactory, issued

VIDEO = "https://www.youtube.com/watch?v=dQw4w9WgXcQ"
SHORT = "hxxps://youtu[.]be/dQw4w9WgXcQ?si=x"


@pytest.fixture
def alice(db: None) -> User:
    PolicyFactory.create(key="referral_voluntary", unit="hours", duration=24)
    return UserFactory.create(username="alice")


def agency_of(user: User) -> Agency:
    assert user.agency is not None
    return user.agency


def draft(url: str, **values: Any) -> intake.Draft:
    return intake.Draft(url, **{"category": "a_incite", **values})


def submit(actor: User | ApiKey, *drafts: intake.Draft, call: Call | None = None) -> list[intake.Filed]:
    agency = actor.agency or AgencyFactory.create()
    return intake.submit(agency=agency, drafts=drafts, actor=actor, now=timezone.now(), call=call)


def at_once(file: Callable[[int], list[intake.Filed]], times: int) -> list[intake.Filed]:
    """What came of so many calls, each on a connection of its own and all begun together."""
    start = threading.Barrier(times)

    def one(number: int) -> list[intake.Filed]:
        start.wait()
        try:
            return file(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return [filed for results in pool.map(one, range(times)) for filed in results]


def test_results_stand_in_the_order_of_the_drafts(alice: User) -> None:
    filed = submit(alice, draft(VIDEO), draft("nothing"), draft(SHORT), draft("https://host.example/a", policy="none"))
    assert [one.report is not None for one in filed] == [True, False, True, False]
    assert [one.report.outcome for one in filed if one.report] == ["created", "known"]
    assert "policy" in filed[3].error


def test_a_known_item_joins_its_open_request_and_is_looked_at_again(alice: User) -> None:
    submit(alice, draft(VIDEO))
    Watch.objects.update(next_look_at=timezone.now() + timedelta(days=1))
    submit(alice, draft(SHORT))
    assert TakedownRequest.objects.count() == 1
    assert Watch.objects.get().next_look_at <= timezone.now()  # type: ignore[operator]


def test_what_was_removed_and_is_reported_again_has_returned(alice: User) -> None:
    submit(alice, draft(VIDEO))
    now = timezone.now()
    Watch.objects.update(first_gone=now, confirmed_at=now)
    TakedownRequest.objects.update(status=RequestStatus.CLOSED, closed_at=now)
    (filed,) = submit(alice, draft(VIDEO))
    assert filed.report is not None
    assert filed.report.outcome == "returned"
    assert TakedownRequest.objects.filter(status=RequestStatus.TO_SEND).count() == 1


def test_an_agencys_own_policy_goes_before_the_common_one(alice: User) -> None:
    own = PolicyFactory.create(key="referral_voluntary", agency=alice.agency, unit="hours", duration=2)
    (filed,) = submit(alice, draft(VIDEO))
    assert filed.report is not None
    assert filed.report.request.policy == own


@pytest.mark.parametrize(
    ("url", "category", "key"),
    [
        (VIDEO, "a_incite", "both"),
        (VIDEO, "hate_speech", "platform"),
        ("https://host.example/a", "a_incite", "category"),
        ("https://host.example/a", "hate_speech", "referral_voluntary"),
    ],
)
def test_what_says_more_chooses_the_policy(alice: User, url: str, category: str, key: str) -> None:
    youtube = PlatformFactory.create(slug="youtube", connector="youtube")
    for name, when in (("both", (youtube, "a_incite")), ("platform", (youtube, "")), ("category", (None, "a_incite"))):
        PolicyFactory.create(key=name)
        PolicyChoice.objects.create(agency=agency_of(alice), platform=when[0], category=when[1], policy_key=name)
    (filed,) = submit(alice, draft(url, category=category))
    assert filed.report is not None, filed.error
    assert filed.report.request.policy.key == key
    (named,) = submit(alice, draft("https://host.example/named", category=category, policy="both"))
    assert named.report is not None
    assert named.report.request.policy.key == "both"


def test_a_duty_is_no_policy_for_a_report(alice: User) -> None:
    PolicyFactory.create(key="scrutiny", purpose=Purpose.DUTY, start_event=StartEvent.RECORDED)
    (filed,) = submit(alice, draft(VIDEO, policy="scrutiny"))
    assert "Unknown policy" in filed.error


def test_an_agency_without_a_policy_is_told_what_to_do(alice: User) -> None:
    Agency.objects.update(default_policy_key="nothing")
    alice.refresh_from_db()
    (filed,) = submit(alice, draft(VIDEO))
    assert filed.report is None
    assert "administrator" in filed.error


@pytest.mark.django_db(transaction=True)
def test_many_at_once_make_one_item_and_one_request() -> None:
    PolicyFactory.create(key="referral_voluntary")
    alice = UserFactory.create(username="alice")
    filed = at_once(lambda number: submit(alice, draft(VIDEO), call=Call("same", "x") if number % 2 else None), 8)
    assert all(one.report for one in filed)
    assert FlaggedItem.objects.count() == Watch.objects.count() == TakedownRequest.objects.count() == 1
    assert Report.objects.count() == 5, "four without a key and one for the four that shared a key"
    assert Report.objects.filter(outcome="created").count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_key_for_two_bodies_at_once_files_one_of_them() -> None:
    """Their reports stand at different places, so that nothing but the key can tell that they are two."""
    PolicyFactory.create(key="referral_voluntary")
    alice = UserFactory.create(username="alice")
    refused = []

    def file(number: int) -> list[intake.Filed]:
        try:
            return submit(alice, draft(f"https://host.example/{number}", place=number), call=Call("same", str(number)))
        except KeyReused as error:
            refused.append(error)
            return []

    (filed,) = at_once(file, 4)
    assert len(refused) == 3
    assert Report.objects.get() == filed.report


@pytest.mark.django_db(transaction=True)
def test_one_reference_at_once_is_one_report() -> None:
    PolicyFactory.create(key="referral_voluntary")
    key, _ = issued(AgencyFactory.create())
    filed = at_once(
        lambda number: submit(key, *[draft(f"https://host.example/{n}", client_reference=f"r{n}") for n in (1, 2, 3)[:: number or -1]]), 2
    )
    assert sorted(one.repeated for one in filed) == [False] * 3 + [True] * 3
    assert sorted(Report.objects.values_list("client_reference", flat=True)) == ["r1", "r2", "r3"]


@pytest.mark.django_db
def test_a_reference_belongs_to_the_client_whatever_key_it_uses() -> None:
    PolicyFactory.create(key="referral_voluntary")
    agency = AgencyFactory.create()
    (first, _), (second, _), (other, _) = (issued(agency, client=name) for name in ("one", "one", "another system"))
    one = draft(VIDEO, client_reference="7")
    filed = [submit(actor, one)[0] for actor in (first, second, other)]
    assert [each.repeated for each in filed] == [False, True, False]
    assert filed[0].report == filed[1].report


def test_persons_may_use_a_reference_as_often_as_they_like(alice: User) -> None:
    filed = submit(alice, draft(VIDEO, client_reference="7"), draft("https://host.example/a", client_reference="7"))
    assert [one.repeated for one in filed] == [False, False]
    assert Report.objects.filter(client=None, client_reference="7").count() == 2


@pytest.mark.django_db
def test_of_several_with_one_reference_the_first_sound_one_is_filed() -> None:
    PolicyFactory.create(key="referral_voluntary")
    bad, good = draft("nothing", client_reference="7"), draft(VIDEO, client_reference="7")
    filed = submit(issued(AgencyFactory.create())[0], bad, good, good, draft("https://host.example/a", client_reference="7"))
    report = Report.objects.get()
    assert [(one.report, one.repeated, one.conflict) for one in filed] == [
        (None, False, False),
        (report, False, False),
        (report, True, False),
        (None, False, True),
    ]
    assert f"report {report.pk}" in filed[3].error


class TestPreview:
    def test_it_says_what_each_line_would_become_and_saves_nothing(self, alice: User) -> None:
        submit(alice, draft("https://known.example/a"))
        Platform.objects.get_or_create(slug="youtube", defaults={"name": "YouTube", "connector": "youtube"})
        before = Report.objects.count()
        lines = intake.preview(agency=agency_of(alice), text=f"{VIDEO}\n{SHORT}, https://known.example/a\nno address here")
        assert [line.verdict for line in lines] == ["new", "twice", "known", "not_a_url"]
        assert lines[0].platform is not None
        assert lines[2].request == TakedownRequest.objects.get()
        assert lines[3].error
        assert Report.objects.count() == before

    def test_another_agencys_items_are_new(self, alice: User) -> None:
        submit(alice, draft(VIDEO))
        (line,) = intake.preview(agency=AgencyFactory.create(slug="south"), text=VIDEO)
        assert (line.verdict, line.request) == ("new", None)

    def test_what_is_too_much_is_said(self, alice: User) -> None:
        text = "\n".join(f"https://host.example/{number}" for number in range(503))
        lines = intake.preview(agency=agency_of(alice), text=text)
        assert len(lines) == 501
        assert "500" in lines[-1].error


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://host.example/a", ""),
        ("hxxps://host[.]example/view?z=9&a=1", "https://host.example/view?z=9&a=1"),
        ("https://host.example/wiki/March!", ""),
        ("https://youtu.be/dQw4w9WgXcQ?t=40", "https://youtu.be/dQw4w9WgXcQ?t=40"),
    ],
)
def test_an_item_keeps_the_address_of_its_first_report_as_it_was_reported(alice: User, url: str, kept: str) -> None:
    submit(alice, draft(url))
    submit(alice, draft(f"{FlaggedItem.objects.get().canonical_url}#again"))
    item = FlaggedItem.objects.get()
    assert item.reported_url == kept
    assert item.addresses == [item.canonical_url, *([kept] if kept else [])]
