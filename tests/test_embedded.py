"""The embedded servers: shared while somebody needs them, gone when nobody does."""

import subprocess
import sys
from pathlib import Path

import psycopg2
import pytest

from takedown import embedded
from tests.patience import eventually

SCRIPT = """
import sys
from pathlib import Path
from takedown import embedded
var = Path(sys.argv[1])
embedded.hold(var)
print(embedded.database_url(var), embedded.redis_url(var), flush=True)
sys.stdin.read()
"""


def user_of(var: Path) -> "subprocess.Popen[str]":
    """A process that uses the servers until its standard input closes."""
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(var)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.urls = process.stdout.readline().split()  # type: ignore[attr-defined]
    return process


def leave(process: "subprocess.Popen[str]") -> None:
    process.communicate()


def postmaster(var: Path) -> int:
    return int((var / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0])


@pytest.mark.xdist_group("chaos")
def test_the_servers_are_shared_and_the_last_one_stops_them(tmp_path: Path) -> None:
    first, second = user_of(tmp_path), user_of(tmp_path)
    assert first.urls == second.urls  # type: ignore[attr-defined]
    pid = postmaster(tmp_path)
    with psycopg2.connect(first.urls[0]) as connection, connection.cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute("SHOW listen_addresses")
        assert cursor.fetchone() == ("",)
    connection.close()
    first.kill()
    first.communicate()
    assert embedded.is_alive(pid), "somebody else still needs them"
    leave(second)
    assert not embedded.is_alive(pid)
    third = user_of(tmp_path)
    third.kill()
    third.communicate()
    assert embedded.is_alive(postmaster(tmp_path)), "a killed process cannot stop them"
    leave(user_of(tmp_path))
    left = tmp_path / "postgres" / "postmaster.pid"
    assert eventually(lambda: not left.exists()), "the next one that leaves cleans up"


def test_a_production_install_without_the_wheels_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(embedded.EmbeddedServerError, match="DATABASE_URL"):
        embedded.postgres_bin()
