"""`manage.py setup`: deadline policies and platforms of a new install."""

from django.core.management.base import BaseCommand

from takedown.management.reference import install_platforms, install_policies


class Command(BaseCommand):
    help = "Add the deadline policies and platforms that every install starts with. Safe to run again."

    def handle(self, **options: object) -> None:
        self.stdout.write(f"{install_policies()} policies and {install_platforms()} platforms added")
