"""Starts a province on loopback, and ends it with Ctrl-C.

Three RabbitMQ nodes, PostgreSQL with a standby, four workers, the page, 200 replayed sites:

    make province-demo

Everything lies in one folder, which is emptied at each start. README.md of packaging/rabbitmq says how each part is
started for real.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from fleet_parts import environment
from mosquitto import free_port
from province import Province, connect, keep_alive, province, report, until

PERSON = "viewer"
STARTS_WITHIN_S = 30.0


def main() -> None:
    """Run the demo."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path, help="where everything lies; it is emptied")
    parser.add_argument("--sites", type=int, default=200, metavar="N")
    parser.add_argument("--each", type=float, default=30.0, metavar="S", help="how often a site reports, in seconds")
    parser.add_argument("--rounds", type=int, default=0, metavar="N", help="end after so many rounds (default: never)")
    args = parser.parse_args()
    shutil.rmtree(args.directory, ignore_errors=True)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    print("starting PostgreSQL with a standby, three nodes of RabbitMQ, and four workers", flush=True)
    with province(args.directory, args.sites) as running, page(running.hub):
        asyncio.run(replay(running, args.each, args.rounds))


@contextmanager
def page(hub: Path) -> Iterator[None]:
    """Serve the hub's page, and print where, for whom, and the password."""
    command = [sys.executable, "-P", "-m", "agent", "hub"]
    made = ["user", "add", PERSON, "--role", "administrator", "--made", "--data", str(hub)]
    said = subprocess.run([*command, *made], env=environment(), check=True, capture_output=True, text=True).stdout
    port = free_port()
    child = subprocess.Popen([*command, "serve", "--data", str(hub), "--port", str(port)], env=environment())
    print(f"the page: http://127.0.0.1:{port}  user {PERSON}\n{said.strip()}", flush=True)
    try:
        yield
    finally:
        child.terminate()
        child.wait(STARTS_WITHIN_S)


async def replay(running: Province, each_s: float, rounds: int) -> None:
    """Have the sites report again and again, and say what the hub has."""
    alive = asyncio.create_task(keep_alive(running))
    try:
        took_s = time.monotonic()
        await connect(running)
        print(f"{len(running.sites)} sites are connected after {time.monotonic() - took_s:.0f} s", flush=True)
        done = 0
        while not rounds or done < rounds:
            report(running.sites)
            took_s = await until(lambda: all(one.drained for one in running.sites), 600)
            made = sum(len(one.made) for one in running.sites)
            print(f"{made} reports are confirmed, the last after {took_s:.1f} s", flush=True)
            done += 1
            if not rounds or done < rounds:
                await asyncio.sleep(each_s)
    finally:
        alive.cancel()
        with suppress(asyncio.CancelledError):
            await alive
        for one in running.sites:
            one.leave()
        await asyncio.sleep(0.2)


if __name__ == "__main__":
    main()
