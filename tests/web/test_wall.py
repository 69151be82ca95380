"""The wall: right numbers, and nothing that must not hang on one."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from takedown.choices import RequestStatus, VerdictValue
from takedown.web.views.wall import NEXT, TILES
from tests.factories import Cast, cast, in_verdict

pytestmark = pytest.mark.django_db


def tiles(page: str) -> dict[str, int]:
    return {tab: int(number) for tab, number in re.findall(r'<dd><a href="/queue/\?tab=(\w+)">(\d+)</a></dd>', page)}


def test_each_number_is_the_length_of_the_list_behind_it(people: Cast, bob: Client) -> None:
    for verdict in VerdictValue:
        in_verdict(verdict)
        in_verdict(verdict, agency=cast("south").agency)
    for status in (RequestStatus.NEEDS_OPERATOR, RequestStatus.TO_APPROVE):
        in_verdict(VerdictValue.NOT_STARTED, status=status)
    shown = tiles(bob.get(reverse("wall")).content.decode())
    assert list(shown) == [tab for tab, _, _ in TILES]
    for tab, number in shown.items():
        listed = bob.get(reverse("queue"), {"tab": tab}).content.decode()
        assert number == len(set(re.findall(r">(TD-\d+)<", listed))) > 0


def test_no_address_and_no_name_hangs_on_the_wall(people: Cast, bob: Client) -> None:
    row = in_verdict(VerdictValue.PENDING, assigned_to=people.alice)
    for name in ("wall", "wall-live"):
        page = bob.get(reverse(name)).content.decode().split("<main")[-1].split("</main>")[0]
        assert row.number in page
        for secret in ("host.example", "hxxp", "[.]", str(people.alice)):
            assert secret not in page


def test_the_wall_costs_the_same_however_much_there_is(
    people: Cast, bob: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    in_verdict(VerdictValue.PENDING)
    bob.get(reverse("wall-live"))
    with django_assert_num_queries(16):
        bob.get(reverse("wall-live"))
    for _ in range(NEXT + 2):
        in_verdict(VerdictValue.PENDING)
    with django_assert_num_queries(16):
        page = bob.get(reverse("wall-live")).content.decode()
    assert len(re.findall("TD-", page)) == NEXT
