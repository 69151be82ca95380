"""What sightings do to what is known: any sequence of them, in any weather."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from platforms.base import ATTRIBUTED, ContentRef, Outcome, Sighting
from takedown.cadence import Confirmation
from takedown.choices import GONE, UP
from takedown.polling.advance import Change, Confirmations, ItemState, advance

START = datetime(2026, 11, 21, tzinfo=UTC)
REF = ContentRef("web", "page", "", "https://host.example/a")
RULES = Confirmations(Confirmation(2, 60), Confirmation(3, 600))

outcomes = st.sampled_from(list(Outcome))
gaps = st.floats(min_value=0.001, max_value=1000)


def seen(outcome: Outcome, after: float, reason: str = "r") -> Sighting:
    sent = START + timedelta(seconds=after)
    return Sighting(REF, outcome, reason, sent, sent + timedelta(milliseconds=100))


def history(steps: list[tuple[Outcome, float]]) -> list[tuple[ItemState, Change, Sighting]]:
    state, at, found = ItemState(), 0.0, []
    for outcome, gap in steps:
        at += gap + 0.2
        sighting = seen(outcome, at)
        step = advance(state, sighting, RULES)
        state = step.state
        found.append((state, step.change, sighting))
    return found


@given(st.lists(st.tuples(outcomes, gaps), max_size=30))
def test_the_bracket_is_always_in_order_and_only_sightings_move_it(steps: list[tuple[Outcome, float]]) -> None:
    before = ItemState()
    for state, change, sighting in history(steps):
        if state.first_gone and state.last_up:
            assert state.last_up < state.first_gone
        if sighting.outcome in UP:
            assert (state.last_up, state.first_gone, state.gone_count) == (sighting.sent_at, None, 0)
        elif sighting.outcome in GONE:
            assert state.first_gone is not None
            assert state.last_up == before.last_up
        elif sighting.outcome is Outcome.PRIVATE and before.confirmed_at is None:
            assert (state.last_up, state.first_gone, state.gone_count) == (before.last_up, None, 0)
        else:
            moved = ("last_up", "first_gone", "last_gone", "gone_count", "confirmed_at", "episode")
            assert [getattr(state, name) for name in moved] == [getattr(before, name) for name in moved]
            assert change is Change.NOTHING
        before = state


@given(st.lists(st.tuples(outcomes, gaps), max_size=30))
def test_first_gone_stays_the_first_of_its_run(steps: list[tuple[Outcome, float]]) -> None:
    first: datetime | None = None
    for state, _, sighting in history(steps):
        private = sighting.outcome is Outcome.PRIVATE and state.confirmed_at is None
        if sighting.outcome in UP or private:
            first = None
        elif sighting.outcome in GONE and first is None:
            first = sighting.answered_at
        assert state.first_gone == first


@given(st.lists(st.tuples(outcomes, gaps), max_size=40))
def test_gone_is_confirmed_only_by_enough_looks_far_enough_apart(steps: list[tuple[Outcome, float]]) -> None:
    run: list[Sighting] = []
    for state, change, sighting in history(steps):
        exists = sighting.outcome in UP or (sighting.outcome is Outcome.PRIVATE and state.confirmed_at is None)
        run = [] if exists else [*run, sighting] if sighting.outcome in GONE else run
        if change is Change.CONFIRMED_GONE:
            named = [one for one in run if one.outcome in ATTRIBUTED]
            assert _are_enough(run, RULES.unattributed) or (sighting in named and _are_enough(named, RULES.attributed))
        if state.confirmed_at:
            assert state.first_gone


def _are_enough(looks: list[Sighting], rule: Confirmation) -> bool:
    return len(looks) >= rule.count and looks[-1].sent_at - looks[0].answered_at >= timedelta(seconds=rule.span_seconds)


@given(st.lists(st.tuples(outcomes, gaps), max_size=40))
def test_runs_count_every_look_once(steps: list[tuple[Outcome, float]]) -> None:
    state, total, at = ItemState(), 0, 0.0
    closed: list[int] = []
    for outcome, gap in steps:
        at += gap + 0.2
        step = advance(state, seen(outcome, at), RULES)
        if step.new_run and state.run_count:
            closed.append(state.run_count)
        state, total = step.state, total + 1
    assert sum(closed) + state.run_count == total


def test_a_new_episode_begins_only_after_a_confirmed_absence() -> None:
    gone, up = Outcome.REMOVED_BY_PLATFORM, Outcome.AVAILABLE
    blink = history([(up, 1), (gone, 1), (up, 1)])
    assert [change for _, change, _ in blink] == [Change.NOTHING, Change.SEEN_GONE, Change.SEEN_UP_AGAIN]
    assert blink[-1][0].episode == 1
    back = history([(up, 1), (gone, 1), (gone, 100), (up, 1)])
    assert [change for _, change, _ in back] == [Change.NOTHING, Change.SEEN_GONE, Change.CONFIRMED_GONE, Change.REAPPEARED]
    assert (back[-1][0].episode, back[-1][0].run_count) == (2, 1)


def test_an_attribution_is_not_lost_to_a_later_look_that_could_not_say_why() -> None:
    states = history([(Outcome.ACCOUNT_SUSPENDED, 1), (Outcome.GONE_UNATTRIBUTED, 100)])
    assert states[-1][0].gone_outcome == Outcome.ACCOUNT_SUSPENDED
    assert states[-1][0].gone_outcome in ATTRIBUTED


def test_the_short_way_is_only_for_looks_at_which_a_cause_was_named() -> None:
    named, bare = Outcome.ACCOUNT_SUSPENDED, Outcome.GONE_UNATTRIBUTED
    mixtures: list[list[tuple[Outcome, float]]] = [
        [(named, 1), (bare, 100)],
        [(bare, 1), (named, 100)],
        [(named, 1), (named, 1), (bare, 100)],
    ]
    for mixed in mixtures:
        assert history(mixed)[-1][0].confirmed_at is None
    assert history([(named, 1), (bare, 30), (named, 100)])[-1][1] is Change.CONFIRMED_GONE


def test_what_its_owner_made_private_was_not_removed() -> None:
    gone, private = Outcome.GONE_UNATTRIBUTED, Outcome.PRIVATE
    states = history([(gone, 1), (private, 300), (gone, 301), (gone, 1)])
    assert [change for _, change, _ in states] == [Change.SEEN_GONE, Change.TAKEN_BACK, Change.SEEN_GONE, Change.NOTHING]
    assert states[-1][0].confirmed_at is None


def test_a_slow_answer_from_before_moves_nothing() -> None:
    state = advance(ItemState(), seen(Outcome.AVAILABLE, 100), RULES).state
    late = advance(state, seen(Outcome.GONE_UNATTRIBUTED, 50), RULES)
    assert (late.state.first_gone, late.change) == (None, Change.NOTHING)
    gone = advance(ItemState(), seen(Outcome.GONE_UNATTRIBUTED, 100), RULES).state
    late = advance(gone, seen(Outcome.AVAILABLE, 50), RULES)
    assert (late.state.first_gone, late.change) == (gone.first_gone, Change.NOTHING)
