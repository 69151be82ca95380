"""A monitoring round in the style of the code of conduct on hate speech: some weeks of notices, and what became of them by platform."""

from takedown.reports.cells import NOT_RECORDED, between, by_hand
from takedown.reports.report import Cohort, Kind, Pieces, Section
from takedown.reports.tables import half_form, speed_pieces, speed_table
from takedown.reports.tally import FROM_A_DAY, Tally
from takedown.statistics.cells import Cell, Count, Table

LAW = "Code of conduct on countering illegal hate speech online (2016; Code+ of 2025)"


def _sections(cohort: Cohort) -> tuple[Section, ...]:
    assessed = ("Notices assessed by the platform within 24 h", "Notices assessed by the platform, and not removed")
    tables = (_sent(cohort), speed_table(cohort, FROM_A_DAY), half_form(cohort), by_hand("Assessment", assessed))
    return (Section("Notices and removals by platform", LAW, tables),)


def _sent(cohort: Cohort) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for name, tally, only in cohort.lines():
        left_out = (tally.left_out("before"), tally.left_out("dismissed"), tally.left_out("unstarted"))
        followed = Count(tally.followed, cohort.where(**only, went="all"))
        back = Count(tally.back, cohort.where(**only, tab="back", went="all"))
        rows.append((name, tally.sent, _answered(tally), followed, *left_out, tally.left_out("ended"), back))
    left = ("Gone before the clock started", "Not counted by a person", "Clock not started", "Void or withdrawn, not in sent")
    definition = (
        "Sent: requests of the period, neither void nor withdrawn; followed are those of which the next table tells what became of them."
        " Answered: an answer or a claim of the platform is on record. That is kept for removal orders only, so of other requests it is"
        " not known."
    )
    columns = ("Platform", "Sent", "Answered", "Followed", *left, "Seen up again later")
    return Table("Notices sent", columns, tuple(rows), definition, cohort.all.sent)


def _answered(tally: Tally) -> Cell:
    """By hand where none of the requests is of the kind whose answers are kept."""
    if tally.sent and not tally.number(lambda row: row.left_out != "ended" and row.is_order):
        return NOT_RECORDED
    return between(tally.answered)


def _pieces(tally: Tally) -> Pieces:
    return speed_pieces(tally, FROM_A_DAY)


MONITORING = Kind(
    slug="monitoring-round",
    title="Monitoring round",
    law=LAW,
    about="Notices of any days by platform: sent, answered, and removed within 24 hours, 48 hours, a week, or later.",
    yearly=False,
    policy="",
    choosable=True,
    notes=(
        "The code asks for a review within 24 hours, not for a removal: what is gone within 24 hours was reviewed by then, if the"
        " platform removed it; what is up may have been reviewed. The last notices of a round may not have been followed for a week yet.",
    ),
    sections=_sections,
    figure="Removed by when",
    pieces=_pieces,
)
