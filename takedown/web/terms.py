"""The terms of policies as words, and the form in which they are written anew."""

import hashlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

from django import forms
from django.utils.text import capfirst

from takedown.choices import CountingRule, DurationUnit, Purpose, StartEvent
from takedown.deadlines import days_off, iso_day
from takedown.models import Agency, DeadlinePolicy
from takedown.policies import TERMS, successor, terms_of
from takedown.web.due import duration

if TYPE_CHECKING:
    PolicyForm = forms.ModelForm[DeadlinePolicy]
else:  # Django's own class takes no parameters at run time
    PolicyForm = forms.ModelForm

LABELS = {
    "start_event": "Clock starts",
    "timezone": "Zone",
    "holiday_regions": "Holidays of",
    "extra_holidays": "Further days off",
    "counting_rule": "Counts",
    "four_eyes": "A second person approves",
    "warn_before": "Warns before the deadline",
    "complies_when": "Complied when",
    "regions": "Where",
    "compliance": "Complied means",
}
HINTS = {
    "duration": "0 where there is no fixed period.",
    "timezone": "In which days, months and whole hours are counted, such as Europe/Paris.",
    "holiday_regions": "Their weekends and holidays are no working days. Codes such as FR or GB-SCT, separated by commas.",
    "extra_holidays": "No working days either. Dates such as 2026-12-24, separated by commas.",
    "counting_rule": "Under Regulation 1182/71 the hour or day of the event does not count, and days end at midnight, on a working day.",
    "warn_before": "Minutes, the fewest first, such as 15, 240. Empty: no warning.",
    "complies_when": "In words below. What is withheld in some countries counts as up whatever is chosen here.",
    "regions": "Countries such as FR, or EU for its 27 States, separated by commas. Empty: everywhere.",
}
FOR_REQUESTS = ("warn_before", "complies_when", "regions")
"""Terms that mean nothing for the clocks of others than platforms."""
PROSE = {name: forms.Textarea(attrs={"rows": 2, "dir": "auto"}) for name in ("compliance", "sanction", "source")}
EMPTY = {"regions": "Everywhere"}
"""Words for an empty list that does not mean none."""
LONGEST = 2000
"""Units of a period: working days are counted one by one."""


def in_words(policy: DeadlinePolicy) -> dict[str, str]:
    """The terms of a version by label."""
    left_out = {"duration", "unit", *(FOR_REQUESTS if policy.purpose == Purpose.DUTY else ())}
    words = {name: _words(policy, name) for name in TERMS if name not in left_out}
    first = {"Name": words.pop("name"), "Period": policy.duration_text}
    return first | {LABELS.get(name, capfirst(name)): text for name, text in words.items()}


def calendar_of(policy: DeadlinePolicy) -> str:
    """On which calendar its period is counted."""
    if policy.unit == DurationUnit.NONE:
        return "None"
    if policy.unit in (DurationUnit.MINUTES, DurationUnit.HOURS):
        return f"{policy.get_counting_rule_display()}; every hour counts"
    off = f"off: {', '.join(['weekends', *policy.holiday_regions, *policy.extra_holidays])}"
    if policy.unit == DurationUnit.WORKING_DAYS:
        return f"{policy.timezone}; {off}"
    if policy.counting_rule == CountingRule.WHOLE_UNITS:
        return f"{policy.timezone}; every day counts, and the last is a working day; {off}"
    return f"{policy.timezone}; every day counts"


def difference(old: datetime | None, new: datetime | None) -> str:
    """`2 h later`; what becomes of a deadline under other terms."""
    if old == new:
        return "The same"
    if old is None or new is None:
        return "Would have a deadline" if old is None else "Would have no deadline"
    span: timedelta = new - old
    return f"{duration(abs(span))} {'later' if span > timedelta() else 'earlier'}"


class TermsForm(PolicyForm):
    """New terms in the place of a version. Keeps what was typed when it is refused."""

    reason = forms.CharField(label="Why", max_length=2000, widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}))

    class Meta:
        model = DeadlinePolicy
        fields = TERMS
        labels = LABELS
        widgets = PROSE
        help_texts = HINTS

    def __init__(self, data: Any = None, *, base: DeadlinePolicy, agency: Agency, now: datetime) -> None:
        self.base, self.now = base, now
        super().__init__(data, instance=successor(base, agency, now, terms_of(base)))
        start: Any = self.fields["start_event"]
        duty = base.purpose == Purpose.DUTY
        start.choices = [choice for choice in StartEvent.choices if (choice[0] == StartEvent.RECORDED) == duty]
        for name in FOR_REQUESTS if duty else ():
            del self.fields[name]
        length: Any = self.fields["duration"]
        length.validators.append(forms.IntegerField(max_value=LONGEST).validators[0])

    def clean_timezone(self) -> str:
        zone: str = self.cleaned_data["timezone"]
        if zone not in available_timezones():
            raise forms.ValidationError(f"No zone is called “{zone}”.")
        return zone

    def clean_holiday_regions(self) -> list[str]:
        regions: list[str] = self.cleaned_data["holiday_regions"]
        for region in regions:
            try:
                days_off(region, self.now.year)
            except ValueError as error:
                raise forms.ValidationError(str(error)) from error
        return regions

    def clean_regions(self) -> list[str]:
        return [code.upper() for code in self.cleaned_data["regions"]]

    def clean_extra_holidays(self) -> list[str]:
        days: list[str] = self.cleaned_data["extra_holidays"]
        if wrong := [day for day in days if not _is_date(day)]:
            raise forms.ValidationError(f"Not a date: {', '.join(wrong)}. Write dates as 2026-12-24.")
        return days

    def clean(self) -> None:
        unit, length = self.cleaned_data.get("unit"), self.cleaned_data.get("duration")
        if unit == DurationUnit.NONE and length:
            self.add_error("duration", "Where there is no fixed period this is 0.")

    @property
    def terms(self) -> dict[str, object]:
        """What was typed, once it is valid."""
        return terms_of(self.instance)

    @property
    def digest(self) -> str:
        """Names these terms in the place of this version: what a preview has shown."""
        return hashlib.sha256(repr((self.base.pk, sorted(self.terms.items()))).encode()).hexdigest()[:16]


def _words(policy: DeadlinePolicy, name: str) -> str:
    value = getattr(policy, name)
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, list):
        return ", ".join(map(str, value)) + (" min" if value and name == "warn_before" else "") or EMPTY.get(name, "None")
    shown: Any = getattr(policy, f"get_{name}_display", None)
    return str(shown() if shown else value) or "None given"


def _is_date(text: str) -> bool:
    """Whether it is a date in the one form in which dates are compared."""
    try:
        iso_day(text)
    except ValueError:
        return False
    return True
