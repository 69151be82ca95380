"""The design that Takedown does not have, as a baseline: one Celery task for each item, `requests`, one row saved at a time."""

import os
from datetime import timedelta

import requests
from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "takedown.settings")

import django

django.setup()

from django.conf import settings
from django.utils import timezone

from bench.world import use_database
from takedown.models import Watch

use_database()
app = Celery("naive", broker=settings.REDIS_URL)
app.conf.update(task_ignore_result=True, worker_prefetch_multiplier=4, task_default_queue="naive", broker_connection_retry_on_startup=True)


@app.task
def look(item_id: int, base: str) -> None:
    watch = Watch.objects.select_related("item").get(pk=item_id)
    sent_at = timezone.now()
    reply = requests.get(f"{base}/{watch.item.canonical_url.split('/', 3)[3]}", timeout=10)
    watch.outcome = "available" if reply.status_code == 200 else "indeterminate"
    watch.last_up = watch.run_last_sent = sent_at
    watch.run_last_answered = timezone.now()
    watch.run_count += 1
    watch.next_look_at = timezone.now() + timedelta(days=1)
    watch.save()
