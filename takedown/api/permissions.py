"""Scopes: what a key may be used for."""

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from takedown.models import ApiKey

if TYPE_CHECKING:  # DRF loads this module while it loads its views
    from rest_framework.views import APIView


class HasScope(BasePermission):
    """The view names a scope for each method it answers; a method it does not answer is the view's to refuse."""

    message = "This key lacks the scope for that."

    def has_permission(self, request: Request, view: "APIView") -> bool:
        key = request.auth
        if request.method == "OPTIONS" or request.method not in view.allowed_methods:
            return isinstance(key, ApiKey)
        scope = getattr(view, "scopes", {}).get(request.method)
        return isinstance(key, ApiKey) and scope in key.scopes
