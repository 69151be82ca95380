"""Celery: the engine that works through the database's queue.

Messages are doorbells. Losing any or all of them loses no work: the next one, a second later, finds what is due, and while none comes
stand-ins do the work (`takedown.standby`). The settings answer failures that were measured on Celery 5.7 with Redis: workers that stay
deaf after a silent network drop (time limits on the socket and health checks), tasks that are cut off when Redis goes, or that end the
worker when they are done (early acknowledgement), a publisher that blocks for ever.
"""

import os
from contextlib import suppress
from typing import Any

from celery import Celery
from celery.signals import celeryd_after_setup, setup_logging, task_postrun, task_prerun, worker_shutdown, worker_shutting_down
from django.conf import settings

from takedown import embedded
from takedown.ops.logs import during_task

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "takedown.settings")

embedded.hold(settings.VAR, settings.EMBEDDED)

app = Celery("takedown")
app.conf.update(
    broker_url=settings.REDIS_URL,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options={
        "visibility_timeout": 300,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
        "socket_timeout": 10,
        "socket_connect_timeout": 5,
        "socket_keepalive": True,
        "health_check_interval": 10,
        "global_keyprefix": settings.BROKER_PREFIX,
    },
    result_backend=None,
    task_ignore_result=True,
    # A doorbell is acknowledged when it is answered: nothing needs it again, and nothing has to be said to a Redis that has gone meanwhile.
    task_acks_late=False,
    task_time_limit=60,
    task_soft_time_limit=45,
    task_publish_retry=False,
    task_serializer="json",
    accept_content=["json"],
    worker_prefetch_multiplier=1,
    worker_soft_shutdown_timeout=20,
    worker_max_tasks_per_child=500,
    worker_max_memory_per_child=250_000,
    worker_hijack_root_logger=False,
    timezone="UTC",
    # Looks have workers of their own: a slow platform must not keep requests from being sent or judged.
    task_routes={"takedown.tasks.poll": {"queue": "looks"}},
    task_default_queue="acts",
    beat_schedule={
        # `expires`: a doorbell nobody answered is worth nothing a moment later, and a backlog of them would only delay the fresh ones.
        "poll": {"task": "takedown.tasks.poll", "schedule": 1.0, "options": {"expires": 5}},
        "judge": {"task": "takedown.tasks.judge", "schedule": 2.0, "options": {"expires": 5}},
        "warn": {"task": "takedown.tasks.warn", "schedule": 5.0, "options": {"expires": 5}},
        "tidy": {"task": "takedown.tasks.tidy", "schedule": 3600.0, "options": {"expires": 600}},
        "add_up": {"task": "takedown.tasks.add_up", "schedule": 10.0, "options": {"expires": 10}},
        "tell": {"task": "takedown.tasks.tell", "schedule": 30.0, "options": {"expires": 25}},
        "dispatch": {"task": "takedown.tasks.dispatch", "schedule": 2.0, "options": {"expires": 5}},
    },
    beat_schedule_filename=str(settings.VAR / "beat-schedule"),
)
app.autodiscover_tasks(["takedown"])


@setup_logging.connect
def _use_django_logging(**_: object) -> None:
    """Django has configured logging already; without this, Celery would do it again its own way."""


@task_prerun.connect
def _name_the_task(task_id: str, sender: Any, **_: object) -> None:
    """Lines in the log carry the id of the task they come from. A doorbell that was heard tells that they ring; stand-ins hear none."""
    from takedown.models.heartbeat import BEAT, beat  # models can be loaded by now, and not before

    during_task(task_id)
    if sender.name == "takedown.tasks.judge":
        beat(BEAT)


@task_postrun.connect
def _forget_the_task(**_: object) -> None:
    during_task("")


_stand_in: list[int] = []


@celeryd_after_setup.connect
def _start_stand_in(instance: Any, **_: object) -> None:
    from takedown import standby  # models can be loaded by now, and not before

    _stand_in.append(standby.start(instance.app.amqp.queues.consume_from))


@worker_shutting_down.connect
def _stop_stand_in(**_: object) -> None:
    from takedown import standby  # as above

    for pid in _stand_in:
        standby.stop(pid)


@worker_shutdown.connect
def _wait_for_stand_in(**_: object) -> None:
    """It finishes what it does: an attempt to send is not cut off. A worker that ends by an error has not told it yet."""
    _stop_stand_in()
    while _stand_in:
        with suppress(ChildProcessError):
            os.waitpid(_stand_in.pop(), 0)
