"""The steps of `camwarden start` by themselves: groups, answers on addresses, files of the site, order of harm."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
import tomli
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.host.paths import SECRETS_NAME, SITE_NAME
from agent.judge.checks.table import CHECKS
from agent.model.errors import AgentError, UsageError
from agent.model.finding import Finding, Message, Source, Status
from agent.model.matters import shown as shown_matters
from agent.observe.inventory.stocktake import MatchedAnswer
from agent.onsite.start.choice import choice_of
from agent.onsite.start.groups import Box, box_of, different, groups_of, numbered, title_of
from agent.onsite.start.harm import HARMS, UNKNOWN, by_harm, to_declare
from agent.onsite.start.next_steps import next_steps
from agent.onsite.start.site_text import (
    holds_password,
    new_cameras,
    new_secrets,
    new_site,
    unsettled,
    with_listed,
    with_login,
)
from agent.site.config.load import load
from agent.site.config.site import Discovery, Site
from agent.site.toml.edit import unmarked
from drivers.discovery.answer import Discovered, VendorAnswer

SITE = Site(id="s1", city="140200", division="140200", name="School 17")
BOXES = (
    Box(host="192.0.2.10", port=80, driver="onvif", name="gate"),
    Box(host="192.0.2.11", port=80, driver="hikvision", name="nvr"),
    Box(host="192.0.2.12", port=8080, name="dead", tls=True),
    Box(host="192.0.2.13", port=80, driver="onvif", name="gate"),
)


def folder_of(path: Path, boxes: tuple[Box, ...] = BOXES, site: Site = SITE) -> Site:
    groups = groups_of(boxes)
    (path / SITE_NAME).write_text(new_site(site, groups), "utf-8")
    (path / SECRETS_NAME).write_text(new_secrets(groups), "utf-8")
    (path / SECRETS_NAME).chmod(0o600)
    return load(path / SITE_NAME)


def finding(check: str, status: Status, subject: str = "camera:gate", **evidence: object) -> Finding:
    given = json.loads(json.dumps(evidence))
    return Finding(check, subject, status, "major", Message("so it is"), Source("a", "1"), "r", given)


def test_devices_are_grouped_by_how_they_are_read_and_those_that_show_nothing_come_last() -> None:
    groups = groups_of(BOXES)
    assert [(one.name, [box.host[-2:] for box in one.boxes]) for one in groups] == [
        ("onvif", ["10", "13", "12"]), ("hikvision", ["11"]),
    ]  # fmt: skip
    assert [(number, box.host[-2:]) for number, _, box in numbered(groups)] == [
        (1, "10"), (2, "13"), (3, "12"), (4, "11"),
    ]  # fmt: skip


def test_a_place_is_one_device_however_often_it_answers() -> None:
    again = Box(host="192.0.2.10", port=80, name="other")
    assert different((*BOXES, again)) == BOXES


def test_what_a_device_says_of_itself_becomes_its_row() -> None:
    scopes = ("onvif://www.onvif.org/name/Tor%201", "onvif://www.onvif.org/hardware/C1",
              "onvif://www.onvif.org/MAC/021122334455")  # fmt: skip
    found = Discovered("192.0.2.9", "urn:x", scopes=scopes)
    assert box_of(MatchedAnswer(found, "192.0.2.9:8443", True, "undeclared")) == Box(
        host="192.0.2.9", port=8443, tls=True, name="Tor 1", model="C1", mac="02:11:22:33:44:55"
    )


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("all", (1, 2, 3, 4)), ("全部", (1, 2, 3, 4)), ("none", ()), ("", ()), ("2", (2,)), ("1-2, 4", (1, 2, 4)),
        ("-3", (1, 2, 4)), ("all -2-3", (1, 4)), ("1-4，-2", (1, 3, 4)), ("无", ()),  # noqa: RUF001
    ],
)  # fmt: skip
def test_numbers_pick_and_a_dash_leaves_out(text: str, kept: tuple[int, ...]) -> None:
    choice = choice_of(text, 4)
    assert (choice.kept, choice.adds) == (kept, False)


def test_addresses_and_networks_are_added_and_take_nothing_away() -> None:
    choice = choice_of("all, 192.0.2.64 192.0.2.65:8080、192.0.2.0/28 192.0.2.64", 2)
    assert (choice.kept, choice.hosts, choice.networks) == (
        (1, 2), ("192.0.2.64", "192.0.2.65:8080"), ("192.0.2.0/28",),
    )  # fmt: skip
    assert choice_of("192.0.2.64", 2).kept == ()


@pytest.mark.parametrize("text", ["0", "5", "3-1", "2-9", "192.0.2.0/33", "al", "http://x/", "gate_1", "1--2"])
def test_what_is_none_of_these_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        choice_of(text, 4)


@given(st.text(), st.integers(0, 9))
@settings(max_examples=60)
def test_no_answer_does_more_than_pick_what_was_shown_or_be_refused(text: str, shown: int) -> None:
    with suppress(AgentError):
        assert set(choice_of(text, shown).kept) <= set(range(1, shown + 1))


def test_the_loader_takes_the_first_files_and_no_login_has_a_password(tmp_path: Path) -> None:
    site = folder_of(tmp_path)
    assert [(one.id, one.host, one.port, one.tls, one.driver) for one in site.devices] == [
        ("gate", "192.0.2.10", 80, False, "onvif"), ("gate-2", "192.0.2.13", 80, False, "onvif"),
        ("dead", "192.0.2.12", 8080, True, "onvif"), ("nvr", "192.0.2.11", 80, False, "hikvision"),
    ]  # fmt: skip
    assert site.storage.directory == tmp_path / "state"
    assert {name: len(ones) for name, ones in unsettled(site).items()} == {"onvif": 3, "hikvision": 1}
    assert site.discovery == Discovery()


@pytest.mark.parametrize("name", ['a"b\\c\n[[camera]]\nid = "x"', "\u202egpj", "大门", "=1", "-", "a" * 300])
def test_a_hostile_name_becomes_an_id_and_nothing_else(name: str, tmp_path: Path) -> None:
    site = folder_of(tmp_path, (Box(host="192.0.2.10", port=80, name=name),))
    assert [one.host for one in site.devices] == ["192.0.2.10"]


@pytest.mark.parametrize("password", ['hunter2 "=$\\#', "密码🔑", "it's", "#pw"])
def test_a_login_is_settled_by_its_password_and_no_other_is(password: str, tmp_path: Path) -> None:
    folder_of(tmp_path)
    secrets = tmp_path / SECRETS_NAME
    secrets.write_text(with_login(secrets.read_text("utf-8"), "hikvision", "viewer", password), "utf-8")
    site = load(tmp_path / SITE_NAME)
    assert set(unsettled(site)) == {"onvif"}
    login = next(one.credential for one in site.devices if one.id == "nvr")
    assert login is not None and (login.user, login.password) == ("viewer", password)
    assert password not in repr(site)


def test_who_has_no_login_is_not_asked_again(tmp_path: Path) -> None:
    folder_of(tmp_path)
    secrets = tmp_path / SECRETS_NAME
    secrets.write_text(with_login(secrets.read_text("utf-8"), "onvif", "none", ""), "utf-8")
    assert set(unsettled(load(tmp_path / SITE_NAME))) == {"hikvision"}


def test_a_device_without_a_listed_channel_gets_its_first_once(tmp_path: Path) -> None:
    site = folder_of(tmp_path)
    path = tmp_path / SITE_NAME
    cameras = new_cameras(site, {one.id: () for one in site.devices})
    path.write_text(with_listed(path.read_text("utf-8"), site, cameras, {"dead": "dahua"}), "utf-8")
    again = load(path)
    assert [(one.camera.id, one.camera.channel) for one in again.cameras] == [
        ("gate", 1), ("gate-2", 1), ("dead", 1), ("nvr", 1),
    ]  # fmt: skip
    assert [one.driver for one in again.devices] == ["onvif", "onvif", "dahua", "hikvision"]
    assert new_cameras(again, {one.id: () for one in again.devices}) == ()
    assert unmarked(path.read_text("utf-8"))[1], "a ledger may be imported into it: no person has changed it"
    path.write_text(path.read_text("utf-8").replace("[site]", "# mine\n[site]"), "utf-8")
    more = with_listed(path.read_text("utf-8"), again, (), {"dead": "onvif"})
    assert "# mine" in more and not unmarked(more)[1]
    tomli.loads(more)


def test_every_check_of_a_harm_is_a_check_and_is_named_once() -> None:
    named = [check for _, checks in HARMS for check in checks]
    assert len(named) == len(set(named))
    assert set(named) <= {check.id for check in CHECKS}


def test_what_shows_private_things_comes_first_and_what_is_unknown_last() -> None:
    findings = (
        finding("clock-source", "fail"), finding("camera-online", "unknown"), finding("retention-days", "fail"),
        finding("privacy-mask-present", "warn"), finding("privacy-mask-effective", "unknown"),
        finding("privacy-mask-effective", "fail"), finding("stream-auth-required", "fail"),
        finding("privacy-mask-present", "unknown", "site", cameras=["gate"]), finding("osd-compliant", "pass"),
    )  # fmt: skip
    harms = by_harm(findings)
    assert [[one.check for one in harm.findings] for harm in harms] == [
        ["privacy-mask-effective", "privacy-mask-present"], ["stream-auth-required"], ["retention-days"],
        ["camera-online"], ["clock-source"], ["privacy-mask-effective"],
    ]  # fmt: skip
    assert harms[-1].title == UNKNOWN
    shown = sum(len(harm.findings) for harm in harms) + to_declare(findings)
    assert shown == sum(len(one.found) for one in shown_matters(findings)), "nothing is left out"


def test_each_next_step_is_one_command_for_the_folder() -> None:
    steps = next_steps(Path("my site"), ("hikvision",))
    assert steps[0].command == "camwarden start --out 'my site'"
    assert str(steps[0].why) == "give the logins that are missing: hikvision"
    assert all("'my site" in step.command for step in steps)
    assert str(next_steps(Path("s"), (), interrupted=True)[0].why) == "go on: the look was interrupted"
    assert not any("start" in step.command for step in next_steps(Path("s"), ()))


def test_what_a_makers_own_search_says_is_shown_and_a_device_without_a_password_is_no_part_of_its_group() -> None:
    told = VendorAnswer(driver="hikvision", model="DS-1", firmware="V5.7", serial="S1", mac="28:57:be:00:00:01",
                        http_port=80, activated=False)  # fmt: skip
    found = Discovered("192.0.2.9", "", senders=("192.0.2.9",), told=told)
    box = box_of(MatchedAnswer(found, "192.0.2.9:80", False, "undeclared"))
    assert (box.driver, box.model, box.firmware, box.serial, box.maker, box.activated) == (
        "hikvision", "DS-1", "V5.7", "S1", "Hikvision", False,
    )  # fmt: skip
    assert [one.name for one in groups_of([BOXES[1], box])] == ["hikvision", "hikvision-new"]


def test_makers_have_a_login_each_where_they_are_known() -> None:
    boxes = [
        replace(BOXES[0], maker="Acme & Söhne"), BOXES[3], replace(BOXES[1], maker="Hikvision"),
        replace(BOXES[2], maker="Hikvision"),
    ]  # fmt: skip
    assert [one.name for one in groups_of(boxes)] == ["onvif", "onvif-acme-s-hne", "onvif-hikvision", "hikvision"]
    assert [title_of(one.name) for one in groups_of(boxes)] == [
        "ONVIF", "ONVIF acme-s-hne", "ONVIF Hikvision", "Hikvision",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("secrets", "holds"),
    [
        ("", False), (new_secrets(groups_of(BOXES)), False), ("[credential.a]\npassword = \"x\"\n", True),
        ("[credential.a]\nuser = \"x\"\n", True), ("credential = 1", True), ("not toml", True),
    ],
)  # fmt: skip
def test_a_secrets_file_is_replaced_only_where_it_holds_nothing(secrets: str, holds: bool) -> None:
    assert holds_password(secrets) is holds
