"""What Celery runs. Every task is a doorbell: it carries nothing, may run twice, late or not at all, and does no harm."""

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
    """Judge what has become due without anybody looking; and let it be seen that the doorbells ring."""
    beat("beat")
    polling.release_what_has_passed()
    return verdicts.sweep()


@app.task
def warn() -> int:
    """Tell people of deadlines that come near, and of claims that a look contradicts."""
    return verdicts.warn() + orders.check_claims()


@app.task
def tidy() -> int:
    """Forget what nobody reads any more."""
    return polling.tidy()


@app.task
def add_up() -> int:
    """Bring the roll-ups of the statistics up to date."""
    return rollups.refresh(timezone.now())


@app.task
def dispatch() -> int:
    """Send what is to be sent."""
    return sending.send_due()
