"""Tables that more than one report has."""

from collections.abc import Collection, Iterable, Mapping

from takedown.choices import DECIDED, Category, VerdictValue
from takedown.reports.cells import FEW, Form, between, form, shares
from takedown.reports.report import LEFT_OUT, Cohort, Pieces
from takedown.reports.tally import RESTRICTED, UP, Band, Tally
from takedown.statistics.causes import CAUSES
from takedown.statistics.cells import Cell, Count, Table
from takedown.statistics.figures import SMALL, Interval, Removal, in_sentence, interval_text, reach_text
from takedown.survival import bootstrap_quantile

Line = tuple[str, Tally, dict[str, str]]
"""Name, tally, and the filter that narrows the queue to it."""
BOOTSTRAPPED = 300
"""Of more requests than this the resamples would take more than three seconds."""
RESAMPLES, SEED = 500, 1
VERDICTS = ("met", "indeterminate", "breached", "unproven", "pending", "suspended", "provisional", "not_counted")


def speed_table(cohort: Cohort, bands: tuple[Band, ...]) -> Table:
    """One row per platform, then all: removals by these bands."""
    rows: list[tuple[Cell, ...]] = []
    for name, tally, only in cohort.lines():
        cells = [between(tally.within(band), cohort.where(**only, went=f"within-{band.span}")) for band in bands]
        rest = [Count(number, cohort.where(**only, went=went)) for went, number in _rest(tally)]
        share = shares(tally.share_within(bands[0]), tally.followed)
        rows.append((name, Count(tally.followed, cohort.where(**only, went="all")), *cells, *rest, *share))
    share_of = f"Share {in_sentence(bands[0].label)}"
    columns = ("Platform", "Followed", *(band.label for band in bands), "Still up", "Not known", share_of, "95 % interval")
    definition = (
        "Confirmed gone, by the time from the start of the clock: at least what surely went then, at most also what may have, what is not"
        " known included. Share of all followed, with Wilson's interval around both bounds; there, what is up and whose time is not over"
        f" counts as perhaps. {LEFT_OUT}"
    )
    return Table("Speed of removal", columns, tuple(rows), definition, cohort.all.followed)


def half_form(cohort: Cohort) -> Form:
    """By when half is gone, and a 95 % interval of that: by bootstrap, unless there are so many that it would take long."""
    removal = cohort.removal
    half, reach = (FEW, FEW) if removal.items < SMALL else (interval_text(dict(removal.quartiles)[50]), reach_text(_half_reach(removal)))
    drawn = f"Bootstrap: the requests drawn anew {RESAMPLES} times (seed {SEED}); the middle 95 % of what comes out."
    band = f"Of more than {BOOTSTRAPPED} requests, read off the band of the curve (Brookmeyer and Crowley 1982) and not by bootstrap."
    estimate = (
        "Estimate for what is known between two looks only (Turnbull 1976); what is not confirmed gone was up at least until last seen so."
    )
    lines: list[tuple[str, Cell, str]] = [
        ("Half gone within", half, estimate),
        ("95 % interval", reach, band if removal.items > BOOTSTRAPPED else drawn),
    ]
    return form("Time until half is gone", removal.items, lines)


def _half_reach(removal: Removal) -> Interval | None:
    if removal.items > BOOTSTRAPPED:
        return removal.half_reach
    return bootstrap_quantile(removal.ends, removal.number, 0.5, resamples=RESAMPLES, seed=SEED)


def speed_pieces(tally: Tally, bands: tuple[Band, ...]) -> Pieces:
    """Parts of a bar by these bands."""
    sure = [(band.key, band.label, tally.within(band)[0]) for band in bands]
    between_bands = tally.state("gone") - sum(number for _, _, number in sure)
    rest = [("between", "Gone, band unknown", between_bands), ("up", "Still up", tally.state(*UP))]
    return [*sure, *rest, ("unknown", "Not known", tally.state("unknown"))]


def action_table(title: str, first: str, cohort: Cohort, lines: Iterable[Line]) -> Table:
    """One row per line: what became of the content, in parts that add up to the requests sent; the restricted ones are part of the rest."""
    rows: list[tuple[Cell, ...]] = []
    for name, tally, only in lines:
        gone = [Count(tally.gone_by(cause), cohort.where(**only, cause=cause)) for cause in CAUSES]
        rest = [Count(number, cohort.where(**only, went=went)) for went, number in _rest(tally)]
        rows.append((name, tally.sent, *gone, *rest, tally.not_followed, tally.state(*RESTRICTED)))
    causes = (f"Gone: {in_sentence(label)}" for label in CAUSES.values())
    columns = (first, "Sent", *causes, "Still up", "Not known", "Not followed", "Still up, restricted")
    definition = (
        "Confirmed gone, by what the platform says brought it about; most say nothing, and then the cause is unknown. Still up, restricted:"
        " of what is still up, behind a gate or withheld in some countries. Not followed: gone before the clock started, not counted by a"
        " person, or the clock has not started. Void and withdrawn requests are left out."
    )
    return Table(title, columns, tuple(rows), definition, cohort.all.sent)


def _rest(tally: Tally) -> tuple[tuple[str, int], ...]:
    return ("up", tally.state(*UP)), ("unknown", tally.state("unknown"))


def categories(cohort: Cohort, tallies: Mapping[str, Tally]) -> list[Line]:
    """Lines of types of content, then all."""
    lines = [(str(Category(category).label), tally, {"category": category}) for category, tally in tallies.items()]
    return [*lines, ("All types", cohort.all, {})]


def deadline_table(cohort: Cohort) -> Table:
    """One row per platform, then all: verdicts as the dashboard counts them."""
    rows: list[tuple[Cell, ...]] = []
    decided = [str(value) for value in DECIDED - {VerdictValue.NOT_COUNTED}]
    for name, tally, only in cohort.lines():
        counts = [_counted(tally, (value,), cohort.where(**only, counted=value)) for value in VERDICTS]
        n, met = tally.counted_as(*decided), tally.counted_as("met")
        share = shares((met, met + tally.counted_as("indeterminate")), n)
        rows.append((name, _counted(tally, decided, cohort.where(**only, counted="decided")), *counts, *share))
    columns = ("Platform", "Decided", *(value.replace("_", " ").capitalize() for value in VERDICTS), "Share met", "95 % interval")
    definition = (
        "Decided: met, indeterminate or breached, by what a person decided, else by what was observed. Share met of the decided: at least"
        " what is met, at most also what is indeterminate. Apart from these: what is past due and unproven, pending or suspended, and"
        " provisional verdicts, which await confirmation. Void and withdrawn orders are not counted."
    )
    return Table("Against the deadline", columns, tuple(rows), definition, cohort.all.counted_as(*decided))


def _counted(tally: Tally, verdicts: Collection[str], where: Mapping[str, str]) -> Cell:
    """With its list, unless that has void or withdrawn orders too, which are not counted."""
    number = tally.counted_as(*verdicts)
    return Count(number, where) if number == tally.listed_as(*verdicts) else number
