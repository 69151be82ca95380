"""`manage.py rollup`: add up what the statistics count; with `--rebuild` all of it again."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from takedown.models import RollupRun
from takedown.statistics import rollups


class Command(BaseCommand):
    help = "Add up the days that have changed, and say how the last runs went. With --rebuild, everything again from the requests."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--rebuild", action="store_true", help="Forget all first. Dashboards stay right meanwhile, but slow.")

    def handle(self, *, rebuild: bool, **options: Any) -> None:
        if rebuild:
            rollups.rebuild()
        while written := rollups.refresh(timezone.now()):
            self.stdout.write(f"{written} days and months added up, {rollups.left()} days left.")
            if not rollups.left():
                break
        if left := rollups.left():
            self.stdout.write(f"{left} days left: another run is at them, or the log says why not. They are read from the requests.")
        for run in RollupRun.objects.order_by("-started_at")[:5]:
            how = f"done at {run.done_at:%H:%M:%S}, {run.spans} days and months" if run.done_at else "under way, or cut off"
            self.stdout.write(f"Run of {run.started_at:%Y-%m-%d %H:%M:%S} UTC: {how}.")
