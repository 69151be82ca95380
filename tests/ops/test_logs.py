"""The log says which call, whose key, which route and how long; never what nobody may read there."""

import io
import json
import logging
import logging.config
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from pytest_django import Settings

from takedown import celery
from takedown.ops.logs import JsonLine, PlainLine, WithoutPaths, clean
from tests.api.conftest import client_of
from tests.factories import AgencyFactory

CANARY = "cAnArY0123456789"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Everything that is logged meanwhile, as production writes it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLine())
    handler.addFilter(WithoutPaths())
    root = logging.getLogger()
    root.addHandler(handler)
    old, level = root.level, logging.DEBUG
    root.setLevel(level)
    yield stream
    root.setLevel(old)
    root.removeHandler(handler)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_call_is_one_line_of_ids(db: None, written: io.StringIO) -> None:
    client = client_of(AgencyFactory.create())
    answer = client.get("/api/v1/requests/?platform=nowhere")
    (line,) = [line for line in lines(written) if line["logger"] == "takedown.requests"]
    assert line["request_id"] == answer["X-Request-ID"]
    assert (line["route"], line["method"], line["status"]) == ("api-requests", "GET", 400)
    assert isinstance(line["key"], int)
    assert isinstance(line["ms"], int)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["at"])


def test_a_person_is_a_number(alice: Client, written: io.StringIO) -> None:
    alice.get("/queue/")
    (line,) = [line for line in lines(written) if line["logger"] == "takedown.requests"]
    assert (line["route"], isinstance(line["user"], int)) == ("queue", True)
    assert "alice" not in written.getvalue().lower()


def routes_with_text(resolver: URLResolver, before: str = "") -> Iterator[str]:
    """Paths of all routes that take text from the address, with the canary in its place."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from routes_with_text(pattern, before + str(pattern.pattern))
        elif isinstance(pattern, URLPattern) and re.search(r"<(?:str|slug|path):", str(pattern.pattern)):
            yield "/" + re.sub(r"<[^>]+>", CANARY, before + str(pattern.pattern)).lstrip("/^")


ROUTES = sorted(set(routes_with_text(get_resolver())))


def test_there_is_a_route_that_takes_a_token() -> None:
    assert f"/answer/{CANARY}/" in ROUTES


@pytest.mark.parametrize("broken", [False, True])
def test_nothing_of_an_address_reaches_the_log(db: None, written: io.StringIO, monkeypatch: pytest.MonkeyPatch, broken: bool) -> None:
    if broken:
        monkeypatch.setattr("django.middleware.common.CommonMiddleware.process_response", fail)
    client = Client(raise_request_exception=False)
    for path in (*ROUTES, f"/answer/{CANARY}/{CANARY}", f"/{CANARY}/", f"/sign-in/?next={CANARY}"):
        answers = [client.get(path), client.post(path), client.get(path, headers={"Host": f"{CANARY}.example"})]
        assert any(answer.status_code == 500 for answer in answers) is broken
    assert len(lines(written)) > 3 * len(ROUTES)
    assert CANARY.lower() not in written.getvalue().lower()


def fail(*_: Any, **__: Any) -> None:
    raise ValueError("broken")


@pytest.mark.parametrize(
    "text",
    [
        f"look at https://host.example/{CANARY}?a=1 now",
        f"hxxps://host[.]example/{CANARY}",
        f"hxxps[:]//host[.]example/{CANARY}",
        f"Authorization: Api-Key {CANARY}",
        f"tdk_{CANARY}",
        f"postgresql://user:{CANARY}@host/name",
        f"redis://:{CANARY}@host:6379/0",
        f"{CANARY}@ministry.example wrote",
        f'ERROR: new row is no good\nDETAIL:  Failing row contains (1, {CANARY}, "x, y").\nCONTEXT: SQL',
    ],
)
@pytest.mark.parametrize("formatter", [JsonLine(), PlainLine("%(levelname)s %(message)s")])
@pytest.mark.parametrize("raised", [False, True])
def test_addresses_and_secrets_are_cut_out(text: str, formatter: logging.Formatter, raised: bool) -> None:
    error = ValueError(text)
    record = logging.LogRecord("x", logging.ERROR, "x.py", 1, "It failed: %s", (text,), (ValueError, error, None) if raised else None)
    line = formatter.format(record)
    assert CANARY not in line
    assert "It failed" in line
    if isinstance(formatter, JsonLine):
        assert json.loads(line)["level"] == "ERROR"


def test_plain_words_stay_as_they_are() -> None:
    text = "The days of Agency 7 cannot be added up: key-7 at 10:20, 3/4 done, a@b"
    assert clean(text) == text


def test_what_a_record_carries_besides_is_left_out() -> None:
    record = logging.makeLogRecord({"name": "x", "levelname": "INFO", "msg": "well", "note": CANARY, "request": CANARY, "route": "queue"})
    line = json.loads(JsonLine().format(record))
    assert set(line) == {"at", "level", "logger", "message", "route"}


@pytest.mark.parametrize("given", ["a.B_c-1", "x" * 64])
def test_an_id_that_our_proxy_chose_is_kept(db: None, settings: Settings, given: str) -> None:
    settings.PROXY_COUNT = 1
    assert Client().get("/sign-in/", headers={"X-Request-ID": given})["X-Request-ID"] == given


@pytest.mark.parametrize(("proxies", "given"), [(0, "abc"), (1, ""), (1, "x" * 65), (1, "a b"), (1, "a\nb"), (1, "ä"), (1, "<script>")])
def test_any_other_id_is_made_anew(db: None, settings: Settings, proxies: int, given: str) -> None:
    settings.PROXY_COUNT = proxies
    found = Client().get("/sign-in/", headers={"X-Request-ID": given})["X-Request-ID"]
    assert re.fullmatch("[0-9a-f]{32}", found)


@pytest.mark.parametrize("path", ["/nothing/", "/static/nothing.css", "/livez", "/api/v1/nothing/", "/queue/"])
def test_every_answer_has_an_id_of_its_own(db: None, path: str) -> None:
    client = Client()
    first, second = (client.get(path)["X-Request-ID"] for _ in range(2))
    assert first != second


def test_an_error_page_shows_the_id(alice: Client) -> None:
    answer = alice.get("/nothing/")
    assert answer["X-Request-ID"] in answer.content.decode()
    forged = Client(enforce_csrf_checks=True).post("/sign-in/", {})
    assert forged["X-Request-ID"] in forged.content.decode()


def test_lines_of_a_task_carry_its_id(written: io.StringIO) -> None:
    @celery.app.task
    def one() -> None:
        logging.getLogger("takedown.x").warning("in the middle")

    one.apply(task_id="t-1")
    logging.getLogger("takedown.x").warning("outside")
    assert [line.get("task_id") for line in lines(written) if line["logger"] == "takedown.x"] == ["t-1", None]


def test_no_logger_of_a_library_has_a_way_of_its_own() -> None:
    logging.config.dictConfig(django_settings.LOGGING)
    with_handlers = [name for name in ("django", "django.request", "gunicorn.error", "celery") if logging.getLogger(name).handlers]
    assert with_handlers == []
    assert not logging.getLogger("gunicorn.access").isEnabledFor(logging.ERROR)
