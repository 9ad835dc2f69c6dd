"""How the site judges its own delivery and its certificate: quiet when well, and each trouble by its name."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import delivery
import pytest
from certificates import Authority

from agent.deliver.keys.own_certificate import read_own
from agent.judge.checks.service import delivery as checks
from agent.model.finding import Finding, Message, is_waiting
from agent.observe.facts.delivery import Delivery, NoCertificate, NotRenewed, OwnCertificate
from agent.observe.facts.delivery_status import DeliveryStatus, StatusBoard
from agent.observe.facts.facts import Facts, gather
from agent.site.config.site import Hub, Site
from agent.text.translate import render

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
SITE = delivery.site(hub=Hub("hub.example.org"))
WELL = DeliveryStatus("connected", NOW - 9 * DAY, connects=1, watermark_at=NOW - timedelta(minutes=5))
LASTS = OwnCertificate("S1", NOW - DAY, NOW + 90 * DAY, True, NOW + 900 * DAY)


def facts_of(clock_trusted: bool = True, **parts: object) -> Facts:
    return replace(gather((), own_clock_trusted=clock_trusted), delivery=replace(Delivery(), **parts))


def delivered(status: DeliveryStatus | None, site: Site = SITE) -> Finding:
    (finding,) = checks.DELIVERY.run(checks.DELIVERY, site, facts_of(status=status), NOW)
    return finding


def certified(own: object, clock_trusted: bool = True) -> Finding:
    facts = facts_of(clock_trusted, certificate=own)
    (finding,) = checks.CERTIFICATE.run(checks.CERTIFICATE, SITE, facts, NOW)
    return finding


@pytest.mark.parametrize(
    "status",
    [
        WELL,
        replace(WELL, link="offline", unconnected_since=NOW - timedelta(hours=23)),  # the broker is being repaired
        replace(WELL, since=NOW - timedelta(minutes=1), watermark_at=None),  # just back after days
        replace(WELL, confirm="broker", watermark_at=None, puback_at=NOW - timedelta(hours=1)),
        replace(WELL, ignored_watermarks={"epoch": 3}),  # the retained one of the old spool
        replace(WELL, publish_refused="event: Not authorized", publish_refused_at=NOW - 2 * DAY),  # corrected since
        replace(WELL, taken_over=1, taken_over_at=NOW - timedelta(hours=2)),
    ],
)
def test_a_healthy_site_is_quiet(status: DeliveryStatus) -> None:
    assert (delivered(status).status, delivered(status).reason) == ("pass", "")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"link": "duplicate-identity"}, ("fail", "duplicate-identity")),
        ({"taken_over": 4, "taken_over_at": NOW - timedelta(minutes=10)}, ("fail", "duplicate-identity")),
        ({"watermark_distrusted": "fork", "watermark_distrusted_at": NOW}, ("fail", "confirmation-fork")),
        ({"watermark_distrusted": "signature", "watermark_distrusted_at": NOW}, ("fail", "confirmation-signature")),
        ({"publish_refused": "event: Not authorized", "publish_refused_at": NOW}, ("warn", "refused")),
        (
            {"report_refused": "health: too long", "report_refused_at": NOW, "reports_refused": 1},
            ("warn", "hub-refuses"),
        ),
        ({"watermark_at": NOW - 2 * DAY}, ("warn", "not-confirmed")),
        ({"watermark_at": None}, ("warn", "not-confirmed")),
        ({"confirm": "broker"}, ("warn", "not-confirmed")),
        ({"link": "offline", "unconnected_since": NOW - 2 * DAY}, ("warn", "offline")),
        ({"link": "refused", "reason": "Not authorized", "unconnected_since": NOW - 2 * DAY}, ("warn", "offline")),
    ],
)
def test_each_trouble_has_its_name(changes: dict[str, object], expected: tuple[str, str]) -> None:
    finding = delivered(replace(WELL, **changes))
    assert (finding.status, finding.reason) == expected
    assert str(finding.message)


def test_the_brokers_words_reach_the_finding() -> None:
    why = "the broker's certificate is not signed by the configured CA"
    finding = delivered(replace(WELL, link="offline", reason=why, unconnected_since=NOW - 30 * timedelta(hours=1)))
    assert str(finding.message) == f"no connection to the hub for 30 h: {why}"
    refused = replace(WELL, publish_refused="event: Not authorized", publish_refused_at=NOW)
    assert "event: Not authorized" in str(delivered(refused).message)


def test_where_nothing_is_to_be_delivered_nothing_is_judged() -> None:
    assert (delivered(None).status, is_waiting(delivered(None))) == ("unknown", True)
    assert delivered(WELL, delivery.site()).reason == "no-hub"
    assert delivered(WELL, delivery.site(hub=Hub("h", confirm="file"))).reason == "no-hub"


def test_what_a_board_counts_is_what_the_check_tells() -> None:
    board = StatusBoard(replace(WELL), lambda: NOW)
    board.count_ignored("epoch", "old")
    board.count_ignored("malformed", "old")
    assert delivered(board.read()).status == "pass"
    board.count_ignored("unknown-key", "who?")
    assert delivered(board.read()).reason == "confirmation-unknown-key"


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        (timedelta(days=30), ("pass", "")),
        (timedelta(days=29, hours=23), ("warn", "expires-within-30-days")),
        (timedelta(days=13, hours=23), ("warn", "expires-within-14-days")),
        (timedelta(days=6, hours=23), ("warn", "expires-within-7-days")),
        (timedelta(days=1), ("warn", "expires-within-7-days")),
        (timedelta(hours=23), ("fail", "expires-within-1-day")),
        (timedelta(0), ("fail", "expired")),
        (timedelta(days=-40), ("fail", "expired")),
    ],
)
def test_the_nearer_the_end_the_louder(left: timedelta, expected: tuple[str, str]) -> None:
    finding = certified(replace(LASTS, not_after=NOW + left))
    assert (finding.status, finding.reason) == expected
    assert finding.evidence["days_left"] == left.days


DAYS_40 = replace(LASTS, not_after=NOW + 40 * DAY)
NO_WAY = NotRenewed(NOW - timedelta(hours=2), Message("{where}: cannot be reached", {"where": "desk:8890"}), False)


@pytest.mark.parametrize(
    ("own", "failing", "expected"),
    [
        (DAYS_40, NO_WAY, ("pass", "")),  # a desk is being repaired
        (DAYS_40, replace(NO_WAY, since=NOW - 2 * DAY), ("warn", "not-renewed")),
        (DAYS_40, replace(NO_WAY, refused=True), ("warn", "not-renewed")),  # waiting does not help
        (replace(LASTS, not_after=NOW + 6 * DAY), NO_WAY, ("warn", "expires-within-7-days")),
        (replace(LASTS, not_after=NOW - DAY), NO_WAY, ("fail", "expired")),
        (replace(LASTS, key_fits=False), NO_WAY, ("fail", "key-mismatch")),
        (replace(LASTS, key_fits=False), replace(NO_WAY, refused=True), ("fail", "key-mismatch")),
    ],
)
def test_what_keeps_the_gateway_from_renewing_is_told_beside_how_long_it_lasts(
    own: OwnCertificate, failing: NotRenewed, expected: tuple[str, str]
) -> None:
    facts = facts_of(certificate=own, not_renewed=failing)
    (finding,) = checks.CERTIFICATE.run(checks.CERTIFICATE, SITE, facts, NOW)
    assert (finding.status, finding.reason) == expected
    assert finding.evidence["not_renewed_why"] == "desk:8890: cannot be reached"
    said = render(finding.message, "en")
    assert ("since 2026-11-2" in said and said.endswith(": desk:8890: cannot be reached")) == (
        finding.status != "pass" and (finding.reason != "key-mismatch" or failing.refused)
    )


def test_a_clock_that_is_not_believed_hides_nothing_of_what_keeps_the_gateway_from_renewing() -> None:
    facts = facts_of(False, certificate=DAYS_40, not_renewed=replace(NO_WAY, refused=True))
    (finding,) = checks.CERTIFICATE.run(checks.CERTIFICATE, SITE, facts, NOW)
    assert (finding.status, finding.reason) == ("unknown", "own-clock-not-synchronised")
    assert "cannot be judged" in str(finding.message) and "desk:8890: cannot be reached" in str(finding.message)


def test_what_else_is_wrong_with_a_certificate() -> None:
    assert certified(LASTS).status == "pass"
    assert certified(replace(LASTS, common_name="S2")).reason == "name-mismatch"
    assert certified(replace(LASTS, key_fits=False)).reason == "key-mismatch"
    assert certified(replace(LASTS, not_before=NOW + DAY)).reason == "not-yet-valid"
    assert certified(replace(LASTS, ca_not_after=NOW + 5 * DAY)).status == "warn"
    assert certified(replace(LASTS, ca_not_after=NOW - DAY)).status == "fail"
    assert checks.CERTIFICATE.run(checks.CERTIFICATE, SITE, facts_of(True, certificate=None), NOW) == ()
    assert certified(NoCertificate("x")).status == "unknown"
    expired = replace(LASTS, not_after=NOW - DAY)
    assert certified(expired, clock_trusted=False).reason == "own-clock-not-synchronised"
    assert certified(replace(expired, key_fits=False), clock_trusted=False).status == "fail"  # needs no clock


def test_a_real_certificate_is_read_and_a_wrong_one_is_named(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "ca")
    certificate, key = authority.issue("S1", lasts=timedelta(days=5))
    other, other_key = authority.issue("S2")
    hub = Hub("h", ca=authority.ca, certificate=certificate, key=key)
    own = read_own(hub)
    assert isinstance(own, OwnCertificate)
    assert (own.common_name, own.key_fits) == ("S1", True)
    assert timedelta(days=4) < own.not_after - datetime.now(UTC) < timedelta(days=5)
    assert own.ca_not_after is not None
    mixed = read_own(replace(hub, key=other_key))
    assert isinstance(mixed, OwnCertificate)
    assert not mixed.key_fits
    assert read_own(replace(hub, certificate=None)) is None
    assert read_own(Hub("h", tls=False, certificate=certificate, key=key)) is None
    missing, garbage = tmp_path / "gone.pem", tmp_path / "garbage.pem"
    garbage.write_bytes(b"-----BEGIN CERTIFICATE-----\nnot base64\xff\n")
    for broken in (replace(hub, certificate=missing), replace(hub, key=garbage), replace(hub, ca=garbage)):
        read = read_own(broken)
        assert isinstance(read, NoCertificate)
        assert "gone.pem" in read.why or "garbage.pem" in read.why
    assert str(other)


def test_a_second_fault_makes_no_verdict_milder_and_is_told_too() -> None:
    """The end in a week warned, and hid an authority that had ended."""
    both = certified(replace(LASTS, not_after=NOW + 6 * DAY, ca_not_after=NOW - DAY))
    assert (both.status, both.reason) == ("fail", "ca-expires")
    assert "expires in 6 days" in str(both.message) and both.evidence["broken"] == [
        "ca-expires",
        "expires-within-7-days",
    ]
    trouble = replace(WELL, taken_over=2, taken_over_at=NOW, report_refused="size", report_refused_at=NOW)
    found = delivered(trouble)
    assert (found.status, found.reason) == ("fail", "duplicate-identity")
    assert "the hub refuses a report" in str(found.message)
