"""The storm, as a test: a process of its own with servers of its own."""

import os
import subprocess
import sys

import pytest


@pytest.mark.chaos
@pytest.mark.xdist_group("chaos")
def test_nothing_is_lost_and_nothing_is_judged_wrongly_in_a_storm() -> None:
    profile = os.environ.get("CHAOS", "quick")
    done = subprocess.run([sys.executable, "-m", "tests.chaos.storm", profile], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
