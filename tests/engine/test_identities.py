"""What was flagged by a link, or by a name, becomes one item with the content it leads to; nothing that was reported is lost."""

from collections.abc import Sequence
from datetime import timedelta
from unittest import mock

import pytest
from django.core import mail
from django.db import IntegrityError
from django.utils import timezone

from platforms.identity import identify
from platforms.models import Platform
from takedown import dispatch, intake, polling
from takedown.choices import Action, Channel, Outcome, ReportOutcome, RequestStatus, SubmissionState, VerdictValue
from takedown.intake.submit import _wake
from takedown.models import Event, FlaggedItem, Report, Submission, TakedownRequest, Watch
from takedown.models.item import identity_of
from takedown.polling import identities
from tests.conftest import Sandbox
from tests.engine.test_path import age, look, report, start_clock
from tests.factories import PolicyFactory, cast

pytestmark = pytest.mark.django_db
SHORT = "https://vm.tiktok.com/ZMabc123/"
TCO = "https://t.co/AbCdEf"


@pytest.fixture(autouse=True)
def _world(sandbox: Sandbox) -> None:
    sandbox.configure()
    PolicyFactory.create(key="referral_voluntary", unit="minutes", duration=10)
    PolicyFactory.create(key="one_minute", unit="minutes", duration=1)


def lead(sandbox: Sandbox, short: str, target: str) -> None:
    sandbox.world.links[identify(short).canonical_url.removeprefix("https://")] = target


def content(sandbox: Sandbox, platform: str = "tiktok") -> str:
    return sandbox.add(platform, (-60, "available"))


def report_from(agency: str, url: str) -> TakedownRequest:
    alice = cast(agency).alice
    assert alice.agency is not None
    (filed,) = intake.submit(agency=alice.agency, drafts=[intake.Draft(url, "a_incite")], actor=alice, now=timezone.now())
    assert filed.report is not None, filed.error
    return filed.report.request


def item_of(request: TakedownRequest) -> FlaggedItem:
    request.refresh_from_db()
    return FlaggedItem.objects.get(pk=request.item_id)


def actions(item: FlaggedItem) -> Sequence[str]:
    return list(Event.objects.of(item).values_list("action", flat=True))


def everything() -> dict[str, set[int]]:
    kinds = (FlaggedItem, Report, TakedownRequest, Event)
    return {kind.__name__: set(kind.objects.values_list("pk", flat=True)) for kind in kinds}


def test_a_link_becomes_the_item_it_leads_to_and_that_is_looked_at_at_once(sandbox: Sandbox) -> None:
    url = content(sandbox)
    lead(sandbox, SHORT, url)
    request = report(SHORT)
    link = item_of(request)
    look(request)
    item, ref = item_of(request), identify(url)
    assert item.pk == link.pk
    assert (item.identity, item.ref("tiktok")) == (identity_of(ref), ref)
    assert Watch.objects.get(item=item).outcome == Outcome.AVAILABLE
    event = Event.objects.of(item).get(action=Action.IDENTIFIED)
    assert (event.old, event.new) == (link.canonical_url, ref.canonical_url)
    assert Report.objects.get().url == SHORT


def test_a_report_of_the_content_afterwards_finds_that_item(sandbox: Sandbox) -> None:
    url = content(sandbox)
    lead(sandbox, SHORT, url)
    request = report(SHORT)
    look(request)
    assert report(url).pk == request.pk
    assert Report.objects.latest("pk").outcome == ReportOutcome.KNOWN


def test_what_was_not_sent_goes_to_the_platform_that_has_the_content(sandbox: Sandbox) -> None:
    lead(sandbox, TCO, content(sandbox, "x"))
    request = report(TCO)
    assert request.platform.slug == "web"
    look(request)
    assert (request.platform.slug, request.channel, item_of(request).platform.slug) == ("x", Channel.EMAIL, "x")
    assert Watch.objects.get().platform.slug == "x"
    assert dispatch.send_due() == 1
    assert mail.outbox[0].to == ["abuse@x.example"]


def test_what_was_sent_stays_where_it_was_sent_and_its_deadline_is_judged_by_the_content(sandbox: Sandbox) -> None:
    url = content(sandbox, "x")
    lead(sandbox, TCO, url)
    request = report(TCO, "one_minute")
    start_clock(request, timezone.now())
    look(request)
    assert (request.platform.slug, request.status) == ("web", RequestStatus.SENT)
    assert Watch.objects.get().platform.slug == "x"
    age(request, 61)
    look(request)
    assert request.verdict == VerdictValue.BREACHED


@pytest.mark.parametrize(("channel", "to_send"), [("manual", False), ("email", True)])
def test_a_request_that_moves_goes_by_the_channel_of_its_new_platform(sandbox: Sandbox, channel: str, to_send: bool) -> None:
    Platform.objects.filter(slug="x").update(channel=channel)
    Platform.objects.filter(slug="web").update(channel="manual" if to_send else "email")
    lead(sandbox, TCO, content(sandbox, "x"))
    request = report(TCO)
    look(request)
    assert (request.channel, request.next_attempt_at is not None) == (channel, to_send)


def test_a_link_that_leads_nowhere_stays_a_link_and_is_never_gone(sandbox: Sandbox) -> None:
    request = report(SHORT)
    for _ in range(3):
        look(request)
    watch = Watch.objects.get()
    assert (watch.outcome, watch.reason, watch.first_gone) == (Outcome.INDETERMINATE, "link_http_404", None)
    assert item_of(request).external_id == "link/vm.tiktok.com/ZMabc123"


# Somebody had reported the content before -------------------------------------------------------------------------------------


def test_a_second_request_under_one_policy_is_withdrawn_in_favour_of_the_first(sandbox: Sandbox) -> None:
    url = content(sandbox)
    lead(sandbox, SHORT, url)
    first, second = report(url), report(SHORT)
    old, link = item_of(first), item_of(second)
    before = everything()
    look(first, second)
    assert (second.status, second.status_reason) == (RequestStatus.WITHDRAWN, f"Same content as {first.number}.")
    assert (second.verdict, second.closed_at is not None) == (VerdictValue.NOT_COUNTED, True)
    assert first.status == RequestStatus.TO_SEND
    assert [(one.item_id, one.request_id) for one in Report.objects.all()] == [(old.pk, first.pk)] * 2
    link.refresh_from_db()
    assert link.merged_into_id == old.pk
    assert Action.MERGED in actions(link)
    assert Action.MERGED in actions(old)
    assert Event.objects.of(second).filter(action=Action.WITHDRAWN).count() == 1
    assert all(rows <= everything()[kind] for kind, rows in before.items())


def test_a_request_under_another_policy_moves_with_its_deadline(sandbox: Sandbox) -> None:
    url = content(sandbox)
    lead(sandbox, SHORT, url)
    first, second = report(url), report(SHORT, "one_minute")
    start_clock(second, timezone.now())
    due = second.due_at
    look(first, second)
    assert (second.item_id, second.status, second.due_at) == (first.item_id, RequestStatus.SENT, due)
    assert Report.objects.filter(item=first.item_id).count() == 2
    assert Watch.objects.get(item=first.item_id).anchor_at == due
    age(second, 61)
    look(second)
    assert second.verdict == VerdictValue.BREACHED


def test_a_request_that_moves_from_hand_to_mail_is_sent(sandbox: Sandbox) -> None:
    Platform.objects.filter(slug="web").update(channel="manual")
    url = content(sandbox, "x")
    lead(sandbox, TCO, url)
    first, second = report(url), report(TCO, "one_minute")
    assert second.next_attempt_at is None
    look(first, second)
    assert (second.item_id, second.platform.slug, second.channel) == (first.item_id, "x", Channel.EMAIL)
    assert dispatch.send_due() == 2


def test_nobody_looks_at_a_merged_item_any_more(sandbox: Sandbox) -> None:
    url = content(sandbox)
    lead(sandbox, SHORT, url)
    first, second = report(url), report(SHORT)
    link = item_of(second)
    start_clock(second, timezone.now())
    look(first, second)
    watch = Watch.objects.get(item=link)
    assert (watch.next_look_at, watch.is_anchor, watch.anchor_at, watch.unproven_since) == (None, False, None, None)
    Watch.objects.exclude(next_look_at=None).update(next_look_at=timezone.now() - timedelta(seconds=1))
    assert [claim.item_id for claim in polling.claim(10)] == [first.item_id]


def test_a_merged_link_that_is_reported_again_is_followed_again(sandbox: Sandbox) -> None:
    url = content(sandbox)
    lead(sandbox, SHORT, url)
    first, second = report(url), report(SHORT)
    look(first, second)
    third = report(SHORT)
    assert item_of(third).merged_into_id is None
    look(third)
    assert third.status == RequestStatus.WITHDRAWN
    assert set(Report.objects.values_list("request_id", "item_id")) == {(first.pk, first.item_id)}


def test_a_link_that_is_merged_while_it_is_reported_again_is_not_left_asleep(sandbox: Sandbox) -> None:
    url = content(sandbox)
    lead(sandbox, SHORT, url)
    first, second = report(url), report(SHORT)
    read_before = item_of(second)
    look(first, second)
    _wake([read_before], timezone.now())
    assert Watch.objects.get(item=read_before).next_look_at is not None
    assert FlaggedItem.objects.get(pk=read_before.pk).merged_into is None


def test_a_merged_link_that_leads_elsewhere_today_becomes_that_item(sandbox: Sandbox) -> None:
    url, other = content(sandbox), content(sandbox)
    lead(sandbox, SHORT, url)
    first, second = report(url), report(SHORT)
    look(first, second)
    lead(sandbox, SHORT, other)
    third = report(SHORT)
    look(third)
    item = item_of(third)
    assert (item.external_id, item.merged_into_id) == (identify(other).external_id, None)
    assert third.status == RequestStatus.TO_SEND
    assert item_of(first).external_id == identify(url).external_id


def test_an_account_flagged_by_its_name_keeps_its_number(sandbox: Sandbox) -> None:
    url = sandbox.add("x", (-60, "available"), kind="account")
    first = report(url)
    look(first)
    item = item_of(first)
    assert item.external_id.startswith("id/")
    second = report(url)
    assert second.item_id != item.pk
    look(first, second)
    assert second.status == RequestStatus.WITHDRAWN
    assert Report.objects.filter(item=item, request=first).count() == 2


def test_the_content_of_two_agencies_stays_two_items(sandbox: Sandbox) -> None:
    url = content(sandbox)
    lead(sandbox, SHORT, url)
    north, south = report_from("north", url), report_from("south", SHORT)
    look(north, south)
    mine, theirs = item_of(north), item_of(south)
    assert mine.pk != theirs.pk
    assert (mine.identity, theirs.merged_into) == (theirs.identity, None)
    assert (north.status, south.status) == (RequestStatus.TO_SEND, RequestStatus.TO_SEND)
    assert not Event.objects.of(mine).filter(action__in=(Action.MERGED, Action.IDENTIFIED)).exists()


@pytest.mark.parametrize("known", [False, True])
def test_an_item_whose_request_is_being_sent_right_now_gets_its_identity_later(sandbox: Sandbox, known: bool) -> None:
    url = content(sandbox)
    lead(sandbox, SHORT, url)
    if known:
        report(url)
    request = report(SHORT, "one_minute")
    attempt = Submission.objects.create(
        agency=request.agency, request=request, channel="email", payload_digest="0" * 64, started_at=timezone.now()
    )
    link = item_of(request)
    look(request)
    assert item_of(request).identity == link.identity
    Submission.objects.filter(pk=attempt.pk).update(state=SubmissionState.SENT)
    look(request)
    assert item_of(request).identity == identity_of(identify(url))


def test_a_race_for_one_identity_costs_the_others_nothing(sandbox: Sandbox) -> None:
    one, two = content(sandbox), content(sandbox)
    other = "https://vm.tiktok.com/ZMother1/"
    lead(sandbox, SHORT, one)
    lead(sandbox, other, two)
    lost, won = report(SHORT), report(other)
    lost_id, really = lost.item_id, identities._settle

    def race(claim: polling.Claim, *rest: object) -> None:
        if claim.item_id == lost_id:
            raise IntegrityError("item_once_per_agency")
        really(claim, *rest)  # type: ignore[arg-type]

    with mock.patch("takedown.polling.identities._settle", race):
        look(lost, won)
    assert item_of(lost).external_id.startswith("link/")
    assert item_of(won).external_id == identify(two).external_id
    look(lost)
    assert item_of(lost).external_id == identify(one).external_id
