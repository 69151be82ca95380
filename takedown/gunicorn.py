"""Settings of the web server, wherever it runs: `gunicorn takedown.wsgi --config python:takedown.gunicorn`.

A stop lets what is being answered be answered. A statement of the database may take a minute, so a worker has a little more.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "takedown.settings")

workers = 2
threads = 4
graceful_timeout = 75
control_socket_disable = True
if Path("/dev/shm").is_dir():  # noqa: S108  where the workers' signs of life touch no disk
    worker_tmp_dir = "/dev/shm"  # noqa: S108
logconfig_dict = settings.LOGGING
# No access log of the server's own: its lines hold paths, and a path may hold a token. `takedown.ops.middleware` writes them.
accesslog = None

_folder = tempfile.mkdtemp(prefix="takedown-metrics-")
os.environ["PROMETHEUS_MULTIPROC_DIR"] = _folder
"""Before any worker loads the library. All of them count in here; see `takedown.ops.metrics`."""
_owner = os.getpid()


@atexit.register
def _sweep_up() -> None:
    if os.getpid() == _owner:
        shutil.rmtree(_folder, ignore_errors=True)
