"""A self-test of one device, as its platform, in a process of its own: prints its port, then what came of it.

`secrets` are given turned round, so that what is looked for in memory is not there by itself.
"""

from __future__ import annotations

import gc
import json
import resource
import sys
import time
from datetime import UTC, datetime
from typing import Any

from agent.model.finding import Message
from agent.onsite.link.flow import run_test
from agent.onsite.link.plan import Plan
from drivers.gb28181.wire import Wire


def main() -> None:
    """Test the device that comes."""
    asked: dict[str, Any] = json.loads(sys.stdin.readline())
    plan = Plan(
        device_id=asked["device_id"], platform_id=asked["platform_id"], password=asked["password"],
        heartbeat_s=asked["heartbeat_s"], quiet_after_s=asked["quiet_after_s"],
    )  # fmt: skip
    with Wire("127.0.0.1", 0, "127.0.0.1") as wire:
        _print({"port": wire.port})
        begun = time.monotonic()
        cpu_s = time.process_time()
        held: list[int] = []

        def tell(message: Message) -> None:
            if asked.get("secrets") and str(message).startswith("now switch"):
                held.append(held_bytes(asked["secrets"]))
            _print({"told": str(message)})

        result = run_test(plan, wire, "127.0.0.1", time.monotonic, lambda: datetime.now(UTC), tell)
        _print(
            {
                "took_s": time.monotonic() - begun,
                "cpu_s": time.process_time() - cpu_s,
                "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6,
                "held": held,
                "strangers": wire.dropped.strangers,
                "steps": {one.name: f"{one.status} {one.reason}".strip() for one in result.steps},
            }
        )


def held_bytes(turned: list[str]) -> int:
    """Count the bytes of secrets in everything that this process holds: each object that can be reached from any."""
    gc.collect()
    found: list[bytes] = []
    seen: set[int] = set()
    waiting: list[Any] = [gc.get_objects()]
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, str):
            found.append(one.encode("utf-8", "replace"))
        elif isinstance(one, bytes | bytearray):
            found.append(bytes(one))
        else:
            waiting += gc.get_referents(one)
    whole = b"\0".join(found)
    total = 0
    for secret in (one[::-1] for one in turned):
        for form in {secret.encode(), secret.encode("gb18030")}:
            total += len(form) * whole.count(form)
    return total


def _print(said: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
