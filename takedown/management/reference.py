"""What every install starts with: deadline policies and platforms. Safe to run again and again."""

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

from platforms import registry
from platforms.models import Platform
from takedown.choices import Compliance, DurationUnit, Purpose, StartEvent
from takedown.models import DeadlinePolicy
from takedown.models.policy import EMERGENCY_REVIEW, REMOVAL_ORDER

QUARTER = [15]
"""Minutes before the end of an hour: time for a look and a call to the contact point."""
SHIFT = [240]
"""Before the end of a day: the shift that sees it still ends before the deadline."""
AFTERNOON = [480]
"""Before a midnight: 16:00, while offices are open."""
DAY = [1440]
"""Before the end of a week."""
OR_DISABLED = Compliance.REMOVED_OR_DISABLED
UK = ["GB-ENG", "GB-WLS", "GB-SCT", "GB-NIR"]


@dataclass(frozen=True)
class Terms:
    """One seeded policy. Counsel may change any of it: a new version supersedes it."""

    key: str
    name: str
    start_event: StartEvent
    duration: int
    unit: DurationUnit
    valid_from: datetime
    source: str
    compliance: str
    sanction: str = ""
    timezone: str = "UTC"
    holiday_regions: list[str] = field(default_factory=list)
    extra_holidays: list[str] = field(default_factory=list)
    valid_to: datetime | None = None
    purpose: Purpose = Purpose.REMOVAL
    four_eyes: bool = False
    warn_before: list[int] = field(default_factory=list)
    complies_when: Compliance = Compliance.REMOVED
    regions: list[str] = field(default_factory=list)


def _day(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, tzinfo=UTC)


POLICIES = (
    Terms(
        REMOVAL_ORDER,
        "TCO removal order",
        StartEvent.RECEIVED,
        1,
        DurationUnit.HOURS,
        _day(2022, 6, 7),
        "Art. 3(3) Regulation (EU) 2021/784",
        "Removed, or access disabled in all Member States.",
        "Up to 4 % of worldwide turnover for systematic or persistent failure (Art. 18(3)).",
        four_eyes=True,
        warn_before=QUARTER,
        complies_when=OR_DISABLED,
        regions=["EU"],
    ),
    Terms(
        "eu_rec_2018_334",
        "Referral, Recommendation (EU) 2018/334",
        StartEvent.RECEIVED,
        1,
        DurationUnit.HOURS,
        _day(2018, 3, 1),
        "Point 35 Recommendation (EU) 2018/334",
        "Removed or access disabled.",
        warn_before=QUARTER,
        complies_when=OR_DISABLED,
    ),
    Terms(
        "dsa_art9_effect",
        "DSA order to act",
        StartEvent.RECEIVED,
        0,
        DurationUnit.NONE,
        _day(2024, 2, 17),
        "Art. 9 Regulation (EU) 2022/2065: without undue delay, no fixed period",
        "Effect given and reported, with its time.",
    ),
    Terms(
        "dsa_art16_notice",
        "DSA notice",
        StartEvent.SENT,
        0,
        DurationUnit.NONE,
        _day(2024, 2, 17),
        "Art. 16 Regulation (EU) 2022/2065: timely, no fixed period",
        "Decision notified.",
    ),
    Terms(
        "uk_ta2006_s3",
        "UK notice under section 3",
        StartEvent.RECEIVED,
        2,
        DurationUnit.WORKING_DAYS,
        _day(2006, 4, 13),
        "Section 3 Terrorism Act 2006; given in person or by recorded delivery",
        "Not available to the public, or modified.",
        "The person counts as endorsing the content.",
        timezone="Europe/London",
        holiday_regions=UK,
        warn_before=AFTERNOON,
    ),
    Terms(
        "uk_osa_s10",
        "UK Online Safety Act alert",
        StartEvent.RECEIVED,
        0,
        DurationUnit.NONE,
        _day(2025, 3, 17),
        "Section 10 Online Safety Act 2023: swiftly, no fixed period",
        "Taken down.",
        "Up to GBP 18 million or 10 % of worldwide revenue.",
    ),
    Terms(
        "fr_lcen_6_1",
        "French request under article 6-1 LCEN",
        StartEvent.SENT,
        24,
        DurationUnit.HOURS,
        _day(2014, 11, 15),
        "Article 6-1 loi n° 2004-575",
        "Removed; otherwise blocking and delisting may follow.",
        "Blocking.",
        timezone="Europe/Paris",
        warn_before=SHIFT,
    ),
    Terms(
        "de_netzdg_manifest",
        "German NetzDG, manifestly unlawful (historic)",
        StartEvent.RECEIVED,
        24,
        DurationUnit.HOURS,
        _day(2017, 10, 1),
        "Section 3(2) no. 2 NetzDG, repealed on 14 May 2024",
        "Removed or blocked.",
        "Up to EUR 50 million.",
        timezone="Europe/Berlin",
        valid_to=_day(2024, 5, 14),
        warn_before=SHIFT,
        complies_when=OR_DISABLED,
    ),
    Terms(
        "de_netzdg_other",
        "German NetzDG, other unlawful (historic)",
        StartEvent.RECEIVED,
        7,
        DurationUnit.DAYS,
        _day(2017, 10, 1),
        "Section 3(2) no. 3 NetzDG, repealed on 14 May 2024",
        "Removed or blocked.",
        "Up to EUR 50 million.",
        timezone="Europe/Berlin",
        valid_to=_day(2024, 5, 14),
        warn_before=DAY,
        complies_when=OR_DISABLED,
    ),
    Terms(
        "au_osa_s109",
        "Australian removal notice",
        StartEvent.RECEIVED,
        24,
        DurationUnit.HOURS,
        _day(2022, 1, 23),
        "Section 109 Online Safety Act 2021",
        "Not accessible to users in Australia.",
        "Civil penalty.",
        timezone="Australia/Sydney",
        warn_before=SHIFT,
        complies_when=OR_DISABLED,
        regions=["AU"],
    ),
    Terms(
        "eu_code_hate",
        "EU code on hate speech, 24-hour review",
        StartEvent.SENT,
        24,
        DurationUnit.HOURS,
        _day(2016, 5, 31),
        "Code of conduct on countering illegal hate speech online, 2016",
        "Reviewed; removal is measured.",
        warn_before=SHIFT,
    ),
    Terms(
        "eu_code_plus",
        "EU Code+ on hate speech, 24-hour review",
        StartEvent.SENT,
        24,
        DurationUnit.HOURS,
        _day(2025, 1, 20),
        "Code of conduct on countering illegal hate speech online +, 2025",
        "Reviewed; two thirds within the period.",
        "Part of the audit under the DSA.",
        warn_before=SHIFT,
    ),
    Terms(
        "referral_voluntary",
        "Voluntary referral, internal target",
        StartEvent.SENT,
        24,
        DurationUnit.HOURS,
        _day(2015, 7, 1),
        "Terms of service of the platform; the target is the agency's own",
        "Removed under the platform's terms.",
        warn_before=SHIFT,
    ),
)


def _duty(key: str, name: str, duration: int, unit: DurationUnit, source: str, done: str) -> Terms:
    """What somebody else than the platform has to do, from the instant that is recorded."""
    return Terms(key, name, StartEvent.RECORDED, duration, unit, _day(2022, 6, 7), source, done, purpose=Purpose.DUTY)


_TCO = "Regulation (EU) 2021/784"
DUTIES = (
    _duty(EMERGENCY_REVIEW, "Review of an emergency", 24, DurationUnit.HOURS, "The agency's own rule", "Reviewed by another person."),
    _duty(
        "tco_first_info", "First order: information beforehand", 12, DurationUnit.HOURS, f"Art. 3(2) {_TCO}", "Order not issued earlier."
    ),
    _duty("tco_scrutiny_own", "Scrutiny of a cross-border order", 72, DurationUnit.HOURS, f"Art. 4(3) {_TCO}", "Decision adopted."),
    _duty("tco_scrutiny_request", "Request for scrutiny", 48, DurationUnit.HOURS, f"Art. 4(4) {_TCO}", "Request made."),
    _duty("tco_scrutiny_decision", "Scrutiny on request", 72, DurationUnit.HOURS, f"Art. 4(4) {_TCO}", "Decision adopted."),
    _duty("tco_preservation", "Preservation of content", 6, DurationUnit.MONTHS, f"Art. 6(2) {_TCO}", "Kept, with restricted access."),
    _duty("tco_nondisclosure", "Non-disclosure", 6, DurationUnit.WEEKS, f"Art. 11(3) {_TCO}; once more six weeks", "User not informed."),
    _duty("tco_complaint_answer", "Answer to a complaint", 2, DurationUnit.WEEKS, f"Art. 10(2) {_TCO}", "Outcome told."),
    _duty(
        "tco_specific_measures_report",
        "Report on specific measures",
        3,
        DurationUnit.MONTHS,
        f"Art. 5(5) {_TCO}; yearly from then on",
        "Report filed.",
    ),
    _duty("dsa_art20_window", "Internal complaint", 6, DurationUnit.MONTHS, "Art. 20(1) Regulation (EU) 2022/2065", "Complaint lodged."),
    _duty(
        "dsa_art21_result", "Out-of-court settlement", 90, DurationUnit.DAYS, "Art. 21(4) Regulation (EU) 2022/2065", "Result made known."
    ),
)


def install_policies() -> int:
    """Add the policies that are missing; how many. One that was superseded since is left alone."""
    added = 0
    for terms in (*POLICIES, *DUTIES):
        if not DeadlinePolicy.objects.filter(agency=None, key=terms.key).exists():
            DeadlinePolicy(**asdict(terms)).save(force_insert=True)
            added += 1
    return added


def install_platforms() -> int:
    """Add a row for each connector that has none; how many. Requests go by hand until an operator enters a contact."""
    added = 0
    for slug, connector in registry.connectors().items():
        _, new = Platform.objects.get_or_create(slug=slug, defaults={"name": connector.label, "connector": slug})
        added += new
    return added
