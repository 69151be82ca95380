"""Platforms as operators set them up: how requests go out, to whom, and with which settings and credentials."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from platforms import registry
from platforms.models import Platform
from platforms.quota import daily
from takedown.choices import ChangeOf
from takedown.models import User
from takedown.models.change import note_change
from takedown.models.errors import NotPossible
from takedown.polling import Settings

MEANS = ("name", "channel", "contact_email")


def usable(platform: Platform) -> None:
    """Whether workers could work with it as it is, saved or not. Raises `NotPossible`."""
    try:
        Settings.of(platform)
        daily({**registry.get(platform.connector).defaults, **platform.config})
    except (ValueError, TypeError, LookupError, AttributeError, OSError) as error:
        raise NotPossible(f"Workers could not use this: {error}") from error


def servers(platform: Platform) -> dict[str, Any]:
    """Its settings that say where credentials are sent. What is only looked at, as a control, is none."""
    settings = {**registry.get(platform.connector).defaults, **platform.config}
    return {
        key: value
        for key, value in settings.items()
        if value and not key.startswith("control_") and (key.endswith("host") or "://" in str(value))
    }


@transaction.atomic
def change_platform(*, platform: Platform, secrets: Mapping[str, str], actor: User, now: datetime) -> list[str]:
    """Save `platform` with its new means and settings, and put on record what differs; the names of that. `secrets`: credentials to be
    replaced, "" to take one away; they are named in the record and never shown. Raises `NotPossible`."""
    usable(platform)
    before = Platform.objects.select_for_update().get(pk=platform.pk)
    old, new = _facts(before), _facts(platform)
    differing = [key for key in {**old, **new} if old.get(key) != new.get(key)]
    if not differing and not secrets:
        return []
    platform.config = {**platform.config, **secrets}
    platform.save()
    lines = [f"{key}: {_shown(old.get(key))} → {_shown(new.get(key))}" for key in differing]
    lines += [f"{key}: {'replaced' if value else 'removed'}" for key, value in secrets.items()]
    note_change(ChangeOf.PLATFORM, platform.slug, "; ".join(lines), agency=None, actor=actor, now=now)
    return [*differing, *secrets]


def _facts(platform: Platform) -> dict[str, Any]:
    return {**{name: getattr(platform, name) for name in MEANS}, **platform.config}


def _shown(value: Any) -> str:
    return "default" if value is None else str(value)[:120] or "empty"
