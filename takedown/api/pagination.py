"""Pages that neither repeat nor skip rows while new ones arrive."""

from rest_framework.pagination import CursorPagination


class ById(CursorPagination):
    """Newest first; the id breaks every tie."""

    ordering = "-id"
    page_size_query_param = "page_size"
    max_page_size = 500
