"""What goes in and out, field by field. Nothing is writable that is not listed."""

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Any, ClassVar

from rest_framework import serializers

from takedown.choices import Category, ReportOutcome, RequestStatus, Severity, VerdictValue
from takedown.intake import MOST_LINES
from takedown.models import ApiKey, Report, TakedownRequest

MOST_UNKNOWN = 10
"""More unknown fields than this are not named one by one."""


class Text(serializers.CharField):
    """Text that PostgreSQL can store: no NUL (checked by DRF), no lone surrogates. A number is no text: 1.10 would be kept as 1.1."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        text = str(super().to_internal_value(data))
        try:
            text.encode()
        except UnicodeEncodeError:
            raise serializers.ValidationError("This is not valid Unicode text.", code="invalid") from None
        return text


class Exact(serializers.Serializer[Any]):
    """Refuses fields that it does not know: a misspelt name must not lose what it carries. By itself: a body without fields."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping) and (strange := [name for name in data if name not in self.fields]):
            errors = {_token(name): [_unknown(name, self.fields.keys())] for name in strange[:MOST_UNKNOWN]}
            raise serializers.ValidationError(errors, code="unknown_field")
        return super().to_internal_value(data)


def _unknown(name: str, known: Collection[str]) -> str:
    if close := get_close_matches(name, known, n=1):
        return f"Unknown field. Did you mean {close[0]}?"
    return f"Unknown field. Known: {', '.join(known) or 'none'}."


def _token(name: str) -> str:
    """A name as part of a JSON pointer (RFC 6901), without what no answer could carry."""
    return name.encode(errors="replace").decode().replace("~", "~0").replace("/", "~1")


class ReportIn(Exact):
    """One report."""

    url = Text(max_length=8000, help_text="Where the content is. Defanged forms (hxxp, [.]) are understood.")
    category = serializers.ChoiceField(choices=Category.choices)
    client_reference = Text(
        max_length=200, required=False, default="", allow_blank=True, help_text="Yours for this report: sent again, it is not filed again."
    )
    policy = Text(max_length=64, required=False, default="", allow_blank=True, help_text="Key of a deadline policy; empty: the default.")
    note = Text(max_length=20_000, required=False, default="", allow_blank=True, help_text="Why it is illegal; sent to the platform.")
    language = Text(max_length=35, required=False, default="", allow_blank=True, help_text="BCP 47 tag of the content.")
    severity = serializers.ChoiceField(choices=Severity.choices, required=False, default=Severity.MEDIUM)


class EachByItself(serializers.ListField):
    """The checked reports; one that is no good carries its errors and spoils no other."""

    def run_child_validation(self, data: list[Any]) -> list[ReportIn]:
        reports = [ReportIn(data=one) for one in data]
        for report in reports:
            report.is_valid()
        return reports


class BatchIn(Exact):
    """Many reports. Each is filed or refused by itself."""

    reports = EachByItself(child=ReportIn(), allow_empty=False, max_length=MOST_LINES)


VERDICT_FIELDS = (
    *("status", "closed_at", "last_up", "first_gone", "gone_outcome"),
    *("verdict", "provisional", "verdict_reason", "adjudicated_verdict"),
)
"""What tells, or lets guess, what became of the content."""


class MayKnow:
    """What became of content is told to keys that may read requests; to all others those fields are null."""

    context: dict[str, Any]

    def may_know(self) -> bool:
        key = self.context["request"].auth
        return isinstance(key, ApiKey) and ApiKey.Scope.REQUESTS_READ in key.scopes


class RequestOut(MayKnow, serializers.ModelSerializer[TakedownRequest]):
    """A request as it stands. What became of the content, and our status, is null for a key without the scope `requests:read`."""

    number = serializers.CharField(read_only=True)
    platform = serializers.CharField(source="platform.slug", read_only=True)
    policy = serializers.CharField(source="policy.key", read_only=True)
    item = serializers.IntegerField(source="item_id", read_only=True)
    url = serializers.CharField(source="item.canonical_url", read_only=True)
    status = serializers.ChoiceField(choices=RequestStatus.choices, read_only=True, allow_null=True)
    verdict = serializers.ChoiceField(choices=VerdictValue.choices, read_only=True, allow_null=True, help_text="What was observed.")
    adjudicated_verdict = serializers.ChoiceField(
        choices=[("", "none"), *VerdictValue.choices],
        read_only=True,
        allow_null=True,
        help_text="What a person decided where observation could not.",
    )
    last_up = serializers.SerializerMethodField(help_text="When the request that last found the item up was sent.")

    class Meta:
        model = TakedownRequest
        fields = (
            "id",
            "number",
            "platform",
            "policy",
            "item",
            "url",
            "category",
            "severity",
            "status",
            "opened_at",
            "clock_started_at",
            "due_at",
            "verdict",
            "provisional",
            "verdict_reason",
            "adjudicated_verdict",
            "last_up",
            "first_gone",
            "gone_outcome",
            "closed_at",
        )
        read_only_fields = fields
        extra_kwargs: ClassVar = {name: {"allow_null": True} for name in ("provisional", "verdict_reason", "gone_outcome")}

    def to_representation(self, instance: TakedownRequest) -> dict[str, Any]:
        shown: dict[str, Any] = super().to_representation(instance)
        return shown if self.may_know() else shown | dict.fromkeys(VERDICT_FIELDS)

    def get_last_up(self, request: TakedownRequest) -> str | None:
        """While the item is up the watch knows better than the last judgement."""
        watch = request.item.watch
        fresher = (
            watch.last_up if request.first_gone is None and watch.first_gone is None and request.closed_at is None else request.last_up
        )
        return serializers.DateTimeField(allow_null=True).to_representation(fresher) if fresher else None


class ReportOut(MayKnow, serializers.ModelSerializer[Report]):
    """A report and what it led to."""

    item = serializers.IntegerField(source="item_id", read_only=True)
    outcome = serializers.ChoiceField(choices=ReportOutcome.choices, read_only=True)
    requests = RequestOut(many=True, read_only=True)

    class Meta:
        model = Report
        fields = (
            "id",
            "outcome",
            "item",
            "url",
            "category",
            "severity",
            "language",
            "note",
            "client_reference",
            "submitted_at",
            "requests",
        )
        read_only_fields = fields

    def to_representation(self, instance: Report) -> dict[str, Any]:
        shown: dict[str, Any] = super().to_representation(instance)
        hidden = instance.outcome == ReportOutcome.RETURNED and not self.may_know()  # it was known, and had been gone
        return shown | {"outcome": ReportOutcome.KNOWN.value} if hidden else shown


class ErrorOut(serializers.Serializer[Any]):
    """One thing that is wrong."""

    pointer = serializers.CharField(help_text="The field as a JSON pointer; empty for the whole.")
    code = serializers.CharField()
    detail = serializers.CharField()


class FiledOut(serializers.Serializer[Any]):
    """One result of a batch, in the order sent."""

    index = serializers.IntegerField()
    report = ReportOut(allow_null=True)
    error = ErrorOut(allow_null=True)


class BatchOut(serializers.Serializer[Any]):
    """Results of a batch."""

    filed = serializers.IntegerField()
    refused = serializers.IntegerField()
    results = FiledOut(many=True)


class LookOut(serializers.Serializer[Any]):
    """A look was asked for. While the platform is paused it waits."""

    item = serializers.IntegerField()
    paused = serializers.BooleanField(help_text="The platform is paused: no look before `paused_until`.")
    paused_until = serializers.DateTimeField(allow_null=True, help_text="Null where it is not paused, or paused until somebody resumes it.")


class ProblemOut(serializers.Serializer[Any]):
    """An error (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors: Any = ErrorOut(many=True)
