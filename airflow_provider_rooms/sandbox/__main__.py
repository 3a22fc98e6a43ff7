"""``python -m airflow_provider_rooms.sandbox``"""

from __future__ import annotations

import argparse
import sys


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: use a number from 0 to 65535")
    return int(text)


def _milliseconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1
    if not 0 <= value <= 600_000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a valid latency: use milliseconds from 0 to 600000")
    return value


def main(argv: list[str] | None = None) -> int:
    """Run the sandbox until it is interrupted."""
    try:
        from airflow_provider_rooms.sandbox.server import DEFAULT_PORT, run
    except ModuleNotFoundError as missing:
        print(f"{missing.name} is not installed: pip install 'airflow-provider-rooms[sandbox]'", file=sys.stderr)
        return 1

    parser = argparse.ArgumentParser(
        prog="python -m airflow_provider_rooms.sandbox",
        description="Simulate all vendors on one local port, with a web page to try things out.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=_port, default=DEFAULT_PORT, help="0 selects a free port (default: %(default)s)")
    parser.add_argument(
        "--latency-ms", type=_milliseconds, default=0.0, help="delay of each vendor response (default: 0)"
    )
    parser.add_argument(
        "--webhooks-anywhere", action="store_true", help="send webhooks beyond this machine (default: loopback only)"
    )
    args = parser.parse_args(argv)

    try:
        run(args.host, args.port, args.latency_ms, args.webhooks_anywhere)
    except OSError as error:
        print(f"sandbox cannot listen on {args.host}:{args.port}: {error.strerror or error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
