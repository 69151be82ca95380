"""What machines that watch us are told: as much as they need, and strangers less."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client, RequestFactory
from django.utils import timezone
from pytest_django import Settings

from platforms.models import PauseReason, pause
from takedown import tasks
from takedown.models import Heartbeat, Restore, Watch
from takedown.ops.networks import client_address, networks
from tests.factories import PlatformFactory, WatchFactory
from tests.factories import RequestFactory as Requests

pytestmark = pytest.mark.django_db


def ready(**extra: Any) -> tuple[int, dict[str, Any]]:
    answer = Client().get("/readyz", **extra)
    return answer.status_code, answer.json()


def well() -> None:
    tasks.judge.apply()
    assert ready()[1]["status"] == "ready"


def test_a_process_that_answers_lives_whatever_else_is_away(settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    with connection.execute_wrapper(refuse):
        answer = Client().get("/livez", headers={"Host": "10.0.0.7:8000", "Cookie": "sessionid=x"})
    assert (answer.status_code, answer.content, answer["Cache-Control"]) == (200, b"ok", "no-store")


def refuse(*_: Any) -> None:
    raise OperationalError("server closed the connection unexpectedly")


def test_without_the_database_nobody_is_sent_here() -> None:
    well()
    with connection.execute_wrapper(refuse):
        code, answer = ready()
    assert (code, answer["status"], answer["checks"]["database"]) == (503, "unready", {"ok": False})


def test_a_database_too_busy_to_count_serves_pages_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("takedown.ops.standing.MOST_MS", 10)
    monkeypatch.setattr("takedown.ops.standing._LOOKS", "SELECT pg_sleep(60)")
    code, answer = ready()
    assert (code, answer["status"], answer["checks"]["reading"]) == (200, "degraded", {"ok": False})


def test_without_redis_it_is_degraded_and_serves(settings: Settings) -> None:
    well()
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    code, answer = ready()
    assert (code, answer["status"], answer["checks"]["broker"]) == (200, "degraded", {"ok": False})


def late_look() -> None:
    WatchFactory.create()
    Watch.objects.update(next_look_at=timezone.now() - timedelta(minutes=10))


def late_request() -> None:
    Requests.create(status="to_send", channel="email", next_attempt_at=timezone.now() - timedelta(minutes=10))


def silent_beat() -> None:
    Heartbeat.objects.update(at=timezone.now() - timedelta(minutes=10))


def restored() -> None:
    Restore.objects.create(identity="another", noticed_at=timezone.now(), why="restored")


@pytest.mark.parametrize(
    ("happen", "check"),
    [
        (late_look, "looks"),
        (late_request, "sending"),
        (silent_beat, "beat"),
        (Heartbeat.objects.all().delete, "beat"),
        (restored, "restore"),
    ],
)
def test_what_is_late_is_named_and_pages_are_served_all_the_same(happen: Any, check: str) -> None:
    well()
    happen()
    code, answer = ready()
    assert (code, answer["status"], answer["checks"][check]["ok"]) == (200, "degraded", False)


def test_what_a_pause_keeps_waiting_is_not_late() -> None:
    late_look()
    platform = Watch.objects.get().platform_id
    pause(platform, PauseReason.OPERATOR, None, now=timezone.now())
    well()


OUTSIDE = "203.0.113.9"


def test_a_stranger_learns_the_word_and_no_number() -> None:
    well()
    late_look()
    assert ready(REMOTE_ADDR=OUTSIDE) == (200, {"status": "degraded"})
    assert Client().get("/metrics", REMOTE_ADDR=OUTSIDE).status_code == 404


@pytest.mark.parametrize(
    ("proxies", "remote", "forwarded", "expected"),
    [
        (0, "203.0.113.9", "", "203.0.113.9"),
        (0, "::ffff:127.0.0.1", "", "127.0.0.1"),
        (0, "127.0.0.1", "203.0.113.9", None),  # through a proxy that nobody has declared
        (1, "127.0.0.1", "203.0.113.9", "203.0.113.9"),
        (1, "127.0.0.1", "127.0.0.1, 203.0.113.9", "203.0.113.9"),  # what the client itself claims counts for nothing
        (1, "10.0.0.7", "", "10.0.0.7"),  # past the proxy
        (2, "127.0.0.1", "203.0.113.9, 10.0.0.7", "203.0.113.9"),
        (2, "127.0.0.1", "203.0.113.9", None),
        (1, "127.0.0.1", "unknown", None),
        (0, "", "", None),
    ],
)
def test_the_callers_address_is_the_one_a_proxy_of_ours_saw(
    settings: Settings, proxies: int, remote: str, forwarded: str, expected: str | None
) -> None:
    settings.PROXY_COUNT = proxies
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    found = client_address(RequestFactory().get("/", headers=headers, REMOTE_ADDR=remote))
    assert (str(found) if found else None) == expected


def test_measurements_tell_what_waits_and_nobodys_name(settings: Settings) -> None:
    settings.METRICS_NETWORKS = networks(["198.51.100.0/24"])
    late_look()
    late_request()
    PlatformFactory.create(slug="quiet", connector="web")
    tasks.judge.apply()
    Client().get("/sign-in/")
    answer = Client().get("/metrics", REMOTE_ADDR="198.51.100.7")
    lines = dict(line.rsplit(" ", 1) for line in answer.content.decode().split("\n") if line and not line.startswith("#"))
    assert lines["takedown_database_up"] == lines["takedown_broker_up"] == "1.0"
    assert float(lines["takedown_oldest_due_look_seconds"]) >= 600
    assert float(lines["takedown_oldest_unsent_seconds"]) >= 600
    assert lines['takedown_due_looks{platform="quiet"}'] == "0.0"
    assert lines['takedown_unsent_requests{channel="email",status="to_send"}'] == "1.0"
    assert lines['takedown_breaker_open{platform="quiet"}'] == "0.0"
    assert float(lines['takedown_http_requests_total{method="GET",route="sign-in",status="200"}']) >= 1
    assert "north" not in answer.content.decode().lower()


def test_without_the_database_measurements_say_so() -> None:
    with connection.execute_wrapper(refuse):
        text = Client().get("/metrics").content.decode()
    assert "takedown_database_up 0.0" in text


def test_a_stranger_cannot_make_up_labels() -> None:
    client = Client()
    for path in ("/one-made-up/", "/another/made-up/"):
        client.generic("MADEUP", path)
    text = client.get("/metrics").content.decode().lower()
    assert 'method="other",route="none",status="404"' in text
    assert "made-up" not in text
    assert "madeup" not in text
