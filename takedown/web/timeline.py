"""Geometry of a request's time line: where each fact lies on a strip of `WIDTH` units. Pure; the template draws it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from takedown.choices import GONE, UP
from takedown.models import Observation, TakedownRequest, Watch

WIDTH = 960
MARGIN = 12
LABEL = 140
"""Room a label needs, so that labels that would touch go to the next row."""
ROW = 32
"""Height of one row of labels."""


@dataclass(frozen=True, slots=True)
class Run:
    x: float
    width: float
    kind: str
    """`up`, `gone` or `unknown`."""
    title: str


@dataclass(frozen=True, slots=True)
class Mark:
    x: float
    y: float
    kind: str
    """`start`, `due`, `up`, `gone`, `back` or `now`."""
    label: str
    at: datetime
    anchor: str
    above: bool
    text_x: float


@dataclass(frozen=True, slots=True)
class Timeline:
    runs: Sequence[Run] = ()
    marks: Sequence[Mark] = ()
    bracket: tuple[float, float] | None = None
    """Left edge and width of the hatched box."""
    axis: int = 0
    """Distance of the axis from the top; the marks' `y` are relative to it."""
    height: int = 0
    width: int = WIDTH
    end: int = WIDTH - MARGIN
    margin: int = MARGIN
    kinds: Sequence[str] = field(default_factory=tuple)


def ends_of(observation: Observation, watch: Watch | None) -> tuple[datetime, datetime, int]:
    """Last sent, last answered and number of looks of a run; those of the run that is going on are on the watch."""
    if watch and watch.observation_id == observation.pk and watch.run_last_sent and watch.run_last_answered:
        return watch.run_last_sent, watch.run_last_answered, watch.run_count
    return observation.last_sent or observation.first_sent, observation.last_answered or observation.first_answered, observation.count


def kind_of(outcome: str) -> str:
    if outcome in UP:
        return "up"
    return "gone" if outcome in GONE else "unknown"


def draw(request: TakedownRequest, watch: Watch | None, observations: Sequence[Observation], now: datetime) -> Timeline:
    """Lay out start, sightings, bracket, deadline and now."""
    last_up, first_gone = bracket_of(request, watch)
    facts = [
        ("start", "Clock started", request.clock_started_at),
        ("due", "Deadline", request.due_at),
        ("up", "Last seen up", last_up),
        ("gone", "First seen gone", first_gone),
        ("back", "Seen up again", request.back_at),
    ]
    if request.closed_at is None:
        facts.append(("now", "Now", now))
    known = [(kind, label, at) for kind, label, at in facts if at]
    starts = [observation.first_sent for observation in observations]
    instants = [request.opened_at, *starts, *(at for _, _, at in known)]
    first, last = min(instants), max(instants)
    span = max((last - first) * 1.04, timedelta(minutes=1))

    def x(at: datetime) -> float:
        share = min(max((at - first) / span, 0), 1)
        return round(MARGIN + share * (WIDTH - 2 * MARGIN), 1)

    runs = [_run(observation, watch, x) for observation in observations]
    marks, above, below = _place([(kind, label, at, x(at)) for kind, label, at in known])
    box = (x(last_up), max(x(first_gone) - x(last_up), 2)) if last_up and first_gone else None
    return Timeline(runs, marks, box, axis=20 + ROW * above, height=42 + ROW * (above + below), kinds=sorted({run.kind for run in runs}))


def bracket_of(request: TakedownRequest, watch: Watch | None) -> tuple[datetime | None, datetime | None]:
    """The fresher bracket: the watch's while the request is open and nothing came back, else the stored one."""
    source = request if watch is None or request.closed_at or request.back_at else watch
    return source.last_up, source.first_gone


def _run(observation: Observation, watch: Watch | None, x: Callable[[datetime], float]) -> Run:
    _, answered, count = ends_of(observation, watch)
    left, right = x(observation.first_sent), x(answered)
    looks = "1 look" if count == 1 else f"{count} looks"
    return Run(left, max(right - left, 4), kind_of(observation.outcome), f"{observation.get_outcome_display()}, {looks}")


def _place(points: list[tuple[str, str, datetime, float]]) -> tuple[list[Mark], int, int]:
    """Start and deadline above the axis, sightings and now below; a label that would touch another goes one row out.

    Also the number of rows above and below. The label of the last sighting up stands left of its stem, so that the two ends of a narrow
    bracket do not fight for room.
    """
    taken: dict[tuple[bool, int], list[float]] = {}
    marks = []
    for kind, label, at, x in sorted(points, key=lambda point: point[3]):
        above = kind in ("start", "due")
        leftward = x > WIDTH - LABEL or (kind == "up" and x > LABEL)
        left = x - LABEL if leftward else x
        row = 0
        while any(abs(left - other) < LABEL for other in taken.get((above, row), ())):
            row += 1
        taken.setdefault((above, row), []).append(left)
        y = -(24 + row * ROW) if above else 36 + row * ROW
        marks.append(Mark(x, y, kind, label, at, "end" if leftward else "start", above, x - 4 if leftward else x + 4))
    rows_above, rows_below = (1 + max((row for side, row in taken if side is above), default=0) for above in (True, False))
    return marks, rows_above, rows_below
