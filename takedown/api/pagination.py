"""Pages that neither repeat nor skip rows while new ones arrive."""

from django.core.signing import BadSignature, Signer
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

_BEFORE, _AFTER = "b", "a"
_SPOILT = "This cursor is none of ours, or was cut. Take it whole from `next` or `previous`, or begin without one."


class ById(CursorPagination):
    """Newest first; the id breaks every tie.

    A cursor is signed: one that lost a letter on its way names other rows, and whoever reads on from there would miss some and never know.
    """

    ordering = "-id"
    page_size_query_param = "page_size"
    max_page_size = 500
    signer = Signer(salt="takedown.api.cursor", sep=".")

    def get_page_size(self, request: Request) -> int | None:
        text = request.query_params.get(self.page_size_query_param, str(self.page_size))
        if not (text.isascii() and text.isdigit() and len(text) < 5 and 0 < int(text) <= self.max_page_size):
            raise ValidationError({self.page_size_query_param: f"Unknown: {text}. Known: whole numbers from 1 to {self.max_page_size}."})
        return int(text)

    def encode_cursor(self, cursor: Cursor) -> str:
        """Address of the page. Ids are unique, so that a position needs no offset."""
        text = self.signer.sign(f"{_BEFORE if cursor.reverse else _AFTER}{cursor.position}")
        return replace_query_param(self.base_url or "", self.cursor_query_param, text)

    def decode_cursor(self, request: Request) -> Cursor | None:
        text = request.query_params.get(self.cursor_query_param)
        if text is None:
            return None
        try:
            position = self.signer.unsign(text)
        except (BadSignature, UnicodeEncodeError):
            raise ValidationError({self.cursor_query_param: _SPOILT}) from None
        return Cursor(offset=0, reverse=position[0] == _BEFORE, position=int(position[1:]))
