"""Fields for what a connector can be told, made from what it declares: the type of each default says which field it gets."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from zoneinfo import available_timezones

import can_ada
from django import forms
from django.conf import settings

from platforms.base import Connector
from platforms.models import MAIL_KEYS
from platforms.quota import rates

COMMON: Mapping[str, Any] = {
    "rate": "",
    "daily_quota": 0,
    "quota_zone": "UTC",
    "mails_per_hour": 0,
    "requests_per_mail": 1,
    "notice_language": "en",
}
"""What every platform can be told, whatever its connector declares."""
GROUPS = frozenset({"rhythm", "confirm", "breaker"})
"""Groups of numbers, which have fields of their own."""
MOST = 100_000_000
LABELS = {
    "api_base_url": "Server that is asked",
    "batch_size": "Items looked at in one call",
    "rate": "Calls at most",
    "daily_quota": "Calls a day at most",
    "quota_zone": "Time zone of that day",
    "mails_per_hour": "Mails an hour at most",
    "requests_per_mail": "Requests that may share a mail",
    "notice_language": "Language of notices",
    "plc": "Server that knows accounts",
    "pds": "Server that takes reports",
}
HINTS = {
    "api_base_url": "Credentials are sent there.",
    "rate": "Such as 300 per 5 minutes; 3 per second. Empty: no limit.",
    "daily_quota": "0: no limit.",
    "mails_per_hour": "0: no limit. What is urgent is never held back.",
    "requests_per_mail": "Only requests that are not urgent, and never removal orders.",
    "notice_language": "Two letters. Without a notice in that language it goes out in English.",
}


def declared(connector: type[Connector]) -> dict[str, Any]:
    """What this platform can be told besides its credentials and its groups of numbers, with the defaults."""
    hidden = GROUPS | connector.secret_fields
    return {key: value for key, value in {**COMMON, **connector.defaults}.items() if key not in hidden}


def label_of(key: str) -> str:
    """`access_token` as people read it."""
    return LABELS.get(key, key.replace("_", " ").capitalize().replace("Api ", "API "))


class ServerField(forms.CharField):
    """An http or https address without a name and password in it; "" for none. `secure`: in the clear only where the settings allow it."""

    def __init__(self, *, secure: bool, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=500, widget=forms.URLInput(attrs={"spellcheck": "false"}), **kwargs)
        self.secure = secure

    def clean(self, value: Any) -> str:
        text = str(super().clean(value))
        if not text:
            return ""
        try:
            url = can_ada.parse(text)
        except ValueError:
            raise forms.ValidationError("This is no address. Write it as https://host.example.") from None
        if url.protocol not in {"http:", "https:"} or not url.hostname or url.username or url.password:
            raise forms.ValidationError("Only http and https addresses, without a name and password in them.")
        if self.secure and url.protocol == "http:" and f"{url.hostname}:{url.port or 80}" not in settings.FETCH_ALLOWED_HOSTS:
            raise forms.ValidationError("Use https: over http, credentials would be sent in the clear.")
        return text


class RateField(forms.CharField):
    def clean(self, value: Any) -> str:
        text = str(super().clean(value))
        try:
            rates(text)
        except ValueError:
            raise forms.ValidationError("Write it as 300 per 5 minutes; 3 per second. Each needs at least one call.") from None
        return text


class ZoneField(forms.CharField):
    def clean(self, value: Any) -> str:
        text = str(super().clean(value))
        if text not in available_timezones():
            raise forms.ValidationError("That is no time zone. Write it as Europe/Paris or UTC.")
        return text


class TableField(forms.JSONField):
    """What a connector declares as a table or a list, as JSON of the same shape."""

    def __init__(self, *, shape: type, **kwargs: Any) -> None:
        super().__init__(required=False, widget=forms.Textarea(attrs={"rows": 6, "class": "mono", "spellcheck": "false"}), **kwargs)
        self.shape = shape

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) else json.dumps(value, indent=1, ensure_ascii=False)

    def clean(self, value: Any) -> Any:
        data = super().clean(value)
        if data is None:
            data = self.shape()
        if not isinstance(data, self.shape):
            raise forms.ValidationError(f"This must be a JSON {'object' if self.shape is dict else 'list'}.")
        return data


class NumbersField(forms.CharField):
    """Rising numbers, with commas between; gives a list of them."""

    def clean(self, value: Any) -> list[float]:
        text = str(super().clean(value))
        try:
            return [float(part) for part in text.split(",") if part.strip()]
        except ValueError:
            raise forms.ValidationError("Write numbers with commas between: 3600, 86400.") from None

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(f"{number:g}" for number in value) if isinstance(value, list | tuple) else value


def field_for(key: str, default: Any) -> forms.Field:
    """The field for one setting, by name where the name says more than the type does."""
    named: dict[str, Callable[..., forms.Field]] = {
        "rate": RateField,
        "quota_zone": ZoneField,
        "notice_language": partial(forms.RegexField, r"^[a-z]{2}$"),
    }
    told = f"Default: {default}." if isinstance(default, str | int) and default not in {"", 0} else ""
    words: dict[str, Any] = {"label": label_of(key), "help_text": " ".join(filter(None, (HINTS.get(key, ""), told)))}
    if isinstance(default, bool):
        return forms.BooleanField(required=False, **words)
    if isinstance(default, int):
        least, most = MAIL_KEYS.get(key, (1 if key == "batch_size" else 0, MOST))
        return forms.IntegerField(required=False, min_value=least, max_value=most, **words)
    if isinstance(default, dict | list | tuple):
        return TableField(shape=dict if isinstance(default, dict) else list, **words)
    if key in named:
        return named[key](required=False, max_length=200, **words)
    if key.endswith("_url") or str(default).startswith("http"):
        return ServerField(secure=not key.startswith("control_"), **words)
    return forms.CharField(required=False, max_length=500, **words)
