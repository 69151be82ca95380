"""`manage.py issue_key AGENCY NAME`: a new API key, shown once."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from takedown.models import Agency, ApiKey


class Command(BaseCommand):
    help = "Issue an API key for an agency and print its secret, which cannot be shown again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("agency", help="Slug of the agency.")
        parser.add_argument("name", help="What the key is for.")
        parser.add_argument("--scope", action="append", choices=ApiKey.Scope.values, help="May be given more than once; default: all.")

    def handle(self, *, agency: str, name: str, scope: list[str] | None, **options: Any) -> None:
        owner = Agency.objects.filter(slug=agency).first()
        if owner is None:
            known = ", ".join(Agency.objects.values_list("slug", flat=True)) or "none yet"
            raise CommandError(f"No agency {agency!r}. Known: {known}.")
        if ApiKey.objects.for_agency(owner).filter(name=name).exists():
            raise CommandError(f"This agency has a key {name!r} already. Choose another name.")
        _, secret = ApiKey.issue(agency=owner, name=name, scopes=scope or ApiKey.Scope.values)
        self.stdout.write(secret)
