"""What would become of pasted text. Saves nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import TextChoices

from platforms.base import ContentRef
from platforms.identity import NotAURL, identify, is_link, split_urls
from platforms.models import Platform
from takedown.choices import CLOSED, RequestStatus
from takedown.models import Agency, TakedownRequest
from takedown.models.item import identity_of

MOST_LINES = 500


class PreviewVerdict(TextChoices):
    NEW = "new", "New"
    KNOWN = "known", "Known"
    RETURNED = "returned", "Was removed"
    TWICE = "twice", "Twice in this paste"
    NOT_A_URL = "not_a_url", "Not a URL"


@dataclass(frozen=True, slots=True)
class PreviewLine:
    """One candidate as it was typed and what it would become."""

    typed: str
    ref: ContentRef | None
    platform: Platform | None
    verdict: PreviewVerdict
    request: TakedownRequest | None
    """The open request about it, else the last one."""
    error: str

    @property
    def is_link(self) -> bool:
        """Whether it is a short link, of which nobody knows yet what it leads to."""
        return self.ref is not None and is_link(self.ref)


def preview(*, agency: Agency, text: str) -> list[PreviewLine]:
    """One line per candidate, in the order typed; at most 500 and a line that says so."""
    typed = split_urls(text)
    refs = [_identify(line) for line in typed[:MOST_LINES]]
    platforms = {platform.slug: platform for platform in Platform.objects.all()}
    latest = latest_requests(agency, [identity_of(ref) for ref in refs if isinstance(ref, ContentRef)])
    lines, seen = [], set()
    for line, ref in zip(typed, refs, strict=False):
        if isinstance(ref, str):
            lines.append(PreviewLine(line, None, None, PreviewVerdict.NOT_A_URL, None, ref))
            continue
        identity = identity_of(ref)
        request = latest.get(identity)
        verdict = PreviewVerdict.TWICE if identity in seen else _known(request)
        seen.add(identity)
        lines.append(PreviewLine(line, ref, platforms.get(ref.platform), verdict, request, ""))
    if len(typed) > MOST_LINES:
        why = f"At most {MOST_LINES} lines at once. {len(typed) - MOST_LINES} more stay in the box."
        lines.append(PreviewLine(typed[MOST_LINES], None, None, PreviewVerdict.NOT_A_URL, None, why))
    return lines


def _identify(line: str) -> ContentRef | str:
    try:
        return identify(line)
    except NotAURL as error:
        return str(error)


def _known(request: TakedownRequest | None) -> PreviewVerdict:
    if request is None:
        return PreviewVerdict.NEW
    return PreviewVerdict.RETURNED if request.status == RequestStatus.CLOSED else PreviewVerdict.KNOWN


def latest_requests(agency: Agency, identities: Sequence[UUID]) -> dict[UUID, TakedownRequest]:
    """By identity: the open request with the earliest deadline, else the newest request."""
    found: dict[UUID, TakedownRequest] = {}
    requests = TakedownRequest.objects.for_agency(agency).filter(item__agency=agency, item__identity__in=identities)
    for request in requests.select_related("item", "policy", "platform").order_by("-pk"):
        current = found.get(request.item.identity)
        if current is None or (current.status in CLOSED and request.status not in CLOSED):
            found[request.item.identity] = request
    return found
