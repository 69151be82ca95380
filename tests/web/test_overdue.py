"""Overdue: the oldest failure first, each with its next rung for whoever may climb it."""

import re

from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import DjangoAssertNumQueries

from takedown.choices import RequestStatus, VerdictValue
from tests.factories import ItemFactory, PlatformFactory, in_verdict


def section(page: str, key: str) -> str:
    return page[page.index(f'aria-labelledby="s-{key}"') :].split("</section>")[0]


def numbers(html: str) -> list[str]:
    return re.findall(r">(TD-\d+)</a>", html)


def test_sections_hold_what_failed_oldest_first(bob: Client) -> None:
    unproven, breached, open_question, person = (
        in_verdict(VerdictValue.UNPROVEN),
        in_verdict(VerdictValue.BREACHED),
        in_verdict(VerdictValue.INDETERMINATE),
        in_verdict(VerdictValue.NOT_STARTED, status=RequestStatus.NEEDS_OPERATOR),
    )
    in_verdict(VerdictValue.PENDING)
    page = bob.get(reverse("overdue")).content.decode()
    assert numbers(section(page, "overdue")) == [breached.number, unproven.number]
    assert numbers(section(page, "decide")) == [open_question.number]
    assert numbers(section(page, "person")) == [person.number]


def test_each_section_leads_to_a_list_of_the_same_requests(bob: Client) -> None:
    for verdict in (VerdictValue.UNPROVEN, VerdictValue.INDETERMINATE, VerdictValue.INDETERMINATE):
        in_verdict(verdict)
    in_verdict(VerdictValue.NOT_STARTED, status=RequestStatus.NEEDS_OPERATOR)
    page = bob.get(reverse("overdue")).content.decode()
    for key in ("overdue", "decide", "person"):
        link = re.search(r'<a href="(/queue/\?[^"]+)">Open as a list', section(page, key))
        assert link is not None
        assert numbers(bob.get(link[1]).content.decode()) == numbers(section(page, key))


def test_only_supervisors_get_the_rungs(alice: Client, bob: Client) -> None:
    in_verdict(VerdictValue.UNPROVEN)
    assert ["Adjudicate" in client.get(reverse("overdue")).content.decode() for client in (alice, bob)] == [False, True]


def test_what_was_seen_is_not_offered_for_adjudication(bob: Client) -> None:
    in_verdict(VerdictValue.BREACHED)
    page = bob.get(reverse("overdue")).content.decode()
    assert "Escalate" in page
    assert "Adjudicate" not in page


def test_platforms_are_counted(bob: Client) -> None:
    telegram = PlatformFactory.create(slug="telegram", connector="telegram")
    for _ in range(2):
        in_verdict(VerdictValue.UNPROVEN, item=ItemFactory.create(platform=telegram))
    page = bob.get(reverse("overdue")).content.decode()
    assert re.search(r'tab=overdue&amp;platform=telegram">Telegram <span class="count">2</span>', page)


def test_an_empty_page_is_calm(bob: Client) -> None:
    page = bob.get(reverse("overdue")).content.decode()
    assert "No open request is past its deadline." in page


def test_the_page_costs_the_same_queries_however_long_it_is(bob: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    in_verdict(VerdictValue.UNPROVEN)
    bob.get(reverse("overdue"))
    # session, user, agency; colleagues, platforms; four sections, other clocks; alerts
    with django_assert_num_queries(12):
        bob.get(reverse("overdue"))
    for _ in range(4):
        in_verdict(VerdictValue.BREACHED)
    with django_assert_num_queries(12):
        bob.get(reverse("overdue"))
