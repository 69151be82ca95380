"""Django's admin, for operators alone: agencies, common policies, and which policy an agency uses. No case data, no people, no keys."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from takedown.models import Agency, DeadlinePolicy, PolicyChoice, User
from takedown.models.access import Permission

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:  # Django's own class takes no parameters at run time
    ModelAdmin = admin.ModelAdmin


class OperatorSite(admin.AdminSite):
    """Opens for the role and for nothing else: staff and superuser flags mean nothing here. Signing in is done on the one page for it."""

    site_header = site_title = "Takedown"

    def has_permission(self, request: HttpRequest) -> bool:
        return isinstance(request.user, User) and request.user.may(Permission.OPERATE)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.user.is_authenticated:
            raise PermissionDenied
        return redirect_to_login(request.GET.get("next", request.get_full_path()))


site = OperatorSite(name="admin")


class Setup(ModelAdmin):
    """What operators may see, add and change; nothing is deleted."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return site.has_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return site.has_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return site.has_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return site.has_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Agency, site=site)
class AgencyAdmin(Setup):
    """Added on the screen for it, together with the first administrator."""

    list_display = ("name", "slug", "default_policy_key", "timezone")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


@admin.register(DeadlinePolicy, site=site)
class CommonPolicyAdmin(Setup):
    """Versions that are common to all agencies. They are added, never changed; an agency's own are its administrators' matter."""

    list_display = ("key", "version", "name", "start_event", "duration", "unit", "valid_from", "valid_to")
    exclude = ("agency",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[DeadlinePolicy]:
        return DeadlinePolicy.objects.filter(agency=None)

    def has_change_permission(self, request: HttpRequest, obj: DeadlinePolicy | None = None) -> bool:
        return False


@admin.register(PolicyChoice, site=site)
class PolicyChoiceAdmin(Setup):
    list_display = ("agency", "platform", "category", "policy_key")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return site.has_permission(request)
