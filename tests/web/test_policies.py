"""Policies: what is in force, how versions differ, and superseding with a look at what it would have meant."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries

from takedown.choices import ClockEventKind, Purpose, StartEvent, VerdictValue
from takedown.models import ClockEvent, DeadlinePolicy, TakedownRequest
from takedown.policies import TERMS, supersede, terms_of
from tests.factories import EPOCH, Cast, PolicyFactory, cast, in_verdict

KEY = "one_hour"


@pytest.fixture
def dora(people: Cast, signed_in: Any) -> Client:
    client: Client = signed_in(people.dora)
    return client


def words(html: bytes) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.decode())))


def shown(client: Client, name: str = "policies", *args: object) -> str:
    return words(client.get(reverse(name, args=args)).content)


def typed(policy: DeadlinePolicy, **changes: object) -> dict[str, Any]:
    """The form as a browser would send it."""
    values = {name: ", ".join(map(str, value)) if isinstance(value, list) else value for name, value in terms_of(policy).items()}
    return {name: value for name, value in {**values, "reason": "Counsel.", **changes}.items() if value is not False}


def post(client: Client, button: str, data: dict[str, Any]) -> Any:
    return client.post(reverse("policy-supersede", args=[KEY]), data | {button: ""})


def test_the_list_says_how_long_from_when_on_which_calendar(alice: Client, people: Cast) -> None:
    PolicyFactory.create()
    uk = {
        "duration": 2,
        "unit": "working_days",
        "timezone": "Europe/London",
        "holiday_regions": ["GB-SCT"],
        "extra_holidays": ["2026-03-03"],
    }
    PolicyFactory.create(key="uk", name="UK notice", four_eyes=True, start_event=StartEvent.RECEIVED, **uk)
    page = shown(alice)
    assert (
        "UK notice uk, version 1, common Period: 2 working days A second person approves Clock starts: When the platform receives it"
        in page
    )
    assert "Europe/London; off: weekends, GB-SCT, 2026-03-03" in page
    assert "Clock starts: When the request is sent Calendar: Elapsed time, to the second; every hour counts Valid from: 1 Jan 2020" in page


def test_the_list_counts_the_open_requests_of_the_agency(alice: Client, people: Cast) -> None:
    for verdict in (VerdictValue.PENDING, VerdictValue.UNPROVEN, VerdictValue.MET):
        in_verdict(verdict, agency=people.agency)
    in_verdict(VerdictValue.PENDING, agency=cast("south").agency)
    assert "Open: 2 " in shown(alice)


def test_an_own_version_goes_before_the_common_one(alice: Client, people: Cast) -> None:
    PolicyFactory.create()
    PolicyFactory.create(agency=people.agency, version=2)
    PolicyFactory.create(agency=cast("south").agency, version=3, name="Theirs")
    page = shown(alice)
    assert "one_hour, version 1, common Not used here: your agency's own goes first" in page
    assert "one_hour, version 2, your agency's own Period" in page
    assert "Theirs" not in page


def test_what_is_not_in_force_is_named_and_an_empty_install_says_so(alice: Client) -> None:
    PolicyFactory.create(key="former", valid_to=EPOCH)
    PolicyFactory.create(key="theirs", agency=cast("south").agency)
    page = shown(alice)
    assert "No policy for this is in force." in page
    assert "Not in force: former" in page
    assert "theirs" not in page


def test_the_number_of_queries_does_not_grow_with_the_policies(alice: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for number in range(5):
        PolicyFactory.create(key=f"key{number}")
    alice.get(reverse("policies"))
    with django_assert_num_queries(10):
        alice.get(reverse("policies"))


def test_versions_stand_side_by_side_with_their_differences_in_words(alice: Client, people: Cast) -> None:
    common = PolicyFactory.create(sanction="A fine.")
    new = supersede(
        base=common, terms=terms_of(common) | {"duration": 2, "sanction": ""}, agency=people.agency, reason="Why not.", actor=people.dora,
        now=timezone.now(),
    )  # fmt: skip
    page = shown(alice, "policy", KEY)
    assert f"Version {new.version} Your agency's own In force Version 1 Common Not used here: your agency's own goes first" in page
    assert "Period 2 hours Changed. Was: 1 hour 1 hour Clock starts When the request is sent When the request is sent" in page
    assert "Sanction None given Changed. Was: A fine. A fine." in page
    assert "Made by Dora Why not. Not on record" in page
    assert page.count("Changed.") == 2


@pytest.mark.parametrize(
    ("facts", "standing"),
    [
        ({}, "In force"),
        ({"valid_to": EPOCH + timedelta(days=1)}, "Ended"),
        ({"valid_from": EPOCH + timedelta(days=36500)}, "Not in force yet"),
    ],
)
def test_each_version_says_how_it_stands(facts: dict[str, Any], standing: str, alice: Client) -> None:
    PolicyFactory.create(**facts)
    assert f"Version 1 Common {standing}" in shown(alice, "policy", KEY)


def test_versions_of_another_agency_do_not_exist(alice: Client, dora: Client) -> None:
    PolicyFactory.create(agency=cast("south").agency)
    assert alice.get(reverse("policy", args=[KEY])).status_code == 404
    assert dora.get(reverse("policy-supersede", args=[KEY])).status_code == 404


def test_only_administrators_are_offered_to_supersede(alice: Client, dora: Client) -> None:
    PolicyFactory.create()
    url = reverse("policy-supersede", args=[KEY])
    assert [url in client.get(reverse("policy", args=[KEY])).content.decode() for client in (alice, dora)] == [False, True]


def test_what_has_ended_is_not_offered(dora: Client) -> None:
    PolicyFactory.create(valid_to=EPOCH)
    assert "Supersede" not in shown(dora, "policy", KEY)
    assert dora.get(reverse("policy-supersede", args=[KEY])).status_code == 404


def test_the_form_begins_with_the_terms_in_force(dora: Client) -> None:
    policy = PolicyFactory.create(holiday_regions=["FR", "GB-SCT"], four_eyes=True, sanction="A fine.", warn_before=[5, 15], regions=["EU"])
    form = dora.get(reverse("policy-supersede", args=[KEY])).context["form"]
    given = {name: value for name, value in terms_of(policy).items() if not isinstance(value, list)}
    assert {name: form[name].value() for name in given} == given
    assert [form[name].value() for name in TERMS if name not in given] == ["FR,GB-SCT", "", "5,15", "EU"]


def test_a_preview_shows_what_would_differ_and_saves_nothing(dora: Client, people: Cast) -> None:
    request = in_verdict(VerdictValue.PENDING, agency=people.agency)
    page = words(post(dora, "preview", typed(request.policy, duration=2)).content)
    assert "Requests opened in the last 30 days: 1 of 1 shown would be due at another time" in page
    assert re.search(rf"{request.number} 1 \(common\) .* 1 h later", page)
    assert DeadlinePolicy.objects.count() == 1
    assert "The same" in words(post(dora, "preview", typed(request.policy, sanction="New.")).content)


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"unit": "none", "duration": 0}, "Would have no deadline"), ({"duration": 30, "unit": "minutes"}, "30 min earlier")],
)
def test_differences_are_words(changes: dict[str, Any], said: str, dora: Client, people: Cast) -> None:
    request = in_verdict(VerdictValue.PENDING, agency=people.agency)
    assert said in words(post(dora, "preview", typed(request.policy, **changes)).content)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"warn_before": "15, 5"}, "each larger than the one before"),
        ({"warn_before": "5, 5"}, "each larger than the one before"),
        ({"warn_before": "0"}, "from 1 to 43200"),
        ({"warn_before": "1, 2, 3, 4, 5, 6"}, "no more than 5"),
        ({"warn_before": "60"}, "60 minutes are no shorter than the period"),
        ({"warn_before": "-5"}, "greater than or equal to 0"),
        ({"warn_before": "soon"}, "Enter a whole number"),
        ({"regions": "EU, XX"}, "No country or union is called XX"),
        ({"regions": "EUR"}, "at most 2 characters"),
        ({"complies_when": "hidden"}, "Select a valid choice"),
        ({"extra_holidays": "20261224"}, "Not a date: 20261224"),
    ],
)
def test_terms_that_make_no_sense_are_refused_at_their_field(changes: dict[str, Any], message: str, dora: Client) -> None:
    answer = post(dora, "preview", typed(PolicyFactory.create(), **changes))
    assert answer.status_code == 409
    (errors,) = answer.context["form"].errors.values()
    assert message in str(errors)


def test_warnings_and_what_complies_are_terms_in_words(dora: Client, alice: Client) -> None:
    common = PolicyFactory.create()
    data = typed(common, warn_before="5, 15", complies_when="removed_or_disabled", regions="fr, EU")
    post(dora, "supersede", data | {"seen": post(dora, "preview", data).context["seen"]})
    page = shown(alice, "policy", KEY)
    assert "Warns before the deadline 5, 15 min Changed. Was: None None" in page
    assert (
        "Complied when Removed, or access disabled Changed. Was: Removed Removed Where FR, EU Changed. Was: Everywhere Everywhere" in page
    )


def test_the_clocks_of_others_are_not_warned_of(dora: Client, alice: Client) -> None:
    PolicyFactory.create(purpose=Purpose.DUTY, start_event=StartEvent.RECORDED)
    form = dora.get(reverse("policy-supersede", args=[KEY])).context["form"]
    assert not {"warn_before", "complies_when", "regions"} & set(form.fields)
    assert "Warns" not in shown(alice, "policy", KEY)


def test_what_the_preview_has_shown_becomes_the_next_version(dora: Client, people: Cast) -> None:
    request = in_verdict(VerdictValue.UNPROVEN, agency=people.agency)
    data = typed(request.policy, duration=2, four_eyes="on", holiday_regions="FR, GB-SCT")
    seen = post(dora, "preview", data).context["seen"]
    answer = post(dora, "supersede", data | {"seen": seen})
    assert (answer.status_code, answer["Location"]) == (302, reverse("policy", args=[KEY]))
    new = DeadlinePolicy.objects.get(agency=people.agency)
    assert (new.version, new.duration, new.four_eyes, new.holiday_regions) == (2, 2, True, ["FR", "GB-SCT"])
    kept = TakedownRequest.objects.get(pk=request.pk)
    assert (kept.policy, kept.due_at, kept.verdict) == (request.policy, request.due_at, request.verdict)


@pytest.mark.parametrize("seen", ["", "0" * 16])
def test_what_no_preview_has_shown_is_shown_first(seen: str, dora: Client, people: Cast) -> None:
    policy = PolicyFactory.create()
    answer = post(dora, "supersede", typed(policy, duration=2) | {"seen": seen})
    assert answer.status_code == 409
    assert "This is not what the preview has shown." in words(answer.content)
    assert DeadlinePolicy.objects.count() == 1
    again = post(dora, "supersede", typed(policy, duration=2) | {"seen": answer.context["seen"]})
    assert again.status_code == 302


def test_a_preview_of_a_version_that_was_superseded_meanwhile_does_not_count(dora: Client, people: Cast) -> None:
    policy = PolicyFactory.create()
    data = typed(policy, duration=3)
    seen = post(dora, "preview", data).context["seen"]
    supersede(
        base=policy, terms=terms_of(policy) | {"duration": 2}, agency=people.agency, reason="First.", actor=people.dora, now=timezone.now()
    )
    answer = post(dora, "supersede", data | {"seen": seen})
    assert answer.status_code == 409
    assert DeadlinePolicy.objects.filter(agency=people.agency).count() == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"duration": 0}, "A period of 0 hours is no period"),
        ({"duration": 5, "unit": "none"}, "Where there is no fixed period this is 0."),
        ({"duration": 2001}, "less than or equal to 2000"),
        ({"duration": "x"}, "Enter a whole number."),
        ({"timezone": "Europe/Atlantis"}, "No zone is called “Europe/Atlantis”."),
        ({"timezone": "Europe"}, "No zone is called “Europe”."),
        ({"holiday_regions": "FR, ZZ"}, "Unknown holiday region 'ZZ'"),
        ({"extra_holidays": "2026-12-24, 20261231"}, "Not a date: 20261231."),
        ({"start_event": "recorded"}, "Select a valid choice."),
        ({"reason": ""}, "This field is required."),
    ],
)
def test_what_makes_no_sense_is_refused_and_kept(changes: dict[str, Any], said: str, dora: Client) -> None:
    policy = PolicyFactory.create()
    answer = post(dora, "preview", typed(policy, sanction="Half a sentence", **changes))
    page = words(answer.content)
    assert (answer.status_code, said in page, "What it would have meant" in page) == (409, True, False)
    assert "Half a sentence" in answer.content.decode()
    assert DeadlinePolicy.objects.count() == 1


def test_the_policy_of_a_duty_keeps_its_purpose(dora: Client, people: Cast) -> None:
    policy = PolicyFactory.create(purpose=Purpose.DUTY, start_event=StartEvent.RECORDED)
    data = typed(policy, duration=2)
    answer = post(dora, "preview", data)
    assert "Clocks started in the last 30 days: 0 of 0" in words(answer.content)
    assert post(dora, "supersede", data | {"seen": answer.context["seen"]}).status_code == 302
    assert DeadlinePolicy.objects.get(agency=people.agency).purpose == Purpose.DUTY


def test_a_request_page_explains_its_deadline(alice: Client, people: Cast) -> None:
    request = in_verdict(VerdictValue.PENDING, agency=people.agency)
    ClockEvent.objects.create(
        agency=people.agency,
        request=request,
        kind=ClockEventKind.RECEIVED,
        at=timezone.now(),
        proof="Receipt 7",
        recorded_at=timezone.now(),
    )
    page = shown(alice, "request", request.pk)
    told = page[page.index("Why this due date") :]
    assert re.search(r"The request was sent on \w+ .*?: this starts the clock\. No proof of it is on record\.", told)
    assert re.search(
        r"The platform received the request on .*? that does not start the clock, so this changes nothing\. Proof: Receipt 7", told
    )
    assert "The period is 1 hour of elapsed time from" in told
    assert "So it is due on" in told
    assert "Counted in full hours (Regulation 1182/71) it would be due on" in told
    policy = "Policy Removal order, one hour , version 1 Complied Removed, everywhere"
    assert f"{policy} Source Art. 3(3) Regulation (EU) 2021/784 Sanction None given" in told
    assert "Beware" not in told


@pytest.mark.parametrize("verdict", VerdictValue.values)
def test_the_explanation_leads_to_the_deadline_on_record(verdict: str, alice: Client, people: Cast) -> None:
    assert "Beware" not in shown(alice, "request", in_verdict(verdict, agency=people.agency).pk)


def test_an_explanation_that_leads_elsewhere_says_so(alice: Client, people: Cast) -> None:
    request = in_verdict(VerdictValue.PENDING, agency=people.agency)
    assert request.due_at
    TakedownRequest.objects.filter(pk=request.pk).update(due_at=request.due_at + timedelta(minutes=1))
    assert "Beware: the deadline on record is" in shown(alice, "request", request.pk)


def test_an_explanation_that_fails_does_not_take_the_page_with_it(alice: Client, people: Cast) -> None:
    broken = PolicyFactory.create(key="broken", timezone="Europe/Atlantis")
    page = shown(alice, "request", in_verdict(VerdictValue.PENDING, agency=people.agency, policy=broken).pk)
    assert "cannot be explained any more: 'No time zone found with key Europe/Atlantis'" in page
