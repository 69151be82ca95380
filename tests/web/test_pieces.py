"""The small parts: defanged URLs, durations, deadline chips, the time line."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platforms.identity import refang
from takedown.choices import ClockState, Outcome, RequestStatus, VerdictValue
from takedown.models import Observation, TakedownRequest, Watch
from takedown.templatetags.takedown_tags import ago, defang, middle
from takedown.web import due as dues
from takedown.web.timeline import LABEL, MARGIN, WIDTH, draw

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a.example/b.c?d.e", "hxxps://a[.]example/b.c?d.e"),
        ("http://a.example", "hxxp://a[.]example"),
        ("hxxps://a[.]example/x", "hxxps://a[.]example/x"),
        ("a.example", "a[.]example"),
        ("plain words", "plain words"),
        ("", ""),
    ],
)
def test_a_url_is_defanged_once(url: str, shown: str) -> None:
    assert defang(url) == shown


@given(st.from_regex(r"https?://[a-z]{1,8}\.[a-z]{2,5}(/[a-z0-9._~-]{0,12})?(\?[a-z]=[a-z0-9]{0,8})?", fullmatch=True))
def test_what_is_defanged_can_be_refanged(url: str) -> None:
    assert refang(defang(url)).rstrip(".") == url.rstrip(".")


def test_a_long_url_keeps_all_its_text_and_shows_both_ends() -> None:
    url = "hxxps://host[.]example/" + "x" * 60 + "?id=aZ3kQ9"
    shown = middle(url)
    assert "".join(part.split("<")[0] for part in shown.split(">")) == url
    assert middle("<b>") == '<span class="url" translate="no"><span>&lt;b&gt;</span></span>'


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (-5, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (61, "1 min 1 s"),
        (3600, "1 h"),
        (8040, "2 h 14 min"),
        (90061, "1 d 1 h"),
        (86400, "1 d"),
    ],
)
def test_a_duration_names_its_two_largest_units(seconds: float, text: str) -> None:
    assert dues.duration(timedelta(seconds=seconds)) == text


@pytest.mark.parametrize(
    ("at", "text"), [(None, "never"), (NOW - 2 * MINUTE, "2 min ago"), (NOW + 2 * MINUTE, "in 2 min"), (NOW, "0 s ago")]
)
def test_relative_times_read_like_speech(at: datetime | None, text: str) -> None:
    assert ago(at, NOW) == text


def one_hour(**fields: object) -> TakedownRequest:
    """A request due at `NOW`, one hour after its start."""
    start = {"clock_state": ClockState.RUNNING, "clock_started_at": NOW - 60 * MINUTE, "opened_at": NOW - 61 * MINUTE, "due_at": NOW}
    return TakedownRequest(**{"status": RequestStatus.SENT, "verdict": VerdictValue.PENDING, **start, **fields})


@pytest.mark.parametrize(
    ("minutes", "state", "text"),
    [
        (-16, "ok", "16 min left"),
        (-15, "soon", "15 min left"),
        (0, "soon", "0 s left"),  # exactly at the deadline is in time
        (1, "overdue", "1 min overdue"),
    ],
)
def test_a_deadline_comes_closer(minutes: int, state: str, text: str) -> None:
    at = NOW + minutes * MINUTE
    assert dues.state_of(one_hour(), at) == state
    assert dues.text_of(state, NOW, at) == text


def test_soon_is_the_last_quarter_of_a_long_period() -> None:
    assert dues.soon_from(one_hour(clock_started_at=NOW - 24 * 60 * MINUTE)) == NOW - 6 * 60 * MINUTE


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"verdict": VerdictValue.MET}, "met"),
        ({"verdict": VerdictValue.INDETERMINATE}, "passed"),
        ({"verdict": VerdictValue.BREACHED}, "overdue"),
        ({"verdict": VerdictValue.BREACHED, "first_gone": NOW}, "late"),
        ({"verdict": VerdictValue.UNPROVEN, "adjudicated_verdict": VerdictValue.MET}, "met"),
        ({"verdict": VerdictValue.NOT_COUNTED}, "none"),
        ({"clock_state": ClockState.SUSPENDED, "due_at": None}, "paused"),
        ({"due_at": None}, "none"),
    ],
)
def test_a_decided_request_has_no_countdown(fields: dict[str, object], state: str) -> None:
    assert dues.state_of(one_hour(**fields), NOW + MINUTE) == state


def run(outcome: Outcome, first: datetime, last: datetime) -> Observation:
    return Observation(outcome=outcome, first_sent=first, first_answered=first, last_sent=last, last_answered=last, count=5)


def test_the_time_line_keeps_the_order_of_time() -> None:
    request = one_hour(last_up=NOW - 10 * MINUTE, first_gone=NOW + 5 * MINUTE)
    runs = [
        run(Outcome.AVAILABLE, NOW - 61 * MINUTE, NOW - 10 * MINUTE),
        run(Outcome.INDETERMINATE, NOW - 9 * MINUTE, NOW),
        run(Outcome.HOST_GONE, NOW + 5 * MINUTE, NOW + 8 * MINUTE),
    ]
    line = draw(request, None, runs, NOW + 10 * MINUTE)
    assert [mark.kind for mark in line.marks] == ["start", "up", "due", "gone", "now"]
    assert [part.kind for part in line.runs] == ["up", "unknown", "gone"]
    assert line.bracket is not None
    left, width = line.bracket
    due = next(mark for mark in line.marks if mark.kind == "due")
    assert left < due.x < left + width
    assert (line.runs[0].title, line.kinds) == ("Available, 5 looks", ["gone", "unknown", "up"])


def test_an_open_request_takes_the_fresher_bracket_from_the_watch() -> None:
    watch = Watch(last_up=NOW - MINUTE)
    line = draw(one_hour(last_up=NOW - 30 * MINUTE), watch, [], NOW)
    assert next(mark.at for mark in line.marks if mark.kind == "up") == NOW - MINUTE


@given(st.lists(st.integers(-3_000_000, 3_000_000), min_size=2, max_size=2, unique=True).map(sorted), st.integers(0, 10_000_000))
def test_everything_lies_on_the_strip(bracket: list[int], later: int) -> None:
    up, gone = (NOW + timedelta(seconds=second) for second in bracket)
    request = one_hour(last_up=up, first_gone=gone)
    line = draw(request, None, [run(Outcome.AVAILABLE, min(up, NOW), up)], NOW + timedelta(seconds=later))
    assert all(MARGIN <= mark.x <= WIDTH - MARGIN for mark in line.marks)
    lefts = sorted((mark.y, mark.text_x - (LABEL if mark.anchor == "end" else 0)) for mark in line.marks)
    assert all(y != next_y or left + LABEL - 8 <= next_left for (y, left), (next_y, next_left) in pairwise(lefts))
