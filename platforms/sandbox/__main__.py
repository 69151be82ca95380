import argparse
import asyncio
from pathlib import Path

from platforms.sandbox.server import serve_forever
from platforms.sandbox.world import World


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m platforms.sandbox", description="A stand-in outside world for development and tests.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--state", type=Path, required=True, help="JSON file that keeps the items over a restart")
    options = parser.parse_args()
    asyncio.run(serve_forever(World.load(options.state), options.port, options.host))


if __name__ == "__main__":
    main()
