"""Packs of rules: each mistake with its line, every obligation whole and in two languages, the checks held to them."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from agent.judge.check import Check
from agent.judge.checks.table import CHECKS
from agent.site.config.load import load
from agent.site.duties.hub_packs import read_packs
from agent.site.rules.pack import Obligation, article_in, digest_of, in_effect, obligations, place_in
from agent.site.rules.read import SHIPPED, shipped
from tests.site.config.test_config import SITE, mistakes, write

FOLDER = Path(__file__).parents[3] / "agent/site/rules"
ALL = dict(obligations(shipped()))
OWN = """\
id = "house"
version = 1
title = "House rules"
document = "House rules of 2026"

[[obligation]]
id = "longer"
article = "article 3"
check = "retention-days"
severity = "critical"
observed = "measured"
confidence = "primary"
duty = "Footage is kept for 60 days."
duty_zh = "录像保存不少于60日。"
when = { place-category = ["7-2"] }
parameters = { retention_floor_days = 60 }
"""

CATALOGUE = {
    *("scope-declared", "supervising-organ-declared", "secrecy-scope-declared", "report-no-image"),
    *("privacy-mask-present", "privacy-mask-geometry", "privacy-mask-effective", "privacy-mask-ptz"),
    *("privacy-mask-drift", "stream-auth-required", "default-credential", "insecure-service"),
    *("place-category-declared", "required-point-covered", "forbidden-zone-declaration", "forbidden-zone-name-hint"),
    *("audio-undeclared", "install-authority-declared", "undeclared-camera", "inventory-drift"),
    *("stream-profile-conforms", "device-cert-declared", "platform-interface-configured", "platform-registered"),
    *("platform-keepalive", "platform-catalog-complete", "platform-stream-playable", "platform-facts-match"),
    *("commissioning-order",),
    *("contractor-qualification", "acceptance-documents", "acceptance-before-use", "filing-deadline-datong"),
    *("filing-legacy", "filing-documents-complete", "filing-device-list-match", "national-class-declared"),
    *("retention-days", "retention-excess", "recording-tamper", "recording-completeness", "camera-online-rate"),
    *("outage-duration", "storage-health", "maintenance-interval", "network-exposure", "firmware-drift"),
    *("report-signed", "account-inventory", "export-log-present", "access-register-match", "audit-log-retention"),
    *("signage-declared", "camera-occluded", "camera-moved", "camera-lost"),
    *("filing-deadline-national", "filing-facts-match", "filing-change-pending", "secret-neighbour-consent"),
    *("archive-complete", "product-advisory-open", "outsourcing-agreement", "inspection-bundle-ready"),
    *("clock-offset", "clock-source", "secure-device-level", "view-library-keepalive", "osd-compliant"),
    *("osd-label-unique", "config-survives-reboot", "camera-file-complete", "camera-good-rate", "video-quality"),
}
"""Every check of the catalogue of duties, article by article, standard by standard, figure by figure."""


def test_the_shipped_packs_are_the_files_that_are_there() -> None:
    assert {path.stem for path in FOLDER.glob("*.toml")} == set(SHIPPED)
    assert tuple(pack.id for pack in shipped()) == SHIPPED
    for pack in shipped():
        raw = (FOLDER / f"{pack.id}.toml").read_bytes()
        assert pack.digest == hashlib.sha256(raw).hexdigest()


def test_a_pack_whose_text_is_not_available_says_so_and_holds_nothing() -> None:
    empty = {pack.id: pack.obligations for pack in shipped() if pack.status == "text-not-available"}
    assert empty == {"datong-16plus": (), "cn-mps-2025-11": ()}
    assert all(pack.obligations for pack in shipped() if pack.id not in empty)


def test_every_obligation_is_whole_in_both_languages() -> None:
    def is_whole(one: Obligation) -> bool:
        return (
            all((one.id, one.source.document, one.source.article, one.check, one.document_zh))
            and re.fullmatch(r"[A-Z0-9].*\.", one.duty) is not None
            and re.search(r"[一-鿿].*。$", one.duty_zh) is not None
            and (one.says("en"), one.says("zh_CN")) == (one.duty, one.duty_zh)
        )

    assert [name for name, one in ALL.items() if not is_whole(one)] == []


def test_every_row_of_the_catalogue_stands_in_a_pack() -> None:
    assert CATALOGUE - {one.check for one in ALL.values()} == set()


def test_every_check_of_a_pack_exists() -> None:
    assert {one.check for one in ALL.values()} - {check.id for check in CHECKS} == set()


def stated(check: Check) -> set[tuple[str, str]]:
    """Return document and article of a check; several documents have one article each, in their order."""
    documents, articles = check.source.document.split("; "), check.source.article.split("; ")
    pairs = zip(documents, articles, strict=True) if len(documents) > 1 else [(documents[0], a) for a in articles]
    return set(pairs)


@pytest.mark.parametrize("check", [c for c in CHECKS if c.source.document != "camwarden"], ids=lambda c: c.id)
def test_every_check_that_rests_on_a_rule_is_held_against_the_packs(check: Check) -> None:
    of_it = [one for one in ALL.values() if one.check == check.id]
    assert stated(check) <= {(one.source.document, one.source.article) for one in of_it}
    # Article 8 only allows what article 7 asks for.
    allowed = {"info"} if check.id == "place-category-declared" else set()
    assert {one.severity for one in of_it} == {check.severity} | allowed
    assert check.duty in {one.duty for one in of_it}


def test_figures_of_the_law_are_primary_and_our_own_defaults_are_not() -> None:
    floors = {name: one.parameters["retention_floor_days"] for name, one in ALL.items()
              if "retention_floor_days" in one.parameters and one.confidence == "primary"}  # fmt: skip
    assert floors == {
        "cn-799/retention": 30,
        "cn-799/retention-key-target": 90,
        "cn-799/retention-entertainment": 30,
    }
    assert {one.confidence for one in ALL.values() if "completeness_warn_ratio" in one.parameters} == {"unconfirmed"}


def test_the_digest_of_all_packs_is_stable_and_moves_with_each_byte(tmp_path: Path) -> None:
    assert digest_of(reversed(shipped())) == digest_of(shipped())
    (tmp_path / "own.toml").write_text(OWN)
    path = write(tmp_path, SITE + '[rules]\npacks = ["own.toml"]\n')
    first = digest_of(load(path).packs)
    assert first not in (digest_of(shipped()), digest_of(()))
    (tmp_path / "own.toml").write_text(OWN + "\n")
    assert digest_of(load(path).packs) != first


def test_a_sites_own_pack_comes_beside_the_shipped_ones(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(OWN)
    site = load(write(tmp_path, SITE + '[rules]\npacks = ["own.toml"]\n'))
    assert [pack.id for pack in site.packs] == [*SHIPPED, "house"]
    (own,) = site.packs[-1].obligations
    assert (own.source.document, own.when[0].values, own.parameters) == (
        "House rules of 2026",
        ("7-2",),
        {"retention_floor_days": 60},
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("id =", "ide ="), 'own.toml:1: unknown key "ide"; did you mean "id"?'),
        (('"house"', '"House"'), 'own.toml:1: id must be 1 to 64 characters of a-z, 0-9 and -, not "House"; '
         'write for example id = "house-rules"'),
        (('"house"', '"cn-799"'), 'own.toml:1: id "cn-799" is already that of cn-799.toml; give each pack its own id'),
        (("version = 1", "version = 0"), "own.toml:2: version must be a whole number from 1 to 1000000, not 0; "
         "write for example version = 1"),
        (('"critical"', '"huge"'), 'own.toml:10: obligation longer: severity must be one of "critical", "major", '
         '"minor", "info", not "huge"; write for example severity = "minor"'),
        (('duty_zh', 'duty_hz'), 'own.toml:14: obligation longer: unknown key "duty_hz"; did you mean "duty_zh"?'),
        (('place-category', 'owner'), 'own.toml:15: obligation longer: when: no rule can hang on "owner"; use one of: '
         "national-class, key-target, scope, place-category, entertainment-venue, access-register, view-library, "
         "zone-type, linked, audio-allowed, secret, secure-device-level"),
        (('"7-2"', '"7-9"'), 'own.toml:15: obligation longer, when: place-category must be a list of what it may be '
         'declared as, not ["7-9"]; use some of: "7-1", "7-2", "7-3", "7-4", "7-5", "8"'),
        (("days = 60", 'days = "60"'), "own.toml:16: obligation longer: parameters: retention_floor_days must be a "
         'number, not "60"; write for example retention_floor_days = 60'),
        (("[[obligation]]", "[[obligation]"), "own.toml:6: not TOML: "),
        (("article", "artikel"), 'own.toml:6: obligation longer: key "article" is missing; add it, for example '
         'article = "article 3"'),
    ],
)  # fmt: skip
def test_each_mistake_of_a_pack_is_told_with_its_line(change: tuple[str, str], said: str, tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(OWN.replace(*change, 1))
    told = mistakes(write(tmp_path, SITE + '[rules]\npacks = ["own.toml"]\n'))
    assert any(line.startswith(said) for line in told.splitlines()), told


def test_every_law_that_is_shipped_has_its_official_title_and_number_and_a_city_puts_in_the_wording() -> None:
    laws = {name: one for name, one in ALL.items() if not name.startswith("cn-standards/")}
    numeral = "第[一二三四五六七八九十]+"
    number = re.compile(f"({numeral}条({numeral}[款项](、{numeral}[款项])*)?、?)+(?<!、)")
    for name, one in laws.items():
        assert number.fullmatch(one.article_zh), name
        assert re.search(r"[一-鿿]{4}", one.document_zh), name
    assert {(one.wording_zh, one.confirmed_by, one.confirmed_on) for one in ALL.values()} == {("", "", None)}


def test_an_article_is_cited_as_chinese_papers_cite_it() -> None:
    order = "《公共安全视频图像信息系统管理条例》\uff08国务院令第799号\uff09第十七条"
    assert ALL["cn-799/retention"].stands_in("zh_CN") == order
    assert ALL["cn-799/cameras-moved"].article("zh_CN") == "第二十三条第二项"
    assert ALL["cn-standards/retention-code"].stands_in("zh_CN") == "GB 55029-2022 安全防范工程通用规范 第3.5.2条第5款"
    assert place_in("House rules", "article 3", shipped(), "zh_CN") == "House rules 第三条"
    assert place_in("House rules", "not stated", shipped(), "en") == "House rules"


@pytest.mark.parametrize(
    ("article", "said"),
    [
        ("article 17", "第十七条"), ("article 10", "第十条"), ("article 20", "第二十条"),
        ("article 101", "第一百零一条"), ("article 110", "第一百一十条"), ("article 1024", "第1024条"),
        ("article 23(2)", "第二十三条(2)"), ("article 14(1), (2)", "第十四条(1)、(2)"),
        ("articles 7, 9, 33", "第七条、第九条、第三十三条"), ("clause 9.10.1 (1 s)", "第9.10.1条(1 s)"),
        ("clauses 6.3 to 6.9", "第6.3条至第6.9条"), ("data items", ""),
        ("retention_floor_days = 45", "retention_floor_days = 45"),
    ],
)  # fmt: skip
def test_an_article_that_no_pack_knows_is_counted_as_laws_and_standards_count(article: str, said: str) -> None:
    assert article_in(article, "zh_CN") == said
    assert article_in(article, "en") == article


CONFIRMED = 'confirmed_by = "Li Na"\nconfirmed_on = 2026-11-01\n'


def test_a_pack_in_the_form_of_0_1_is_read_and_confirms_nothing(tmp_path: Path) -> None:
    new = ("article_zh", "wording_zh", "confirmed_by", "confirmed_on")
    for pack in shipped():
        text = (FOLDER / f"{pack.id}.toml").read_text()
        old = "".join(line for line in text.splitlines(keepends=True) if not line.startswith(new))
        (read,) = read_packs((old,))
        assert [replace(one, article_zh="") for one in pack.obligations] == list(read.obligations)
    assert ALL["cn-799/retention"].is_confirmed(date(2030, 1, 1)) is False


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('confirmed_by = "Li Na"\n', "confirmed_by and confirmed_on go together"),
        ("confirmed_on = 2026-11-01\n", "confirmed_by and confirmed_on go together"),
        (f'wording_zh = "{"长" * 4001}"\n', "wording_zh must be a text of at most 4000 characters"),
        ('wording_zh = "\\u001b[31m"\n', "wording_zh must be a text of at most 4000 characters"),
        ("wording_zh = 5\n", "wording_zh must be a text of at most 4000 characters"),
        ('confirmed_by = "Li"\nconfirmed_on = "soon"\n', "confirmed_on must be a day"),
    ],
)
def test_half_a_confirmation_and_a_wording_that_is_none_are_mistakes(more: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(OWN + more)
    assert said in mistakes(write(tmp_path, SITE + '[rules]\npacks = ["own.toml"]\n'))


def test_a_confirmation_counts_from_its_day_on_and_a_wording_has_paragraphs() -> None:
    (pack,) = read_packs((OWN + CONFIRMED + 'wording_zh = """第三条\n录像保存六十日。"""\n',))
    (one,) = pack.obligations
    assert [one.is_confirmed(day) for day in (date(2026, 10, 31), date(2026, 11, 1))] == [False, True]
    assert one.wording_zh == "第三条\n录像保存六十日。"


def test_two_obligations_of_one_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(OWN + OWN[OWN.index("[[") :])
    told = mistakes(write(tmp_path, SITE + '[rules]\npacks = ["own.toml"]\n'))
    assert told.startswith('own.toml:18: obligation longer: id "longer" is already used on line 7')


def test_an_obligation_is_in_effect_from_its_first_to_its_last_day() -> None:
    one = ALL["cn-799/retention"]
    assert [in_effect(one, day) for day in (date(2025, 3, 31), date(2025, 4, 1))] == [False, True]
    ended = Obligation(*(getattr(one, name) for name in one.__slots__[:-2]), None, date(2026, 1, 1))
    assert [in_effect(ended, day) for day in (date(2026, 1, 1), date(2026, 1, 2))] == [True, False]
