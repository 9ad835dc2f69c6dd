"""A hub's orders through real mosquitto to a real daemon and back: answered by reports that the hub has verified."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from contract_schemas import fits
from hubside import Recorder
from orders_by_hub import HOUR, NONCE, command, order, policy
from paho.mqtt import client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from patience import PATIENCE_S, waits
from smaller_site import only

from agent.contract.orders import Order, Range, Reported, ReportRef, Result
from agent.contract.orders_json import read_reported, read_result
from agent.contract.signing_keys import REPORT_KEY_NAME, Signer, load_or_create_signer
from agent.contract.topics import topic
from agent.demo.children import command as program
from agent.demo.children import output_of
from agent.demo.run import FOUND_SOMETHING, Demo, start
from agent.demo.site import SITE_ID
from agent.hub.stores.keeping.payloads import exact
from agent.hub.stores.signing_key import KEY_NAME
from agent.hub.stores.store import Store
from agent.report.plain_findings import plain_findings

CITY = "140200"
CYCLE_S = 90.0


def now() -> datetime:
    return datetime.now(UTC)


class Wire:
    """The hub's hands: publishes orders at the demo's broker, and reads what the site answers."""

    def __init__(self, demo: Demo, site_key: Signer) -> None:
        self.seen = Recorder()
        self._keys = {site_key.kid: site_key.public}
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, "wire", protocol=mqtt.MQTTv5)
        self._client.username_pw_set(demo.broker.user, demo.broker.password)
        self._client.on_message = self._on_message
        self._client.on_connect = lambda *_: self._client.subscribe(f"vss/v1/{CITY}/{SITE_ID}/#", qos=1)
        self._client.connect(demo.broker.host, demo.broker.port)
        self._client.loop_start()

    def _on_message(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        labels = dict(getattr(message.properties, "UserProperty", []))
        kind = message.topic.split("/", 4)[4].split("/")
        self.seen({"event": "/".join(kind[:1] if kind[0] == "cmd-result" else kind), "payload": bytes(message.payload),
                   "jws": labels.get("jws", "")})  # type: ignore[dict-item]  # fmt: skip

    def give(self, given: Order) -> None:
        """Publish an order as a hub does, and wait for PUBACK."""
        properties = Properties(PacketTypes.PUBLISH)
        properties.UserProperty = ("jws", given.jws)
        is_command = given.kind == "cmd"
        where = topic(CITY, SITE_ID, given.kind, given.topic_id)
        self._client.publish(where, given.payload, 1, not is_command, properties).wait_for_publish(PATIENCE_S)

    def results(self) -> list[Result]:
        """Return every verified result so far."""
        return [read_result(e["payload"], e["jws"], self._keys) for e in self._of("cmd-result")]

    def reported(self) -> list[Reported]:
        """Return every verified word about policy so far."""
        return [read_reported(e["payload"], e["jws"], self._keys) for e in self._of("config/reported")]

    def result(self, command_id: str, count: int = 1) -> Result:
        """Wait for a command's result, the `count`th one."""
        waits(lambda: len(self._all(command_id)) >= count, CYCLE_S)
        return self._all(command_id)[count - 1]

    def _all(self, command_id: str) -> list[Result]:
        return [result for result in self.results() if result.id == command_id]

    def _of(self, kind: str) -> list[dict[str, Any]]:
        events = self.seen.of(kind)
        for event in events:
            fits(event["payload"])  # type: ignore[arg-type]
        return events  # type: ignore[return-value]

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


class Bench:
    """A demo whose hub trusts the agent, the hub's own key, and daemons to give orders to."""

    def __init__(self, stack: ExitStack, out: Path) -> None:
        self.demo = start(stack, out, "mosquitto", now, lambda line: None)
        site_key = load_or_create_signer(self.demo.config.parent / "state" / REPORT_KEY_NAME)
        output_of(["hub", "trust", "add", SITE_ID, site_key.kid, "--data", self.demo.hub_data])
        self.hub = load_or_create_signer(self.demo.hub_data / KEY_NAME)
        self.wire = Wire(self.demo, site_key)
        stack.callback(self.wire.close)
        text = self.demo.config.read_text()  # only what was asked for makes a cycle while the test runs
        self._text = text.replace("period_s = 60", "period_s = 3600").replace("wait_s = 0.5", "wait_s = 0.1")
        self.look_at("recorder", "store")

    def look_at(self, *devices: str, deadline_s: int = 60) -> None:
        """Leave the site these devices; the stairs hang, and cost each cycle the whole deadline."""
        cameras = tuple("gate" if device == "recorder" else device for device in devices)
        text = self._text.replace("deadline_s = 6", f"deadline_s = {deadline_s}")
        self.demo.config.write_text(only(text, devices, cameras))

    @contextmanager
    def daemon(self) -> Iterator[subprocess.Popen[bytes]]:
        """Run the agent until its first cycle is over; end it by SIGTERM."""
        status = self.demo.runtime / "status.json"
        status.unlink(missing_ok=True)
        with (self.demo.out / "daemon.log").open("ab") as log:
            child = subprocess.Popen(program("run", "--config", self.demo.config), stdout=log, stderr=log)
        try:
            waits(status.exists, CYCLE_S)
            yield child
            child.terminate()
            assert child.wait(PATIENCE_S) == 0
        finally:
            child.kill()
            child.wait()

    def stored(self, named: ReportRef | None) -> dict[str, Any]:
        """Return the report of this name as the hub has verified and stored it."""
        assert named is not None
        place = (SITE_ID, named.epoch, named.stream, named.seq, named.digest)
        found: list[bytes] = []

        def here() -> bool:
            store = Store(self.demo.hub_data, read_only=True)
            try:
                rows = store.all(
                    "SELECT payload FROM report WHERE site = ? AND epoch = ? AND stream = ? AND seq = ? AND digest = ?",
                    *place,
                )
                found.extend(exact(store, payload) for (payload,) in rows)
            finally:
                store.close()
            return bool(found)

        waits(here)
        return dict(json.loads(found[0]))


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with ExitStack() as stack:
        made = Bench(stack, tmp_path_factory.mktemp("orders") / "demo")
        with made.daemon():
            pass  # the broker keeps for a site that was once there what comes while it is away
        yield made


def test_a_spot_check_is_answered_by_a_verified_report_bound_to_its_nonce(bench: Bench) -> None:
    bench.look_at("recorder", "stairs", "store", deadline_s=8)
    with bench.daemon():
        asked_at = now()
        asked = command("check-now", asked_at, "spot", cameras=("gate", "stairs"), checks=("camera-online",))
        bench.wire.give(order(asked, bench.hub))
        result = bench.wire.result("spot")
        assert (result.status, result.reason, result.name) == ("done", "", "check-now")
        body = bench.stored(result.report)["body"]
        (answer,) = body["answers"]
        assert (answer["cmd"], answer["nonce"]) == ("spot", NONCE)
        assert (answer["cameras"], answer["checks"]) == (["gate", "stairs"], ["camera-online"])
        assert (
            asked_at <= datetime.fromisoformat(answer["looked_from"]) < datetime.fromisoformat(answer["looked_until"])
        )
        masks = {f["subject"]: f for f in plain_findings(body) if f["check"] == "privacy-mask-effective"}
        paths = {one["path"]: one["verdict"] for one in masks["camera:gate"]["evidence"]["paths"]}
        assert paths == dict.fromkeys(("snapshot", "main", "sub", "playback"), "PASS")
        assert bench.demo.site.failed_logins["store"] == 1, "a look for the hub retries no refused login"
        assert set(bench.demo.site.writes_refused.values()) == {0}
    bench.look_at("recorder", "store")


def test_report_now_resend_and_refusals_are_answered_and_a_restart_changes_no_answer(bench: Bench) -> None:
    """What is asked while nothing runs is answered after the start."""
    with bench.daemon():
        bench.wire.give(order(command("report-now", now(), "report"), bench.hub))
        first = bench.wire.result("report")
        body = bench.stored(first.report)["body"]
        assert first.report is not None and first.report.stream == "health"
        due = datetime.fromisoformat(body["next_due_at"])
        assert HOUR * 0.9 < due - now() <= HOUR

        waits(lambda: bench.stored(first.report))
        asked = Range(first.epoch, "health", 1, first.report.seq + 3)
        bench.wire.give(order(command("resend", now(), "again", resend=asked), bench.hub))
        resent = bench.wire.result("again")
        assert (resent.status, resent.resent, resent.missing) == (
            "done", first.report.seq, ((first.report.seq + 1, first.report.seq + 3),),
        )  # fmt: skip

        bench.wire.give(order(command("check-now", now(), "attic", cameras=("attic",)), bench.hub))
        assert bench.wire.result("attic").reason == "unknown-camera"
        bench.wire.give(order(command("report-now", now() - 2 * HOUR, "old"), bench.hub))
        assert bench.wire.result("old").reason == "expired"
    bench.wire.give(order(command("report-now", now(), "asleep"), bench.hub))
    with bench.daemon():
        assert bench.wire.result("asleep").status == "done"
        bench.wire.give(order(command("report-now", now(), "report"), bench.hub))
        assert bench.wire.result("report", count=2) == first


def test_policy_is_applied_reported_and_refused_for_its_reason(bench: Bench, tmp_path: Path) -> None:
    stranger = load_or_create_signer(tmp_path / "stranger.pem")
    wire, hub = bench.wire, bench.hub

    def told(version: int, reason: str | None) -> Reported:
        def is_so(one: Reported) -> bool:
            return one.version == version and (one.refused.reason if one.refused else None) == reason

        waits(lambda: any(is_so(one) for one in wire.reported()))
        return [one for one in wire.reported() if is_so(one)][-1]

    with bench.daemon():
        taken = policy(7, now(), hub, {"period_s": 7200, "retention_floor_days": 31})
        wire.give(taken)
        assert told(7, None).policy == {"period_s": 7200, "retention_floor_days": 31}
        wire.give(order(command("report-now", now(), "with-policy"), hub))
        health = bench.stored(wire.result("with-policy").report)
        assert 2 * HOUR * 0.9 < datetime.fromisoformat(health["body"]["next_due_at"]) - now() <= 2 * HOUR
        before = len(wire.reported())
        wire.give(taken)
        wire.give(policy(8, now(), stranger, {"period_s": 60}))
        wire.give(replace(taken, payload=taken.payload.replace(b"7200", b"7300")))
        wire.give(policy(8, now(), hub, {"clock_fail_s": 3000}))
        assert told(7, "loosens").refused is not None
        assert len(wire.reported()) == before + 1, "a replay, a stranger and a forgery get no answer"
        wire.give(policy(6, now(), hub, {}))
        told(7, "version-not-rising")
        wire.give(policy(9, now(), hub, {"host": "198.51.100.1"}))
        assert "host" in told(7, "not-valid").refused.why  # type: ignore[union-attr]
        wire.give(policy(9, now(), hub, {}, site="dt0002"))
        told(7, "other-site")
        wire.give(policy(9, now(), hub, {}, expires_at=now()))
        told(7, "expired")
        assert json.loads((bench.demo.runtime / "status.json").read_text())["orders"]["policy_version"] == 7
    with bench.daemon():
        waits(lambda: wire.reported()[-1].version == 7)
        wire.give(policy(10, now(), hub, {}))
        assert told(10, None).policy == {}


def test_a_site_that_runs_once_at_a_time_answers_with_its_next_run(bench: Bench) -> None:
    """What comes while a run lasts is kept, and the run after it answers."""
    once = ["run", "--once", "--config", str(bench.demo.config)]
    bench.wire.give(order(command("report-now", now(), "timer"), bench.hub))
    for _ in range(2):
        output_of(once, FOUND_SOMETHING, timeout_s=90)
    waits(lambda: bench.wire.result("timer").status == "done")
