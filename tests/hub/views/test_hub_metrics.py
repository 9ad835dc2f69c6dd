"""The hub's numbers for Prometheus: right, bounded, and served beside the hub without holding it up."""

from __future__ import annotations

import re
import socket
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path

import delivery
import pytest
from caseside import Day, health
from delivery import NOW, Maker
from hooked import hook
from hubdesk import Desk, chain_of
from mosquitto import free_port
from patience import PATIENCE_S
from portside import Sender, config

from agent.contract.chain import utc_text
from agent.contract.topics import topic
from agent.hub.domain.rows.webhooks import Delivery, Progress
from agent.hub.stores import trust
from agent.hub.views.metrics import Page, read_metrics, serving, write_metrics
from agent.model.errors import ConfigurationError
from agent.model.finding import Draft
from agent.site.config.site import Hub

SAMPLE = re.compile(r'camwarden_hub_[a-z_]+(\{[a-z]+="(?:[^"\\\n]|\\.)*"\})? [0-9.e+-]+')


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path / "site", delivery.site(hub=Hub("127.0.0.1")))


def numbers(desk: Desk) -> dict[str, float]:
    text = write_metrics(desk.store, trust.load(desk.directory), desk.directory, NOW + timedelta(minutes=5))
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert all(SAMPLE.fullmatch(line) for line in lines), lines
    assert text.endswith("\n")
    return {line.rpartition(" ")[0].removeprefix("camwarden_hub_"): float(line.rpartition(" ")[2]) for line in lines}


def test_the_numbers_are_those_of_what_came(desk: Desk, maker: Maker, tmp_path: Path) -> None:
    desk.vouch(maker)
    desk.birth(maker, "e1")
    reports = chain_of(maker, 6)
    for place in (0, 1, 3, 3):
        desk.send(reports[place])
    for envelope in Day(maker).report(NOW, health(NOW)):
        desk.send(envelope)
    fork, _ = maker.envelopes([delivery.event(99)], {}, "e1")
    assert desk.send(fork[0])["event"] == "fork"
    desk.hand_in(topic("datong", "S1", "event"), b"{}", "")
    desk.hand_in("elsewhere", b"{}", "")
    desk.birth(Maker(tmp_path / "S2", delivery.site("S2")), "e1")
    told = numbers(desk)
    assert told['sites{state="ready"}'] == 1
    assert told['silent_sites{kind="never-enrolled"}'] == 1
    assert told['messages_total{result="verified"}'] == 4
    assert told['messages_total{result="duplicate"}'] == 1
    assert told['messages_total{result="fork"}'] == 1
    assert told['messages_total{result="tamper"}'] == 0
    assert told['messages_rejected_total{reason="unsigned"}'] == 1
    assert told['messages_rejected_total{reason="topic"}'] == 1
    assert told["messages_untrusted"] == 1
    assert told["reports_missing"] == told['site_reports_missing{site="S1"}'] == 1
    assert told["reports_unconfirmed"] == told['site_reports_unconfirmed{site="S1"}'] == 2
    assert told["health_age_seconds_max"] == told['site_health_age_seconds{site="S1"}'] == 300
    assert told["store_bytes"] > 4096
    assert told["sites_without_series"] == 0
    assert told["sites_told_elsewhere"] == 0 and not [name for name in told if name.startswith("upgrade")]


def test_an_upgrade_is_told_with_its_state_and_by_steps_and_so_are_sites_that_tell_another_division(
    desk: Desk,
) -> None:
    for site in ("S1", "S2", "S3"):
        told = Sender(site).meet(desk.store)
        for seq, division in enumerate(("140202", "150102" if site == "S2" else "140202"), 1):
            told.send(desk.store, "config", seq, config(division=division), NOW)
    with desk.store.transaction():
        number = desk.store.upgrades.begin("0.9.1", "all", "", timedelta(hours=24))
        desk.store.upgrades.begin_wave(number, 2, ["S1", "S2"], dict.fromkeys(("S1", "S2", "S3"), (False, 0)), NOW)
        desk.store.upgrades.mark_runs(number, "S1", NOW)
        desk.store.upgrades.keep_state(number, "stopped")
    lines = write_metrics(desk.store, trust.load(desk.directory), desk.directory, NOW).splitlines()
    assert {
        'camwarden_hub_upgrade{version="0.9.1",state="stopped"} 1', "camwarden_hub_upgrade_wave 2",
        'camwarden_hub_upgrade_sites{step="runs"} 1', 'camwarden_hub_upgrade_sites{step="to-name"} 1',
        'camwarden_hub_upgrade_sites{step="outside"} 1', 'camwarden_hub_upgrade_sites{step="refused"} 0',
        "camwarden_hub_sites_told_elsewhere 1",
    } <= set(lines)  # fmt: skip


def test_the_figures_of_yesterday_are_summed_over_the_sites_that_reported(desk: Desk, tmp_path: Path) -> None:
    begun = NOW - timedelta(days=3)
    sites = [Maker(tmp_path / name, delivery.site(name)) for name in ("S1", "S2", "S3")]
    for maker, good in zip(sites, (90, 40, None), strict=True):
        desk.vouch(maker)
        desk.birth(maker, "e1", at=begun)
        if good is not None:
            rates = {"day": "2026-11-23", "online": [good, 100, 5, 8]}
            draft = Draft("health", {**delivery.health().body, "division": maker.site.id, "rates": rates})
            (envelope,), _ = maker.envelopes([draft], {}, "e1", NOW)
            assert desk.send(envelope, maker.site.id)["event"] == "verified"
    told = numbers(desk)
    parts = ("good", "due", "unknown", "excluded")
    assert [told[f'assessment_{part}{{figure="online"}}'] for part in parts] == [130, 200, 10, 16]
    assert (told["assessment_sites_due"], told["assessment_sites_reported"]) == (3, 2)
    assert 'assessment_due{figure="clock"}' not in told, "nobody said so: no number"


def test_each_name_is_described_once_and_its_samples_stand_together(desk: Desk, maker: Maker) -> None:
    desk.vouch(maker)
    desk.birth(maker, "e1")
    text = write_metrics(desk.store, trust.load(desk.directory), desk.directory, NOW)
    described = re.findall(r"^# TYPE (\S+) (counter|gauge)$", text, re.MULTILINE)
    assert len({name for name, _ in described}) == len(described) > 10
    assert all(name.endswith("_total") == (kind == "counter") for name, kind in described)
    blocks = [line.split("{")[0].split(" ")[0] for line in text.splitlines() if not line.startswith("#")]
    assert [name for place, name in enumerate(blocks) if name in blocks[:place] and blocks[place - 1] != name] == []


def test_a_city_does_not_get_more_series_than_is_written_down(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.hub.views.metrics.SITES_MOST", 2)
    for name in ("S1", "S2", "S3"):
        maker = Maker(tmp_path / name, delivery.site(name))
        desk.vouch(maker)
        desk.birth(maker, "e1")
    told = numbers(desk)
    assert sum(name.startswith("site_reports_missing") for name in told) == 2
    assert (told["sites_without_series"], told['sites{state="ready"}']) == (1, 3)


def get(port: int, path: str = "/metrics", method: str = "GET", host: str = "127.0.0.1") -> tuple[int, str, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    try:
        connection.request(method, path, headers={"Host": host})
        reply = connection.getresponse()
        return reply.status, str(reply.getheader("Content-Type")), reply.read().decode()
    finally:
        connection.close()


def test_the_page_is_served_beside_a_hub_that_writes(desk: Desk, maker: Maker) -> None:
    desk.vouch(maker)
    with serving(desk.directory, ("127.0.0.1", 0), lambda: NOW) as port:
        assert get(port)[0] == 200
        desk.birth(maker, "e1")
        status, kind, text = get(port)
        assert (status, kind) == (200, "text/plain; version=0.0.4; charset=utf-8")
        assert 'camwarden_hub_sites{state="ready"} 1\n' in text
        with desk.store.transaction():  # a reader does not wait for a writer
            assert get(port)[0] == 200
        assert get(port, "/")[0] == get(port, "/metrics/../hub.db")[0] == get(port, "/hub-key.pem")[0] == 404
        assert get(port, "/metrics", "POST")[0] == 501
    with pytest.raises(OSError, match="refused"):
        get(port)


def test_a_served_page_looks_at_every_site_once_a_minute_and_counts_each_time(desk: Desk, maker: Maker) -> None:
    trust.add(desk.directory, "S9", "F" * 43, NOW)
    page = Page(desk.directory)

    def seen(seconds: float) -> tuple[bool, bool]:
        text = page.read(NOW + timedelta(seconds=seconds))
        return 'silent_sites{kind="never-enrolled"} 1\n' in text, "messages_received_total 0\n" in text

    assert seen(0) == (True, True)
    trust.revoke(desk.directory, "F" * 43, NOW)
    desk.hand_in("nonsense", b"", "")
    assert seen(59) == (True, False)
    assert seen(60) == (False, False)
    trust.add(desk.directory, "S8", "E" * 43, NOW)
    assert seen(-60) == (True, False)  # the clock was put back


def test_the_page_is_read_by_its_address_and_the_names_it_was_given_alone(tmp_path: Path) -> None:
    """Who leads a browser here by a name of his own (DNS rebinding) reads nothing."""
    with serving(tmp_path, ("127.0.0.1", 0), lambda: NOW, ["hub.example"]) as port:
        assert [get(port, host=host)[0] for host in ("evil.example", f"evil.example:{port}")] == [421, 421]
        assert [get(port, host=host)[0] for host in ("hub.example", f"localhost:{port}")] == [503, 503]
    with serving(tmp_path, ("127.0.0.1", 0), lambda: NOW) as port:
        assert get(port, host="hub.example")[0] == 421


def test_a_reader_that_says_nothing_or_nonsense_or_goes_away_ends_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("agent.host.prometheus.REQUEST_WITHIN_S", 2.0)
    with serving(desk.directory, ("127.0.0.1", 0), lambda: NOW) as port:
        for said in (b"", b"\xff\xfe\r\n\r\n", b"GET /metrics HTTP/1.1\r\n" + b"a: b\r\n" * 200, b"x" * 100_000):
            with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as client:
                client.sendall(said)
                assert get(port)[0] == 200  # while the other still stands there
    assert capfd.readouterr().err == ""


def test_a_hub_that_is_not_there_is_503_and_an_address_that_is_taken_is_one_line(tmp_path: Path) -> None:
    with serving(tmp_path, ("127.0.0.1", 0), lambda: NOW) as port:
        status, _, text = get(port)
        assert status == 503
        assert "no hub has run here" in text
        taken = pytest.raises(ConfigurationError, match=f"--metrics 127.0.0.1:{port}: cannot be listened on")
        with taken, serving(tmp_path, ("127.0.0.1", port), lambda: NOW):
            pass
    with pytest.raises(ConfigurationError, match="no hub has run here"):
        read_metrics(tmp_path, NOW)
    with pytest.raises(ConfigurationError), serving(tmp_path, ("no.such.host.invalid", free_port()), lambda: NOW):
        pass


def test_the_numbers_of_endpoints_are_by_their_names_and_without_their_addresses(desk: Desk) -> None:
    assert not [name for name in numbers(desk) if name.startswith("webhook")]
    desk.store.webhooks.keep(hook(url="https://tickets.test/SECRET"))
    desk.store.webhooks.keep_progress("tickets", Progress(delivered=4, given_up=2, stopped_at=utc_text(NOW)))
    desk.store.webhooks.queue(Delivery(hook="tickets", no=1, id="evt_1", body=b"{}", made_at=utc_text(NOW)))
    told = {name: value for name, value in numbers(desk).items() if name.startswith("webhook")}
    assert told == {
        f'webhook_{name}{{hook="tickets"}}': value
        for name, value in {
            "waiting": 1, "waiting_oldest_seconds": 300, "stopped": 1, "delivered_total": 4, "given_up_total": 2,
        }.items()
    }  # fmt: skip
