"""The REST interface. Each handler parses, calls one verb, renders."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.generics import GenericAPIView, ListAPIView, RetrieveAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from takedown import intake
from takedown.api.filters import RequestFilter
from takedown.api.serializers import BatchIn, BatchOut, ReportIn, ReportOut, RequestOut
from takedown.models import ApiKey, Report, TakedownRequest
from takedown.verdicts import database_now

RELATED = ("request__item__watch", "request__platform", "request__policy")
IDEMPOTENCY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, description="Send the same key with a repeated call and nothing is filed twice."
)


class KeyReusedError(APIException):
    """An idempotency key came with another body than before."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "idempotency_key_reused"


def _key(request: Request) -> ApiKey:
    """The caller's key; the permission class has made sure that there is one."""
    key = request.auth
    if not isinstance(key, ApiKey):
        raise TypeError("A view without a key")
    return key


def _file(request: Request, rows: Sequence[dict[str, Any]]) -> list[intake.Filed]:
    key, token = _key(request), request.headers.get("Idempotency-Key", "")
    if len(token) > 200 or not token.isprintable():
        raise ValidationError({"Idempotency-Key": "At most 200 printable characters."})
    drafts = [intake.Draft(**row, idempotency_key=f"key{key.pk}:{token}:{index}" if token else None) for index, row in enumerate(rows)]
    return intake.submit(agency=key.agency, drafts=drafts, actor=key, now=database_now())


def _loaded(agency_reports: QuerySet[Report], filed: Sequence[intake.Filed]) -> dict[int, Report]:
    wanted = [one.report.pk for one in filed if one.report]
    return agency_reports.select_related(*RELATED).in_bulk(wanted)


class Reports(APIView):
    """Submit one report."""

    scopes: ClassVar = {"POST": ApiKey.Scope.REPORTS_WRITE}

    @extend_schema(operation_id="report_create", request=ReportIn, responses={201: ReportOut, 200: ReportOut}, parameters=[IDEMPOTENCY])
    def post(self, request: Request) -> Response:
        body = ReportIn(data=request.data)
        body.is_valid(raise_exception=True)
        (filed,) = _file(request, [body.validated_data])
        if filed.conflict:
            raise KeyReusedError(filed.error)
        if filed.report is None:
            raise ValidationError({"policy" if filed.error.startswith("Unknown policy") else "url": filed.error})
        report = _loaded(Report.objects.for_agency(_key(request).agency), [filed])[filed.report.pk]
        return Response(ReportOut(report).data, status=status.HTTP_200_OK if filed.repeated else status.HTTP_201_CREATED)


class ReportBatch(APIView):
    """Submit up to 500 reports. Each is filed or refused by itself; the answer has one result for each, in the order sent."""

    scopes: ClassVar = {"POST": ApiKey.Scope.REPORTS_WRITE}

    @extend_schema(operation_id="report_batch", request=BatchIn, responses={207: BatchOut}, parameters=[IDEMPOTENCY])
    def post(self, request: Request) -> Response:
        body = BatchIn(data=request.data)
        body.is_valid(raise_exception=True)
        filed = _file(request, body.validated_data["reports"])
        reports = _loaded(Report.objects.for_agency(_key(request).agency), filed)
        shown = iter(ReportOut([reports[one.report.pk] for one in filed if one.report], many=True).data)
        results = [
            {"index": index, "report": next(shown), "error": None}
            if one.report
            else {"index": index, "report": None, "error": {"pointer": f"/reports/{index}", "detail": one.error}}
            for index, one in enumerate(filed)
        ]
        refused = sum(one.report is None for one in filed)
        return Response({"filed": len(filed) - refused, "refused": refused, "results": results}, status=status.HTTP_207_MULTI_STATUS)


class OneReport(RetrieveAPIView[Report]):
    """A report and the requests it led to."""

    scopes: ClassVar = {"GET": ApiKey.Scope.REPORTS_READ, "HEAD": ApiKey.Scope.REPORTS_READ}
    serializer_class = ReportOut

    def get_queryset(self) -> QuerySet[Report]:
        return Report.objects.for_agency(_key(self.request).agency).select_related(*RELATED)


class RequestView(GenericAPIView[TakedownRequest]):
    """The agency's requests, with all that their representation needs."""

    scopes: ClassVar = {"GET": ApiKey.Scope.REQUESTS_READ, "HEAD": ApiKey.Scope.REQUESTS_READ}
    serializer_class = RequestOut
    queryset = TakedownRequest.objects.none()  # tells the schema the model; `get_queryset` answers

    def get_queryset(self) -> QuerySet[TakedownRequest]:
        return TakedownRequest.objects.for_agency(_key(self.request).agency).select_related("item__watch", "platform", "policy")


class Requests(RequestView, ListAPIView[TakedownRequest]):
    """Requests, newest first."""

    filterset_class = RequestFilter


class OneRequest(RequestView, RetrieveAPIView[TakedownRequest]):
    """One request."""
