"""`/livez` and `/readyz`: whether this process should be started again, and whether it should be sent people."""

from typing import Any

import redis
from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, JsonResponse
from psycopg2.errorcodes import QUERY_CANCELED

from takedown.models.heartbeat import BEAT
from takedown.ops import standing
from takedown.ops.faults import RETRY_SECONDS
from takedown.ops.networks import is_insider

BEAT_SECONDS = 30.0
LOOK_SECONDS = 60.0
UNSENT_SECONDS = 120.0
"""Above these something is late. A request waits up to half a minute for the first look at its item."""
BROKER_SECONDS = 1.0

Checks = dict[str, dict[str, Any]]


def livez(request: HttpRequest) -> HttpResponse:
    """The process answers. It asks nobody: a database that is away is no reason to start web servers again."""
    return HttpResponse("ok", content_type="text/plain")


def readyz(request: HttpRequest) -> JsonResponse:
    """503 where pages cannot be served, which is without the database.

    Whatever is late otherwise is `degraded`, and served: people must see that it is late. Strangers learn the word and no number.
    """
    checks = check()
    well = all(one["ok"] for one in checks.values())
    ready = checks["database"]["ok"]
    answer: dict[str, Any] = {"status": "ready" if well else "degraded" if ready else "unready"}
    if is_insider(request):
        answer["checks"] = checks
    response = JsonResponse(answer, status=200 if ready else 503)
    if not ready:
        response["Retry-After"] = str(RETRY_SECONDS)
    return response


def check() -> Checks:
    """Every check with whether it is well, and its measure."""
    broker: Checks = {"broker": {"ok": broker_answers()}}
    try:
        found = standing.read()
    except (DatabaseError, InterfaceError) as error:
        # It answered that this takes too long: a backlog is no reason to send people away from the pages that show it.
        slow = getattr(error.__cause__, "pgcode", None) == QUERY_CANCELED
        return {"database": {"ok": slow}, **broker, **({"reading": {"ok": False}} if slow else {})}
    age = found.beats.get(BEAT)
    return {
        "database": {"ok": True},
        **broker,
        "beat": {"ok": age is not None and age <= BEAT_SECONDS, "age_seconds": age},
        "looks": {"ok": found.oldest_look <= LOOK_SECONDS, "oldest_due_seconds": found.oldest_look},
        "sending": {"ok": found.oldest_unsent <= UNSENT_SECONDS and not found.held, "oldest_unsent_seconds": found.oldest_unsent},
        "restore": {"ok": not found.held},
    }


def broker_answers() -> bool:
    """Whether Redis answers a ping in time. Without it the engine goes on from the database, more slowly."""
    wait = {"socket_timeout": BROKER_SECONDS, "socket_connect_timeout": BROKER_SECONDS}
    try:
        with redis.Redis.from_url(settings.REDIS_URL, **wait) as broker:
            return bool(broker.ping())
    except (redis.RedisError, OSError):
        return False
