"""The nouns. Verbs live in `intake`, `dispatch`, `polling` and `verdicts`."""

from takedown.models.agency import Agency
from takedown.models.alert import Alert
from takedown.models.apikey import ApiKey
from takedown.models.approval import Approval
from takedown.models.change import Change
from takedown.models.client import Client
from takedown.models.clock import ClockEvent
from takedown.models.duty import Duty
from takedown.models.event import Event
from takedown.models.heartbeat import Heartbeat
from takedown.models.item import FlaggedItem
from takedown.models.keepsake import Keepsake
from takedown.models.observation import Observation
from takedown.models.order import AnswerLink, PlatformAnswer, RemovalOrder
from takedown.models.policy import DeadlinePolicy, PolicyChoice
from takedown.models.recipient import Recipient
from takedown.models.report import Report
from takedown.models.request import TakedownRequest
from takedown.models.restore import Restore, SentBefore
from takedown.models.rollup import RollupCount, RollupHistogram, RollupLevel, RollupMark, RollupOpen, RollupRun, RollupSpan
from takedown.models.signin import RecoveryCode, SecondFactor, SignInAttempt, SignInEvent
from takedown.models.submission import Submission
from takedown.models.user import User
from takedown.models.watch import Watch

__all__ = [
    "Agency",
    "Alert",
    "AnswerLink",
    "ApiKey",
    "Approval",
    "Change",
    "Client",
    "ClockEvent",
    "DeadlinePolicy",
    "Duty",
    "Event",
    "FlaggedItem",
    "Heartbeat",
    "Keepsake",
    "Observation",
    "PlatformAnswer",
    "PolicyChoice",
    "Recipient",
    "RecoveryCode",
    "RemovalOrder",
    "Report",
    "Restore",
    "RollupCount",
    "RollupHistogram",
    "RollupLevel",
    "RollupMark",
    "RollupOpen",
    "RollupRun",
    "RollupSpan",
    "SecondFactor",
    "SentBefore",
    "SignInAttempt",
    "SignInEvent",
    "Submission",
    "TakedownRequest",
    "User",
    "Watch",
]
