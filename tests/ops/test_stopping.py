"""A real web server: its workers count together, and when it is stopped it answers first what it has begun."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest
import requests
from django.conf import settings
from django.db import connection, transaction

from takedown.models import ApiKey, Report
from tests.factories import AgencyFactory, PolicyFactory, issued
from tests.patience import PATIENCE
from tests.project import ROOT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("chaos")]

SIX = 'takedown_http_requests_total{method="GET",route="api-requests",status="200"} 6.0'


@pytest.fixture
def address() -> str:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


@pytest.fixture
def server(address: str, tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """The web server as production starts it, on the tests' database."""
    known = connection.get_connection_params()
    environment = {
        "DATABASE_URL": f"postgresql://{known['user']}@/{known['dbname']}?host={quote(str(known['host']), safe='')}",
        "DEVELOPMENT": "1",
        "REDIS_URL": settings.REDIS_URL,
        "SECRET_KEY": "only for this test, and long enough for it",
        "TAKEDOWN_VAR": str(tmp_path),
        "LOG_FORMAT": "json",
        "TMPDIR": str(tmp_path),
        "PATH": os.environ["PATH"],
    }
    command = [sys.executable, "-m", "gunicorn", "takedown.wsgi", "--config", "python:takedown.gunicorn", "--bind", address]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)
    with process:
        yield process
        process.kill()


def line_with(process: "subprocess.Popen[str]", words: str) -> str:
    """The next line of the log with these words."""
    assert process.stderr
    return next(line for line in process.stderr if words in line)


def test_workers_count_together_and_a_batch_in_flight_is_answered_and_stored(server: "subprocess.Popen[str]", address: str) -> None:
    PolicyFactory.create(key="referral_voluntary", unit="hours", duration=24)
    _, secret = issued(AgencyFactory.create(), *ApiKey.Scope.values)
    assert json.loads(line_with(server, "Booting worker"))["logger"] == "gunicorn.error"
    key = {"Authorization": f"Api-Key {secret}"}
    for _ in range(6):
        assert requests.get(f"http://{address}/api/v1/requests/", headers=key, timeout=60).status_code == 200
    counted = {requests.get(f"http://{address}/metrics", timeout=60).text.count(SIX) for _ in range(4)}
    assert counted == {1}
    body = {"reports": [{"url": f"https://host.example/post/{number}", "category": "a_incite"} for number in range(500)]}
    with ThreadPoolExecutor(1) as pool, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE takedown_report IN EXCLUSIVE MODE")
        answer = pool.submit(requests.post, f"http://{address}/api/v1/reports/batch/", json=body, headers=key, timeout=60)
        while not waits_for_the_lock():
            pass
        server.send_signal(signal.SIGTERM)
        line_with(server, "Handling signal: term")
        assert not answer.done()
        transaction.set_rollback(True)
    assert answer.result().status_code == 207
    assert answer.result().json()["filed"] == 500
    assert Report.objects.count() == 500
    assert server.wait(PATIENCE) == 0
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://{address}/livez", timeout=PATIENCE)


def waits_for_the_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'takedown_report'::regclass)")
        return bool(cursor.fetchone()[0])
