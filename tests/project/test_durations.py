"""No test asserts a duration: what a machine does beside the suite, or how slow it is, changes no result."""

import ast

import pytest

from tests.patience import PATIENCE, linear
from tests.project import texts

CLOCKS = {
    "monotonic",
    "perf_counter",
    "process_time",
    "thread_time",
    "monotonic_ns",
    "perf_counter_ns",
    "process_time_ns",
    "thread_time_ns",
}
LIMITED = {"wait", "join", "result", "exception", "communicate", "timeout", "wait_for"}
MEASURES = ("tests/patience.py", "tests/chaos/", "tests/storm/simulation.py")
"""May look at the clock: what waits for others, a program of its own, and what turns the clock."""


def called(node: ast.AST) -> str:
    """Name of the function or method that a call is of; empty for all else."""
    if not isinstance(node, ast.Call):
        return ""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def number(node: ast.AST) -> float | None:
    value = node.value if isinstance(node, ast.Constant) else None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def says(node: ast.AST) -> str:
    """What a piece of a test says about how long something may take; empty if nothing."""
    name = called(node)
    if name in CLOCKS or (name == "time" and ast.unparse(node) == "time.time()"):
        return "a stop-watch"
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub) and called(node.right) == "now":
        return "time left, or gone by, until now"
    if isinstance(node, ast.Assert) and any(since(part) for part in ast.walk(node.test)):
        return "time gone by since something"
    return "an end to patience" if isinstance(node, ast.Call) and impatient(node) else ""


def since(node: ast.AST) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub) and called(node.left) == "now"


def impatient(call: ast.Call) -> bool:
    """Whether it gives up before patience ends; Hypothesis does at any deadline, which it takes in milliseconds."""
    named = {word.arg: number(word.value) for word in call.keywords}
    if called(call) in {"settings", "register_profile"}:
        return named.get("deadline") is not None
    limits = [named.get("timeout"), *(number(one) for one in call.args if called(call) in LIMITED)]
    return any(limit is not None and limit < PATIENCE for limit in limits)


def durations(text: str) -> list[str]:
    return [f"{getattr(node, 'lineno', 0)}: {found}" for node in ast.walk(ast.parse(text)) if (found := says(node))]


def test_no_test_asserts_a_duration() -> None:
    tests = {name: text for name, text in texts().items() if name.startswith("tests/") and name.endswith(".py")}
    found = [f"{name}:{one}" for name, text in tests.items() if not name.startswith(MEASURES) for one in durations(text)]
    assert not found, found


@pytest.mark.parametrize(
    "line",
    [
        "began = time.perf_counter()",
        "assert monotonic() < began + 3",
        "assert time.time() < 7",
        "left = (due - timezone.now()).total_seconds()",
        "assert datetime.now(UTC) - stored < timedelta(minutes=1)",
        "assert done.wait(5)",
        "worker.join(timeout=10)",
        "asyncio.timeout(0.05)",
        "@settings(deadline=200)\ndef test(): pass",
    ],
)
def test_every_way_of_asserting_one_is_found(line: str) -> None:
    assert durations(line)


@pytest.mark.parametrize(
    "line", ["', '.join(names)", "done.wait()", "done.wait(PATIENCE)", "at = timezone.now() - PAST", "settings(deadline=None)"]
)
def test_what_is_none_is_left_alone(line: str) -> None:
    assert not durations(line)


def test_work_that_grows_with_the_square_is_told_from_work_that_does_not() -> None:
    assert linear(lambda size: sum(range(size)), 400_000)
    assert not linear(lambda size: sum(range(size * size)), 2000)
