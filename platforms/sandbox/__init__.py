"""A stand-in outside world: the platforms' own wire formats, spoken over HTTP by items that live by scripts.

`python -m platforms.sandbox --port 8900 --state var/sandbox.json` runs it. It is for development, demonstrations and tests; nothing in it
reaches the network. How a platform is played stands in its connector's folder.
"""

from platforms.registry import plays


def config_for(slug: str, sandbox_url: str) -> dict[str, str]:
    """Connector configuration that sends platform `slug` to the sandbox. Raises `LookupError` for a platform it does not play."""
    if slug not in plays():
        raise LookupError(f"The sandbox does not play {slug!r}. It plays {', '.join(plays())}.")
    return {"api_base_url": f"{sandbox_url.rstrip('/')}/{slug}"}
