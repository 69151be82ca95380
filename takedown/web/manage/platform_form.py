"""One platform as a form: means, credentials, settings, and the numbers of its rhythm."""

from dataclasses import fields
from typing import Any

from django import forms

from platforms import registry
from platforms.base import Capability
from platforms.breaker import BreakerRule
from platforms.models import Platform
from takedown import cadence
from takedown.administration.platforms import servers, usable
from takedown.choices import Channel
from takedown.models.errors import NotPossible
from takedown.web.manage.settings_fields import GROUPS, MOST, NumbersField, declared, field_for, label_of

CONFIRMATIONS = {"attributed": cadence.ATTRIBUTED, "unattributed": cadence.UNATTRIBUTED}


class PlatformForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's own class takes no parameters at run time
    """What differs from the connector's defaults is stored, and nothing else. Credentials go in and never come out."""

    channel = forms.ChoiceField(label="Requests go out", choices=Channel.choices)
    contact_email = forms.EmailField(label="Contact", required=False, help_text="Where requests by e-mail go.")

    class Meta:
        model = Platform
        fields = ("name", "channel", "contact_email")

    def __init__(self, data: Any = None, *, instance: Platform) -> None:
        super().__init__(data, instance=instance)
        self.stored = Platform.objects.get(pk=instance.pk)
        self.connector = registry.get(instance.connector)
        self.known = declared(self.connector)
        for key, default in self.known.items():
            self.fields[f"set-{key}"] = field_for(key, default)
            self.initial[f"set-{key}"] = instance.config.get(key, default)
        self._add_secrets()
        self._add_numbers()

    def _add_secrets(self) -> None:
        held = self.stored.masked_config()
        for key in sorted(self.connector.secret_fields):
            is_set = key in held
            self.fields[f"secret-{key}"] = forms.CharField(
                label=label_of(key),
                required=False,
                max_length=4000,
                widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
                help_text="Set. Empty keeps it; what you write replaces it." if is_set else "Not set.",
            )
            if is_set:
                self.fields[f"remove-{key}"] = forms.BooleanField(label=f"Remove the {key.replace('_', ' ')}", required=False)

    def _add_numbers(self) -> None:
        """Fields `group-name` for the numbers of a group; empty ones are the product's own defaults."""
        told = {**self.connector.defaults, **self.instance.config}
        for group, rule in (("rhythm", cadence.Rhythm()), ("breaker", BreakerRule())):
            for one in fields(rule):
                default = getattr(rule, one.name)
                if isinstance(default, tuple):
                    shown = ", ".join(f"{number:g}" for number in default)
                    field: forms.Field = NumbersField(required=False, max_length=200)
                else:
                    shown, field = f"{default:g}", _number(one.type)
                self._add_number(f"{group}-{one.name}", field, shown, told.get(group, {}).get(one.name))
        for cause, usual in CONFIRMATIONS.items():
            count, span = told.get("confirm", {}).get(cause, (None, None))
            self._add_number(f"confirm-{cause}_count", _number(int), f"{usual.count}", count)
            self._add_number(f"confirm-{cause}_span_seconds", _number(float), f"{usual.span_seconds:g}", span)

    def _add_number(self, name: str, field: forms.Field, default: str, value: Any) -> None:
        field.label, field.help_text = name.split("-", 1)[1].replace("_", " ").capitalize(), f"Default: {default}."
        self.fields[name], self.initial[name] = field, value

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        channel = cleaned.get("channel")
        if channel == Channel.EMAIL and not cleaned.get("contact_email") and "contact_email" not in self.errors:
            self.add_error("contact_email", "Requests by e-mail need an address to go to.")
        if channel == Channel.API and Capability.SUBMIT not in self.connector.capabilities:
            self.add_error("channel", f"{self.connector.label} takes no reports through its interface.")
        if self.errors:
            return cleaned
        self.instance.config = self._config(cleaned)
        try:
            usable(self.instance)
        except NotPossible as error:
            self.add_error(None, str(error))
        if self._secrets_would_move(cleaned):
            self.add_error(None, "Enter the credentials again: with these settings they would be sent to another server.")
        return cleaned

    def _config(self, cleaned: dict[str, Any]) -> dict[str, Any]:
        """The settings to store: what differs from the defaults, and what nothing here knows of."""
        kept = {key: value for key, value in self.stored.config.items() if key not in self.known and key not in GROUPS}
        chosen = {
            key: cleaned[f"set-{key}"] for key, default in self.known.items() if cleaned[f"set-{key}"] not in (None, _as_json(default))
        }
        groups = {group: self._group(group, cleaned) for group in ("rhythm", "breaker")} | {"confirm": self._confirm(cleaned)}
        told = {group: numbers for group, numbers in groups.items() if numbers != self.connector.defaults.get(group, {})}
        return {**kept, **chosen, **told}

    def _group(self, group: str, cleaned: dict[str, Any]) -> dict[str, Any]:
        start = f"{group}-"
        return {name.removeprefix(start): value for name, value in cleaned.items() if name.startswith(start) and value not in (None, [])}

    def _confirm(self, cleaned: dict[str, Any]) -> dict[str, list[Any]]:
        """Of each cause both numbers, where one of them is given."""
        told = {}
        for cause, usual in CONFIRMATIONS.items():
            count, span = cleaned[f"confirm-{cause}_count"], cleaned[f"confirm-{cause}_span_seconds"]
            if (count, span) != (None, None):
                told[cause] = [usual.count if count is None else count, usual.span_seconds if span is None else span]
        return told

    def _secrets_would_move(self, cleaned: dict[str, Any]) -> bool:
        """Whoever could send stored credentials to a server of their choice could read them."""
        kept = [key for key in self.stored.masked_config() if key in self.connector.secret_fields and key not in self._secrets(cleaned)]
        return bool(kept) and servers(self.stored) != servers(self.instance)

    def _secrets(self, cleaned: dict[str, Any]) -> dict[str, str]:
        written = {key: cleaned.get(f"secret-{key}", "") for key in self.connector.secret_fields}
        return {key: value for key, value in written.items() if value or cleaned.get(f"remove-{key}")}

    @property
    def secrets(self) -> dict[str, str]:
        """Credentials to be replaced; "" takes one away."""
        return self._secrets(self.cleaned_data)

    def settings(self) -> dict[str, Any]:
        """What the connector would be given, credentials included. For a test; never shown."""
        held = {key: value for key, value in self.stored.settings().items() if key in self.connector.secret_fields}
        return {**self.instance.config, **held, **self.secrets}

    def sections(self) -> list[tuple[str, str, list[forms.BoundField], bool]]:
        """Title, explanation and fields of each part of the page, and whether it is shown at once."""
        tables = [f"set-{key}" for key, default in self.known.items() if isinstance(default, dict | list | tuple)]
        parts: list[tuple[str, str, list[str], bool]] = [
            ("Requests", "How they go out, and to whom", ["name", "channel", "contact_email"], True),
            ("Credentials", "Encrypted; written and never shown", self._starting("secret-", "remove-"), True),
            ("Interface", "Where it is asked, how often, and what for", [n for n in self._starting("set-") if n not in tables], True),
            ("Rhythm", "When items are looked at. Seconds; growth and jitter are ratios", self._starting("rhythm-"), False),
            ("Confirmation", "How many looks, over how many seconds, confirm that an item is gone", self._starting("confirm-"), False),
            ("Breaker and hold", "When it is not asked, and when it is not believed", self._starting("breaker-"), False),
            ("Answers", "What the platform's codes and words mean, as JSON", tables, False),
        ]
        return [
            (title, text, [self[name] for name in names], opened or any(name in self.errors for name in names))
            for title, text, names, opened in parts
            if names
        ]

    def _starting(self, *starts: str) -> list[str]:
        return [name for name in self.fields if name.startswith(starts)]


def _number(kind: Any) -> forms.Field:
    """A field for numbers that count (`int`) or measure (`float`)."""
    if kind is int:
        return forms.IntegerField(required=False, min_value=0, max_value=MOST)
    return forms.FloatField(required=False, min_value=0, max_value=MOST, widget=forms.NumberInput(attrs={"step": "any"}))


def _as_json(default: Any) -> Any:
    return list(default) if isinstance(default, tuple) else default
