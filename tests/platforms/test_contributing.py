"""The example in CONTRIBUTING.md is a whole connector: its code blocks in a folder, nothing else, and it keeps the contract of all."""

import importlib
import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from platforms import connectors, registry
from platforms.base import Outcome
from platforms.identity import identify
from platforms.registry import plays
from platforms.sandbox.world import WHOLE_REPLY
from tests.platforms import test_connectors as contract
from tests.platforms import test_rates, test_sandbox
from tests.project import texts

SLUG = "notepad"
PACKAGE = f"{connectors.__name__}.{SLUG}"
_FILE = re.compile(r"^`([\w/.]+)`[^\n]*\n\n```(?:python|json)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PLAYED = frozenset({"available", "removed_by_platform"})


def written() -> Mapping[str, str]:
    """The files of the example by their path in its folder."""
    return dict(_FILE.findall(texts()["CONTRIBUTING.md"]))


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The example as one more connector, found by being there; and no trace of it afterwards."""
    home = tmp_path_factory.mktemp("connectors") / SLUG
    for name, text in written().items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connectors, "__path__", [*connectors.__path__, str(home.parent)])
        _forget()
        yield home
    for name in [name for name in sys.modules if name == PACKAGE or name.startswith(f"{PACKAGE}.")]:
        del sys.modules[name]
    if hasattr(connectors, SLUG):
        delattr(connectors, SLUG)
    _forget()


def _forget() -> None:
    importlib.invalidate_caches()
    for cached in (registry.connectors, registry.rules, registry.plays):
        cached.cache_clear()


def test_the_example_is_one_folder_of_at_most_forty_lines() -> None:
    files = written()
    assert set(files) == {"__init__.py", "addresses.py", "sandbox.py", "fixtures/note_removed.json"}
    code = [line for name, text in files.items() if name.endswith(".py") for line in text.split("\n")]
    assert len([line for line in code if line.strip()]) <= 40
    assert max(map(len, code)) <= 140


def test_it_is_found_by_being_there() -> None:
    assert registry.get(SLUG).label == "Notepad"
    assert SLUG in plays()
    assert SLUG in {rule.platform for rule in registry.rules()}


@pytest.mark.parametrize(
    "form", ["https://notes.example/n/abcdefgh", "hxxp://notes[.]example/n/abcdefgh/", "<NOTES.example/n/abcdefgh?utm_source=x>"]
)
def test_its_addresses_are_known(form: str) -> None:
    ref = identify(form)
    assert (ref.platform, ref.kind, ref.external_id) == (SLUG, "page", "abcdefgh")
    assert identify(ref.canonical_url) == ref


def test_other_addresses_of_its_host_are_plain_pages() -> None:
    assert identify("https://notes.example/about").platform == "web"
    test_sandbox.test_an_invented_address_is_known_to_identify(SLUG, "page")


@pytest.mark.parametrize("state", sorted((PLAYED | WHOLE_REPLY) - {"timeout", "slow"}))
def test_every_state_it_plays_is_read_back(state: str) -> None:
    assert plays()[SLUG].states == {"page": PLAYED}
    contract.read_back(SLUG, "page", state)


def test_a_wrong_reply_tells_nothing() -> None:
    contract.test_a_reply_that_proves_nothing_is_never_gone_and_never_up(SLUG)
    contract.test_json_of_another_shape_is_never_gone(SLUG)


@pytest.mark.parametrize("body", [{}, [], {"id": None}, {"id": "another"}, {"items": None}, [1, 2]], ids=json.dumps)
def test_json_of_another_shape_tells_nothing(body: Any) -> None:
    contract.never_gone(SLUG, body)
    refs = contract.examples(SLUG)
    sightings, _ = contract.observe(SLUG, refs, [{"path": "/", "status": 410, "json": body}])
    assert {sighting.outcome for sighting in sightings} == {Outcome.INDETERMINATE}


@pytest.mark.parametrize("reason", ["timeout", "dns_nxdomain", "connect", "tls"])
def test_a_network_failure_tells_nothing(reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    contract.is_unclear(SLUG, reason, monkeypatch)


def test_a_full_batch_gets_an_answer_for_each_and_fits_into_its_limits() -> None:
    contract.test_a_full_batch_is_matched_by_id(SLUG)
    for state in PLAYED:
        test_rates.test_a_full_batch_fits_into_the_limits(SLUG, "page", state)


def test_its_secrets_are_declared() -> None:
    contract.test_secrets_are_declared(SLUG)


def test_its_recorded_reply_means_what_it_says(folder: Path) -> None:
    contract.mean_what_they_say(folder / "fixtures" / "note_removed.json")
