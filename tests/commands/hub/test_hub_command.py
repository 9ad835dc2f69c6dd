"""The hub's commands from the command line: text, `--json`, exit codes, and one line for each mistake."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path

import delivery
import pytest
from caseside import Day, at, config, finding, health, told_day, write_files
from delivery import Maker
from hubdesk import Desk, chain_of
from mosquitto import Broker, free_port
from patience import PATIENCE_S

from agent.cli import main
from agent.contract.envelope import REPORTED_TYP, flatten, sign_payload
from agent.contract.orders import Order, Refused, Reported
from agent.contract.orders_json import read_command, read_desired, write_reported
from agent.contract.topics import topic
from agent.hub.stores import trust
from agent.hub.workers import orders
from agent.site.config.site import Hub
from tests.site.rules.test_rules import OWN

NOW = datetime.now(UTC)


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path / "site", delivery.site(hub=Hub("127.0.0.1")))


def hub(desk: Desk, *words: object, lang: str = "en") -> int:
    return main(["hub", *(str(word) for word in words), "--data", str(desk.directory), "--lang", lang])


def well(desk: Desk, maker: Maker) -> None:
    """Have a site that is heard of just now."""
    desk.intake.trust = trust.add(desk.directory, maker.site.id, maker.signer.kid, NOW)
    desk.birth(maker, "e1", at=NOW)
    for envelope in Day(maker).report(NOW, config(finding("camera:c0", "pass")), health(NOW)):
        assert desk.send(envelope, maker.site.id, at=NOW)["event"] == "verified"


def printed(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    told = json.loads(capsys.readouterr().out)
    assert isinstance(told, dict)
    return told


def test_silent_is_0_when_every_site_is_heard_of_and_1_with_the_next_step_when_not(
    desk: Desk, maker: Maker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    well(desk, maker)
    assert hub(desk, "silent") == 0
    assert capsys.readouterr().out == "every site is heard of\n"
    gone = Maker(tmp_path / "S2", delivery.site("S2", hub=Hub("127.0.0.1")))
    well(desk, gone)
    desk.birth(gone, "e1", status="lost", at=NOW - timedelta(hours=3))
    strange = Maker(tmp_path / "S3", delivery.site("S3"))
    desk.birth(strange, "e1", at=NOW - timedelta(days=3))
    assert hub(desk, "silent") == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines] == [["S3", "never-enrolled"], [strange.signer.kid], ["S2", "offline"]]
    assert "3 d" in lines[0]
    assert "3 h" in lines[2]
    assert "check power and network of the gateway" in lines[2]
    assert hub(desk, "silent", "--json") == 1
    told = printed(capsys)
    assert told["schema"] == "camwarden-hub-silent/1"
    assert [(s["site"], s["kind"], s["why"]) for s in told["sites"]] == [  # type: ignore[attr-defined]
        ("S3", "never-enrolled", "untrusted-key"),
        ("S2", "offline", "lost"),
    ]


def test_status_json_is_complete_for_a_site_that_is_well_and_for_one_nobody_trusts(
    desk: Desk, maker: Maker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    well(desk, maker)
    desk.birth(Maker(tmp_path / "S2", delivery.site("S2")), "e1")
    assert hub(desk, "status", "--json") == 0
    told = printed(capsys)
    assert told["schema"] == "camwarden-hub-status/1"
    sites = told["sites"]
    assert isinstance(sites, dict)
    for of_site in sites.values():
        assert {"city", "state", "arrived_at", "health", "kid", "confirm", "received", "verified", "confirmed"} <= set(
            of_site
        )
        assert {"epochs", "watermarks", "gaps", "orders_open", "policy", "untrusted_keys", "rejected"} <= set(of_site)
    assert sites["S1"]["kid"] == maker.signer.kid
    assert sites["S1"]["health"]["next_due_at"]
    assert sites["S2"]["state"]["status"] == "unknown"
    assert hub(desk, "status") == 0
    assert "waits for trust: camwarden hub trust add S2" in capsys.readouterr().out


def test_orders_are_signed_written_and_shown(
    desk: Desk, maker: Maker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    well(desk, maker)
    policy = tmp_path / "policy.json"
    policy.write_text('{"period_s": 600}')
    assert hub(desk, "report-now", "S1") == 0
    assert hub(desk, "check-now", "S1", "--camera", "c0", "--check", "camera-online", "--within", "30") == 0
    assert hub(desk, "resend", "S1", "event", "1", "3") == 0
    assert hub(desk, "desired", "S1", policy) == 0
    told = capsys.readouterr().out
    assert "policy 1 for site S1" in told
    assert "  period_s: the site's own -> 600\n" in told
    keys = {desk.signer.kid: desk.signer.public}
    commands = [
        read_command(Order("cmd", name, payload, jws), keys, "S1")
        for name, payload, jws in desk.store.all("SELECT id, payload, jws FROM command ORDER BY created_at")
    ]
    assert [command.name for command in commands] == ["report-now", "check-now", "resend"]
    asked = commands[1].spot_check
    assert asked is not None
    assert (asked.cameras, asked.checks) == (("c0",), ("camera-online",))
    assert commands[1].expires_at - commands[1].at == timedelta(minutes=30)
    assert commands[2].resend is not None
    assert (commands[2].resend.epoch, commands[2].resend.to_seq) == ("e1", 3)
    ((payload, jws),) = desk.store.all("SELECT payload, jws FROM desired")
    assert read_desired(payload, jws, keys, "S1").policy == {"period_s": 600}
    assert hub(desk, "orders", "S1") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1:3] for line in lines] == [
        ["report-now", "waiting"],
        ["check-now", "waiting"],
        ["resend", "waiting"],
        ["policy", "1"],
    ]
    assert hub(desk, "orders", "--json") == 0
    told = printed(capsys)
    assert told["schema"] == "camwarden-hub-orders/1"
    assert {order["state"] for order in told["orders"]} == {"waiting"}  # type: ignore[attr-defined]
    assert hub(desk, "status") == 0
    assert "policy 1 is wanted, 0 in force" in capsys.readouterr().out


def test_a_policy_that_the_site_refuses_is_shown_with_its_why(
    desk: Desk, maker: Maker, capsys: pytest.CaptureFixture[str]
) -> None:
    well(desk, maker)
    orders.set_desired(desk.store, desk.signer, "S1", {"retention_floor_days": 90}, NOW)
    why = Refused(1, "loosens", "retention_floor_days: 90 is looser\x1b[2J than the site's own 180")
    payload = write_reported(Reported("S1", "datong", "e1", 0, {}, "c" * 64, why), NOW)
    desk.hand_in(topic("datong", "S1", "reported"), payload, sign_payload(payload, maker.signer, REPORTED_TYP))
    for action in ("orders", "status"):
        assert hub(desk, action) == 0
        told = capsys.readouterr().out
        assert "policy 1 was refused by the site: loosens: retention_floor_days: 90 is looser" in told
        assert "\x1b" not in told
    assert hub(desk, "orders", "S1", "--json") == 0
    (policy,) = printed(capsys)["policies"]  # type: ignore[misc]
    assert (policy["site"], policy["refused"]["reason"]) == ("S1", "loosens")
    assert hub(desk, "orders", "S2", "--json") == 0
    assert printed(capsys)["policies"] == []


def test_what_became_of_an_order_is_told_with_its_reason(
    desk: Desk, maker: Maker, capsys: pytest.CaptureFixture[str]
) -> None:
    well(desk, maker)
    rows = [
        ("waiting", "", "", 60, ""),
        ("sent", NOW.isoformat(), "", 60, ""),
        ("expired", NOW.isoformat(), "", -60, ""),
        ("answer-expected", NOW.isoformat(), "waits", -60, ""),
        ("refused", NOW.isoformat(), "refused", 60, "too-many"),
        ("answered", NOW.isoformat(), "answered", -60, ""),
        ("answer-refused", NOW.isoformat(), "answer-refused", -60, "nonce"),
    ]
    with desk.store.transaction():
        for number, (_, sent_at, status, left_s, reason) in enumerate(rows):
            desk.store.run(
                "INSERT INTO command (id, site, name, created_at, expires_at, payload, jws, sent_at, status, reason)"
                " VALUES (?, 'S1', 'report-now', ?, ?, x'', '', ?, ?, ?)",
                *(str(number), NOW.isoformat(), (NOW + timedelta(minutes=left_s)).isoformat()),
                *(sent_at, status, reason),
            )
    assert hub(desk, "orders", "--json") == 0
    told = printed(capsys)
    assert [o["state"] for o in told["orders"]] == [row[0] for row in rows]  # type: ignore[attr-defined]
    assert hub(desk, "orders", "S9") == 0
    assert capsys.readouterr().out == "nothing was asked\n"
    assert hub(desk, "orders") == 0
    assert "refused: too-many" in capsys.readouterr().out


def test_a_batch_is_imported_and_its_watermark_written(
    desk: Desk, maker: Maker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    well(desk, maker)
    batch = write_files(tmp_path / "batch", chain_of(maker, 3))
    ack = tmp_path / "ack.json"
    assert hub(desk, "import", batch, "--ack", ack) == 0
    assert capsys.readouterr().out == "site S1: 3 files: 3 verified\n"
    assert set(json.loads(ack.read_bytes())) == {"payload", "protected", "signature"}
    assert hub(desk, "import", batch, "--json") == 0
    assert printed(capsys)["counts"] == {"duplicate": 3}
    (fork,), _ = maker.envelopes([delivery.event(50)], {}, "e1")
    (batch / "fork.json").write_bytes(flatten(fork.report.payload, fork.jws))
    assert hub(desk, "import", batch) == 1
    assert capsys.readouterr().out.splitlines()[0].startswith("fork: site S1")


def test_a_case_is_written_once_and_read_by_verify(
    desk: Desk, maker: Maker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told_day(desk, maker)
    out = tmp_path / "case.zip"
    words = ("case", "S1", "camera-online", "--from", at(9).isoformat(), "--to", "2026-11-24T20:00:00+08:00")
    assert hub(desk, *words, "--out", out) == 0
    assert "evidence, not a legal finding" in capsys.readouterr().out
    assert main(["verify", str(out), "--kid", maker.signer.kid, "--kid", desk.signer.kid]) == 0
    assert main(["verify", str(out), "--data", str(desk.directory)]) == 0
    capsys.readouterr()
    assert hub(desk, *words, "--out", out) == 2
    assert "there is something already" in capsys.readouterr().err


def test_trust_with_a_last_day_is_shown_with_who_bound_it(
    desk: Desk, maker: Maker, capsys: pytest.CaptureFixture[str]
) -> None:
    day = (NOW + timedelta(days=30)).date()
    assert hub(desk, "trust", "add", "S1", maker.signer.kid, "--until", day) == 0
    assert hub(desk, "trust", "list") == 0
    assert f"until {day + timedelta(days=1)}" in capsys.readouterr().out.splitlines()[-1]
    assert hub(desk, "trust", "list", "--json") == 0
    (key,) = printed(capsys)["keys"]  # type: ignore[misc]
    assert (key["by"], key["until"][:10]) == ("person", str(day + timedelta(days=1)))


MISTAKES = [
    (("silent",), 78, "no hub has run here"),
    (("orders",), 78, "no hub has run here"),
    (("metrics",), 78, "no hub has run here"),
    (("report-now", "S1"), 78, "no hub has run here"),
    (("desired", "S1", "policy.json"), 78, "policy.json: No such file or directory; name the policy's file"),
    (("case", "S1", "c", "--from", "2026-11-24T00:00Z", "--to", "2026-11-25T00:00Z", "--out", "c.zip"), 78, "no key"),
    (("case", "S1", "c", "--from", "2026-11-24", "--to", "2026-11-25", "--out", "c.zip"), 78, "no key"),
    (("case", "S1", "c", "--from", "soon", "--to", "2026-11-25", "--out", "c.zip"), 2, "soon is no time: write it as"),
    (("resend", "S1", "event", "0", "3"), 2, "invalid number value"),
    (("resend", "S1", "ack", "1", "3"), 2, "invalid choice"),
    (("report-now", "S1", "--within", "0"), 2, "invalid minutes value"),
    (("trust", "add", "S1", "A" * 43, "--until", "soon"), 2, "soon is no day: write it as"),
    (("trust", "add", "S1", "A" * 43, "--until", "2020-01-01"), 2, "is over"),
    (("run", "--metrics", "elsewhere"), 2, "invalid address value"),
    (("run", "--metrics", "127.0.0.1:99999"), 2, "invalid address value"),
]


@pytest.mark.parametrize(("words", "code", "expected"), MISTAKES, ids=[" ".join(m[0][:3]) for m in MISTAKES])
def test_a_mistake_gives_one_line_and_its_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], code: int, expected: str
) -> None:
    assert main(["hub", *words, "--data", str(tmp_path / "nothing")]) == code
    told = capsys.readouterr()
    assert expected in told.err
    assert "Traceback" not in told.err
    assert told.out == ""
    assert not (tmp_path / "nothing" / "hub.db").exists()


def test_an_order_that_no_site_takes_and_a_bad_policy_give_one_line(
    desk: Desk, maker: Maker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    well(desk, maker)
    bad = tmp_path / "policy.json"
    rows: list[tuple[tuple[object, ...], int, str]] = [
        (("report-now", "S9"), 2, "'S9' is not known here"),
        (("resend", "S9", "event", "1", "2"), 2, "'S9' is not known here"),
        (("resend", "S1", "event", "3", "1"), 2, "of this form is none that a site takes"),
        (("check-now", "S1", "--camera", "a b"), 2, "of this form is none that a site takes"),
    ]
    for text in ("", "[]", "{" * 100_000, '"x"', '{"a": 1'):
        bad.write_text(text)
        assert hub(desk, "desired", "S1", bad) == 78
        assert "not a JSON object with names and values of a policy" in capsys.readouterr().err
    for words, code, expected in rows:
        assert hub(desk, *words) == code
        assert expected in capsys.readouterr().err
    assert desk.store.all("SELECT count(*) FROM command") == [(0,)]


def test_packs_are_sent_named_and_taken_out_again_and_a_mistake_is_told_before_it_is_sent(
    desk: Desk, maker: Maker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    well(desk, maker)
    good, bad = tmp_path / "city.toml", tmp_path / "bad.toml"
    good.write_text(OWN)
    bad.write_text(OWN.replace("severity", "severe"))
    assert hub(desk, "desired", "S1", "--pack", good, "--json") == 0
    (row,) = printed(capsys)["packs"]  # type: ignore[misc]
    assert (row["id"], row["version"]) == ("house", 1)
    assert hub(desk, "desired", "S1", "--pack", good) == 0
    assert "policy 2 for site S1 with house 1" in capsys.readouterr().out
    for words, code, expected in (
        (("--pack", bad), 78, 'bad.toml:10: obligation longer: unknown key "severe"; did you mean "severity"?'),
        (("--pack", tmp_path / "none.toml"), 78, "none.toml: no such file"),
        (("--pack", good, "--pack", good), 2, 'id "house" stands twice'),
        (("--pack", good) * 9, 2, "8 packs at most"),
        ((), 2, "nothing to send"),
        (("--pack", good, "--no-packs"), 2, "not allowed with"),
    ):
        assert hub(desk, "desired", "S1", *words) == code
        assert expected in capsys.readouterr().err
    assert hub(desk, "desired", "S1", "--no-packs", "--json") == 0
    assert printed(capsys)["packs"] == []
    assert desk.store.all("SELECT count(*) FROM desired") == [(3,)]


RUN_HUB = "import sys; from agent.cli import main; sys.exit(main(sys.argv[1:]))"


def test_a_running_hub_serves_its_numbers_and_stops_with_them(tmp_path: Path) -> None:
    port = free_port()
    with Broker(tmp_path / "broker") as broker:
        words = ["hub", "run", "--json", "--data", str(tmp_path / "hub"), "--port", str(broker.port)]
        child = subprocess.Popen(
            [sys.executable, "-c", RUN_HUB, *words, "--metrics", str(port)], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        try:
            assert json.loads(child.stdout.readline())["event"] == "ready"
            connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
            connection.request("GET", "/metrics")
            assert b'camwarden_hub_sites{state="ready"} 0' in connection.getresponse().read()
            connection.close()
            child.send_signal(signal.SIGTERM)
            assert child.wait(PATIENCE_S) == 0
        finally:
            child.kill()
            child.wait(PATIENCE_S)
            child.stdout.close()
