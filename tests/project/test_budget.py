"""Code stays small: the limits that make any file readable in one sitting."""

import ast
import gzip
import io
import re
import tokenize
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache

import pytest

from tests.project import ROOT, texts

Function = ast.FunctionDef | ast.AsyncFunctionDef
KILOBYTE = 1024
STAND_INS = ("platforms/sandbox/", "takedown/management/demo/", "takedown/management/commands/demo.py")
SILENT = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}


def python_files(*folders: str) -> dict[str, str]:
    """Python files in these folders, without migrations; all of them, where none is named."""
    return {
        name: text
        for name, text in texts().items()
        if name.endswith(".py") and "/migrations/" not in name and (not folders or name.startswith(folders))
    }


@cache
def functions() -> dict[str, int]:
    """Length in lines of every function of the project, signature included and decorators not."""
    return {
        f"{name}:{node.lineno} {node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for name, text in python_files().items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, Function)
    }


def percentile_95(values: Sequence[int]) -> int:
    return sorted(values)[int(len(values) * 0.95)]


def above(sizes: dict[str, int], limit: int) -> dict[str, int]:
    return {name: size for name, size in sizes.items() if size > limit}


def lines_of(*endings: str) -> dict[str, int]:
    return {name: text.count("\n") for name, text in texts().items() if name.endswith(endings) and "/migrations/" not in name}


def test_no_function_is_longer_than_60_lines() -> None:
    assert not above(functions(), 60)


def test_nearly_all_functions_have_at_most_40_lines() -> None:
    assert percentile_95(list(functions().values())) <= 40


def test_nearly_all_handlers_have_at_most_30_lines() -> None:
    edges = ("takedown/web/views/", "takedown/web/dashboard.py", "takedown/api/views.py")
    assert percentile_95([length for name, length in functions().items() if name.startswith(edges)]) <= 30


def test_no_file_is_longer_than_400_lines() -> None:
    assert not above(lines_of(".py", ".html", ".css", ".js", ".sql"), 400)


@pytest.mark.parametrize(("ending", "limit"), [(".py", 300), (".html", 120)])
def test_nearly_all_files_are_short(ending: str, limit: int) -> None:
    assert percentile_95(list(lines_of(ending).values())) <= limit


def test_complexity_is_limited_and_nobody_opts_out() -> None:
    lint = tomllib.loads(texts()["pyproject.toml"])["tool"]["ruff"]["lint"]
    assert "C90" in lint["select"]
    assert lint["mccabe"]["max-complexity"] <= 10
    ignored = [*lint.get("ignore", ()), *(code for codes in lint["per-file-ignores"].values() for code in codes)]
    assert not [code for code in ignored if "C901".startswith(code)]
    opted_out = re.compile("noqa:[^#]*" + "C901")
    assert not [name for name, text in python_files().items() if opted_out.search(text)]


def code_lines(text: str) -> int:
    """Lines that do something: neither blank nor comment nor docstring."""
    quiet = {
        line
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    tokens = (token for token in tokenize.generate_tokens(io.StringIO(text).readline) if token.type not in SILENT)
    return len({line for token in tokens for line in range(token.start[0], token.end[0] + 1)} - quiet)


def test_there_is_more_test_than_code() -> None:
    """The stand-in world and the made-up past count as neither: they serve the tests and the demonstration. Recorded replies are tests."""
    code = sum(code_lines(text) for name, text in python_files("takedown/", "platforms/").items() if not name.startswith(STAND_INS))
    tests = sum(code_lines(text) for text in python_files("tests/").values())
    recorded = sum(text.count("\n") for name, text in texts().items() if "/fixtures/" in name)
    assert tests + recorded >= 1.2 * code, f"{tests} lines of tests and {recorded} of recorded replies for {code} lines of code"


@pytest.mark.parametrize(("pattern", "kilobytes"), [("css/*.css", 20), ("js/*.js", 25)])
def test_own_styles_and_scripts_are_light(pattern: str, kilobytes: int) -> None:
    assert sum(len(gzip.compress(path.read_bytes())) for path in (ROOT / "static").glob(pattern)) <= kilobytes * KILOBYTE


def test_nothing_is_left_for_later() -> None:
    later = re.compile(r"\b(?:" + "|".join(("TO" + "DO", "FIX" + "ME", "X" * 3)) + r")\b")
    assert not [name for name, text in texts().items() if later.search(text)]


def test_an_import_inside_a_function_says_why() -> None:
    assert not [place for name, text in python_files().items() for place in unexplained_imports(name, text)]


def unexplained_imports(name: str, text: str) -> Iterator[str]:
    """Places of imports inside functions. A comment on the first of several imports in a row speaks for all of them."""
    lines = text.split("\n")
    for function in ast.walk(ast.parse(text)):
        if not isinstance(function, Function):
            continue
        before = None
        for node in sorted(imports_in(function), key=lambda node: node.lineno):
            if "#" not in lines[node.lineno - 1] and node.lineno - 1 != before:
                yield f"{name}:{node.lineno}"
            before = node.end_lineno


def imports_in(function: Function) -> Iterator[ast.Import | ast.ImportFrom]:
    return (node for node in ast.walk(function) if isinstance(node, ast.Import | ast.ImportFrom))
