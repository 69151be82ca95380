"""Data of published trials, on which every textbook agrees."""

SIX_MP = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+"
PLACEBO = "1 1 2 2 3 4 4 5 5 8 8 8 8 11 11 12 12 15 17 22 23"
"""Weeks of remission of leukaemia, + still in it, under 6-MP and under placebo: Freireich et al. (1963)."""
MAINTAINED = "9 13 13+ 18 23 28+ 31 34 45+ 48 161+"
NOT_MAINTAINED = "5 5 8 8 12 16+ 23 27 30 33 43 45"
"""Weeks of remission of acute myelogenous leukaemia: Embury et al. (1977), in Miller (1981)."""
RADIATION = (
    "0-7 0-8 0-5 4-11 5-12 5-11 6-10 7-16 7-14 11-15 11-18 15+ 17+ 17-25 17-25 18+ 19-35 18-26 22+ 24+ 24+ 25-37 26-40 27-34 32+ 33+ 34+"
    " 36-44 36-48 36+ 36+ 37-44 37+ 37+ 37+ 38+ 40+ 45+ 46+ 46+ 46+ 46+ 46+ 46+ 46+ 46+"
)
CHEMOTHERAPY = (
    "0-22 0-5 4-9 4-8 5-8 8-12 8-21 10-35 10-17 11-13 11+ 11-17 11+ 11-20 12-20 13+ 13-39 13+ 13+ 14-17 14-19 15-22 16-24 16-20 16-24"
    " 16-60 17-27 17-23 17-26 18-25 18-24 19-32 21+ 22-32 23+ 24-31 24-30 30-34 30-36 31+ 32+ 32-40 34+ 34+ 35+ 35-39 44-48 48+"
)
"""Months until breast retraction, + not by then, after radiation and after it with chemotherapy: Finkelstein and Wolfe (1985)."""


def exact(text: str) -> tuple[list[float], list[bool]]:
    """Durations, and whether their end was observed."""
    words = text.split()
    return [float(word.rstrip("+")) for word in words], [not word.endswith("+") for word in words]


def brackets(text: str) -> list[tuple[float, float]]:
    """`(left, right]`."""
    pairs = [word.replace("+", "-inf").split("-") for word in text.split()]
    return [(float(left), float(right)) for left, right in pairs]
