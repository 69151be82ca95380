"""The numbers behind each figure as a table: one declaration for the page, its CSV, its JSON and whoever else asks."""

import math
from collections.abc import Callable
from datetime import date, timedelta

from platforms.models import LATE_SECONDS
from takedown.statistics.bands import BANDS
from takedown.statistics.cells import Cell, Count, PlatformName, Table
from takedown.statistics.figures import APART, SMALL, time_text
from takedown.statistics.filters import Filters
from takedown.statistics.readers import Dashboard
from takedown.statistics.seeing import share

DIGITS = 6
"""Of a share: enough that the page rounds it the same way wherever it stands."""
VERDICTS = ("met", "indeterminate", "breached")


def removal_table(board: Dashboard) -> Table:
    """One row per drop of the curve."""
    rows: list[tuple[Cell, ...]] = []
    fit, up = board.removal.fit, 1.0
    if fit:
        for left, right, mass, (low, high) in zip(
            fit.left.tolist(), fit.right.tolist(), fit.mass.tolist(), board.removal.band, strict=True
        ):
            up = max(up - mass, 0.0)
            if math.isfinite(right):
                shares = (round(share, DIGITS) for share in (up, low, high))
                rows.append((time_text(left), time_text(right), int(left), int(right), *shares))
    columns = ("After", "At the latest", "After (s)", "At the latest (s)", "Still up", "95 % from", "95 % to")
    definition = (
        "The nonparametric estimate for what is only known between two looks (Turnbull 1976); what was not confirmed gone is censored at"
        " the last look that found it up. Void and withdrawn requests, and content gone before the clock started, are left out."
    )
    return Table("Share still up by time since the clock started", columns, tuple(rows), definition, board.removal.items)


def _verdicts(filters: Filters, line: object, names: tuple[str, ...], **where: str) -> list[Cell]:
    """Counts by verdict of a row that has them as attributes."""
    return [Count(getattr(line, name), filters.listed(**where, counted=name)) for name in names]


def _shares(few: bool, ends: tuple[float, ...]) -> list[Cell]:
    """Two bounds and the two limits around them, withheld where they rest on few requests."""
    return [f"fewer than {SMALL}"] * 4 if few else [round(end, DIGITS) for end in ends]


def _only(slug: str) -> dict[str, str]:
    """Narrows to a platform; the line of all platforms keeps what the filters say."""
    return {"platform": slug} if slug else {}


def compliance_table(board: Dashboard) -> Table:
    """One row per platform, then all."""
    rows: list[tuple[Cell, ...]] = []
    for line in (*board.compliance.platforms, board.compliance.total):
        shares = _shares(line.small, (*(line.share or ()), *line.reach))
        where = _only(line.slug)
        decided = Count(line.decided, board.filters.listed(**where, counted="decided"))
        apart = [Count(line.apart[name], board.filters.listed(**where, counted=name)) for name in APART]
        rows.append((line.name, decided, *_verdicts(board.filters, line, VERDICTS, **where), *shares, *apart))
    bounds = ("At least in time", "At most in time", "95 % from", "95 % to")
    columns = ("Platform", "Decided", "Met", "Indeterminate", "Breached", *bounds, *map(_name, APART))
    definition = (
        "Decided: met, indeterminate or breached. At least in time is met of decided; at most adds what is indeterminate; 95 % intervals by"
        f" Wilson; with fewer than {SMALL} the share is withheld. Pending, unproven, suspended, not counted and provisional requests are"
        " not in it."
    )
    return Table("Compliance per platform", columns, tuple(rows), definition, board.compliance.total.decided)


def _name(verdict: str) -> str:
    return verdict.replace("_", " ").capitalize()


def spread_table(board: Dashboard) -> Table:
    """One row per platform, then all."""
    rows: list[tuple[Cell, ...]] = []
    for line in (*board.spread.platforms, board.spread.total):
        where = _only(line.slug)
        shares = _shares(line.few, (*line.share, *line.reach))
        counts = _verdicts(board.filters, line, ("met", "breached", "indeterminate", "unproven"), **where)
        n = Count(line.n, board.filters.listed(**where, counted="due"))
        rows.append(
            (PlatformName(line.name, line.slug), line.verdict if line.slug and board.spread.comparable else None, n, *counts, *shares)
        )
    bounds = ("At least in time", "At most in time", "95 % from", "95 % to")
    definition = (
        "N: requests that are met, breached, indeterminate or unproven. At least in time is met of N; at most adds what is indeterminate"
        f" or unproven; 95 % intervals by Wilson. With fewer than {SMALL} the share is withheld. The order is no ranking: only what lies"
        " beyond the control limits (binomial, around the bounds of all) differs by more than chance."
    )
    columns = ("Platform", "In time, against all", "N", "Met", "Breached", "Indeterminate", "Unproven", *bounds)
    return Table("Misses by platform", columns, tuple(rows), definition, board.spread.total.n)


def bands_table(board: Dashboard) -> Table:
    """One row per platform, then all. Each band has the lowest and the highest number of requests that may belong there."""
    rows: list[tuple[Cell, ...]] = []
    for line in (*board.bands.platforms, board.bands.total):
        numbers = [("all", line.requests)]
        for place, key in enumerate(BANDS):
            numbers += [(f"surely-{key}", line.lowest[place]), (f"perhaps-{key}", line.highest[place])]
        numbers += [("between", line.between), ("up", line.up), ("unknown", line.unknown)]
        cells = [Count(number, board.filters.listed(**_only(line.slug), went=went)) for went, number in numbers]
        rows.append((line.name, *cells))
    columns = [f"{label}, {end}" for label in BANDS.values() for end in ("surely", "perhaps")]
    definition = (
        "Content by the time from the start of the clock until it was gone. Surely: both looks around its removal lie in the band. Perhaps:"
        " everything that may have gone then, also what nobody has been able to tell since. Band unknown: gone, with an end of a band"
        " between the two looks. Still up: the last look found it up. Not known: not confirmed gone, and the last look could not tell."
        " Void and withdrawn requests, and content gone before the clock started, are left out."
    )
    columns = ["Platform", "Requests", *columns, "Gone, band unknown", "Still up", "Not known"]
    return Table("Removed by when", tuple(columns), tuple(rows), definition, board.bands.total.requests)


def seeing_table(board: Dashboard) -> Table:
    """One row per platform, then all."""
    rows: list[tuple[Cell, ...]] = []
    for line in (*board.seeing.platforms, board.seeing.total):
        where, looks = _only(line.slug), line.looks
        unknown = Count(line.unknown, board.filters.listed(**where, went="unknown"))
        undecided = Count(line.undecided, board.filters.listed(**where, counted="undecided"))
        requests = (unknown, share(line.unknown, line.requests), undecided, share(line.undecided, line.n))
        told = (looks.looks, looks.untold, share(looks.untold, looks.looks))
        worst = f"{looks.latest_ms / 1000:.1f} s" if looks.anchors else None
        late = (looks.anchors, looks.late, share(looks.late, looks.anchors), worst)
        rows.append((line.name, *requests, *told, *late))
    of_requests = ("Not known whether gone", "Share of followed", "Deadlines undecided", "Share of decided or past due")
    of_looks = ("Looks", "Could not tell", "Share of looks", "Looks at deadlines", "Late", "Share late", "Latest by")
    since = f"since {board.seeing.since:%Y-%m-%d %H:%M} UTC" if board.seeing.since else "none in this period"
    definition = (
        "Not known whether gone: not confirmed gone, and the last look could not tell. Undecided: indeterminate or unproven. The"
        f" record of looks goes back a few days ({since}). A look at a deadline is late by more than {LATE_SECONDS} s."
    )
    columns = ("Platform", *of_requests, *of_looks)
    return Table("How well we see", columns, tuple(rows), definition, board.seeing.total.looks.looks)


def causes_table(board: Dashboard) -> Table:
    """One row per cause."""
    horizons = board.causes.horizons
    rows: list[tuple[Cell, ...]] = []
    for cause in board.causes.causes:
        shares = [round(end, DIGITS) for seconds in horizons for end in cause.by(seconds)]
        rows.append((cause.label, Count(cause.requests, board.filters.listed(cause=cause.key)), *shares))
    columns = [f"Within {time_text(seconds)}, {end}" for seconds in horizons for end in ("from", "to")]
    definition = (
        "Share gone by each cause, the other causes competing (cumulative incidence, Aalen and Johansen 1978): read as if all content had"
        " gone when it was first seen gone, and as if right after it was last seen up; from and to are the lower and the higher reading."
        " What was not confirmed gone is censored at the last look that found it up."
    )
    return Table("Gone by which cause", ("Cause", "Confirmed gone", *columns), tuple(rows), definition, board.causes.items)


def age_label(seconds_from: int, seconds_to: int | None) -> str:
    """`under 1 h`, `1 d to 3 d`, `over 30 d`."""
    if not seconds_from:
        return f"under {time_text(seconds_to or 0)}"
    return f"{time_text(seconds_from)} to {time_text(seconds_to)}" if seconds_to else f"over {time_text(seconds_from)}"


def age_table(board: Dashboard) -> Table:
    """One row per age band."""
    rows: list[tuple[Cell, ...]] = []
    anytime = board.filters.listed(since="", until="")
    for band in board.open_by_age.bands:
        where = {**anytime, "age": f"{band.seconds_from}-{band.seconds_to or ''}"}
        numbers = (("open", band.requests), ("overdue", band.overdue), ("due", band.due_soon))
        label = age_label(band.seconds_from, band.seconds_to)
        rows.append((label, *(Count(number, {**where, "tab": tab}) for tab, number in numbers)))
    definition = "Requests open now, by the time since they were opened, whatever the period. Overdue: past due, breached or unproven."
    return Table("Open requests by age", ("Open for", "Open", "Overdue", "Due in 1 h"), tuple(rows), definition, board.open_by_age.requests)


def trend_table(board: Dashboard) -> Table:
    """One row per ISO week."""
    names = ("met", "indeterminate", "breached", "unproven", "pending", "suspended", "not_counted", "provisional")
    rows: list[tuple[Cell, ...]] = []
    for week in board.trend.weeks:
        first, last = _days(board.filters, week.week)
        where = {"since": str(first), "until": str(last)}
        requests = Count(week.requests, board.filters.listed(**where))
        label = f"{week.week:%G-W%V}"
        rows.append((label, str(first), str(last), requests, *_verdicts(board.filters, week, names, **where)))
    definition = "Requests by the week in which their clock started, Monday to Sunday, and by their verdict now."
    columns = ("Week", "From", "To", "Requests", *map(_name, names))
    return Table("Verdicts by week of the clock's start", columns, tuple(rows), definition, board.requests)


def _days(filters: Filters, monday: date) -> tuple[date, date]:
    """First and last day of the week that lie in the period."""
    return max(monday, filters.first_day or monday), min(monday + timedelta(days=6), filters.last_day)


def heat_table(board: Dashboard) -> Table:
    """One row per platform and ISO week with a request."""
    rows: list[tuple[Cell, ...]] = []
    for cell in board.heat.cells:
        first, last = _days(board.filters, cell.week)
        one = cell.standing
        where = board.filters.listed(platform=one.slug, since=str(first), until=str(last))
        undecided = one.indeterminate + one.unproven
        numbers = {"": cell.requests, "due": one.n, "met": one.met, "breached": one.breached, "undecided": undecided}
        counts = [Count(number, {**where, "counted": name}) for name, number in numbers.items()]
        missed = [f"fewer than {SMALL}"] * 2 if one.few else [round(end, DIGITS) for end in one.missed]
        rows.append((one.name, f"{cell.week:%G-W%V}", str(first), str(last), *counts, *missed))
    columns = ("Platform", "Week", "From", "To", "Requests", "N", "Met", "Breached", "Undecided", "At least missed", "At most missed")
    definition = (
        "N: requests that are met, breached, indeterminate or unproven, by the week in which their clock started. At least missed is"
        f" breached of N; at most adds what is undecided. With fewer than {SMALL} the share is withheld. What stands out has its lowest"
        " share of misses beyond the binomial limit around the highest of all that is shown, 2.5 % shared out among all cells (Bonferroni)."
    )
    return Table("Deadlines missed by platform and week", columns, tuple(rows), definition, board.heat.total.n)


def against_table(board: Dashboard) -> Table:
    """One row per slice of the period, then what is not confirmed gone."""
    rows: list[tuple[Cell, ...]] = []
    for one in board.against.slices:
        span = f"{one.seconds_from}-{one.seconds_to or ''}"
        counts = [Count(n, board.filters.listed(went=f"{how}-{span}")) for how, n in (("within", one.surely), ("touching", one.perhaps))]
        rows.append((one.label, one.seconds_from, one.seconds_to, *counts))
    if rows:
        left = Count(board.against.unconfirmed, board.filters.listed(went="unconfirmed"))
        rows.append(("not confirmed gone", None, None, left, left))
    definition = (
        "Confirmed removals by the time from the start of the clock, the end of a slice inside. Surely: both looks around it lie in the"
        " slice. Perhaps: all that may have gone then, so one removal may be in several slices. What is not confirmed gone is in none of"
        " them, though some of it may have gone since it was last found up."
    )
    columns = ("Went", "After (s)", "At the latest (s)", "Surely", "Perhaps")
    return Table("Removals in slices of the period allowed", columns, tuple(rows), definition, board.against.items)


TABLES: dict[str, Callable[[Dashboard], Table]] = {
    "removal": removal_table,
    "against": against_table,
    "platforms": spread_table,
    "heat": heat_table,
    "bands": bands_table,
    "seeing": seeing_table,
    "causes": causes_table,
    "compliance": compliance_table,
    "open-by-age": age_table,
    "trend": trend_table,
}
