"""Pages that neither repeat nor skip rows while new ones arrive."""

from rest_framework.exceptions import ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request


class ById(CursorPagination):
    """Newest first; the id breaks every tie."""

    ordering = "-id"
    page_size_query_param = "page_size"
    max_page_size = 500

    def get_page_size(self, request: Request) -> int | None:
        text = request.query_params.get(self.page_size_query_param, str(self.page_size))
        if not (text.isascii() and text.isdigit() and len(text) < 5 and 0 < int(text) <= self.max_page_size):
            raise ValidationError({self.page_size_query_param: f"Unknown: {text}. Known: whole numbers from 1 to {self.max_page_size}."})
        return int(text)
