"""What Celery runs. Every task is a doorbell: it carries nothing, may run twice, late or not at all, and does no harm.

Each leaves a heartbeat under its name in the schedule: stand-ins do what nobody does. Looks leave theirs for as long as they go on.
"""

from django.utils import timezone

from takedown import dispatch as sending
from takedown import orders, polling, verdicts
from takedown.celery import app
from takedown.models.heartbeat import beat
from takedown.statistics import rollups


@app.task
def poll() -> int:
    """Look at what is due."""
    return polling.work()


@app.task
def judge() -> int:
    """Judge what has become due without anybody looking."""
    beat("judge")
    polling.release_what_has_passed()
    return verdicts.sweep()


@app.task
def warn() -> int:
    """Tell people of deadlines that come near, and of claims that a look contradicts."""
    beat("warn")
    return verdicts.warn() + orders.check_claims()


@app.task
def tidy() -> int:
    """Forget what nobody reads any more."""
    beat("tidy")
    return polling.tidy()


@app.task
def add_up() -> int:
    """Bring the roll-ups of the statistics up to date."""
    beat("add_up")
    return rollups.refresh(timezone.now())


@app.task
def dispatch() -> int:
    """Send what is to be sent."""
    beat("dispatch")
    return sending.send_with_all_hands()
