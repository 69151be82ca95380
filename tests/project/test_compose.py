"""The compose file: pinned, checked, unprivileged, and without secrets."""

import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml

from takedown import celery
from takedown.management.demo import supervise
from tests.project import ROOT, texts

COMPOSE = texts()["docker-compose.yml"]
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE)["services"]
APP = {name: service for name, service in SERVICES.items() if "build" in service}
LONG_RUNNING = {name: service for name, service in SERVICES.items() if service["restart"] != "no"}
SECRETS = ("SECRET_KEY", "CREDENTIALS_KEYS", "ANSWER_KEYS", "DATABASE_PASSWORD")
NEEDED = {
    "SECRET_KEY": "k" * 60,
    "CREDENTIALS_KEYS": "c" * 60,
    "ANSWER_KEYS": "a" * 60,
    "DATABASE_PASSWORD": "secret",
    "ALLOWED_HOSTS": "takedown.example",
    "CONTACT": "https://takedown.example",
}
DOCKERFILE = texts()["Dockerfile"]


def has_compose() -> bool:
    docker = shutil.which("docker")
    return bool(docker) and subprocess.run([str(docker), "compose", "version"], capture_output=True, check=False).returncode == 0


def every(services: dict[str, dict[str, Any]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("service", services.values(), ids=list(services))


def test_the_services_are_those_that_the_documents_name() -> None:
    assert set(SERVICES) == {"db", "redis", "migrate", "web", "looks", "acts", "beat"}
    assert set(APP) == {"migrate", "web", "looks", "acts", "beat"}


@every(SERVICES)
def test_an_image_is_pinned(service: dict[str, Any]) -> None:
    _, _, tag = service["image"].partition(":")
    assert re.search(r"\d", tag)


def test_the_base_images_are_pinned_and_the_application_has_the_version_of_the_project() -> None:
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert len(bases) == 2
    assert all(re.search(r":\d", base) for base in bases)
    version = re.search(r'^version = "(.+)"', texts()["pyproject.toml"], re.MULTILINE)
    assert version
    assert {service["image"] for service in APP.values()} == {f"takedown:{version[1]}"}


@every(LONG_RUNNING)
def test_a_long_running_service_is_checked(service: dict[str, Any]) -> None:
    if "command" in service or "build" not in service:
        assert service["healthcheck"]["test"]
    else:
        assert re.search(r"^HEALTHCHECK .*/livez'", DOCKERFILE, re.MULTILINE), (
            "it runs what the image runs, and is checked as the image says"
        )


@every(SERVICES)
def test_nobody_is_root_and_nobody_becomes_it(service: dict[str, Any]) -> None:
    uid, _, gid = service["user"].partition(":")
    assert int(uid) > 0
    assert int(gid) > 0
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


@every(APP)
def test_the_application_writes_to_memory_only_but_for_the_journal_of_what_left(service: dict[str, Any]) -> None:
    assert service["read_only"] is True
    assert service["tmpfs"][0].startswith("/tmp:")
    assert service.get("volumes", []) == (["journal:/journal"] if service is APP["acts"] else [])


def test_the_journal_lies_on_a_volume_of_its_own_that_the_application_may_write_to() -> None:
    assert APP["acts"]["environment"]["SENT_JOURNAL"].startswith("/journal/")
    uid, _, gid = APP["acts"]["user"].partition(":")
    assert f"install -d -o {uid} -g {gid} -m 700 /journal" in DOCKERFILE
    assert "journal" not in str(SERVICES["db"]["volumes"])


@every({name: service for name, service in LONG_RUNNING.items() if name in {"web", "looks", "acts"}})
def test_a_stop_waits_longer_than_anything_takes(service: dict[str, Any]) -> None:
    graceful = re.search(r"^graceful_timeout = (\d+)$", texts()["takedown/gunicorn.py"], re.MULTILINE)
    assert graceful
    longest = max(int(graceful[1]), celery.app.conf.task_time_limit)
    assert int(service["stop_grace_period"].removesuffix("s")) > longest
    assert longest < supervise.STOP_SECONDS, "the demonstration stops as production does"


def test_the_image_runs_as_the_same_number() -> None:
    assert re.findall(r"^USER (.+)$", DOCKERFILE, re.MULTILINE) == [APP["web"]["user"]]


@every({name: service for name, service in LONG_RUNNING.items() if name in APP})
def test_the_application_waits_for_healthy_servers_and_a_migrated_database(service: dict[str, Any]) -> None:
    assert {name: wait["condition"] for name, wait in service["depends_on"].items()} == {
        "db": "service_healthy",
        "redis": "service_healthy",
        "migrate": "service_completed_successfully",
    }


def test_only_the_web_server_can_be_reached_and_only_from_this_machine() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {"web": ["127.0.0.1:8000:8000"]}
    assert all(SERVICES[name]["networks"] == ["inside"] for name in ("db", "redis"))


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_has_no_default(name: str) -> None:
    uses = re.findall(r"\$\{" + name + r"([^}]*)\}", COMPOSE)
    assert uses
    assert all(use.startswith(":?") for use in uses)


def test_no_other_secret_has_a_value() -> None:
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            assert value is None or "PASSWORD" not in name or value.startswith("${DATABASE_PASSWORD:?")


def test_redis_never_throws_work_away_and_keeps_nothing() -> None:
    command = SERVICES["redis"]["command"]
    assert command[command.index("--maxmemory-policy") + 1] == "noeviction"
    assert command[command.index("--save") + 1] == ""


def test_each_queue_has_a_worker() -> None:
    queues = {service["command"][service["command"].index("-Q") + 1] for service in APP.values() if "-Q" in service.get("command", ())}
    assert queues == {"looks", "acts"}


def test_the_image_holds_no_development_requirements() -> None:
    assert "--require-hashes -r /tmp/requirements.txt" in DOCKERFILE
    assert "requirements-dev" not in DOCKERFILE + texts()[".dockerignore"]


@pytest.mark.skipif(not has_compose(), reason="docker compose is not installed")
def test_docker_itself_accepts_the_file_and_insists_on_the_secrets() -> None:
    command = [str(shutil.which("docker")), "compose", "--file", str(ROOT / "docker-compose.yml"), "config", "--quiet"]
    assert subprocess.run(command, env={"PATH": "/usr/bin:/bin", **NEEDED}, capture_output=True, check=False).returncode == 0
    without = subprocess.run(command, env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=False)
    assert without.returncode != 0
    assert "Set " in without.stderr
