"""Types and tolerances that the estimates share."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]
Z95 = 1.959963984540054
"""Two-sided 95 % quantile of the normal distribution."""
ROUNDING = 1e-7
"""Below this a probability counts as reached, so that 0.1 + 0.2 + 0.2 is a half."""
