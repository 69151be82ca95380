"""The REST interface. Each handler parses, calls one verb, renders."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.generics import GenericAPIView, ListAPIView, RetrieveAPIView, get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from takedown import intake, polling
from takedown.api.filters import RequestFilter
from takedown.api.pagination import ById
from takedown.api.problems import KeyReusedError, NotPossibleError, ReferenceReusedError, pointer
from takedown.api.serializers import BatchIn, BatchOut, Exact, LookOut, ProblemOut, ReportIn, ReportOut, RequestOut
from takedown.models import ApiKey, FlaggedItem, Report, TakedownRequest
from takedown.models.errors import NotPossible
from takedown.verdicts import database_now

RELATED = ("request__item__watch", "request__platform", "request__policy")
IDEMPOTENCY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="Send the same key with a repeated call and nothing is filed twice. A key counts for your client and this route only.",
)


def _problems(*codes: int) -> Mapping[Any, Any]:
    """How the schema names the errors of a route; 401 and 403 are those of all."""
    return {(code, "application/problem+json"): ProblemOut for code in sorted({400, 401, 403, *codes})}


class View(APIView):
    """A view that refuses query parameters it does not know."""

    parameters: ClassVar[frozenset[str]] = frozenset()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if strange := sorted(set(request.query_params) - self.parameters):
            known = ", ".join(sorted(self.parameters)) or "none"
            raise ValidationError(dict.fromkeys(strange, f"Unknown parameter. Known: {known}."))


class NotHere(APIView):
    """Answers for every address that is none of ours."""

    authentication_classes = ()
    permission_classes = ()
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise NotFound("There is nothing at this address. Addresses end with a slash.")


def _key(request: Request) -> ApiKey:
    """The caller's key; the permission class has made sure that there is one."""
    key = request.auth
    if not isinstance(key, ApiKey):
        raise TypeError("A view without a key")
    return key


def _file(request: Request, route: str, rows: Mapping[int, dict[str, Any]]) -> list[intake.Filed]:
    """File the reports, by their place in the call. A batch and a single report never share an idempotency key."""
    key, token = _key(request), request.headers.get("Idempotency-Key", "")
    if len(token) > 200 or not token.isprintable():
        raise ValidationError({"Idempotency-Key": "At most 200 printable characters."})
    body = hashlib.sha256(json.dumps(request.data, sort_keys=True).encode()).hexdigest()
    call = intake.Call(f"{route}:{token}", body) if token else None
    drafts = [intake.Draft(**row, place=place) for place, row in rows.items()]
    try:
        return intake.submit(agency=key.agency, drafts=drafts, actor=key, now=database_now(), call=call)
    except intake.KeyReused as error:
        raise KeyReusedError(str(error)) from error


def _loaded(agency_reports: QuerySet[Report], filed: Iterable[intake.Filed]) -> dict[int, Report]:
    wanted = [one.report.pk for one in filed if one.report]
    return agency_reports.select_related(*RELATED).in_bulk(wanted)


class Reports(View):
    """Submit one report."""

    scopes: ClassVar = {"POST": ApiKey.Scope.REPORTS_WRITE}

    @extend_schema(
        operation_id="report_create",
        request=ReportIn,
        responses={201: ReportOut, 200: ReportOut, **_problems(409, 413, 415, 422)},
        parameters=[IDEMPOTENCY],
    )
    def post(self, request: Request) -> Response:
        body = ReportIn(data=request.data)
        body.is_valid(raise_exception=True)
        (filed,) = _file(request, "report", {0: body.validated_data})
        if filed.report is None:
            raise (ReferenceReusedError if filed.conflict else ValidationError)({filed.field: [filed.error]})
        report = _loaded(Report.objects.for_agency(_key(request).agency), [filed])[filed.report.pk]
        return Response(
            ReportOut(report, context={"request": request}).data, status=status.HTTP_200_OK if filed.repeated else status.HTTP_201_CREATED
        )


class ReportBatch(View):
    """Submit up to 500 reports. Each is filed or refused by itself; the answer has one result for each, in the order sent."""

    scopes: ClassVar = {"POST": ApiKey.Scope.REPORTS_WRITE}

    @extend_schema(
        operation_id="report_batch", request=BatchIn, responses={207: BatchOut, **_problems(413, 415, 422)}, parameters=[IDEMPOTENCY]
    )
    def post(self, request: Request) -> Response:
        body = BatchIn(data=request.data)
        body.is_valid(raise_exception=True)
        rows: Sequence[ReportIn] = body.validated_data["reports"]
        sound = {place: row.validated_data for place, row in enumerate(rows) if not row.errors}
        filed = dict(zip(sound, _file(request, "batch", sound), strict=True))
        reports = _loaded(Report.objects.for_agency(_key(request).agency), filed.values())
        results = [_result(request, place, row, filed.get(place), reports) for place, row in enumerate(rows)]
        refused = sum(one["report"] is None for one in results)
        return Response({"filed": len(rows) - refused, "refused": refused, "results": results}, status=status.HTTP_207_MULTI_STATUS)


def _result(request: Request, place: int, row: ReportIn, filed: intake.Filed | None, reports: Mapping[int, Report]) -> dict[str, Any]:
    """What became of one report of a batch: the report, or the first thing that is wrong with it."""
    if filed and filed.report:
        return {"index": place, "report": ReportOut(reports[filed.report.pk], context={"request": request}).data, "error": None}
    if filed:
        field, detail, code = filed.field, filed.error, ReferenceReusedError.default_code if filed.conflict else "invalid"
    else:
        field, (detail, *_) = next(iter(row.errors.items()))
        code = detail.code
    error = {"pointer": pointer("reports", str(place), field), "code": code, "detail": detail}
    return {"index": place, "report": None, "error": error}


@extend_schema_view(get=extend_schema(responses={200: ReportOut, **_problems(404)}))
class OneReport(View, RetrieveAPIView[Report]):
    """A report and the requests it led to."""

    scopes: ClassVar = {"GET": ApiKey.Scope.REPORTS_READ, "HEAD": ApiKey.Scope.REPORTS_READ}
    serializer_class = ReportOut

    def get_queryset(self) -> QuerySet[Report]:
        return Report.objects.for_agency(_key(self.request).agency).select_related(*RELATED)


class RequestView(View, GenericAPIView[TakedownRequest]):
    """The agency's requests, with all that their representation needs."""

    scopes: ClassVar = {"GET": ApiKey.Scope.REQUESTS_READ, "HEAD": ApiKey.Scope.REQUESTS_READ}
    serializer_class = RequestOut
    queryset = TakedownRequest.objects.none()  # tells the schema the model; `get_queryset` answers

    def get_queryset(self) -> QuerySet[TakedownRequest]:
        return TakedownRequest.objects.for_agency(_key(self.request).agency).select_related("item__watch", "platform", "policy")


@extend_schema_view(get=extend_schema(responses={200: RequestOut(many=True), **_problems(404)}))
class Requests(RequestView, ListAPIView[TakedownRequest]):
    """Requests, newest first."""

    filterset_class = RequestFilter
    parameters = frozenset({*RequestFilter.base_filters, ById.cursor_query_param, ById.page_size_query_param})


@extend_schema_view(get=extend_schema(responses={200: RequestOut, **_problems(404)}))
class OneRequest(RequestView, RetrieveAPIView[TakedownRequest]):
    """One request."""


class Look(View):
    """Ask for a look as soon as a worker is free. Whoever may report may ask: to report known content has it looked at too."""

    scopes: ClassVar = {"POST": ApiKey.Scope.REPORTS_WRITE}

    def ask(self, item: FlaggedItem) -> Response:
        Exact(data=self.request.data).is_valid(raise_exception=True)
        try:
            pause = polling.look_now(item=item, actor=_key(self.request), now=database_now())
        except NotPossible as error:
            raise NotPossibleError(str(error)) from error
        answer = {"item": item.pk, "paused": pause is not None, "paused_until": pause.until if pause else None}
        return Response(LookOut(answer).data, status=status.HTTP_202_ACCEPTED)


class LookAtItem(Look):
    """Ask for a look at an item."""

    @extend_schema(operation_id="item_look", request=None, responses={202: LookOut, **_problems(404, 409, 413, 415)})
    def post(self, request: Request, pk: int) -> Response:
        return self.ask(get_object_or_404(FlaggedItem.objects.for_agency(_key(request).agency), pk=pk))


class LookAtRequest(Look):
    """Ask for a look at what a request is about."""

    @extend_schema(operation_id="request_look", request=None, responses={202: LookOut, **_problems(404, 409, 413, 415)})
    def post(self, request: Request, pk: int) -> Response:
        requests = TakedownRequest.objects.for_agency(_key(request).agency).select_related("item")
        return self.ask(get_object_or_404(requests, pk=pk).item)
