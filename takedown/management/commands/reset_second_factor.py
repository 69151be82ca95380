"""`manage.py reset_second_factor NAME`: for somebody who lost everything, where no administrator can help."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from takedown import signin
from takedown.models import User


class Command(BaseCommand):
    help = "Take away all second factors and recovery codes of a person and end their sessions; at the next sign-in they set up new ones."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="User name.")

    def handle(self, *, name: str, **options: Any) -> None:
        person = User.objects.filter(username=name).first()
        if person is None:
            raise CommandError(f"Nobody is called {name!r}.")
        signin.reset_second_factor(person, actor=None, now=timezone.now())
        self.stdout.write(f"{name} has no second factor any more and is signed out everywhere.")
