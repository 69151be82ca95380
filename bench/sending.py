"""How long a critical request with an hour waits behind a bulk: `python -m bench.sending --waiting 50000`.

An agency has so many requests waiting for six platforms, two of which answer slowly, all through one loopback mail server. Two worker
processes send as tasks do. Then another agency files one critical request under a policy of one hour, and one without hurry, through intake
as a client would and to a slow recipient; what is printed is how long each waits. No look is made, so that each waits for its first look as
long as it ever would.
"""

import argparse
import asyncio
import time
from multiprocessing.connection import Connection
from typing import Any

import django

from bench.world import CONTEXT, fresh, use_database

DATABASE = "takedown_bench_sending"
PLATFORMS = 6
SLOW = 2
SLOW_SECONDS = 3.0


class Sink(asyncio.Protocol):
    """Speaks enough SMTP to take a message; slowly for recipients that are slow."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport
        self.data, self.message, self.delay = b"", False, 0.0
        self.say(b"220 sink")

    def say(self, line: bytes) -> None:
        self.transport.write(line + b"\r\n")

    def data_received(self, data: bytes) -> None:
        self.data += data
        while True:
            end = b"\r\n.\r\n" if self.message else b"\r\n"
            if end not in self.data:
                return
            part, self.data = self.data.split(end, 1)
            if self.message:
                self.taken()
            else:
                self.command(part)

    def taken(self) -> None:
        self.message = False
        asyncio.get_running_loop().call_later(self.delay, self.say, b"250 taken")

    def command(self, line: bytes) -> None:
        verb = line[:4].upper()
        if verb == b"RCPT":
            self.delay = SLOW_SECONDS if b"slow" in line else 0.0
        self.message = verb == b"DATA"
        self.say({b"DATA": b"354 go on", b"QUIT": b"221 bye"}.get(verb, b"250 ok"))


def serve(ready: Connection) -> None:
    async def forever() -> None:
        server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", 0)
        ready.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(forever())


def work(port: int) -> None:
    """A worker: rings its own doorbell twice a second."""
    django.setup()
    use_database()
    use_sink(port)
    from takedown import dispatch  # after the environment is set

    while True:
        dispatch.send_with_all_hands()
        time.sleep(0.5)


def use_sink(port: int) -> None:
    from django.conf import settings  # after the environment is set

    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = "django.core.mail.backends.smtp.EmailBackend", "127.0.0.1", port


def fill(waiting: int, hours: int) -> None:
    """Requests of one agency, spread over the platforms, under a policy of so many hours."""
    from django.db import connection  # after the environment is set
    from django.utils import timezone

    from platforms.models import Platform  # after the environment is set
    from takedown.models import Agency, DeadlinePolicy

    agency = Agency.objects.create(name="Bulk", slug="bulk")
    DeadlinePolicy.objects.create(key="bulk", name="Bulk", duration=hours, valid_from=timezone.now())
    policy = DeadlinePolicy.objects.get(key="bulk")
    for number in range(PLATFORMS):
        kind = "slow" if number < SLOW else "quick"
        contact = {"channel": "email", "contact_email": f"abuse@{kind}{number}.example"}
        Platform.objects.create(slug=f"p{number}", name=f"P {number}", connector="web", **contact)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH item AS (
                INSERT INTO takedown_flaggeditem (agency_id, identity, platform_id, kind, external_id, canonical_url, created_at)
                SELECT %(agency)s, lpad(to_hex(n), 32, '0')::uuid, p.id, 'page', '', 'https://host' || n || '.example/', now()
                FROM generate_series(1, %(waiting)s) n JOIN platforms_platform p ON p.slug = 'p' || n %% %(platforms)s
                RETURNING id, platform_id
            )
            INSERT INTO takedown_takedownrequest (agency_id, item_id, platform_id, policy_id, category, severity, language, explanation,
                status, status_reason, opened_at, channel, next_attempt_at, attempts, clock_state, gone_confirmed, gone_outcome, verdict,
                provisional, verdict_reason, claim_open, adjudicated_verdict, adjudicated_reason)
            SELECT %(agency)s, id, platform_id, %(policy)s, 'a_incite', 'medium', '', 'Why.', 'to_send', '', now() - interval '1 hour',
                'email', now() - interval '1 hour', 0, 'not_started', false, '', 'not_started', false, '', false, '', '' FROM item
            """,
            {"agency": agency.pk, "waiting": waiting, "platforms": PLATFORMS, "policy": policy.pk},
        )
        cursor.execute("ANALYZE takedown_takedownrequest")


def explain() -> None:
    from django.db import connection  # after the environment is set
    from django.utils import timezone

    from takedown.dispatch import lanes  # after the environment is set

    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, COSTS OFF, BUFFERS OFF, SUMMARY ON) {lanes._LANES}", [timezone.now()])
        print("\n".join(row[0] for row in cursor.fetchall() if "Scan" in row[0] or "Time" in row[0]), flush=True)


def file_one(policy: str, severity: str) -> int:
    """One request of another agency; its number."""
    from django.utils import timezone  # after the environment is set

    from platforms.models import Platform  # after the environment is set
    from takedown import intake
    from takedown.models import Agency, User

    agency, _ = Agency.objects.get_or_create(name="Other", slug="other")
    alice, _ = User.objects.get_or_create(username="alice", agency=agency, defaults={"role": "analyst"})
    Platform.objects.filter(slug="web").update(channel="email", contact_email="abuse@slow0.example")
    draft = intake.Draft(f"https://other.example/{policy}", "a_incite", policy=policy, severity=severity)
    (filed,) = intake.submit(agency=agency, drafts=[draft], actor=alice, now=timezone.now())
    if filed.report is None:
        raise SystemExit(filed.error)
    return filed.report.request_id


def waits(pk: int, most: float) -> float:
    from takedown.models import TakedownRequest  # after the environment is set

    begun = time.perf_counter()
    while time.perf_counter() - begun < most and TakedownRequest.objects.get(pk=pk).status != "sent":
        time.sleep(0.05)
    return time.perf_counter() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--waiting", type=int, default=50_000)
    parser.add_argument("--hours", type=int, default=24, help="period of the bulk; 1 makes it as urgent as the one behind it")
    arguments = parser.parse_args()
    fresh(DATABASE)
    from django.utils import timezone  # after the environment is set

    from platforms.models import Platform  # after the environment is set
    from takedown.models import DeadlinePolicy, Submission

    Platform.objects.get_or_create(slug="web", defaults={"name": "Web", "connector": "web"})
    for key, hours in (("hour", 1), ("week", 168)):
        DeadlinePolicy.objects.create(key=key, name=key, duration=hours, valid_from=timezone.now())
    fill(arguments.waiting, arguments.hours)
    explain()
    receiver, sender = CONTEXT.Pipe()
    CONTEXT.Process(target=serve, args=(sender,), daemon=True).start()
    port = receiver.recv()
    senders = [CONTEXT.Process(target=work, args=(port,), daemon=True) for _ in range(2)]
    for process in senders:
        process.start()
    while Submission.objects.filter(state="sent").count() < 50:
        time.sleep(0.1)
    before, begun = Submission.objects.filter(state="sent").count(), time.perf_counter()
    critical, calm = file_one("hour", "critical"), file_one("week", "low")
    print(f"critical, one hour: sent after {waits(critical, 600):.1f} s", flush=True)
    print(f"low, one week:      sent after {waits(calm, 120):.1f} s more", flush=True)
    time.sleep(max(0.0, 20 - (time.perf_counter() - begun)))
    rate = (Submission.objects.filter(state="sent").count() - before) / (time.perf_counter() - begun)
    print(f"all the while:      {rate:.0f} requests/s", flush=True)
    for process in senders:
        process.terminate()


if __name__ == "__main__":
    main()
