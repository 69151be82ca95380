"""What the documents say of platforms, settings and proofs is compared with the code."""

import re
from pathlib import Path

import pytest

from platforms import connectors, registry
from platforms.breaker import BreakerRule
from tests.project import ROOT, texts
from tests.project.test_docs import rows

HOW_TO, TRUTHFULLY = "docs/how-to/configure-a-platform.md", "docs/explanation/seeing-truthfully.md"
LINK = re.compile(r"\[(.+)\]\(platforms/connectors/(\w+)/README\.md\)")
CONNECTORS = Path(connectors.__path__[0])


def test_the_table_of_platforms_says_what_the_code_does() -> None:
    _, *table = rows("README.md", 6)
    for name, kinds, _, batch, credentials, _ in table:
        link = LINK.fullmatch(name)
        assert link, name
        connector = registry.get(link[2])
        assert (kinds.split(", "), int(batch)) == (sorted(connector.kinds), connector.defaults["batch_size"]), name
        assert (credentials == "none") == (not connector.secret_fields), name


@pytest.mark.parametrize("slug", sorted(registry.connectors()))
def test_the_readme_of_a_connector_has_its_limits(slug: str) -> None:
    said = (CONNECTORS / slug / "README.md").read_text()
    defaults = registry.get(slug).defaults
    for setting in ("rate", "batch_size", "daily_quota", "quota_zone"):
        if setting in defaults:
            assert f"`{setting}`" in said
            assert str(defaults[setting]) in said


def test_the_thresholds_of_the_breaker_are_the_ones_the_code_has() -> None:
    said = {key: value for keys, values, _ in rows(HOW_TO, 3) for key, value in zip(keys.split(", "), values.split(", "), strict=False)}
    for name in BreakerRule.__dataclass_fields__:
        assert float(said[f"`{name}`"].split(";")[0]) == getattr(BreakerRule(), name)


def test_every_control_is_listed_with_whose_it_is() -> None:
    _, *table = rows(HOW_TO, 2)
    listed = set(re.findall(r"`(control_\w+)`", " ".join(keys for keys, _ in table)))
    assert listed == {key for connector in registry.connectors().values() for key in connector.defaults if key.startswith("control_")}
    (whose,) = (who for keys, who in table if keys == "`control_id`")
    labels = {connector.label for connector in registry.connectors().values() if "control_id" in connector.defaults}
    assert set(re.sub(r" \(.*?\)", "", whose).split(", ")) == labels


def test_whoever_names_a_proof_names_one_that_there_is() -> None:
    page = texts()[TRUTHFULLY]
    proofs = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", page)
    assert len(proofs) >= page.count("\n## ")
    assert not [f"{file}::{name}" for file, name in proofs if f"\ndef {name}(" not in texts().get(file, "")]
    assert not [path for path in re.findall(r"`((?:platforms|takedown)/[\w/]+\.py)`", page) if not (ROOT / path).is_file()]
