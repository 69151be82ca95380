"""Filters of the request list. What means nothing is refused with what would: an empty list must never be a typing error."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.db.models.enums import ChoicesType
from django.utils import timezone
from django_filters.fields import IsoDateTimeField
from django_filters.widgets import BooleanWidget

from platforms import registry
from platforms.models import Platform
from takedown.choices import RequestStatus, VerdictValue
from takedown.models import Agency, DeadlinePolicy, TakedownRequest


def unknown(value: str, known: Iterable[str]) -> str:
    return f"Unknown: {value}. Known: {', '.join(sorted(known))}."


@dataclass(frozen=True, slots=True)
class OneOf:
    """Refuses any other name."""

    names: Callable[[], Iterable[str]]

    def __call__(self, value: str) -> None:
        if value not in (known := set(self.names())):
            raise ValidationError(unknown(value, known), code="invalid_choice")


def _platforms() -> Iterable[str]:
    return {*registry.connectors(), *Platform.objects.values_list("slug", flat=True)}


def _policies(agency: Agency) -> Iterable[str]:
    """Former ones too: requests keep the version they started under."""
    return DeadlinePolicy.objects.filter(Q(agency=None) | Q(agency=agency)).values_list("key", flat=True)


class InstantField(IsoDateTimeField):
    """An instant in UTC: PostgreSQL knows fewer offsets than ISO 8601 can write."""

    def clean(self, value: Any) -> datetime | None:
        try:
            instant: datetime | None = super().clean(value)
            return instant.astimezone(UTC) if instant else None
        except OverflowError:
            raise ValidationError("This instant is out of range.", code="invalid") from None


class InstantFilter(django_filters.IsoDateTimeFilter):
    field_class = InstantField


class TruthWidget(BooleanWidget):
    """Hands on what is neither true nor false, for the field to refuse."""

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Any:
        known = super().value_from_datadict(data, files, name)
        return data.get(name) if known is None else known


class TruthField(forms.NullBooleanField):
    widget = TruthWidget

    def clean(self, value: Any) -> bool | None:
        if value and value is not True:
            raise ValidationError(unknown(value, ("true", "false")), code="invalid_choice")
        truth: bool | None = super().clean(value)
        return truth


class TruthFilter(django_filters.BooleanFilter):
    field_class = TruthField

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=TruthWidget, **kwargs)


def _choice(choices: ChoicesType) -> django_filters.MultipleChoiceFilter:
    words = {"invalid_choice": unknown("%(value)s", choices.values)}
    return django_filters.MultipleChoiceFilter(choices=choices.choices, error_messages=words)


class RequestFilter(django_filters.FilterSet):
    """An unknown value is an error, not an empty list."""

    status = _choice(RequestStatus)
    verdict = _choice(VerdictValue)
    platform = django_filters.CharFilter(field_name="platform__slug", validators=[OneOf(_platforms)])
    policy = django_filters.CharFilter(field_name="policy__key")
    client_reference = django_filters.CharFilter(field_name="reports__client_reference", distinct=True)
    due_before = InstantFilter(field_name="due_at", lookup_expr="lt")
    opened_after = InstantFilter(field_name="opened_at", lookup_expr="gte")
    overdue = TruthFilter(method="filter_overdue")

    class Meta:
        model = TakedownRequest
        fields = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        agency = kwargs["request"].auth.agency
        self.filters["policy"].extra["validators"] = [OneOf(lambda: _policies(agency))]

    def filter_overdue(self, queryset: QuerySet[TakedownRequest], name: str, value: bool) -> QuerySet[TakedownRequest]:
        late = TakedownRequest.objects.overdue(timezone.now()).values("pk")
        return queryset.filter(pk__in=late) if value else queryset.exclude(pk__in=late)
