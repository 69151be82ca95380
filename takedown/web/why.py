"""Why a request is due when it is, and why what is withheld in some countries counts as up, for its page."""

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from takedown.annexes.states import STATES
from takedown.choices import CountingRule, Outcome
from takedown.explanation import Step, explain, rule_sensitive, when
from takedown.models import Observation, TakedownRequest
from takedown.regions import worth


@dataclass(frozen=True, slots=True)
class Why:
    steps: Sequence[Step] = ()
    other_rule: str = ""
    """When it would be due under the other counting rule; empty where there is none."""
    problem: str = ""
    """Why the steps do not lead to the deadline on record; empty where they do."""


def why(request: TakedownRequest) -> Why:
    """The steps from the facts to the deadline. Calendars change: where they no longer lead to the deadline on record, that is said."""
    policy, events = request.policy, list(request.clock_events.all())
    try:
        zone = ZoneInfo(policy.timezone)
        steps, other = explain(policy, events), rule_sensitive(policy, events)
    except (ValueError, LookupError, OverflowError) as error:
        return Why(problem=f"The deadline on record cannot be explained any more: {error}")
    due_at, rule, problem = steps[-1].at, "", ""
    if other:
        whole = policy.counting_rule != CountingRule.WHOLE_UNITS
        how = "in whole hours and days (Regulation 1182/71)" if whole else "as elapsed time, to the second,"
        rule = f"Counted {how} it would be due " + ("at the same instant." if other == due_at else f"on {when(other, zone)}.")
    if due_at != request.due_at:
        kept = f"the deadline on record is {when(request.due_at, zone)}" if request.due_at else "no deadline is on record"
        problem = f"Beware: {kept}. Since it was set, the calendar or the facts have changed. Ask an administrator which one holds."
    return Why(steps, rule, problem)


def withheld(request: TakedownRequest, observations: Sequence[Observation]) -> str:
    """Where it is withheld and what that is worth under the policy; empty where the last look did not find it so.

    A run keeps what its first look has found: a later one of the same run may name other countries.
    """
    last = observations[-1] if observations else None
    if last is None or last.outcome != Outcome.GEO_BLOCKED:
        return ""
    evidence = last.evidence
    allowed = {code.strip().upper() for code in str(evidence.get("allowed", "")).split(",")} & STATES
    return worth(request.policy, STATES - allowed if allowed else evidence.get("countries", ()))
