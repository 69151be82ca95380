"""All benchmarks, one after the other: `python -m bench`."""

import subprocess
import sys

for name in ("intake", "looks", "batches", "anchors", "sending", "scale", "pages", "rollups", "curve"):
    print(f"== {name}", flush=True)
    subprocess.run([sys.executable, "-m", f"bench.{name}"], check=True)
