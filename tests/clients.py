"""Browsers of people who have signed in."""

from datetime import timedelta

from django.test import Client
from django.utils import timezone

from takedown.models import User


def client_as(user: User, *, shown_ago: timedelta | None = timedelta()) -> Client:
    """A client that is this person and has shown a second factor that long ago; `None` leaves it at the password."""
    client = Client()
    client.force_login(user)
    if shown_ago is not None:
        session = client.session
        session["factor_at"] = (timezone.now() - shown_ago).timestamp()
        session.save()
    return client
