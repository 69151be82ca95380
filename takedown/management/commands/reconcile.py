"""`manage.py reconcile`: after a restore, recognise what was sent since the backup, and let sending go on."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from takedown import dispatch
from takedown.models.errors import NotPossible
from takedown.verdicts import database_now


class Command(BaseCommand):
    help = "After a restore: recognise in the journal what was sent since the backup, and let sending go on. Nothing is sent before."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--journal", action="append", default=[], help="One of each machine that sends; default: SENT_JOURNAL.")
        parser.add_argument("--ask", action="store_true", help="Without a journal: a person finds out about all that waits to be sent.")
        parser.add_argument("--dry-run", action="store_true", help="Say what would be done, and do nothing.")

    @transaction.atomic
    def handle(self, *, journal: list[str], ask: bool, dry_run: bool, **options: Any) -> None:
        named = journal or [path for path in [settings.SENT_JOURNAL] if path and Path(path).exists()]
        try:
            found = dispatch.reconcile(journals=[Path(path) for path in named], ask=ask, now=database_now())
        except (NotPossible, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{len(found.recognised)} requests had been sent, and are marked so: {_list(found.recognised)}")
        self.stdout.write(f"{len(found.asked)} requests need a person: {_list(found.asked)}")
        for entry in found.unknown:
            when = f"{entry.state} {entry.begun_at:%Y-%m-%d %H:%M:%S} UTC"
            self.stdout.write(f"Lost with the database: {entry.number}, {when}, {entry.reference or 'no reference'}")
        if found.unknown:
            self.stdout.write("Have their clients file these reports again. They are not sent twice without a person's word.")
        if dry_run:
            transaction.set_rollback(True)
        self.stdout.write("Nothing was changed." if dry_run else "Sending goes on.")


def _list(numbers: list[str]) -> str:
    return ", ".join(numbers) or "none"
