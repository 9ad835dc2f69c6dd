"""What devices say of themselves, judged: time source, labels, sound, streams, services, firmware, accounts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sites import DECLARED, NOW, camera, gateway, healthy_camera, observed, site, without

from agent.judge.checks.table import run_checks
from agent.model.finding import Finding, Message
from agent.observe.facts.facts import gather
from agent.site.config.site import Rules, Site
from agent.site.declarations.standing import Declaration
from agent.site.rules.read import shipped
from drivers.details import Account, Accounts, Audio, AudioEncoder, Encoder, Encoders
from drivers.footage import Protocol, Protocols
from drivers.model import Clock, Credential, Device, Fact, Identity, Observation, Overlays, Reason, Unavailable, Value
from drivers.picture import Stream, Streams, StreamSound

Word = str | bool | tuple[str, ...] | None
SILENT: tuple[Fact, ...] = ("identity", "clock", "services", "protocols", "accounts")
BOX = (
    Identity("ACME", "N8", "V4.30 build 26", "42"),
    Clock(0.2, 0.05, ntp=True),
    Protocols((Protocol("HTTP", 80, True), Protocol("RTSP", 554, True), Protocol("Telnet", 23, False))),
    Accounts((Account("admin", "Administrator"), Account("guard", "User"))),
)
LISTS: dict[str, Word] = {
    "approved-services": ("HTTP", "rtsp"),
    "approved-firmware": ("N8: V4.30", "N9: V1"),
    "flawed-firmware": "none",
    "approved-accounts": ("admin: Administrator", "guard"),
    "operation-rules": "Rules of 2026",
}


def said(**words: Word) -> tuple[Declaration, ...]:
    given = {**LISTS, **{name.replace("_", "-"): value for name, value in words.items()}}
    rows = [Declaration(duty, value, "Li Na", date(2026, 1, 31)) for duty, value in given.items() if value is not None]
    return (*DECLARED, *rows)


def full(**words: Word) -> Site:
    """Return a site that is asked for everything and has declared what these checks rest on."""
    return site(camera(), declarations=said(**words), rules=Rules("full"), packs=shipped())


def seen(*instead: Value, of_camera: tuple[Value, ...] = ()) -> tuple[Observation, ...]:
    """Return a site in order, but for these facts."""
    kinds = tuple(type(value) for value in instead)
    box = tuple(value for value in BOX if not isinstance(value, kinds))
    kept = without(healthy_camera(), *(type(value) for value in of_camera))
    return gateway() + observed("device:box", *box, *instead) + kept + observed("camera:gate", *of_camera)


def judge(observations: tuple[Observation, ...], a_site: Site | None = None) -> dict[str, Finding]:
    return {f.key: f for f in run_checks(a_site or full(), gather(observations), NOW)}


def word(finding: Finding) -> tuple[str, str]:
    return finding.status, finding.reason


SOUND = Audio((AudioEncoder("main", "AAC", 64, 16),))


def main_stream(encoding: str = "H265", width: int = 2560, height: int = 1440, rate: float = 25.0) -> Encoders:
    return Encoders((Encoder("sub", "H264", 640, 360, 25.0, 512), Encoder("main", encoding, width, height, rate, 4096)))


@pytest.mark.parametrize(
    ("check", "fact", "status", "reason"),
    [
        ("clock-source device:box", Clock(0.1, 0.05, ntp=True), "pass", ""),
        ("clock-source device:box", Clock(0.1, 0.05, ntp=False), "warn", "manual"),
        ("clock-source device:box", Clock(0.1, 0.05), "unknown", "unsupported"),
        ("insecure-service device:box", BOX[2], "pass", ""),
        ("insecure-service device:box", Protocols((Protocol("TELNET", 23, True),)), "fail", "insecure"),
        ("insecure-service device:box", Protocols((Protocol("SNMP v2c", 161, True),)), "fail", "insecure"),
        (
            "insecure-service device:box",
            Protocols((*BOX[2].protocols, Protocol("PSH", 23, True))),
            "unknown",
            "service-unknown",
        ),
        ("insecure-service device:box", Protocols((*BOX[2].protocols, Protocol("PSH", 23, False))), "pass", ""),
        ("insecure-service device:box", Protocols((*BOX[2].protocols, Protocol("DEV_MANAGE", 8000, True))), "pass", ""),
        ("network-exposure device:box", BOX[2], "pass", ""),
        ("network-exposure device:box", Protocols((Protocol("SSH", 22, True),)), "fail", "not-approved"),
        ("network-exposure device:box", Protocols((BOX[2].protocols[0], Protocol("SSH", 22, False))), "pass", ""),
        ("firmware-drift device:box", BOX[0], "pass", ""),
        ("firmware-drift device:box", Identity("ACME", "N8", "V4.3", "42"), "fail", "not-approved"),
        ("firmware-drift device:box", Identity("ACME", "N8", "V4.301", "42"), "fail", "not-approved"),
        ("firmware-drift device:box", Identity("ACME", "X1", "V4.30", "42"), "warn", "model-not-listed"),
        ("account-inventory device:box", BOX[3], "pass", ""),
        ("account-inventory device:box", Accounts(()), "unknown", "accounts-not-told"),
        ("account-inventory device:box", Accounts((Account("eve", "User"),)), "fail", "not-approved"),
        ("account-inventory device:box", Accounts((Account("Admin", "User"),)), "fail", "not-approved"),
    ],
)
def test_a_device_is_judged_by_what_it_says(check: str, fact: Value, status: str, reason: str) -> None:
    assert word(judge(seen(fact))[check]) == (status, reason)


@pytest.mark.parametrize(
    ("check", "fact", "status", "reason"),
    [
        ("audio-undeclared camera:gate", Audio(()), "pass", ""),
        ("audio-undeclared camera:gate", SOUND, "fail", "audio-on"),
        ("osd-compliant camera:gate", Overlays(("Gate", "<DateAndTime>")), "unknown", "not-read-yet"),
        ("osd-compliant camera:gate", Overlays(("Gate",), True), "unknown", "not-read-yet"),
        ("osd-compliant camera:gate", Overlays(("Gate <Date>",), None), "unknown", "not-read-yet"),
        ("osd-compliant camera:gate", Overlays(("Gate",), False), "fail", "time-missing"),
        ("osd-compliant camera:gate", Overlays(("Gate",)), "fail", "time-missing"),
        ("osd-compliant camera:gate", Overlays(("<DateAndTime>",)), "fail", "name-missing"),
        ("osd-compliant camera:gate", Overlays(("  ",), False), "fail", "time-and-name-missing"),
        ("osd-compliant camera:gate", Overlays(()), "unknown", "unsupported"),
        ("osd-label-unique site", Overlays(("Gate",), True), "pass", ""),
        ("osd-label-unique site", Overlays(("<DateAndTime>",)), "unknown", "no-label"),
        ("osd-label-unique site", Overlays(()), "unknown", "not-all-read"),
        ("stream-profile-conforms camera:gate", main_stream(), "not_applicable", "no-design"),
    ],
)
def test_a_camera_is_judged_by_what_its_device_says(check: str, fact: Value, status: str, reason: str) -> None:
    assert word(judge(seen(of_camera=(fact,)))[check]) == (status, reason)


@pytest.mark.parametrize(
    ("read", "status", "reason"),
    [
        (main_stream(), "pass", ""),
        (main_stream("HEVC"), "pass", ""),
        (main_stream("H.265", 3840, 2160, 30), "pass", ""),
        (main_stream("H264"), "fail", "below-design"),
        (main_stream(width=1920), "fail", "below-design"),
        (main_stream(height=1080), "fail", "below-design"),
        (main_stream(rate=12.5), "fail", "below-design"),
        (main_stream(rate=0.0), "unknown", "unsupported"),
        (Encoders(()), "unknown", "unsupported"),
    ],
)
def test_the_main_stream_is_held_against_its_declared_design(read: Encoders, status: str, reason: str) -> None:
    a_site = full(stream_design="H265 2560x1440 25")
    assert word(judge(seen(of_camera=(read,)), a_site)["stream-profile-conforms camera:gate"]) == (status, reason)


def test_sound_in_a_description_fails_whatever_the_profiles_say() -> None:
    offers = observed("camera:gate", StreamSound("main", ("PCMA",)), StreamSound("sub", ()))
    for told in ((Audio(()),), (Audio((), ("1",)),), ()):
        found = judge(seen(of_camera=told) + offers)["audio-undeclared camera:gate"]
        assert word(found) == ("fail", "audio-on")
        assert "main" in str(found.message) and "sub" not in str(found.message)
    found = judge(seen(of_camera=(Audio(()),)) + offers, full(audio_allowed=True))["audio-undeclared camera:gate"]
    assert word(found) == ("pass", "")
    silent = judge(seen(of_camera=(Audio(()), StreamSound("main", ()))))["audio-undeclared camera:gate"]
    assert word(silent) == ("pass", "") and {one.kind for one in silent.rests_on} == {"Audio", "StreamSound"}


def test_sound_in_what_is_recorded_is_said_apart_from_that_of_live_streams() -> None:
    kept = observed("camera:gate", StreamSound("main", ()), StreamSound("playback", ("PCMA",)))
    found = judge(seen(of_camera=(Audio(()),)) + kept)["audio-undeclared camera:gate"]
    assert word(found) == ("warn", "audio-recorded") and "PCMA" in str(found.message)
    live = observed("camera:gate", StreamSound("main", ("PCMA",)), StreamSound("playback", ("PCMA",)))
    assert word(judge(seen(of_camera=(Audio(()),)) + live)["audio-undeclared camera:gate"]) == ("fail", "audio-on")
    allowed = judge(seen(of_camera=(Audio(()),)) + kept, full(audio_allowed=True))["audio-undeclared camera:gate"]
    assert word(allowed) == ("pass", "")


def test_a_stream_whose_description_nobody_reads_may_carry_sound() -> None:
    more = Streams((Stream("main", "rtsp://192.0.2.1/1"), Stream("sub", "rtsp://192.0.2.1/2")), ("third",))
    told = without(seen(of_camera=(Audio(()),)), Streams) + observed("camera:gate", more)
    found = judge(told)["audio-undeclared camera:gate"]
    assert word(found) == ("unknown", "sound-not-described") and "third" in str(found.message)
    assert word(judge(told, full(audio_allowed=True))["audio-undeclared camera:gate"]) == ("pass", "")


def test_sound_that_somebody_allowed_passes() -> None:
    found = judge(seen(of_camera=(SOUND,)), full(audio_allowed=True))
    assert word(found["audio-undeclared camera:gate"]) == ("pass", "")


def test_a_firmware_with_a_known_flaw_is_found_whatever_is_approved() -> None:
    found = judge(seen(), full(flawed_firmware=("N8: V4.30",)))
    assert word(found["product-advisory-open device:box"]) == ("fail", "flawed")
    assert word(judge(seen())["product-advisory-open device:box"]) == ("pass", "")


def test_names_of_accounts_stay_on_the_site() -> None:
    found = judge(seen(Accounts((Account("eve-of-the-night-shift", "User"),))))["account-inventory device:box"]
    assert "night-shift" not in str(found.message) + str(found.evidence)
    other = judge(seen(Accounts((Account("mallory", "User"),))))["account-inventory device:box"]
    assert found.evidence["accounts_digest"] != other.evidence["accounts_digest"]


def test_two_cameras_with_one_label_are_one_finding_whatever_the_spelling() -> None:
    a_site = site(camera("gate"), camera("yard"))
    labels = observed("camera:gate", Overlays(("\uff27ate  1",), True)) + observed(
        "camera:yard", Overlays(("Gate 1",), True)
    )
    both = without(healthy_camera("gate") + healthy_camera("yard"), Overlays) + labels
    found = judge(gateway() + observed("device:box", *BOX) + both, a_site)
    assert [f.subject for f in found.values() if f.check == "osd-label-unique"] == ["site"]
    assert word(found["osd-label-unique site"]) == ("fail", "doubled")
    assert found["osd-label-unique site"].evidence["doubled"] == [["gate", "yard"]]


@pytest.mark.parametrize("reason", ["unsupported", "refused", "malformed", "deadline"])
def test_what_a_device_does_not_tell_is_one_finding_for_the_site(reason: Reason) -> None:
    gone = tuple(Unavailable(fact, reason) for fact in ("protocols", "accounts"))
    box = observed("device:box", BOX[0], BOX[1], *gone)
    quiet = without(healthy_camera(), Audio, Overlays)
    found = judge(gateway() + box + quiet + observed("camera:gate", Unavailable("audio", reason)))
    rest = ("audio-undeclared camera:gate", "insecure-service device:box", "network-exposure device:box",
            "account-inventory device:box", "osd-compliant camera:gate", "osd-label-unique site")  # fmt: skip
    assert {(found[key].status, found[key].caused_by) for key in rest} == {("unknown", "facts-unread site")}
    assert found["facts-unread site"].status == "unknown"
    told = {(row["fact"], row["reason"]) for row in found["facts-unread site"].evidence["facts"]}  # type: ignore
    assert told >= {("audio", reason), ("protocols", reason), ("accounts", reason), ("overlays", "unsupported")}


def test_the_technical_profile_does_not_miss_what_few_devices_tell() -> None:
    found = judge(
        gateway() + observed("device:box", BOX[0], BOX[1]) + healthy_camera(), site(camera(), packs=shipped())
    )
    asked_in_full = ("network-exposure", "firmware-drift", "product-advisory-open", "account-inventory")
    assert {word(found[f"{check} site"]) for check in asked_in_full} == {("not_applicable", "profile")}
    assert word(found["insecure-service device:box"]) == ("not_applicable", "profile")
    assert word(found["facts-unread site"]) == ("pass", "")


@pytest.mark.parametrize(
    ("approved", "status"),
    [
        (("admin", "guard"), ("unknown", "level-not-said")),
        (("admin: Administrator", "guard"), ("pass", "")),
        (("admin: Administrator", "guard: User"), ("pass", "")),
        (("admin:admin", "guard : viewer"), ("pass", "")),
        (("admin: administrator", "guard: Operator", "guard: user"), ("pass", "")),
        (("admin: User", "guard"), ("fail", "level-not-approved")),
        (("admin", "guard: Operator"), ("fail", "level-not-approved")),
        (("admin: User", "admin", "guard"), ("unknown", "level-not-said")),
        (("admin", "other"), ("fail", "not-approved")),
        (("admin: Administrator",), ("fail", "not-approved")),
        (("admin:", "guard"), ("fail", "level-not-approved")),
    ],
)
def test_an_account_is_approved_by_its_name_or_at_one_level_only(
    approved: tuple[str, ...], status: tuple[str, str]
) -> None:
    found = judge(seen(), full(approved_accounts=approved))
    assert word(found["account-inventory device:box"]) == status


@pytest.mark.parametrize(("level", "status"), [
    ("User", "pass"), ("Operator", "pass"), ("Media User", "pass"), ("administrator", "unknown"), ("Admin", "unknown"),
    ("root", "unknown"), ("superuser", "unknown"), ("", "unknown"),
])  # fmt: skip
def test_a_bare_name_approves_no_level_that_may_be_an_administrators(level: str, status: str) -> None:
    accounts = Accounts((Account("admin", "Administrator"), Account("guard", level)))
    one = judge(seen(accounts), full())["account-inventory device:box"]
    assert (one.status, one.reason) == (status, "level-not-said" if status == "unknown" else "")


def test_what_one_row_leaves_open_at_many_devices_is_one_item() -> None:
    devices = tuple(Device(name, "192.0.2.1", 80, "onvif") for name in ("box", "nvr", "dvr"))
    more = observed("device:nvr", BOX[3]) + observed("device:dvr", BOX[3])
    found = judge(seen() + more, replace(full(approved_accounts=("admin", "guard")), devices=devices))
    accounts = {key: one for key, one in found.items() if key.startswith("account-inventory")}
    assert {one.status for one in accounts.values()} == {"unknown"}
    (own,) = [one for one in accounts.values() if not one.caused_by]
    assert own.evidence["subjects"] == ["device:box", "device:nvr", "device:dvr"]
    assert {one.caused_by for one in accounts.values()} == {"", own.key}


def test_a_list_that_nobody_declared_is_told_by_the_one_open_item() -> None:
    found = judge(seen(), full(approved_services=None, approved_firmware=None, approved_accounts=None))
    for check in ("network-exposure", "firmware-drift", "account-inventory"):
        one = found[f"{check} site"]
        assert (one.status, one.reason, one.caused_by) == ("unknown", "not-declared", "declarations site")


def test_a_silent_device_is_told_once_and_passes_nothing() -> None:
    facts = gateway() + observed("device:box", *(Unavailable(fact, "deadline") for fact in SILENT))
    facts += observed("camera:gate", *(Unavailable(fact, "deadline") for fact in ("streams", "audio", "overlays")))
    found = judge(facts)
    own = ("clock-source", "insecure-service", "network-exposure", "firmware-drift", "account-inventory")
    assert {(found[f"{c} device:box"].status, found[f"{c} device:box"].caused_by) for c in own} == {
        ("unknown", "camera-online camera:gate")
    }
    assert found["facts-unread site"].status == "pass"
    assert found["osd-label-unique site"].caused_by == "camera-online camera:gate"


def test_a_clock_set_by_hand_that_is_wrong_is_one_finding() -> None:
    found = judge(seen(Clock(95.0, 0.2, ntp=False)))
    assert found["clock-source device:box"].caused_by == "clock-offset device:box"
    assert judge(seen(Clock(0.1, 0.2, ntp=False)))["clock-source device:box"].caused_by == ""


def test_messages_have_a_value_for_every_place() -> None:
    for facts in (seen(), seen(Protocols((Protocol("ftp", 21, True),)), of_camera=(SOUND, Overlays(()))), ()):
        for finding in judge(tuple(facts)).values():
            assert isinstance(finding.message, Message) and str(finding.message)


@pytest.mark.parametrize("check", ["insecure-service", "network-exposure"])
@pytest.mark.parametrize("listed", [(), (Protocol("HTTP", 80, False), Protocol("RTSP", 554, False))])
def test_a_device_that_says_over_the_network_that_it_offers_nothing_has_not_told_what_it_offers(
    check: str, listed: tuple[Protocol, ...]
) -> None:
    assert word(judge(seen(Protocols(listed)))[f"{check} device:box"]) == ("unknown", "services-not-told")


def test_a_list_that_lacks_the_account_that_asked_for_it_is_not_the_whole_list() -> None:
    told = seen(Accounts((Account("admin", "Administrator"),)))
    for user, expected in (("admin", ("pass", "")), ("agent", ("unknown", "accounts-not-told"))):
        box = Device("box", "192.0.2.1", 80, "onvif", credential=Credential("login", user, "secret"))
        found = judge(told, replace(full(), devices=(box,)))["account-inventory device:box"]
        assert word(found) == expected


def test_a_list_of_accounts_without_an_administrator_is_half_a_list() -> None:
    found = judge(seen(Accounts((Account("guard", "User"),))))["account-inventory device:box"]
    assert word(found) == ("unknown", "accounts-not-told")
