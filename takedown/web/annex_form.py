"""The annexes as forms. What is asked of their fields is `takedown.annexes`' matter; here is only how they are typed."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone

from takedown.annexes import EU_STATES, REDRESS, Annex, Field, Kind, Values, check, wrong
from takedown.templatetags.takedown_tags import defang

HINTS = {
    **dict.fromkeys(REDRESS, "Needed unless the content provider is not told (section C)."),
    "followup_contact": "Needed from another competent authority (section E).",
    "errors_and_clarification_needed": "Needed unless force majeure is the only reason.",
}
"""Of fields that are needed sometimes."""
DERIVED = frozenset({"is_cross_border"})
LINE = 8000


class AnnexForm(forms.Form):
    """One annex. A draft may lack what is needed; `strict` says so. What is kept is in `values`, once the form is valid."""

    use_required_attribute = False

    def __init__(
        self,
        data: Any = None,
        *,
        annex: Annex,
        now: datetime,
        initial: Mapping[str, Any] | None = None,
        strict: bool = True,
        left_out: frozenset[str] = DERIVED,
    ) -> None:
        asked = {key: field for key, field in annex.fields.items() if key not in left_out}
        shown = {key: _typed(asked[key], value) if key in asked else value for key, value in (initial or {}).items()}
        super().__init__(data, initial=shown, auto_id="f-%s")
        self.annex, self.now, self.strict, self.asked, self.left_out = annex, now, strict, asked, left_out
        self.values: Values = {}
        self.fields |= {key: _form_field(field) for key, field in asked.items()}

    def clean(self) -> None:
        said = {key: _said(field, self.cleaned_data.get(key)) for key, field in self.asked.items()}
        self.values, errors = check(self.annex, said, now=self.now)
        for key, error in (errors if self.strict else wrong(errors)).items():
            if key in self.fields and key not in self.errors:
                self.add_error(key, error)

    def sections(self) -> list[tuple[str, str, list[tuple[str, forms.BoundField]]]]:
        """Letter, title and fields (each with its kind) of each section that has any."""
        for key, field in self.asked.items():
            self.fields[key].required = field.required or key in HINTS  # for what stands beside the label; a draft was accepted without
        return [
            (letter, title.en, [(field.kind.value, self[key]) for key, field in self.asked.items() if field.section == letter])
            for letter, title in self.annex.sections.items()
        ]


class OrderForm(AnnexForm):
    language = forms.ChoiceField(label="Language of the paper", choices=[("en", "English"), ("fr", "French")])


def _form_field(field: Field) -> forms.Field:
    made = _FIELDS.get(field.kind, _line)(field)
    made.help_text = made.help_text or HINTS.get(field.key, "")
    return made


def _line(field: Field) -> forms.Field:
    types = {Kind.EMAIL: "email", Kind.PHONE: "tel", Kind.DAY: "date"}
    attrs = {"type": types.get(field.kind, "text"), "dir": "auto", "autocomplete": "off"}
    hint = "Two letters, such as IE." if field.kind is Kind.STATE else ""
    return forms.CharField(label=field.label.en, required=False, max_length=LINE, help_text=hint, widget=forms.TextInput(attrs=attrs))


def _lines(field: Field) -> forms.Field:
    widget = forms.Textarea(attrs={"rows": 4, "dir": "auto"})
    return forms.CharField(label=field.label.en, required=False, max_length=20_000, widget=widget)


def _urls(field: Field) -> forms.Field:
    widget = forms.Textarea(
        attrs={"rows": 4, "class": "mono", "dir": "ltr", "spellcheck": "false", "autocomplete": "off", "translate": "no"}
    )
    hint = "One in a line. Shown defanged; on paper each is whole."
    return forms.CharField(label=field.label.en, required=False, max_length=1_000_000, help_text=hint, widget=widget)


def _instant(field: Field) -> forms.Field:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local", "step": 1}, format="%Y-%m-%dT%H:%M:%S")
    hint = f"Zone: {timezone.get_current_timezone_name()}"
    return forms.DateTimeField(label=field.label.en, required=False, help_text=hint, widget=widget)


def _choice(field: Field) -> forms.Field:
    options = EU_STATES if field.kind is Kind.EU_STATE else field.options
    choices = [("", "Choose"), *sorted(((key, words.en) for key, words in options.items()), key=lambda pair: pair[1])]
    return forms.ChoiceField(label=field.label.en, required=False, choices=choices)


def _choices(field: Field) -> forms.Field:
    choices = [(key, words.en) for key, words in field.options.items()]
    return forms.MultipleChoiceField(label=field.label.en, required=False, choices=choices, widget=forms.CheckboxSelectMultiple)


_FIELDS: Mapping[Kind, Callable[[Field], forms.Field]] = {
    Kind.LONG: _lines,
    Kind.URLS: _urls,
    Kind.INSTANT: _instant,
    Kind.CHOICE: _choice,
    Kind.EU_STATE: _choice,
    Kind.CHOICES: _choices,
    Kind.FLAG: lambda field: forms.BooleanField(label=field.label.en, required=False),
    Kind.NUMBER: lambda field: forms.IntegerField(label=field.label.en, required=False),
}


def _said(field: Field, typed: Any) -> object:
    """What was typed, as `check` reads it."""
    if isinstance(typed, datetime):
        return timezone.localtime(typed).isoformat()
    if field.kind is Kind.URLS and isinstance(typed, str):
        return [_live(url) for url in typed.split()]
    return typed


def _typed(field: Field, kept: Any) -> Any:
    """What is kept, as it would be typed."""
    if field.kind is Kind.INSTANT:
        return datetime.fromisoformat(str(kept))
    if field.kind is Kind.URLS:
        return "\n".join(safe if _live(safe := defang(url)) == url else url for url in kept)
    return kept


def _live(url: str) -> str:
    """Undo `defang` to the letter, and nothing else: an order names the exact URL."""
    scheme, separator, rest = url.partition("://")
    cut = min((place for place in (rest.find(mark) for mark in "/?#") if place >= 0), default=len(rest))
    return f"{scheme.replace('hxxp', 'http', 1)}{separator}{rest[:cut].replace('[.]', '.')}{rest[cut:]}"
