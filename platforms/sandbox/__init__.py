"""A stand-in outside world: the platforms' own wire formats, spoken over HTTP by items that live by scripts.

`python -m platforms.sandbox --port 8900 --state var/sandbox.json` runs it. It is for development, demonstrations and tests; nothing in it
reaches the network.
"""

PATHS = {"youtube": "/youtube", "x": "/x", "mastodon": "/mastodon", "bluesky": "/bluesky", "web": "/web"}
"""Where each platform's interface starts."""


def config_for(slug: str, sandbox_url: str) -> dict[str, str]:
    """Connector configuration that sends platform `slug` to the sandbox. Raises `LookupError` for a platform it does not play."""
    try:
        return {"api_base_url": sandbox_url.rstrip("/") + PATHS[slug]}
    except KeyError:
        raise LookupError(f"The sandbox does not play {slug!r}. It plays {', '.join(PATHS)}.") from None
