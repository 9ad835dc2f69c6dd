"""`camwarden link test` with a simulated device on real sockets: what it shows, in both languages, and how it ends."""

from __future__ import annotations

import json
import socket
from contextlib import closing
from pathlib import Path

import pytest
from here_run import run_here
from link_person import DEVICE_ID, QUICK, free_port, link_test
from link_site import write_link_site
from sites import NOW

from agent.commands.link import command
from agent.demo.gb28181.bodies import SECRETS
from agent.demo.gb28181.habits import Habits
from agent.demo.gb28181.pictures import frames
from agent.model import exits
from agent.observe.approvals.approvals import approve, write_approval
from agent.observe.facts.link_tests import known_tests
from agent.observe.facts.platform_told import known_told
from agent.site.config.load import load
from masking.model import Job
from masking.view.model import DescriptorJob
from masking.worker.client import Worker
from masking.worker.study import Study


@pytest.mark.parametrize("transport", ["UDP", "TCP"])
def test_a_device_is_tested_over_real_sockets_to_the_slot_that_is_off(transport: str) -> None:
    code, out, person = link_test("--json", transport=transport)
    data = json.loads(out)
    assert {one["step"]: one["status"] for one in data["steps"]} == {
        "register": "seen", "catalog": "told", "device-info": "told", "device-status": "told", "records": "told",
        "configuration": "told", "cards": "told", "heartbeat": "seen", "off": "seen",
    }  # fmt: skip
    assert (code, data["schema"], data["device_id"]) == (exits.OK, "camwarden-link-test/1", DEVICE_ID)
    assert data["steps"][0]["evidence"]["transport"] == transport
    assert person.rows[6] not in out, "the password of the test"
    assert [secret for secret in SECRETS if secret in out + person.getvalue()] == []


def test_a_person_reads_the_result_in_chinese() -> None:
    code, out, person = link_test("--lang", "zh_CN", habits=Habits(heartbeat_s=0.5, raw_marks=True))
    assert code == exits.OK
    assert all(words in out for words in ("注册", "目录", "心跳", "我方实测", "设备自述"))
    assert "本次测试的密码" in person.getvalue()
    told = out.replace("camwarden", "") + person.getvalue()
    assert "its catalogue" not in told and "came" not in told


def test_a_wrong_password_ends_with_the_code_of_a_refusal() -> None:
    code, out, person = link_test("--minutes", "0.05", "--json", typo="x")
    assert (code, json.loads(out)["steps"][0]["reason"]) == (exits.REFUSED, "wrong-password")
    assert "type the password anew" in out
    assert "wrong password" in person.getvalue()


def test_a_device_that_fails_ends_with_the_code_of_a_failure() -> None:
    code, out, _ = link_test(habits=Habits(heartbeat_s=0.5, repeated_codes=True))
    assert code == exits.FAILS
    assert "several cameras have one code" in out


def test_nobody_there_is_not_checked_and_says_what_to_look_at() -> None:
    done = run_here("link", "test", "--host", "127.0.0.1", "--id", DEVICE_ID, "--port", str(free_port()),
                    "--free-slot", "--minutes", "0.02", environ={})  # fmt: skip
    assert done.returncode == exits.UNCHECKED
    assert "nothing came from 127.0.0.1" in done.stdout
    assert "firewalls" in done.stdout


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--id", "123"], "20 digits"),
        (["--id", "14021300002000000001"], "digits 11 to 13 are 200"),
        (["--id", "1402130000118000000\u0661"], "20 digits"),
        (["--minutes", "11"], "at most 10"),
        (["--minutes", "nan"], "at most 10"),
        (["--host", "not a host"], "give one such as"),
        (["--port", "99999"], "choose another"),
    ],
)
def test_what_cannot_be_tested_is_one_line_with_the_next_step(options: list[str], says: str) -> None:
    given = {"--host": "127.0.0.1", "--id": DEVICE_ID, "--port": "5060"} | {options[0]: options[1]}
    words = [word for pair in given.items() for word in pair]
    done = run_here("link", "test", *words, "--free-slot", environ={})
    assert (done.returncode, done.stdout) == (exits.USAGE, "")
    assert says in done.stderr
    assert done.stderr.count("\n") == 1


def test_nothing_is_opened_before_somebody_has_said_that_a_slot_is_free() -> None:
    """Where a device has one slot only, it is that of the police."""
    done = run_here("link", "test", "--host", "127.0.0.1", "--id", DEVICE_ID, environ={})
    assert (done.returncode, done.stdout) == (exits.USAGE, "")
    assert "--free-slot" in done.stderr


def test_a_clock_that_is_not_known_to_be_right_sets_no_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "clock_synced", lambda: False)
    words = ("link", "test", "--host", "127.0.0.1", "--id", DEVICE_ID, "--free-slot", "--minutes", "0.001")
    done = run_here(*words, "--test-clock", environ={})
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (exits.USAGE, "", 1)
    assert "leave --test-clock out" in done.stderr
    assert run_here(*words, "--port", str(free_port()), environ={}).returncode == exits.UNCHECKED


def test_a_device_is_named_once(tmp_path: Path) -> None:
    for words in ([], ["nvr", "--host", "127.0.0.1"]):
        done = run_here("link", "test", *words, "--id", DEVICE_ID, "--free-slot", environ={})
        assert done.returncode == exits.USAGE
        assert "--host" in done.stderr


def test_a_port_in_use_is_told() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        done = run_here("link", "test", "--host", "127.0.0.1", "--id", DEVICE_ID, "--free-slot",
                        "--port", str(taken.getsockname()[1]), environ={})  # fmt: skip
    assert done.returncode == exits.USAGE
    assert "choose another: --port" in done.stderr


@pytest.mark.parametrize(
    ("habits", "code", "outcome"), [(QUICK, exits.OK, "played"), (Habits(heartbeat_s=0.5, call_status=486), 3, None)]
)
def test_a_picture_that_came_is_stored_for_the_checks_of_the_site_and_nothing_else_is(
    habits: Habits, code: int, outcome: str | None, tmp_path: Path
) -> None:
    config = write_link_site(tmp_path, "14021300001320000001")
    ended, out, _ = link_test("--json", "--picture", "--config", str(config), habits=habits, device=("nvr",))
    picture = next(one for one in json.loads(out)["steps"] if one["step"] == "picture")
    assert (ended, picture["status"]) == (code, "seen" if outcome else "unknown")
    kept = known_tests(tmp_path / "state", "S1")
    assert [(one.device, one.outcome) for one in kept.values()] == ([("nvr", outcome)] if outcome else [])


ZONE = """
  [[camera.private_zone]]
  name = "door"
  polygon = [[0.3, 0.3], [0.5, 0.3], [0.5, 0.6], [0.3, 0.6]]
  effect = "color"
"""


@pytest.mark.parametrize(
    ("is_approved", "reason"),
    [(False, "no-approved-view"), (True, "same-picture")],
    ids=["no approved view", "a loop of one picture"],
)
def test_masks_are_judged_by_what_was_approved_and_not_in_a_picture_that_stands_still(
    is_approved: bool, reason: str, tmp_path: Path
) -> None:
    """Real sockets and the real worker: the simulated device sends one clip again and again."""
    config = write_link_site(tmp_path, "14021300001320000001")
    config.write_text(config.read_text("utf-8") + ZONE, "utf-8")
    if is_approved:
        with Worker() as worker:
            asked = Study(descriptor=DescriptorJob())
            judged = worker.judge(Job(b"".join(frames()[:1]), "h264", (), asked))
        assert judged.studied is not None
        site = load(config)
        write_approval(site.storage.directory, approve(site, "gate", "Li", NOW, "", None, (judged.studied.descriptor,)))
    ended, out, _ = link_test("--json", "--picture", "--config", str(config), device=("nvr",))
    (masks,) = [one for one in json.loads(out)["steps"] if one["step"] == "masks"]
    assert (ended, masks["status"], masks["reason"]) == (exits.UNCHECKED, "unknown", reason)
    (kept,) = known_tests(tmp_path / "state", "S1").values()
    assert (kept.outcome, kept.pictures) == ("played", ()), "the interface works; of the masks nothing is proven"


def test_what_the_device_told_of_its_cameras_is_kept_as_named_fields_and_no_secret_of_it(tmp_path: Path) -> None:
    config = write_link_site(tmp_path, "14021300001320000001")
    assert link_test("--picture", "--config", str(config), device=("nvr",))[0] == exits.OK
    told = known_told(tmp_path / "state", "S1")["nvr"]
    first, *others = told.cameras
    assert (told.cameras_count, len(others)) == (3, 2)
    assert (first.code, first.save_days) == ("14021300001320000001", 30)
    assert str(first.install_time) == "2025-03-01 04:05:06"
    assert (first.masks_on, first.mask_regions, first.time_shown, first.texts) == (True, 1, True, ("大门",))
    assert (first.plan_on, first.plan_days_s) == (True, (86_399,) * 7)
    assert (first.codec, len(first.size_px)) == ("h264", 2)
    assert {one.masks_on for one in others} == {None} and {one.codec for one in others} == {""}
    kept = (tmp_path / "state/link-told.json").read_text("utf-8")
    assert [one for one in SECRETS if one in kept] == []


def test_a_damaged_file_of_what_was_told_is_one_line_and_is_left_as_it_is(tmp_path: Path) -> None:
    config = write_link_site(tmp_path, "14021300001320000001")
    (tmp_path / "state/link-told.json").write_text("{")
    code, _, person = link_test("--config", str(config), device=("nvr",))
    assert code == exits.USAGE and "link-told.json: is damaged" in person.getvalue()
    assert (tmp_path / "state/link-told.json").read_text() == "{"


def test_a_camera_of_the_site_file_that_is_not_in_the_catalogue_fails(tmp_path: Path) -> None:
    config = write_link_site(tmp_path, "14021300001320000099")
    ended, out, _ = link_test("--json", "--config", str(config), device=("nvr",))
    catalog = next(one for one in json.loads(out)["steps"] if one["step"] == "catalog")
    assert (ended, catalog["reason"]) == (exits.FAILS, "missing-cameras")
    assert not (tmp_path / "state/link-tests.json").exists()
