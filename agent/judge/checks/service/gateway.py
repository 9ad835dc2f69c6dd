"""Checks the health of the gateway, and that it can judge pictures safely, as it reports itself."""

from datetime import datetime
from typing import Final

from agent.judge.check import Check
from agent.judge.claim import Broken, Held, Open, Outcome, grounds
from agent.judge.verdict import verdict
from agent.judge.wording.from_rules import ORDER_799_OPERATION
from agent.model.finding import Finding, Json, Listed, Message, listed
from agent.observe.facts.facts import Facts
from agent.site.config.site import Site
from drivers.details import Host
from masking.model import NOT_CONFINED, Confinement

CHECK_ID: Final = "gateway-health"

FREE_WARN_RATIO = 0.05
FREE_FAIL_BYTES = 64 * 1024 * 1024
MEMORY_WARN_RATIO = 0.95
TEMPERATURE_WARN_C = 85.0
"""Design defaults. The file system is the one that holds the agent's own files; below the last a spool cannot grow."""


def run(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge the host that the agent runs on: disk, picture worker, memory, heat."""
    host = facts.one("site", Host)
    worker = facts.one("site", Confinement)
    if host is None:
        why = facts.why_not("site", "host")
        message = Message("what this gateway says of itself could not be read ({reason})", {"reason": why.reason})
        return (verdict(check, "site", [Open("host", why.reason, message)], {}, message),)
    evidence: dict[str, Json] = {
        "disk_free_bytes": host.disk_free_bytes,
        "memory_ratio": host.memory_ratio,
        "temperature_c": host.temperature_c,
    }
    if worker is not None:
        evidence |= {"worker_limits": list(worker.limits), "worker_open": list(worker.open_ways)}
    amiss = (_disk(host), _worker(site, worker), _heat(host), _memory(host))
    held = Held("host", grounds(facts.observed("site", Host, Confinement)))
    outcomes = [held, *(one for one in amiss if one is not None)]
    return (verdict(check, "site", outcomes, evidence, Message("this gateway has room and is cool")),)


def _disk(host: Host) -> Outcome | None:
    free_mb = {"free": host.disk_free_bytes // 1_000_000}
    if host.disk_free_bytes < FREE_FAIL_BYTES:
        message = Message("only {free} MB are free on this gateway: make room, or reports will be lost", free_mb)
        return Broken("disk", "disk-full", message)
    if host.disk_free_bytes < FREE_WARN_RATIO * host.disk_capacity_bytes:
        message = Message("only {free} MB are free on this gateway: make room", free_mb)
        return Broken("disk", "disk-nearly-full", message, mild=True)
    return None


def _heat(host: Host) -> Outcome | None:
    if host.temperature_c is None or host.temperature_c < TEMPERATURE_WARN_C:
        return None
    message = Message("this gateway is {celsius} degrees hot: look at its cooling", {"celsius": host.temperature_c})
    return Broken("heat", "hot", message, mild=True)


def _memory(host: Host) -> Outcome | None:
    if host.memory_ratio < MEMORY_WARN_RATIO:
        return None
    percent = {"percent": round(100 * host.memory_ratio)}
    message = Message("{percent} % of this gateway's memory is in use: look at what else runs on it", percent)
    return Broken("memory", "memory-full", message, mild=True)


def _worker(site: Site, worker: Confinement | None) -> Outcome | None:
    """Judge how the process is confined that decodes pictures; none judges any where it cannot be."""
    if worker is None or not (worker.open_ways or worker.limits):
        return None
    if not worker.open_ways:
        message = Message(
            "the process that decodes pictures is confined, but not by every layer: {limits}",
            {"limits": Listed(worker.limits, "; ")},
            next_step="use a kernel from 5.13 on with Landlock",
        )
        return Broken("worker", "worker-limits", message, mild=True)
    values = {"ways": listed(worker.open_ways)}
    if site.worker.unconfined == "accept":
        message = Message(
            "pictures are decoded by a process that is not confined (open to it: {ways}), as this site accepts",
            values,
            next_step="install libseccomp2, allow seccomp in its container, then take unconfined out",
        )
        return Broken("worker", "worker-unconfined", message, mild=True)
    message = Message(
        "no picture is judged: the process that decodes them cannot be confined here (open to it: {ways})",
        values,
        next_step="install libseccomp2, or allow seccomp in its container: camwarden doctor",
    )
    return Open("worker", NOT_CONFINED, message)


CHECK = Check(CHECK_ID, run, "minor", ORDER_799_OPERATION, "The gateway itself is in order.")
