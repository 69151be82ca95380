"""Production settings, as a process of its own sees them: complete, strict, and free of what development is allowed."""

import json
import re
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.project import ROOT, texts

ADDRESSES = {"DATABASE_URL": "postgresql://nobody@nowhere.invalid/none", "REDIS_URL": "redis://nowhere.invalid"}
PRODUCTION = {
    **ADDRESSES,
    "SECRET_KEY": secrets.token_urlsafe(48),
    "CREDENTIALS_KEYS": "one two",
    "ANSWER_KEYS": "three four",
    "ALLOWED_HOSTS": "takedown.example",
}
READ = """
import json
from django.conf import settings
plain = lambda value: sorted(value) if isinstance(value, frozenset) else str(value)
print(json.dumps({name: getattr(settings, name) for name in dir(settings) if name.isupper()}, default=plain))
"""


def python(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python with this environment and nothing else in it."""
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def settings_of(**environment: str) -> dict[str, Any]:
    done = python("-c", READ, DJANGO_SETTINGS_MODULE="takedown.settings", **environment)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return settings_of(**PRODUCTION, TAKEDOWN_VAR=str(tmp_path_factory.mktemp("var")))


def test_the_deployment_check_has_nothing_to_say() -> None:
    done = python("-W", "error", "manage.py", "check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_it_does_not_start_without_a_key_and_says_so_plainly() -> None:
    done = python("manage.py", "check", **ADDRESSES, ALLOWED_HOSTS="takedown.example")
    assert done.returncode != 0
    assert done.stderr.strip().endswith("Set SECRET_KEY (or SECRET_KEY_FILE) to a long random string.")


def test_it_does_not_start_without_a_key_for_credentials() -> None:
    done = python("manage.py", "check", **{key: value for key, value in PRODUCTION.items() if key != "CREDENTIALS_KEYS"})
    assert done.returncode != 0
    assert "Set CREDENTIALS_KEYS (or CREDENTIALS_KEYS_FILE)" in done.stderr


def test_secrets_can_come_from_files(tmp_path: Path) -> None:
    for name in (secret := ("SECRET_KEY", "CREDENTIALS_KEYS", "ANSWER_KEYS", "DATABASE_URL", "REDIS_URL")):
        (tmp_path / name).write_text(PRODUCTION[name] + "\n")
    found = settings_of(**{f"{name}_FILE": str(tmp_path / name) for name in secret})
    assert found["SECRET_KEY"] == PRODUCTION["SECRET_KEY"]
    assert found["CREDENTIALS_KEYS"] == ["one", "two"]
    assert found["REDIS_URL"] == PRODUCTION["REDIS_URL"]
    assert found["DATABASES"]["default"]["HOST"] == "nowhere.invalid"
    assert found["DEVELOPMENT"] is False


@pytest.mark.parametrize("switch", [{"SECOND_FACTOR_REQUIRED": "0"}, {"DEMO": "1"}])
def test_a_second_factor_cannot_be_switched_off_where_it_counts(switch: dict[str, str]) -> None:
    done = python("manage.py", "check", **PRODUCTION, **switch)
    assert done.returncode != 0
    assert "SECOND_FACTOR_REQUIRED can be switched off in a development install only" in done.stderr


def test_nobody_has_to_have_a_second_factor_in_the_demonstration(tmp_path: Path) -> None:
    addresses = {"DATABASE_URL": ADDRESSES["DATABASE_URL"], "DEVELOPMENT": "1", "TAKEDOWN_VAR": str(tmp_path)}
    assert [settings_of(**addresses, DEMO=demo)["SECOND_FACTOR_REQUIRED"] for demo in ("0", "1")] == [True, False]


def test_nothing_of_development_leaks_into_production(production: dict[str, Any]) -> None:
    assert (production["DEVELOPMENT"], production["DEBUG"], production["DEMO"]) == (False, False, False)
    assert production["ALLOWED_HOSTS"] == ["takedown.example"]
    assert production["FETCH_ALLOWED_HOSTS"] == []
    assert production["EMAIL_BACKEND"].endswith("smtp.EmailBackend")
    assert not Path(production["VAR"], "secret_key").exists()


def test_cookies_and_transport_are_strict(production: dict[str, Any]) -> None:
    for name in ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY", "CSRF_COOKIE_HTTPONLY", "SECURE_SSL_REDIRECT"):
        assert production[name] is True, name
    assert production["SESSION_COOKIE_NAME"].startswith("__Host-")
    assert production["CSRF_COOKIE_NAME"].startswith("__Host-")
    assert production["SECURE_HSTS_SECONDS"] >= 31_536_000


def test_the_content_security_policy_has_no_hole(production: dict[str, Any]) -> None:
    directives = production["CONTENT_SECURITY_POLICY"]["DIRECTIVES"]
    assert "'none'" in directives["default-src"]
    sources = [source for sources in directives.values() for source in sources]
    assert not [source for source in sources if "unsafe" in source or "*" in source or source.startswith("http")]


def test_the_forwarded_scheme_is_believed_only_behind_a_proxy(production: dict[str, Any]) -> None:
    assert production["SECURE_PROXY_SSL_HEADER"] is None
    assert settings_of(**PRODUCTION, PROXY_COUNT="1")["SECURE_PROXY_SSL_HEADER"] == ["HTTP_X_FORWARDED_PROTO", "https"]


def test_static_files_are_collected_as_the_image_does_it(tmp_path: Path) -> None:
    command = re.search(r"/venv/bin/python (manage.py collectstatic .+)$", texts()["Dockerfile"], re.MULTILINE)
    assert command
    done = python(*command[1].split(), **PRODUCTION, STATIC_ROOT=str(tmp_path))
    assert done.returncode == 0, done.stderr
    manifest = json.loads((tmp_path / "staticfiles.json").read_text())["paths"]
    used = {name for text in texts().values() for name in re.findall(r"{% static '([^'{]+)' %}", text)}
    assert used
    assert used <= set(manifest)
    script = (tmp_path / manifest["js/app.js"]).read_text()
    assert re.search(r'import ?"\./\w+\.[0-9a-f]{12}\.js"', script), "modules import each other by hashed names"
