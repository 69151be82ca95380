"""The year of a competent authority under Regulation (EU) 2021/784: its own report (Art. 8), and the monitoring data (Art. 21)."""

from takedown.models.policy import REMOVAL_ORDER
from takedown.reports.cells import NOT_RECORDED, Form, between, by_hand, form
from takedown.reports.report import Cohort, Kind, Pieces, Section
from takedown.reports.tables import deadline_table, half_form, speed_pieces, speed_table
from takedown.reports.tally import FROM_AN_HOUR, UP, Tally
from takedown.statistics.causes import CAUSES
from takedown.statistics.cells import Cell, Count
from takedown.statistics.figures import in_sentence

REMOVED = (
    "At least what the platform itself says it removed; at most also what is gone with its host or for an unknown cause, what is withheld"
    " in some countries, what is not known, and orders without a receipt on record. What its author or other users took down is in neither."
)
NOT_REMOVED = (
    "At least what the last look found up; at most also what is withheld in some countries, what is not known, and orders without a"
    " receipt on record."
)


def _sections(cohort: Cohort) -> tuple[Section, ...]:
    decisions = (
        *(f"8(1)(b) Decisions under Article 5({paragraph})" for paragraph in (4, 6, 7)),
        "8(1)(b) Implementation of these decisions, with a description of the specific measures",
        "8(1)(c) Removal orders under administrative or judicial review, and the outcomes",
        "8(1)(c) Decisions under Article 5(4) and (6) under administrative or judicial review, and the outcomes",
        "8(1)(d) Decisions imposing penalties under Article 18",
        "8(1)(d) Types of penalties imposed",
    )
    monitoring = (
        "21(1)(b) Specific measures under Article 5",
        "21(1)(b) Items removed or disabled under specific measures, and the speed",
        "21(1)(c) Requests for access to content preserved under Article 6",
        "21(1)(d) Complaint procedures under Article 10, and the actions of providers",
        "21(1)(e) Administrative or judicial review proceedings, and the decisions",
    )
    transparency = (_orders(cohort), by_hand("Decisions, reviews and penalties", decisions))
    data = (
        _removals(cohort),
        speed_table(cohort, FROM_AN_HOUR),
        half_form(cohort),
        deadline_table(cohort),
        by_hand("Measures, access, complaints, reviews", monitoring),
    )
    return (
        Section("Transparency report of the competent authority", "Article 8 Regulation (EU) 2021/784", transparency),
        Section("Monitoring data for the Member State, due on 31 March", "Article 21(1) Regulation (EU) 2021/784", data),
    )


def _issued(cohort: Cohort) -> tuple[str, Cell, str]:
    how = "First sent in the year, with or without a receipt on record, and neither void nor withdrawn."
    return "Removal orders issued under Article 3", cohort.orders, how


def _orders(cohort: Cohort) -> Form:
    tally, where = cohort.all, cohort.where
    unstarted, ended = tally.left_out("unstarted"), tally.left_out("ended")
    name, number, how = _issued(cohort)
    lines: list[tuple[str, Cell, str]] = [
        (f"8(1)(a) {name}", number, how),
        (
            "8(1)(a) Subject to Article 4(1): cross-border",
            between(cohort.cross_border),
            "Of those issued, by the States that Annex I names.",
        ),
        ("Removal orders of the year by their clock", tally.sent, "All numbers from here on; see the notes. Neither void nor withdrawn."),
        ("of these, with a receipt on record", Count(tally.standing, where(counted="standing")), "The clock has started."),
        ("of these, sent without a receipt on record", unstarted, "Sent in the year; the clock has not started."),
        ("not in these: void or withdrawn", ended, "Issued, and later declared void or withdrawn."),
        ("8(1)(a) Scrutinised under Article 4", NOT_RECORDED, "Scrutiny is the task of the authority of the provider's State."),
        ("8(1)(a) Content removed or access disabled", between(tally.removed), REMOVED),
        ("8(1)(a) Content not removed, access not disabled", between(tally.not_removed), NOT_REMOVED),
        ("Content gone, whoever removed it", tally.state("gone"), "Confirmed gone after the clock started."),
        *_causes(cohort),
        ("Seen up again later", Count(tally.back, where(tab="back", went="all")), "Counted as gone above, and found up later."),
        (
            "Not known whether gone",
            Count(tally.state("unknown"), where(went="unknown")),
            "Not confirmed gone, and no look can tell.",
        ),
        ("Still up at the last look", Count(tally.state(*UP), where(went="up")), "Still watched; withheld in some countries counts as up."),
        ("Gone before the order was received", tally.left_out("before"), "In neither of the numbers on removal."),
        ("Not counted by a person", tally.left_out("dismissed"), "Decided with a reason; in neither of the numbers on removal."),
        ("Answered with Annex II", tally.number(lambda row: row.left_out != "ended" and row.done), "Answers on record."),
        ("Answered with Annex III", tally.number(lambda row: row.left_out != "ended" and row.impossible), "Answers on record."),
    ]
    return form("Removal orders", tally.sent, lines)


def _causes(cohort: Cohort) -> list[tuple[str, Cell, str]]:
    return [
        (
            f"of these: {in_sentence(label)}",
            Count(cohort.all.gone_by(cause), cohort.where(cause=cause)),
            "By what the platform says.",
        )
        for cause, label in CAUSES.items()
    ]


def _removals(cohort: Cohort) -> Form:
    name, number, how = _issued(cohort)
    items = "One request is one item, whatever the addresses its order names. " + REMOVED
    lines = [(f"21(1)(a) {name}", number, how), ("21(1)(a) Items removed or disabled", between(cohort.all.removed), items)]
    return form("Orders and items", cohort.all.sent, lines)


def _pieces(tally: Tally) -> Pieces:
    return speed_pieces(tally, FROM_AN_HOUR)


AUTHORITY = Kind(
    slug="tco-authority",
    title="Removal orders of a year",
    law="Articles 8 and 21 Regulation (EU) 2021/784",
    about="The yearly report of the competent authority, and the monitoring data for the Commission, with the speed of removal.",
    yearly=True,
    policy=REMOVAL_ORDER,
    choosable=False,
    notes=(
        "Issued and cross-border count orders by when they were first sent; where no sending is on record, by when their clock first"
        " started. All other numbers go by the clock: an order sent in December whose clock started or restarted in January is issued in"
        " the one year, and what became of it is told in the other.",
        "Only orders of this unit are counted. Before anything of this is published, leave out what could harm ongoing investigations or"
        " public security.",
    ),
    sections=_sections,
    figure="Speed of removal",
    pieces=_pieces,
)
