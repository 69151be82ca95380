"""What must be true after every storm."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from platforms.identity import identify
from platforms.sandbox.world import Item, World
from takedown.choices import GONE, Action, SubmissionState, VerdictValue
from takedown.models import Event, Observation, Report, Submission, TakedownRequest, Watch
from takedown.verdicts import database_now


def violations(world: World, accepted: Mapping[str, str], storm_ended: datetime) -> Iterator[str]:
    """Every broken promise in words. `accepted`: the client's references of the reports it was told were filed, and their URLs."""
    yield from _nothing_lost(accepted)
    yield from _everything_looked_at(storm_ended)
    yield from _runs_in_order()
    yield from _history_complete()
    yield from _sent_once(world)
    yield from _judged_rightly({identify(item.url).canonical_url: item for item in world.items.values()})


def _nothing_lost(accepted: Mapping[str, str]) -> Iterator[str]:
    rows = Counter(Report.objects.exclude(client_reference="").values_list("client_reference", flat=True))
    for reference in accepted:
        if rows[reference] != 1:
            yield f"The client was told that {reference} was filed; there are {rows[reference]} rows"
    for report in Report.objects.select_related("item__watch"):
        if report.request.item_id != report.item_id:
            yield f"Report {report.pk} hangs on another item's request"


def _everything_looked_at(storm_ended: datetime) -> Iterator[str]:
    now = database_now()
    for watch in Watch.objects.all():
        if watch.run_last_answered is None or watch.run_last_answered < storm_ended:
            yield f"Item {watch.pk} was not looked at since the storm"
        if watch.next_look_at is None or watch.next_look_at < now - timedelta(seconds=15):
            yield f"Item {watch.pk} is due since {watch.next_look_at} and nobody looks"


def _runs_in_order() -> Iterator[str]:
    """A late writer would leave runs that overlap or are older than what follows them."""
    by_item: dict[int, list[Observation]] = defaultdict(list)
    for run in Observation.objects.order_by("item_id", "pk"):
        by_item[run.item_id].append(run)
    for item_id, runs in by_item.items():
        for before, after in pairwise(runs):
            if before.last_answered is None:
                yield f"Item {item_id}: a run was never ended"
            elif before.last_answered > after.first_answered:
                yield f"Item {item_id}: a run ends after the next one begins"
        if Watch.objects.get(pk=item_id).observation_id != runs[-1].pk:
            yield f"Item {item_id}: the run going on is not the last one"


def _history_complete() -> Iterator[str]:
    for request in TakedownRequest.objects.all():
        events = list(Event.objects.of(request))
        if sum(event.action == Action.OPENED for event in events) != 1:
            yield f"{request}: not exactly one event for its opening"
        told = [dict(event.new or {})["verdict"] for event in sorted(events, key=lambda event: event.pk) if event.action == Action.VERDICT]
        if (told[-1] if told else VerdictValue.NOT_STARTED) != request.verdict:
            yield f"{request}: the verdict is {request.verdict}, its history says {told}"
        if request.due_at and not any(event.action == Action.DUE_CHANGED for event in events):
            yield f"{request}: a deadline without an event"


def _sent_once(world: World) -> Iterator[str]:
    """The sandbox's own log is the witness: at most one submission for each attempt of ours, and none unaccounted for."""
    received = sum(call["method"] == "POST" and not call["path"].startswith("/_control") for call in world.calls)
    known = Submission.objects.filter(channel="api", state__in=(SubmissionState.SENT, SubmissionState.UNKNOWN)).count()
    if received > known:
        yield f"The platforms received {received} submissions, we know of {known}"
    for request_id, count in Counter(Submission.objects.filter(state=SubmissionState.SENT).values_list("request_id", flat=True)).items():
        if count > 1:
            yield f"Request {request_id} was sent {count} times"


def _judged_rightly(items: Mapping[str, Item]) -> Iterator[str]:
    """Against what really happened, which only the sandbox knows."""
    for request in TakedownRequest.objects.select_related("item__watch"):
        gone_at = _really_gone(items[request.item.canonical_url])
        watch = request.item.watch
        if watch.first_gone and (gone_at is None or watch.first_gone < gone_at):
            yield f"{request}: seen gone at {watch.first_gone}, but it went at {gone_at}"
        if watch.last_up and gone_at and watch.last_up > gone_at:
            yield f"{request}: seen up at {watch.last_up}, but it went at {gone_at}"
        if request.verdict == VerdictValue.MET and (gone_at is None or request.due_at is None or gone_at > request.due_at):
            yield f"{request}: met, but it went at {gone_at} and was due at {request.due_at}"
        if request.verdict == VerdictValue.BREACHED and gone_at and request.due_at and gone_at <= request.due_at:
            yield f"{request}: breached, but it went at {gone_at} and was due at {request.due_at}"


def _really_gone(item: Item) -> datetime | None:
    return next((datetime.fromtimestamp(at, UTC) for at, state in item.script if state in GONE), None)
