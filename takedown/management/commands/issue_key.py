"""`manage.py issue_key AGENCY CLIENT`: a new API key, shown once."""

from argparse import ArgumentParser
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from takedown import administration
from takedown.administration.keys import GOOD_FOR
from takedown.models import Agency, ApiKey
from takedown.models.errors import NotPossible
from takedown.verdicts import database_now


class Command(BaseCommand):
    help = "Issue an API key for a client of an agency and print its secret, which cannot be shown again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("agency", help="Slug of the agency.")
        parser.add_argument("client", help="Name of the system that will use it; a client that is not known yet is added.")
        parser.add_argument("--scope", action="append", choices=ApiKey.Scope.values, help="May be given more than once; default: all.")
        parser.add_argument("--network", action="append", default=[], help="Where it may be used from; may be given more than once.")
        ends = parser.add_mutually_exclusive_group()
        ends.add_argument("--days", type=int, default=GOOD_FOR.days, help="How long it is good for; default: %(default)s.")
        ends.add_argument("--never-ends", action="store_true", help="It is good until somebody revokes it.")

    def handle(self, *, agency: str, client: str, scope: list[str] | None, network: list[str], days: int, **options: Any) -> None:
        owner = Agency.objects.filter(slug=agency).first()
        if owner is None:
            known = ", ".join(Agency.objects.values_list("slug", flat=True)) or "none yet"
            raise CommandError(f"No agency {agency!r}. Known: {known}.")
        if not client.strip() or len(client) > 80 or not client.isprintable():
            raise CommandError("A client is named by 1 to 80 printable characters.")
        if days < 1:
            raise CommandError("--days takes 1 or more.")
        now = database_now()
        try:
            _, secret = administration.issue_key(
                agency=owner,
                client_name=client.strip(),
                scopes=scope or ApiKey.Scope.values,
                networks=[str(ip_network(one)) for one in network],
                expires_at=None if options["never_ends"] else now + timedelta(days=days),
                actor=None,
                now=now,
            )
        except (NotPossible, ValueError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(secret)
