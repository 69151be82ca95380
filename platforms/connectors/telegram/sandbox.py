"""Pages of t.me: embedded posts, cards of channels and invitations. The code is 200 whatever they say."""

from aiohttp import web

from platforms.sandbox.faults import spoiled, states
from platforms.sandbox.invent import BASE62, number, word
from platforms.sandbox.play import Play

routes = web.RouteTableDef()

_NOTICES = {
    "gone_unattributed": "Post not found",
    "private": "This channel is private",
    "geo_blocked": "This message can't be displayed because it violates local laws.",
    "removed_by_platform": "This channel can't be displayed because it violated Telegram's Terms of Service.",
    "indeterminate": "Something went wrong",
}


@routes.get(r"/https/t.me/{name}/{number:\d+}")
async def post(request: web.Request) -> web.StreamResponse:
    key = f"{request.match_info['name']}/{request.match_info['number']}"
    state = states(request, "telegram", [key])[key]
    if (fault := await spoiled(request, [state])) is not None:
        return fault
    if state in _NOTICES:
        return _page("Telegram Widget", f'<div class="tgme_widget_message_error">{_NOTICES[state]}</div>')
    message = f'<div class="tgme_widget_message text_not_supported_wrap js-widget_message" data-post="{key}"><div>A message.</div></div>'
    return _page("Telegram Widget", message)


@routes.get("/https/t.me/{name}")
async def card(request: web.Request) -> web.StreamResponse:
    name = request.match_info["name"]
    state = states(request, "telegram", [name])[name]
    if (fault := await spoiled(request, [state])) is not None:
        return fault
    if name.startswith("+"):
        title, app = "Telegram: Join Group Chat", f"tg://join?invite={name[1:]}"
    else:
        title, app = f"Telegram: Contact @{name}", f"tg://resolve?domain={name}"
    action = f'<a class="tgme_action_button_new" href="{app}">View in Telegram</a>'
    if state == "indeterminate":
        return _page(title, action, '<meta name="robots" content="noindex, nofollow">')
    about = '<div class="tgme_page_title"><span>A channel</span></div><div class="tgme_page_extra">12 subscribers</div>'
    preview = f'<div class="tgme_page_context_link_wrap"><a class="tgme_page_context_link" href="/s/{name}">Preview channel</a></div>'
    return _page(title, about + action + ("" if name.startswith("+") else preview))


def _page(title: str, body: str, head: str = "") -> web.Response:
    text = f"<!DOCTYPE html><html><head><title>{title}</title>{head}</head><body>{body}</body></html>"
    return web.Response(text=text, content_type="text/html")


def invent(kind: str) -> str:
    return {
        "post": f"https://t.me/{word(12)}/{number(4)}",
        "channel": f"https://t.me/{word(12)}",
        "group": f"https://t.me/+{word(16, BASE62)}",
    }[kind]


_STATES = {
    "post": "available geo_blocked private removed_by_platform gone_unattributed indeterminate",
    # A name that nobody has may have been changed, and an invitation that leads nowhere is not told from one that is hidden.
    "channel": "available indeterminate",
    "group": "available indeterminate",
}

PLAY = Play("telegram", routes, {kind: frozenset(names.split()) for kind, names in _STATES.items()}, invent)
