"""The year of a trusted flagger under Regulation (EU) 2022/2065, Art. 22(3)."""

from takedown.reports.cells import by_hand, form
from takedown.reports.report import Cohort, Kind, Pieces, Section
from takedown.reports.tables import action_table, categories
from takedown.reports.tally import BY_THE_PROVIDER, UP, Tally, by
from takedown.statistics.cells import Cell, Count, Table


def _sections(cohort: Cohort) -> tuple[Section, ...]:
    types = categories(cohort, by(cohort.rows, lambda row: row.category))
    decisions = (
        "Decisions notified by providers (Article 16(5)), by decision",
        "Notices that providers called imprecise or unsubstantiated",
    )
    tables = (
        _notices(cohort),
        action_table("By provider, and action taken", "Provider", cohort, cohort.lines()),
        action_table("By type of alleged illegal content, and action taken", "Type of content", cohort, types),
        by_hand("Decisions of providers", decisions),
    )
    blanks = ("How the independence of this unit from providers of online platforms is secured (written by the unit):",)
    law = "Article 22(3) Regulation (EU) 2022/2065"
    return (Section("Notices submitted", law, tables), Section("Independence", law, (), blanks))


def _notices(cohort: Cohort) -> Table:
    tally, where = cohort.all, cohort.where
    lines: list[tuple[str, Cell, str]] = [
        ("Notices submitted", tally.sent, "Requests under the policy named above, neither void nor withdrawn."),
        ("of these, followed", Count(tally.followed, where(went="all")), "What became of the content is told below."),
        ("of these, gone before the notice took effect", tally.left_out("before"), "Gone before the clock started."),
        ("of these, not counted by a person", tally.left_out("dismissed"), "Decided with a reason."),
        ("of these, the clock has not started", tally.left_out("unstarted"), "Sent in the year, without the event that starts the clock."),
        ("not in these: void or withdrawn", tally.left_out("ended"), "Sent, and later declared void or withdrawn."),
        ("Seen up again later", Count(tally.back, where(tab="back", went="all")), "Confirmed gone, and found up after the deadline."),
    ]
    return form("Notices", tally.sent, lines)


def _pieces(tally: Tally) -> Pieces:
    return [
        ("1h", "Gone: the platform", tally.gone_by(*BY_THE_PROVIDER)),
        ("48h", "Gone: its author or other users", tally.gone_by("user")),
        ("later", "Gone: its host, or cause unknown", tally.gone_by("host", "unknown")),
        ("up", "Still up", tally.state(*UP)),
        ("unknown", "Not known", tally.state("unknown")),
    ]


FLAGGER = Kind(
    slug="trusted-flagger",
    title="Notices of a trusted flagger",
    law="Article 22(3) Regulation (EU) 2022/2065",
    about="The yearly report of a trusted flagger: notices by provider, by type of content and by what became of them.",
    yearly=True,
    policy="dsa_art16_notice",
    choosable=True,
    notes=(
        "What providers decided and notified is not on record. In its place stands what was seen: that content is gone, and by what cause,"
        " if the platform says so. Gone is not the same as removed upon the notice.",
    ),
    sections=_sections,
    figure="What became of the content",
    pieces=_pieces,
)
