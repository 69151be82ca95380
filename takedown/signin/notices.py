"""Mail to people about their own account. The history is the queue; the web never waits for a mail server."""

import logging
import smtplib
from datetime import datetime, timedelta

from django.core.mail import send_mail
from django.db import transaction

from takedown.models import SignInEvent

logger = logging.getLogger(__name__)

RETRY = timedelta(minutes=5)
GIVE_UP = timedelta(days=1)
AT_ONCE = 50
TEXT = """{event.user},

this happened to your account:

{what}
{event.at:%Y-%m-%d %H:%M:%S} UTC, by {event.actor_name}{where}

If you did not expect it, tell an administrator of your agency at once.
"""


def send_notices(now: datetime) -> int:
    """Send what is due; how many left. One that the mail server does not take is tried again for a day."""
    sent = 0
    for _ in range(AT_ONCE):
        event = _claim(now)
        if event is None:
            break
        sent += _send(event)
    return sent


@transaction.atomic
def _claim(now: datetime) -> SignInEvent | None:
    """The next that is due, which nobody else will send meanwhile."""
    due = SignInEvent.objects.filter(mail_due_at__lte=now).order_by("mail_due_at", "id")
    event = due.select_for_update(skip_locked=True, of=("self",)).select_related("user").first()
    if event is not None:
        event.mail_due_at = now + RETRY if now - event.at < GIVE_UP else None
        event.save(update_fields=["mail_due_at"])
    return event


def _send(event: SignInEvent) -> bool:
    what = f"{event.get_action_display()}: {event.detail}" if event.detail else event.get_action_display()
    text = TEXT.format(event=event, what=what, where=f", from {event.address}" if event.address else "")
    try:
        send_mail(f"Takedown: {event.get_action_display().lower()}", text, None, [event.mail_to])
    except (OSError, smtplib.SMTPException) as error:
        logger.warning("A notice about an account was not sent: %s", type(error).__name__)
        return False
    SignInEvent.objects.filter(pk=event.pk).update(mail_due_at=None)
    return True
