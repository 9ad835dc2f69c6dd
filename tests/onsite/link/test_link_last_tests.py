"""Report and dossier name the last self-test of each device with digest, age and result, beside its own word."""

from __future__ import annotations

import html as escaping
import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from dossiers import filing_site, looked
from footage_looks import facts_of
from handed_over import checked
from handed_over import html as handover_html
from sites import NOW, camera, healthy, observed, site

from agent.observe.facts.facts import Facts, NetworkFacts
from agent.observe.facts.link_tests import LinkTest, TestOutcome
from agent.observe.facts.sightings import BoxMark, KnownBox
from agent.onsite.filing.contents import dossier_of
from agent.onsite.filing.page import render_page
from agent.onsite.filing.wire import content_bytes
from agent.onsite.handover.report import KeyPart
from agent.onsite.link.last_tests import last_tests
from agent.text.translate import LANGUAGES
from drivers.footage import PlatformLink, PlatformServer

DIGEST = "ab" * 32
DAY = timedelta(days=1)
SITE = site(camera())


def facts(*servers: PlatformServer, test: LinkTest | None = None) -> Facts:
    told = observed("device:box", PlatformLink(servers)) if servers else ()
    found = facts_of(SITE, (*healthy(), *told))
    return replace(found, link_tests={"box": test} if test else {})


def a_test(outcome: TestOutcome = "played", age: timedelta = 3 * DAY, box: tuple[str, ...] = ()) -> LinkTest:
    return LinkTest("dt0001", "box", NOW - age, outcome, box, DIGEST)


def server(registered: bool | None, enabled: bool = True) -> PlatformServer:
    return PlatformServer("GB28181", enabled, registered)


def shown(one: Facts, lang: str = "en") -> str:
    return " ".join(escaping.unescape(re.sub("<[^>]+>", " ", handover_html(checked(SITE, facts=one), lang))).split())


OVER = "it counts no more: repeat it with camwarden link test"


def test_a_report_names_the_last_self_test_its_age_its_result_and_its_digest() -> None:
    text = shown(facts(test=a_test()))
    assert "self-test" in text and "(3.0 d ago): it registered, and its picture came" in text
    assert f"SHA-256 {DIGEST}" in text and OVER not in text
    assert "it registered, and no picture came" in shown(facts(test=a_test("no-picture")))
    assert "self-test" not in shown(facts()).replace("link test", "")


@pytest.mark.parametrize(
    ("changed", "counts"),
    [
        (lambda one: one, True),
        (lambda one: replace(one, link_tests={"box": a_test(age=367 * DAY)}), False),
        (lambda one: replace(one, own_clock_trusted=False), False),
        (
            lambda one: replace(
                one, link_tests={"box": a_test(box=("another",))},
                around=NetworkFacts(remembered={"box": KnownBox(BoxMark("N8", "this"))}),
            ),
            False,
        ),
    ],
    ids=["counts", "too old", "no clock", "another box"],
)  # fmt: skip
def test_one_that_counts_no_more_is_told_as_such(changed: object, counts: bool) -> None:
    assert callable(changed)
    one = changed(facts(test=a_test()))
    assert [row.counts for row in last_tests(SITE, one, NOW)] == [counts]


def test_a_report_says_that_an_old_one_is_to_be_repeated() -> None:
    assert OVER in shown(facts(test=a_test(age=367 * DAY)))


@pytest.mark.parametrize(
    ("servers", "told"),
    [
        ((server(True),), True),
        ((server(False), server(True)), True),
        ((server(False),), False),
        ((server(False), server(None)), None),
        ((server(None),), None),
    ],
)
def test_what_a_device_says_stands_beside_it_with_its_time(
    servers: tuple[PlatformServer, ...], told: bool | None
) -> None:
    (row,) = last_tests(SITE, facts(*servers), NOW)
    assert (row.told, row.test) == (told, None) and row.told_at is not None


@pytest.mark.parametrize("one", [server(True, enabled=False), PlatformServer("GA1400", True, True)])
def test_a_place_that_is_off_or_of_another_kind_tells_nothing(one: PlatformServer) -> None:
    assert last_tests(SITE, facts(one), NOW) == ()
    (row,) = last_tests(SITE, facts(one, test=a_test()), NOW)
    assert (row.told, row.told_at) == (None, None)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_dossier_has_a_row_for_it_on_paper_and_for_programs(lang: str) -> None:
    look = looked(filing_site())
    seen = replace(look.seen, facts=replace(look.seen.facts, link_tests={"box": a_test()}))
    dossier = dossier_of(replace(look, seen=seen))
    text = escaping.unescape(render_page(dossier, KeyPart("kid", True), lang))
    assert DIGEST in text and {"en": "its picture came", "zh_CN": "注册成功"}[lang] in text
    (row,) = json.loads(content_bytes(dossier))["platform_interfaces"]
    assert (row["device"], row["outcome"], row["test_sha256"], row["counts"]) == ("box", "played", DIGEST, True)
    assert row["told_registered"] is None


def test_a_dossier_of_a_site_without_any_has_no_such_section() -> None:
    text = render_page(dossier_of(looked(filing_site())), KeyPart("kid", True), "en")
    assert "Interfaces for the police platform" not in text
