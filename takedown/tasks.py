"""What Celery runs. Every task is a doorbell: it carries nothing, may run twice, late or not at all, and does no harm."""

from takedown import dispatch as sending
from takedown import polling, verdicts
from takedown.celery import app


@app.task
def poll() -> int:
    """Look at what is due."""
    return polling.work()


@app.task
def judge() -> int:
    """Judge what has become due without anybody looking."""
    polling.release_what_has_passed()
    return verdicts.sweep()


@app.task
def tidy() -> int:
    """Forget what nobody reads any more."""
    return polling.tidy()


@app.task
def dispatch() -> int:
    """Send what is to be sent."""
    return sending.send_due()
