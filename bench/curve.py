"""The curve of 100,000 brackets, as a dashboard asks for it: `python -m bench.curve`.

Content goes after five hours in the median, is looked at every minute up to every hour, and a part is still up. As in the product, so many
brackets are rounded outwards to its grid. The limit measured beside it is sorting the same brackets once. Medians of five runs.
"""

import statistics
import time
from collections.abc import Callable
from functools import partial

import numpy as np

from takedown.statistics.compare import outwards
from takedown.statistics.figures import TOLERANCE
from takedown.survival import Floats, turnbull

BRACKETS = 100_000


def brackets(every: float) -> Floats:
    """Rows (left, right] in seconds: looks every so many seconds at a random phase, right-censored within three days."""
    dice = np.random.default_rng(1)
    gone, phase = dice.exponential(5 * 3600, BRACKETS), dice.uniform(0, every, BRACKETS)
    left = np.where(gone < phase, 0.0, np.floor((gone - phase) / every) * every + phase)
    right = np.where(gone < phase, phase, left + every)
    last = dice.uniform(every, 3 * 86400, BRACKETS)
    return np.column_stack([np.minimum(left, last), np.where(right > last, np.inf, right)])


def median(work: Callable[[], object]) -> float:
    times = []
    for _ in range(5):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def main() -> None:
    for every, name in ((60.0, "a minute"), (900.0, "15 minutes"), (3600.0, "an hour")):
        ends = brackets(every)
        limit = median(partial(np.sort, ends, axis=0))
        ours = median(partial(turnbull, outwards(ends), tolerance=TOLERANCE))
        print(
            f"a look every {name:10}: sorting {limit * 1000:6.1f} ms   1.0   curve {ours * 1000:6.0f} ms  {ours / limit:6.1f}", flush=True
        )


if __name__ == "__main__":
    main()
