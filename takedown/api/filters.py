"""Filters of the request list."""

from datetime import UTC, datetime
from typing import Any

import django_filters
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone
from django_filters.fields import IsoDateTimeField

from takedown.choices import RequestStatus, VerdictValue
from takedown.models import TakedownRequest


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


class RequestFilter(django_filters.FilterSet):
    """An unknown value is an error, not an empty list."""

    status = django_filters.MultipleChoiceFilter(choices=RequestStatus.choices)
    verdict = django_filters.MultipleChoiceFilter(choices=VerdictValue.choices)
    platform = django_filters.CharFilter(field_name="platform__slug")
    policy = django_filters.CharFilter(field_name="policy__key")
    client_reference = django_filters.CharFilter(field_name="reports__client_reference", distinct=True)
    due_before = InstantFilter(field_name="due_at", lookup_expr="lt")
    opened_after = InstantFilter(field_name="opened_at", lookup_expr="gte")
    overdue = django_filters.BooleanFilter(method="filter_overdue")

    class Meta:
        model = TakedownRequest
        fields = ()

    def filter_overdue(self, queryset: QuerySet[TakedownRequest], name: str, value: bool) -> QuerySet[TakedownRequest]:
        late = TakedownRequest.objects.overdue(timezone.now()).values("pk")
        return queryset.filter(pk__in=late) if value else queryset.exclude(pk__in=late)
