"""Django's admin: for what administrators set up, and to read the rest."""

import json
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest

from platforms import registry
from platforms.models import Platform
from platforms.quota import daily
from takedown.models import (
    Agency,
    Alert,
    ApiKey,
    ClockEvent,
    DeadlinePolicy,
    Event,
    FlaggedItem,
    Observation,
    PolicyChoice,
    Report,
    Submission,
    TakedownRequest,
    User,
    Watch,
)
from takedown.polling import Settings

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
    PersonAdminBase = UserAdmin[User]
else:  # Django's own classes take no parameters at run time
    ModelAdmin, PersonAdminBase = admin.ModelAdmin, UserAdmin


class ReadOnly(ModelAdmin):
    """Case data is changed by verbs, which write history; the admin only shows it."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Agency)
class AgencyAdmin(ModelAdmin):
    list_display = ("name", "slug", "default_policy_key", "timezone")


@admin.register(User)
class PersonAdmin(PersonAdminBase):
    list_display = ("username", "display_name", "agency", "role", "is_active")
    list_filter = ("agency", "role", "is_active")
    fieldsets = (*(UserAdmin.fieldsets or ()), ("Takedown", {"fields": ("agency", "role", "display_name")}))
    add_fieldsets = (*UserAdmin.add_fieldsets, ("Takedown", {"fields": ("agency", "role", "display_name")}))


class PlatformForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's own class takes no parameters at run time
    """Configuration is written key by key and read back with its credentials hidden."""

    change_config = forms.JSONField(
        required=False,
        help_text='Keys to set, as a JSON object: {"api_base_url": "https://…"}. A key set to null is removed; the others stay. '
        "Credentials are set the same way; they are encrypted and never shown again.",
    )

    class Meta:
        model = Platform
        fields = ("slug", "name", "connector", "channel", "contact_email")

    def clean_change_config(self) -> dict[str, Any]:
        change = self.cleaned_data["change_config"] or {}
        if not isinstance(change, dict):
            raise forms.ValidationError("This must be a JSON object.")
        return change

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        try:
            platform = Platform(connector=cleaned.get("connector", ""), config=self._changed_config())
            Settings.of(platform)
            platform.check_mail_keys()
            daily({**registry.get(platform.connector).defaults, **platform.config})
        except (ValueError, TypeError, LookupError, AttributeError, OSError) as error:
            self.add_error("change_config", f"Workers could not use this: {error}")
        return cleaned

    def save(self, commit: bool = True) -> Any:
        self.instance.config = self._changed_config()
        return super().save(commit)

    def _changed_config(self) -> dict[str, Any]:
        merged = {**self.instance.config, **self.cleaned_data.get("change_config", {})}
        secret = Platform(connector=self.cleaned_data.get("connector", "")).secret_fields
        return {key: value for key, value in merged.items() if value is not None or key in secret}


@admin.register(Platform)
class PlatformAdmin(ModelAdmin):
    form = PlatformForm
    list_display = ("name", "slug", "connector", "channel")
    readonly_fields = ("current_config",)

    @admin.display(description="Configuration")
    def current_config(self, platform: Platform) -> str:
        return json.dumps(platform.masked_config(), indent=2, ensure_ascii=False) if platform.pk else "{}"


@admin.register(DeadlinePolicy)
class DeadlinePolicyAdmin(ModelAdmin):
    """Versions are added, never changed."""

    list_display = ("key", "version", "name", "agency", "start_event", "duration", "unit", "valid_from", "valid_to")

    def has_change_permission(self, request: HttpRequest, obj: DeadlinePolicy | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: DeadlinePolicy | None = None) -> bool:
        return False


@admin.register(PolicyChoice)
class PolicyChoiceAdmin(ModelAdmin):
    list_display = ("agency", "platform", "category", "policy_key")


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnly):
    """Keys are issued by `manage.py issue_key`, which shows the secret once."""

    list_display = ("name", "hint", "agency", "expires_at", "revoked_at", "last_used_at")


@admin.register(TakedownRequest)
class TakedownRequestAdmin(ReadOnly):
    list_display = ("number", "agency", "platform", "policy", "status", "due_at", "verdict")
    list_filter = ("status", "verdict", "platform")


@admin.register(Event)
class EventAdmin(ReadOnly):
    list_display = ("at", "agency", "subject_type", "subject_id", "action", "actor_name")
    list_filter = ("action",)


admin.site.register((Alert, FlaggedItem, Watch, Report, Observation, ClockEvent, Submission), ReadOnly)
