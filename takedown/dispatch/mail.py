"""Requests by mail: one, or several that are not urgent, to the address of a platform."""

import smtplib
from collections.abc import Sequence
from datetime import datetime

from django.core.mail import EmailMessage, get_connection
from django.template.loader import render_to_string

from platforms import base
from takedown import orders
from takedown.models import Submission
from takedown.polling import database_clock
from takedown.verdicts import notice


def send_mail(submissions: Sequence[Submission]) -> base.Receipt:
    """Send these, all to one platform and of one agency. The mail server's acceptance proves sending, never receipt."""
    first = submissions[0]
    to = first.request.platform.contact_email
    if not to:
        raise base.NeedsOperator("This platform has no e-mail address. Enter one, or send by hand.")
    numbers = [submission.request.reference for submission in submissions]
    message = EmailMessage(
        subject=f"Takedown request {numbers[0]}" if len(numbers) == 1 else f"{len(numbers)} takedown requests, {numbers[0]} and others",
        body=_body(submissions, numbers),
        to=[to],
        headers={"Message-ID": f"<{first.pk}@takedown>", "Auto-Submitted": "auto-generated"},
    )
    if orders.is_order(first.request):
        paper = orders.print_order(first.request.order, now=first.started_at)
        message.attach(f"removal-order-{first.request.number}.pdf", paper, "application/pdf")
    sent_at = _hand_over(message)
    return base.Receipt(reference=str(message.extra_headers["Message-ID"]), sent_at=sent_at)


def _body(submissions: Sequence[Submission], numbers: Sequence[str]) -> str:
    """The text of each as it was approved, and before several a list of their numbers."""
    texts = [notice(submission.request) for submission in submissions]
    if len(texts) == 1:
        return texts[0]
    language = str(submissions[0].request.platform.config.get("notice_language", "en"))
    head = render_to_string([f"dispatch/list.{language}.txt", "dispatch/list.en.txt"], {"numbers": numbers})
    parts = [
        f"{'=' * 20} {place} / {len(texts)}: {number} {'=' * 20}\n\n{text}"
        for place, (number, text) in enumerate(zip(numbers, texts, strict=True), 1)
    ]
    return "\n".join([head, *parts])


def _hand_over(message: EmailMessage) -> datetime:
    """Give a message to the mail server. Until it is connected nothing can have left, and what it answers it has not taken."""
    connection = get_connection()
    try:
        connection.open()
    except smtplib.SMTPAuthenticationError as error:
        raise base.NeedsOperator("The mail server refuses our account.") from error
    except (smtplib.SMTPException, OSError) as error:
        raise base.Retry(f"The mail server cannot be reached: {type(error).__name__}.", after=120) from error
    message.connection = connection
    sent_at = database_clock().sent()
    try:
        message.send()
    except smtplib.SMTPRecipientsRefused as error:
        raise _refusal(max((code for code, _ in error.recipients.values()), default=550)) from error
    except smtplib.SMTPResponseException as error:
        raise _refusal(error.smtp_code) from error
    except (smtplib.SMTPException, OSError) as error:
        raise base.OutcomeUnknown(f"The mail server failed while it took the message: {type(error).__name__}.") from error
    finally:
        connection.close()
    return sent_at


def _refusal(code: int) -> base.SubmitError:
    """An SMTP reply that refused the message: 4xx for now, anything else for good (RFC 5321, section 4.2.1)."""
    if 400 <= code < 500:
        return base.Retry(f"The mail server asks us to come back later ({code}).", after=300)
    return base.Rejected(f"The mail server refused the message ({code}).")
