"""What a JSON interface answers either may prove something or proves nothing."""

import asyncio
from datetime import UTC, datetime

import pytest
from aiohttp import web

from platforms.base import AnchoredClock
from platforms.http import Gateway, NoAnswer, ask_json, retry_after
from tests.platforms.replaying import serving


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("2", 2.0),
        (" 120 ", 120.0),
        ("999999", 86400.0),
        ("99999999999999999999", 86400.0),
        ("Sat, 01 Nov 2025 12:00:30 GMT", 30.0),
        ("Sat, 08 Nov 2025 12:00:00 GMT", 86400.0),
        ("Sat, 01 Nov 2025 11:59:00 GMT", None),
        ("0", None),
        ("-5", None),
        ("1.5", None),
        ("\u0662", None),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after_is_a_number_or_a_date(value: str, seconds: float | None) -> None:
    assert retry_after({"Retry-After": value}, datetime(2025, 11, 1, 12, tzinfo=UTC)) == seconds


@pytest.mark.parametrize(
    ("status", "content_type", "body", "reason"),
    [
        (200, "application/json", b"{", "not_json"),
        (200, "application/json", b'"text"', "not_json"),
        (200, "application/json", b"[" * 200_000, "not_json"),
        (200, "application/json", b"\xff", "not_json"),
        (200, "text/html", b"{}", "not_json"),
        (403, "application/json", b"{}", "http_403"),
        (404, "text/html", b"<html>", "http_404"),
        (429, "application/json", b"{}", "rate_limited"),
        (500, "application/json", b"{}", "http_500"),
    ],
)
def test_a_json_interface_either_answers_or_proves_nothing(status: int, content_type: str, body: bytes, reason: str) -> None:
    async def handler(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status, body=body, content_type=content_type, headers={"Retry-After": "7"})

    async def main() -> None:
        clock = AnchoredClock.local()
        async with serving(handler) as host, Gateway(clock, allow=frozenset({host})) as door:
            await ask_json(door, clock, "test", f"http://{host}/")

    with pytest.raises(NoAnswer) as unclear:
        asyncio.run(main())
    assert (unclear.value.reason, unclear.value.status, unclear.value.wait) == (reason, status, 7.0)
