"""Step 3: look at what is due, write down what was seen, plan the next look."""

from takedown.polling.apply import Settings, apply
from takedown.polling.ask import LOOKS_DIFFERENT, look_now, still_the_same
from takedown.polling.claim import Claim, claim, database_clock
from takedown.polling.pulse import release, release_what_has_passed, tidy
from takedown.polling.silence import Silence, silence
from takedown.polling.switch import pause_platform, release_hold, resume_platform
from takedown.polling.work import look_once, work

__all__ = [
    "LOOKS_DIFFERENT",
    "Claim",
    "Settings",
    "Silence",
    "apply",
    "claim",
    "database_clock",
    "look_now",
    "look_once",
    "pause_platform",
    "release",
    "release_hold",
    "release_what_has_passed",
    "resume_platform",
    "silence",
    "still_the_same",
    "tidy",
    "work",
]
