"""The hand-over report: it says what was found and no more, in both languages, and names make nothing of it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest
from handed_over import checked, html, jpegs, values
from pictures import jpeg, lit, scene
from sights import view
from sites import DECLARED, NOW, SQUARE, but_unread, camera, healthy, observed, site, without

from agent.judge.checks.table import CHECKS
from agent.judge.wording.from_rules import CLOCK, PRIVACY
from agent.model.finding import is_waiting
from agent.observe.facts.facts import gather
from agent.onsite.handover.contents_duties import duty_text
from agent.onsite.handover.contents_findings import is_declaration
from agent.onsite.handover.report_words import DOCUMENTS, WORDS, rule_text
from agent.onsite.one_look.shown import ReportPicture, pictured, why_withheld
from agent.report.check_titles import TITLES
from agent.site.config.site import CameraConfig, NoPrivateArea, Preset, PtzLock
from agent.site.declarations.standing import Declaration
from agent.site.duties.limits import SETTINGS
from agent.text.translate import translate
from drivers.details import Interface, Interfaces, Movable
from drivers.model import Camera, Clock, Device, Identity, Observation
from drivers.picture import PresetSeen, Stream, Streams, StreamSample, ZoneVerdict

HOSTILE = "<script>alert(1)</script>{{ 7*7 }}\x1b[2J\u202e</style><!-- camwarden-signature"
SECRET = "rtsp://admin:s3cret@192.0.2.1/main"


def bare(*paths: str, of: tuple[Observation, ...] = ()) -> tuple[Observation, ...]:
    """Return a camera that shows its zone on some of its paths, on all where none is named."""
    return tuple(
        replace(one, value=replace(one.value, verdict="FAIL", reason="not-hidden"))
        if isinstance(one.value, ZoneVerdict) and (not paths or one.value.path in paths)
        else one
        for one in of or healthy()
    )


def _bare_camera(name: str, device: str = "") -> tuple[Observation, ...]:
    """Return what a camera shows that hides its zone on no path."""
    return bare(of=healthy(name, device or f"d-{name}"))


def preset_camera() -> CameraConfig:
    """Return a camera that turns to one declared preset."""
    return replace(camera(), zones=(), presets=(Preset("home", camera().zones),))


def test_a_site_in_order_says_so_on_its_first_page_and_leaves_nothing_open() -> None:
    one = checked(site(camera(), in_use_since=date(2024, 9, 1)), healthy())
    one = replace(one, seen=replace(one.seen, findings=but_unread(one.seen.findings)))
    report = values(one)
    assert report.groups == ()
    assert report.verdict == "Every check that is due passes."
    text = html(one)
    assert "Nothing fails." in text and "Nothing is unknown." in text
    assert "\u5e94\u68c0\u9879\u76ee\u5168\u90e8\u5408\u683c" in html(one, "zh_CN")


def test_what_fails_stands_first_with_the_next_step_and_who_has_it() -> None:
    report = values(checked(site(camera()), bare("main")))
    assert report.verdict.startswith("Not ready to be handed over: ")
    first = report.groups[0]
    assert (first.who, first.status, first.title) == ("contractor", "fail", "Private zone hidden in pictures")
    assert [one.name for one in first.said[0].places] == ["gate"]
    assert "correct the mask and look again" in first.said[0].text
    assert first.rule == "Datong Measures article 5(2); Order 799 article 13"
    assert [p.paths for p in report.cameras[0].paths if p.verdict == "FAIL"] == [("main",)]


def test_sections_stand_in_the_order_in_which_people_read_them_and_link_both_ways() -> None:
    text = html(checked(site(camera()), bare("main")))
    order = ["fails", "unknowns", "matrix", "cameras", "footage", "devices", "past", "duties", "sign", "about"]
    assert re.findall(r'<h2 id="s-([a-z]+)">', text) == order
    assert [text.count(f'href="#s-{name}"') >= 1 for name in order] == [True] * len(order)
    anchors = re.findall(r' id="([a-z0-9-]+)"', text)
    assert len(anchors) == len(set(anchors))
    assert set(re.findall(r'href="#([a-z0-9-]+)"', text)) <= set(anchors), "no link leads nowhere"
    assert 'href="#c1"' in text and 'href="#f1"' in text, "from a fail to its camera, and back"


def test_what_cameras_share_is_one_cause_with_their_names_and_its_sentence_stands_once() -> None:
    names = [f"c{n}" for n in range(5)]
    seen = tuple(one for name in names for one in _bare_camera(name))
    one = checked(site(*(camera(name, f"d-{name}") for name in names)), seen)
    (group,) = [each for each in values(one).groups if each.title == "Private zone hidden in pictures"]
    assert [place.name for place in group.said[0].places] == names
    assert html(one).count(group.said[0].text.replace("'", "&#39;")) == 1


def test_sentences_with_figures_of_their_own_stand_at_their_cameras() -> None:
    names = [f"c{n}" for n in range(6)]
    seen = tuple(
        each for n, name in enumerate(names) for each in healthy(name, f"d-{name}", kept=timedelta(days=10 + n))
    )
    report = values(checked(site(*(camera(name, f"d-{name}") for name in names)), seen))
    (group,) = [one for one in report.groups if one.title == "Days of footage kept"]
    together = {place.name for said in group.said for place in said.places}
    assert (len(group.said), together | {place.name for place in group.rest}) == (3, set(names)), "each is named"
    at_home = {one.name or one.id for one in report.cameras for f in one.findings if "footage" in f.text}
    assert {place.name for place in group.rest} <= at_home, "and its sentence is told"


def test_what_is_told_of_the_site_names_all_the_cameras_that_it_is_about() -> None:
    names = [f"c{n}" for n in range(20)]
    seen = tuple(each for name in names for each in healthy(name, f"d-{name}"))
    cameras = [replace(camera(name, f"d-{name}"), camera=Camera(name, f"d-{name}", f"Hall {name}")) for name in names]
    report = values(checked(site(*cameras), seen))
    (group,) = [one for one in report.groups if one.title == "Time and name in the picture" and one.status == "warn"]
    assert [place.name for place in group.said[0].places] == ["all cameras"], "its evidence names sixteen of them"
    assert group.shared == "", "it is no cause of itself"


def test_what_fails_at_a_device_shows_at_its_cameras() -> None:
    late = observed("device:box", Clock(95.0, 0.2, False)) + without(healthy(), Clock)
    report = values(checked(site(camera()), late))
    (line,) = [one for one in report.cameras[0].findings if one.device]
    assert (line.status, line.title, line.device, line.text) == ("fail", "Clock", "device box", "")
    (clock,) = [n for n, title in enumerate(report.matrix.columns) if title == "Clock"]
    assert report.matrix.rows[0].cells[clock].tone == "fail"


def test_told_and_seen_are_never_the_same_sign() -> None:
    report = values(checked(site(camera()), healthy()))
    signs = {cell.words: cell.sign for cell in report.matrix.legend}
    assert len(set(signs.values())) == len(signs)
    cells = dict(zip(report.matrix.columns, report.matrix.rows[0].cells, strict=True))
    assert cells["Private zone hidden in pictures"].words == "seen by us"
    assert cells["Privacy mask configured"].words == "told by the device"


def test_cameras_that_were_found_alike_share_a_row_of_the_matrix_and_are_named() -> None:
    names = [f"c{n}" for n in range(4)]
    seen = tuple(one for name in names for one in healthy(name, f"d-{name}")) + _bare_camera("gate", "d-gate")
    report = values(checked(site(camera("gate", "d-gate"), *(camera(name, f"d-{name}") for name in names)), seen))
    assert [[place.name for place in row.places] for row in report.matrix.rows] == [["gate"], names], "fails first"


def test_what_follows_from_one_cause_is_one_line_at_a_camera_and_leads_to_the_first_cause() -> None:
    names = ("gate", "yard")
    seen = tuple(each for name in names for each in healthy(name, f"d-{name}"))
    a_site = site(*(camera(name, f"d-{name}") for name in names))
    report = values(checked(a_site, seen, facts=gather(seen)))
    (approval,) = [one for one in report.groups if one.title == "Masks approved"]
    (line,) = [one for one in report.cameras[0].findings if one.cause == "Masks approved"]
    assert (line.anchor, line.text) == (approval.anchor, "")
    assert {"View unchanged", "Privacy mask as approved"} <= set(line.title.split(", "))
    text = html(checked(a_site, seen, facts=gather(seen)))
    assert text.count("there is nothing to compare it with") == 0


def test_moments_are_told_by_the_clocks_of_the_site() -> None:
    one = checked(site(camera()), healthy(), {"gate": ReportPicture("main", NOW, b"")})
    text = html(one)
    assert "checked at 2026-11-24 20:00 (Asia/Shanghai)" in text
    assert not re.search(r"\d{4}-\d\d-\d\dT\d\d:\d\d", text)


def test_the_report_says_who_holds_it_on_what_ground_and_until_when() -> None:
    unit = Declaration("legal-unit", "No. 17 School", "Li Na", date(2026, 1, 31))
    a_site = site(camera(), declarations=(*DECLARED, unit))
    held = dict(values(checked(a_site, healthy(), {"gate": ReportPicture("main", NOW, b"jpeg")})).keeping)
    assert held["held by"] == "No. 17 School"
    assert "article 13(1)(3)" in held["on the ground of"]
    assert held["to be deleted"].endswith("on 2027-05-23 at the latest")
    bare_of_pictures = dict(values(checked(site(camera()), healthy())).keeping)
    assert bare_of_pictures["held by"] == "School"
    assert "no picture is in it" in bare_of_pictures["to be deleted"]


def test_unknown_is_never_called_good() -> None:
    report = values(checked(site(camera()), ()))
    assert report.totals["pass"] == 0 or report.verdict != "Every check that is due passes."
    assert report.cameras[0].status in ("fail", "unknown")
    alone = values(checked(site(camera(recorded=False)), without(healthy(), ZoneVerdict)))
    assert alone.verdict.startswith("Nothing fails, but ")


def test_what_nobody_declared_is_one_line_for_the_operator_with_its_cameras() -> None:
    a_site = site(camera(recorded=False), camera("yard", "other", recorded=False), camera("hall", "third"))
    observations = healthy() + healthy("yard", "other") + healthy("hall", "third")
    one = checked(a_site, observations)
    told = tuple(each for each in one.seen.findings if not is_waiting(each))
    report = values(replace(one, seen=replace(one.seen, findings=told)))
    (group,) = [each for each in report.groups for said in each.said if "recordings" in said.text]
    assert (group.who, group.status) == ("operator", "unknown")
    assert [place.name for place in group.said[0].places] == ["gate", "yard"]


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_a_hostile_name_is_text_everywhere(lang: str) -> None:
    one = replace(
        camera(),
        camera=Camera("gate", "box", HOSTILE, placement=HOSTILE),
        zones=(replace(camera().zones[0], name=HOSTILE),),
    )
    told = observed("device:box", Identity(HOSTILE, HOSTILE, HOSTILE, HOSTILE)) + without(healthy(), Identity)
    streams = observed("camera:gate", Streams((Stream("main", "rtsp://192.0.2.1/main", HOSTILE),)))
    a_site = site(one, name=HOSTILE)
    text = html(checked(a_site, told + streams + without(bare("main"), Streams)), lang, redacted=False)
    assert "<script" not in text and "\x1b" not in text and "\u202e" not in text
    assert "{{ 7*7 }}" in text
    assert text.count("<style>") == text.count("</style>") == 1
    assert "<!-- camwarden-signature" not in text
    assert re.findall(r'(?:src|href|action)="(?!data:image/jpeg|#[a-z0-9-]+")', text) == []


def test_addresses_and_serial_numbers_are_left_out_unless_they_are_wanted() -> None:
    devices = (Device("box", "cam-17.example.org", 80, "onvif"),)
    told = observed(
        "device:box",
        Identity("ACME", "N8", "1.0", "SN-0042-77"),
        Interfaces((Interface("eth0", "00:1a:2b:3c:4d:5e", ("192.0.2.9/24",)),)),
    )
    named = replace(camera(), camera=Camera("gate", "box", "at 192.0.2.9 (00:1a:2b:3c:4d:5e) cam-17.example.org"))
    one = checked(site(named, devices=devices), told + without(healthy(), Identity))
    hidden, whole = html(one), html(one, redacted=False)
    for secret in ("cam-17.example.org", "SN-0042-77", "192.0.2.9", "00:1a:2b:3c:4d:5e"):
        assert secret not in hidden
        assert secret in whole
    assert "[serial 1]" in hidden and "addresses and serial numbers</dt><dd>taken out" in hidden


def test_no_address_of_a_stream_and_no_secret_is_in_a_report() -> None:
    streams = observed("camera:gate", Streams((Stream("main", SECRET),)))
    text = html(checked(site(camera()), streams + without(healthy(), Streams)), redacted=False)
    assert "s3cret" not in text and "rtsp:" not in text


def test_the_outlines_of_zones_and_masks_are_drawn_over_the_picture() -> None:
    picture = ReportPicture("main", NOW, jpeg(lit(scene(1), "day", 1)))
    text = html(checked(site(camera()), healthy(), {"gate": picture}))
    points = " ".join(f"{x * 1000:.1f},{y * 1000:.1f}" for x, y in SQUARE)
    for kind in ("zone", "was", "now"):
        assert f'<polygon class="{kind}" points="{points}"/>' in text
    assert jpegs(text) == {"gate": picture.jpeg}


def test_a_sample_stands_beside_what_is_configured_and_its_lack_is_said() -> None:
    told_of_it = "H264, 640 \u00d7 360, 25 fps, 2048 kbit/s"
    streams = Streams(tuple(Stream(p, "rtsp://h/x", "H264", 640, 360, 25.0, 2048) for p in ("main", "sub")))  # type: ignore[arg-type]
    sample = StreamSample("main", 10.1, 250, 24.94, 1_900_400, 1280, 720, "H265", 2.0, 0)
    told = observed("camera:gate", streams, sample) + without(healthy(), Streams)
    rows = values(checked(site(camera()), told)).streams
    assert [(row.places[0].name, row.path, row.configured, row.measured) for row in rows] == [
        ("gate", "main", told_of_it, "H265, 1280 \u00d7 720, 24.9 fps, 1900 kbit/s (over 10 s)"),
        ("gate", "sub", told_of_it, "not measured"),
    ]


def test_a_picture_is_withheld_where_it_is_not_known_what_is_private_in_it() -> None:
    turns = gather(observed("camera:gate", Movable(True)))
    nothing = gather(())
    declared = camera()
    assert why_withheld(declared, nothing, "main") is None
    assert (
        why_withheld(replace(declared, zones=(), no_private_area=NoPrivateArea("Li", "2026-01-01")), nothing, "main")
        is None
    )
    said = {
        "nobody declared what is private": why_withheld(replace(declared, zones=()), nothing, "main"),
        "it can turn": why_withheld(declared, turns, "main"),
        "presets it stood": why_withheld(
            preset_camera(), gather(observed("camera:gate", PresetSeen("main", "", "x"))), "main"
        ),
        "has moved": why_withheld(declared, gather(healthy() + observed("camera:gate", view("moved"))), "main"),
    }
    for text, why in said.items():
        assert why is not None and text in str(why), text
    assert why_withheld(replace(declared, ptz_lock=PtzLock("Li", "2026-01-01")), turns, "main") is None
    at_home = gather(observed("camera:gate", PresetSeen("main", "home", "")))
    assert why_withheld(preset_camera(), at_home, "main") is None
    assert why_withheld(preset_camera(), at_home, "sub") is not None
    nothing_private = replace(declared, zones=(), no_private_area=NoPrivateArea("Li", "2026-01-01"))
    assert why_withheld(nothing_private, gather(observed("camera:gate", view("moved"))), "main") is not None


def test_pictures_are_of_cameras_with_a_fail_unless_all_or_none_are_asked_for() -> None:
    cameras = (camera(), camera("yard", "other"))
    found = checked(site(*cameras), bare("main") + healthy("yard", "other")).seen.findings
    assert pictured(cameras, found, "fail") == {"gate"}
    assert pictured(cameras, found, "all") == {"gate", "yard"}
    assert pictured(cameras, found, "none") == frozenset()


def test_every_check_and_rule_has_its_words_in_both_languages() -> None:
    assert set(TITLES) == {check.id for check in CHECKS}
    for text in (*TITLES.values(), *WORDS.values(), *DOCUMENTS, *DOCUMENTS.values()):
        assert translate(text, "zh_CN") != text or text in ("NTP",), text
    for check in CHECKS:
        assert duty_text(check, "en") == check.duty != duty_text(check, "zh_CN"), check.id
    documents = {one for check in CHECKS for one in check.source.document.split("; ")}
    assert set(DOCUMENTS) - {SETTINGS} <= documents
    assert rule_text(CLOCK, "en") == "GB/T 28181-2016 clause 9.10.1 (1 s); DB31/T 329.21-2019 clause 4.2.5 (30 s)"
    assert "第五条第二款" in rule_text(PRIVACY, "zh_CN") and "第十三条" in rule_text(PRIVACY, "zh_CN")
    for check in CHECKS:
        chinese = rule_text(check.source, "zh_CN")
        english = "article|clause|not (stated|available|confirmed)|as reported|design default"
        assert not re.search(english, chinese), chinese


def test_every_declaration_of_the_checks_names_its_cameras() -> None:
    one = checked(site(replace(camera(recorded=False), zones=())), healthy(), facts=gather(healthy()))
    asked = [f.check for f in one.seen.findings if is_declaration(f)]
    assert {"privacy-mask-present", "mask-approval", "camera-moved", "retention-days"} <= set(asked)


def test_the_page_forbids_everything_but_its_own_style_and_pictures() -> None:
    text = html(checked(site(camera()), healthy()))
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in text
    assert "<script" not in text and "javascript:" not in text
    assert text.startswith('<!doctype html>\n<!-- camwarden hand-over report 1, site dt0001 -->\n<html lang="en">')
