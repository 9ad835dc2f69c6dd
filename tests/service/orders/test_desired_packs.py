"""Packs of rules of the hub: taken whole, never looser than those they replace, in force, named and taken out again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from delivery import NOW, moment
from order_room import Room, room_in
from sites import camera, site

from agent.cli import main
from agent.contract.envelope import DESIRED_TYP, sign_payload
from agent.contract.orders import ORDER_MAX_BYTES, Desired, Order
from agent.contract.orders_json import write_desired
from agent.contract.signing_keys import Signer, jwk_set
from agent.judge.memory.memory import EMPTY_MEMORY
from agent.model import exits
from agent.observe.facts.facts import Facts
from agent.report.build import build_reports
from agent.service.orders.desired_policy import FILE_NAME, judge
from agent.site.declarations.standing import local_day
from agent.site.duties.floors import with_floors
from agent.site.duties.hub_packs import read_packs
from agent.site.rules.pack import digest_of
from agent.site.rules.read import SHIPPED, shipped
from tests.site.config.test_config import SITE
from tests.site.rules.test_rules import FOLDER, OWN

LAW = (FOLDER / "cn-799.toml").read_text()
NEXT = LAW.replace("version = 1\n", "version = 2\n", 1)
CITY = OWN.replace('when = { place-category = ["7-2"] }\n', "")
LOCAL = site(camera(), packs=shipped())


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    opened = room_in(tmp_path)
    opened.site = replace(opened.site, packs=shipped())
    opened.open()
    yield opened
    opened.spool.close()


def packs(version: int, hub: Signer, *texts: str, name: str = "dt0001", **policy: Any) -> Order:
    payload = write_desired(Desired(name, version, NOW, policy, packs=texts))
    return Order("desired", "", payload, sign_payload(payload, hub, DESIRED_TYP))


def refusal(*texts: str, local: Any = LOCAL) -> tuple[str, str]:
    refused = judge(local, Desired("dt0001", 1, NOW, {}, packs=texts))
    assert refused is not None
    assert len(refused.why) <= 500
    return refused.reason, refused.why


def floor_days(room: Room) -> int:
    now = moment()
    standing = room.desk.in_force(room.site, now)
    return with_floors(standing.site, local_day(standing.site, now.at)).policy.retention_floor_days


def test_a_pack_of_the_hub_binds_from_the_next_cycle_stays_over_a_restart_and_goes_with_a_later_order(
    room: Room,
) -> None:
    room.take(packs(1, room.hub, CITY), connects=1)
    assert floor_days(room) == 60
    room.open()
    standing = room.desk.in_force(room.site, moment())
    assert [pack.id for pack in standing.site.packs] == [*SHIPPED, "house"]
    told = standing.site.packs[-1]
    assert (told.hub_version, told.signed_by) == (1, room.hub.kid)
    assert told.digest == hashlib.sha256(CITY.encode()).hexdigest()
    room.take(packs(2, room.hub), connects=1)
    assert floor_days(room) == 30
    assert room.desk.in_force(room.site, moment()).site.packs == shipped()


def test_a_pack_with_the_id_of_a_shipped_one_takes_its_place(room: Room) -> None:
    room.take(packs(1, room.hub, NEXT), connects=1)
    now = room.desk.in_force(room.site, moment()).site.packs
    assert [pack.id for pack in now] == list(SHIPPED)
    assert (now[0].version, now[0].hub_version) == (2, 1)
    assert now[0].obligations == shipped()[0].obligations


def test_the_config_report_names_the_pack_its_digest_and_who_signed_it(room: Room) -> None:
    room.take(packs(3, room.hub, CITY), connects=1)
    there = room.desk.in_force(room.site, moment()).site
    (config,) = [d for d in build_reports(there, Facts({}), (), (), EMPTY_MEMORY, NOW, {})[0] if d.stream == "config"]
    body: Any = config.body
    assert body["rules"]["packs"][-1] == {
        "id": "house", "version": 1, "digest": hashlib.sha256(CITY.encode()).hexdigest(),
        "from_hub": {"version": 3, "kid": room.hub.kid},
    }  # fmt: skip
    assert "from_hub" not in body["rules"]["packs"][0]
    assert body["digests"]["rules"] == digest_of(there.packs) != digest_of(shipped())
    assert {"name": "retention_floor_days", "value": 60, "obligation": "house/longer"} in body["rules"]["floors"]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (CITY.replace("duty_zh", "dutyzh"), "not-valid"),
        ('id = "cn-799"\nversion = 9\ntitle = "empty"\ndocument = "none"\n', "loosens"),
        (LAW + "\n# other bytes, same version\n", "version-not-rising"),
    ],
)
def test_a_refused_pack_leaves_the_last_good_document_in_force_and_is_refused_aloud(
    room: Room, bad: str, reason: str
) -> None:
    room.take(packs(1, room.hub, CITY, period_s=120), connects=1)
    room.take(packs(2, room.hub, bad, period_s=60), connects=1)
    standing = room.desk.in_force(room.site, moment())
    assert (standing.version, standing.site.period_s, standing.site.packs[-1].id) == (1, 120, "house")
    refused = room.reported()[-1].refused
    assert refused is not None
    assert (refused.version, refused.reason) == (2, reason)


def test_replays_other_sites_and_strangers_change_nothing(room: Room, tmp_path: Path) -> None:
    first = packs(1, room.hub, CITY)
    room.take(first, connects=1)
    room.take(packs(2, room.hub), connects=1)
    for late in (first, packs(3, room.hub, CITY, name="dt0002")):
        room.take(late, connects=1)
        assert room.desk.in_force(room.site, moment()).site.packs == shipped()
    assert [told.refused.reason for told in room.reported() if told.refused] == ["version-not-rising", "other-site"]


def test_what_was_changed_on_the_disk_is_not_believed(room: Room) -> None:
    room.take(packs(1, room.hub, CITY), connects=1)
    path = room.site.storage.directory / FILE_NAME
    path.write_bytes(path.read_bytes().replace(b"retention_floor_days = 60", b"retention_floor_days = 31"))
    room.open()
    assert room.desk.in_force(room.site, moment()).site.packs == shipped()
    (told,) = room.desk.asked(room.desk.in_force(room.site, moment())).told
    assert told.finding.reason == "desired-tampered"


def test_a_newer_shipped_pack_makes_the_old_one_of_the_hub_give_way_and_that_is_said(room: Room) -> None:
    room.take(packs(1, room.hub, NEXT), connects=1)
    newer = replace(room.site.packs[0], version=3, digest="d" * 64)
    room.site = replace(room.site, packs=(newer, *shipped()[1:]))
    room.take(connects=1)
    assert room.desk.in_force(room.site, moment()).site.packs[0] == newer
    refused = room.reported()[-1].refused
    assert refused is not None and refused.reason == "version-not-rising"


def after(old: str, new: str, text: str = CITY) -> str:
    assert old in text
    return text.replace("version = 1", "version = 2", 1).replace(old, new, 1)


LOOSER: dict[str, tuple[str, str]] = {
    "no obligation": (CITY[CITY.index("[[") :], ""),
    "another obligation": ('"longer"', '"shorter"'),
    "another check": ('"retention-days"', '"retention-excess"'),
    "less severe": ('"critical"', '"major"'),
    "only declared": ('"measured"', '"declared"'),
    "not the text itself": ('"primary"', '"secondary"'),
    "begins later": ("duty =", "effective_from = 2027-01-01\nduty ="),
    "ends": ("duty =", "effective_until = 2027-01-01\nduty ="),
    "fewer places": ("parameters", 'when = { place-category = ["7-2"] }\nparameters'),
    "lower floor": ("days = 60", "days = 59"),
    "no floor": ("parameters = { retention_floor_days = 60 }\n", ""),
    "another figure of its own": ("retention_floor_days = 60", "retention_floor_days = 60, warn_days = 8"),
    "not in force": ("version = 2\n", 'version = 2\nstatus = "declared-only"\n'),
}


@pytest.mark.parametrize("name", LOOSER)
def test_a_pack_that_asks_for_less_than_the_one_it_replaces_is_refused(name: str) -> None:
    own = CITY.replace("days = 60", "days = 60, warn_days = 7") if "figure" in name else CITY
    local = site(camera(), packs=(*shipped(), *read_packs((own,))))
    old, new = LOOSER[name]
    sent = after("version", "version")
    assert old in sent
    reason, why = refusal(sent.replace(old, new, 1), local=local)
    assert reason == "loosens"
    assert why.startswith("house")


STRICTER: dict[str, tuple[str, str]] = {
    "more severe": ('"major"', '"critical"'),
    "higher floor": ("days = 60", "days = 90"),
    "more places": ('["7-2"]', '["7-2", "7-3"]'),
    "everywhere": ('when = { place-category = ["7-2"] }\n', ""),
    "earlier": ("2026-06-01", "2026-01-01"),
    "for good": ("effective_until = 2030-01-01\n", ""),
    "one duty more": ("[[obligation]]", OWN[OWN.index("[[") :].replace("longer", "more") + "[[obligation]]"),
    "other words": ("kept for 60", "held for 60"),
}


@pytest.mark.parametrize("name", STRICTER)
def test_a_pack_that_asks_for_as_much_or_more_is_taken(name: str) -> None:
    own = OWN.replace('"critical"', '"major"').replace(
        "duty =", "effective_from = 2026-06-01\neffective_until = 2030-01-01\nduty =", 1
    )
    local = site(camera(), packs=(*shipped(), *read_packs((own,))))
    sent = after(*STRICTER[name], own)
    assert judge(local, Desired("dt0001", 1, NOW, {}, packs=(sent,))) is None


OUT_OF_BOUNDS: dict[str, tuple[str, str]] = {
    "below the law": ("days = 60", "days = 29"),
    "beyond ten years": ("days = 60", "days = 99999"),
    "a fraction of a day": ("days = 60", "days = 60.5"),
    "not a number": ("days = 60", "days = nan"),
    "beyond any float": ("days = 60", "days = 1" + "0" * 400),
    "of thousands of digits": ("days = 60", "days = 1" + "0" * 5000),
    "gone before it is due": ("retention_floor_days = 60", "retention_ceiling_days = 10"),
    "an unknown duty": ("parameters", "when = { owner = [true] }\nparameters"),
    "nested": ("parameters = {", "parameters = { a = " + "[" * 5000 + "]" * 5000 + ", "),
    "no text": (CITY, "\x00\x1b[31m"),
    "nothing": (CITY, ""),
}


@pytest.mark.parametrize("name", OUT_OF_BOUNDS)
def test_hostile_packs_are_refused_whole_with_one_line(name: str) -> None:
    reason, why = refusal(CITY.replace(*OUT_OF_BOUNDS[name], 1))
    assert reason == "not-valid"
    assert why.isprintable()


@pytest.mark.parametrize("wrong", [["x", 1], "x", {}, None, [CITY] * 9, ["\ud800"]])
def test_what_is_no_list_of_a_few_texts_is_refused_aloud(room: Room, wrong: Any) -> None:
    data = json.loads(packs(1, room.hub).payload) | {"packs": wrong}
    payload = json.dumps(data).encode()
    room.take(Order("desired", "", payload, sign_payload(payload, room.hub, DESIRED_TYP)), connects=1)
    refused = room.reported()[-1].refused
    assert refused is not None and refused.reason == "not-valid"
    assert room.desk.in_force(room.site, moment()).version == 0


def test_a_document_larger_than_an_order_is_only_counted(room: Room) -> None:
    room.take(packs(1, room.hub, CITY + "#" * ORDER_MAX_BYTES), connects=1)
    assert room.desk.ignored() == {"too-large": 1}


def test_rules_list_says_who_sent_a_pack(room: Room, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    room.take(packs(7, room.hub, CITY), connects=1)
    (tmp_path / "hub.jwks").write_text(json.dumps(jwk_set({room.hub.kid: room.hub.public})))
    config = tmp_path / "site.toml"
    config.write_text(
        SITE.replace("datong017", "dt0001") + '[hub]\nhost = "127.0.0.1"\njwks = "hub.jwks"\n'
        f'[storage]\ndirectory = "{room.site.storage.directory}"\n'
    )
    assert main(["rules", "list", "--json", "--config", str(config)]) == exits.OK
    told = json.loads(capsys.readouterr().out)["packs"]
    assert [pack["from_hub"] for pack in told] == [None] * 5 + [{"version": 7, "kid": room.hub.kid}]
    assert main(["rules", "list", "--no-color", "--config", str(config)]) == exits.OK
    assert f"\nhouse: from the hub, version 7, signed by {room.hub.kid}\n" in capsys.readouterr().out
    assert main(["rules", "list", "--no-color", "--lang", "zh_CN", "--config", str(config)]) == exits.OK
    said = capsys.readouterr().out
    assert "由监管平台下发" in said
    assert room.hub.kid in said
    (room.site.storage.directory / FILE_NAME).write_text("{}")
    assert main(["rules", "list", "--json", "--config", str(config)]) == exits.OK
    answer = capsys.readouterr()
    assert len(json.loads(answer.out)["packs"]) == 5
    assert "what the hub sent cannot be read" in answer.err
