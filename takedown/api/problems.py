"""Errors as `application/problem+json` (RFC 9457)."""

import logging
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import UnreadablePostError
from drf_standardized_errors.formatter import ExceptionFormatter
from drf_standardized_errors.handler import ExceptionHandler
from drf_standardized_errors.types import ErrorResponse, ExceptionHandlerContext
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError
from rest_framework.response import Response
from rest_framework.settings import api_settings

from takedown.ops import problems
from takedown.ops.faults import RETRY_SECONDS, is_transient

logger = logging.getLogger(__name__)


def pointer(*steps: str | None) -> str:
    """A JSON pointer to a field; what is about the whole points at what it is in."""
    return "".join(f"/{step}" for step in steps if step not in {None, api_settings.NON_FIELD_ERRORS_KEY})


class TooLargeError(APIException):
    """More than `DATA_UPLOAD_MAX_MEMORY_SIZE` bytes in one body."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"
    default_detail = "This body is too large. Send fewer reports at once."


class NotPossibleError(APIException):
    """The verb's own refusal; its words come along."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "not_possible"


class KeyReusedError(APIException):
    """An idempotency key came with another body than before."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "idempotency_key_reused"


class ReferenceReusedError(APIException):
    """A client's reference came with another report than before."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "client_reference_reused"


class UnavailableError(APIException):
    """The database is away, or somebody else holds what is needed."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "unavailable"
    default_detail = problems.UNAVAILABLE
    wait = RETRY_SECONDS


class ProblemFormatter(ExceptionFormatter):
    """`errors` points at each field; clients branch on `code`."""

    def format_error_response(self, error_response: ErrorResponse) -> dict[str, Any]:
        status = self.exc.status_code
        errors = [{"pointer": pointer(error.attr), "code": error.code, "detail": error.detail} for error in error_response.errors]
        return {
            "type": f"urn:takedown:problem:{errors[0]['code'] if len(errors) == 1 else error_response.type}",
            "title": problems.TITLES.get(status, "Error"),
            "status": status,
            "detail": errors[0]["detail"] if len(errors) == 1 else f"{len(errors)} fields need attention.",
            "errors": errors,
        }


class ProblemHandler(ExceptionHandler):
    """DRF's handler with our body and media type."""

    def get_response(self, exc: Any, data: Any) -> Response:
        response = super().get_response(exc, data)
        response.content_type = problems.MEDIA_TYPE
        return response


def handle(exc: Exception, context: ExceptionHandlerContext) -> Response | None:
    """`EXCEPTION_HANDLER` of DRF."""
    return ProblemHandler(_named(exc), context).run()


def _named(exc: Exception) -> Exception:
    """What a client can act on, instead of what a library raised."""
    if isinstance(exc, RequestDataTooBig):
        return TooLargeError()
    if isinstance(exc, SuspiciousOperation | UnreadablePostError):
        return ParseError("This request could not be read.")
    if is_transient(exc):
        logger.warning("Not available: %s", type(exc.__cause__ or exc).__name__)
        return UnavailableError()
    return exc
