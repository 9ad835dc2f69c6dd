"""Runs the demo: a simulated site, a broker and a hub on loopback, and the real agent's commands against them.

It shows what the hub has verified. Trust is set up as on a real site: the hub stores the unknown key's reports
untrusted until somebody vouches for the key.
"""

import json
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.demo.broker import Broker, embedded_broker, mosquitto_broker
from agent.demo.children import ChildFailed, output_of, running
from agent.demo.site import CITY, SITE_ID, SITE_NAME, SimulatedSite
from agent.demo.world.cameras import CAMERAS, DEVICES, ISAPI_CAMERAS, ISAPI_DEVICES
from agent.host.clock import utc_now
from agent.host.files import write_atomic
from agent.hub.stores.engines import open_store
from agent.hub.views.status import write_status
from agent.model import exits
from agent.model.finding import Message
from agent.onsite.handover.hub_page import Proof, render_page
from agent.report.plain_findings import plain_findings
from agent.service.alerts import status_file

SCHEMA = "camwarden-demo/1"
FOUND_SOMETHING = (0, 1, 3, 4)
"""Exit codes of a cycle that ran: the simulated site has faults on purpose."""
UNTRUSTED_WITHIN_S = 120.0
POLL_S = 0.1

BROKERS: Mapping[str, Callable[[Path], Broker]] = {"embedded": embedded_broker, "mosquitto": mosquitto_broker}

Say = Callable[[Message], None]


@dataclass(frozen=True, slots=True)
class Demo:
    """A running demo: its files, and what its steps share."""

    out: Path
    site: SimulatedSite
    broker: Broker
    config: Path
    runtime: Path
    hub_data: Path


@dataclass(frozen=True, slots=True)
class Delivered:
    """What arrived: the newest config report that the hub has verified, and the numbers of reports."""

    payload: Mapping[str, Any]
    kid: str
    digest: str
    sent: int
    verified: int
    confirmed: int


def start(stack: ExitStack, out: Path, broker_kind: str, clock: Callable[[], Any], say: Say) -> Demo:
    """Start site, broker and hub, and write the agent's configuration; `stack` ends all of them.

    Raises:
        ChildFailed: One of them did not start.
    """
    out.mkdir(parents=True, exist_ok=True)
    hub_data = out / "hub"
    site = SimulatedSite(clock, DEVICES + ISAPI_DEVICES, CAMERAS + ISAPI_CAMERAS)
    site.start()
    stack.callback(site.stop)
    say(Message("{count} simulated devices listen on 127.0.0.1", {"count": len(site.devices)}))
    broker = BROKERS[broker_kind](out)
    stack.callback(broker.stop)
    password_file = out / "hub-password"
    write_atomic(password_file, broker.password.encode(), 0o600)
    jwks = out / "hub-jwks.json"
    write_atomic(jwks, output_of(["hub", "jwks", "--data", hub_data]).encode(), 0o644)
    at_broker = ["--host", broker.host, "--port", str(broker.port), "--user", broker.user]
    hub_run = ("hub", "run", "--json", "--data", hub_data, "--password-file", password_file)
    stack.enter_context(running([*hub_run, *at_broker], out / "hub.log", ready_event="ready"))
    say(Message("the hub is subscribed"))
    config = site.write_config(
        out / "agent",
        {
            "host": broker.host, "port": broker.port, "tls": False, "user": broker.user, "password": broker.password,
            "jwks": str(jwks), "confirm": "hub",
        },
    )  # fmt: skip
    return Demo(out, site, broker, config, out / "agent" / "runtime", hub_data)


def first_cycle(demo: Demo, say: Say) -> None:
    """Run the agent once: its key is unknown to the hub, then vouched for, then its reports are confirmed.

    Raises:
        ChildFailed: The agent failed, or the hub did not confirm.
    """
    with running(["run", "--once", "--config", demo.config], demo.out / "agent.log") as agent:
        untrusted = _wait_until_untrusted(demo, agent)
        say(
            Message("the hub keeps {count} reports of an unknown key, unverified and unconfirmed", {"count": untrusted})
        )
        key = json.loads(output_of(["keys", "show", "--json", "--config", demo.config]))
        output_of(["hub", "trust", "add", SITE_ID, key["kid"], "--data", demo.hub_data])
        say(
            Message(
                "the hub is told to trust it: camwarden hub trust add {site} {kid}",
                {"site": SITE_ID, "kid": key["kid"]},
            )
        )
        code = agent.wait(timeout=180)
    if code not in FOUND_SOMETHING:
        raise ChildFailed(f"camwarden run --once ended with {code}: see {demo.out / 'agent.log'}")


def hand_over(demo: Demo, lang: str) -> None:
    """Write the hand-over report of a contractor for this site, `report.html`, signed with the site's own key.

    Raises:
        ChildFailed: The check failed.
    """
    report = demo.out / "report.html"
    command = ("check", "--config", demo.config, "--report", report, "--rounds", "1", "--sample", "1", "--lang", lang)
    output_of([*command, "--quiet"], FOUND_SOMETHING, timeout_s=180)


def another_cycle(demo: Demo) -> None:
    """Run the agent once more; what a slow machine's hub has not confirmed in time waits in the spool for the next.

    Raises:
        ChildFailed: The agent failed.
    """
    output_of(["run", "--once", "--config", demo.config], (*FOUND_SOMETHING, exits.UNAVAILABLE), timeout_s=300)


def delivered(demo: Demo) -> Delivered:
    """Return what the hub has verified, and how many reports the agent claims to have made.

    Raises:
        ChildFailed: The hub has no config report.
    """
    with closing(open_store(demo.hub_data, read_only=True)) as store:
        made = [one for one in store.sites.chains(SITE_ID) if one.stream == "config" and one.expected]
        runs = [store.reports.stored(SITE_ID, one.epoch, "config", 1, one.expected) for one in made]
        found = [one for run in runs for one in run if not one.fork]
        status: Any = write_status(store)
    counts = status["sites"][SITE_ID]
    if not found:
        raise ChildFailed("the hub has verified no config report")
    newest = max(found, key=lambda one: (one.arrived_at, one.seq))
    payload = json.loads(newest.payload)
    return Delivered(payload, newest.kid, newest.digest, _sent(demo), counts["verified"], counts["confirmed"])


def write_results(demo: Demo, what: Delivered, times: Mapping[str, float], lang: str = "en") -> None:
    """Write `result.json`, and `hub.html` in a language, from what the hub has verified."""
    payload = what.payload
    body = payload["body"]
    reports = {"sent": what.sent, "verified": what.verified, "confirmed": what.confirmed}
    result = {
        "schema": SCHEMA,
        "site": SITE_ID,
        "at": payload["ts"],
        "cameras": body["cameras"],
        "findings": plain_findings(body),
        "reports": reports,
        "times": dict(times),
    }
    write_atomic(demo.out / "result.json", json.dumps(result, ensure_ascii=False, indent=2).encode(), 0o644)
    proof = Proof(
        SITE_ID, CITY, SITE_NAME, what.kid, payload["epoch"], payload["seq"], what.digest, payload["ts"],
        sent=what.sent, verified=what.verified, confirmed=what.confirmed,
    )  # fmt: skip
    write_atomic(demo.out / "hub.html", render_page(body, proof, lang=lang).encode(), 0o644)


def hub_page(stack: ExitStack, demo: Demo) -> tuple[str, str, str]:
    """Serve the hub's page until `stack` ends it; return its address, and name and password of somebody who sees all.

    Raises:
        ChildFailed: It did not start.
    """
    made = json.loads(
        output_of(
            ["hub", "user", "add", "demo", "--role", "administrator", "--made", "--json", "--data", demo.hub_data]
        )
    )
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    serve = ("hub", "serve", "--data", demo.hub_data, "--port", str(port), "--json")
    stack.enter_context(running(serve, demo.out / "hub-page.log", ready_event="ready"))
    return f"http://127.0.0.1:{port}", made["name"], made["password"]


def _wait_until_untrusted(demo: Demo, agent: subprocess.Popen[str]) -> int:
    """Return how many reports of the unknown key the hub holds, once the first have come."""
    give_up_at = time.monotonic() + UNTRUSTED_WITHIN_S
    while time.monotonic() < give_up_at and agent.poll() is None:
        with closing(open_store(demo.hub_data, read_only=True)) as store:
            untrusted = store.sites.waiting_reports()
        if untrusted:
            return untrusted
        time.sleep(POLL_S)
    raise ChildFailed(f"no report of the agent reached the hub: see {demo.out / 'agent.log'}")


def _sent(demo: Demo) -> int:
    """Return how many reports the agent has committed, in any state."""
    queue = status_file.read(demo.runtime, utc_now()).content["queue"]
    assert isinstance(queue, dict)  # noqa: S101 - the agent's own file
    return sum(queue[state] for state in ("pending", "sent", "parked", "confirmed", "dropped"))
