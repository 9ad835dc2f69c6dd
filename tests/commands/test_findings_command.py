"""`camwarden findings` beside a service: what it shows, whose word it takes, and what the service makes of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from camera_cycles import ONLINE, camera_cycle
from delivery import NOW, Maker

from agent.cli import main
from agent.commands.findings import command
from agent.deliver.spool.spool import Spool
from agent.model.finding import Status
from agent.site.config.load import load

STEP = timedelta(minutes=15)
GATE, YARD = "camera:gate", "camera:yard"
HOSTILE = "门卫室\x1b[31m [bold]"


class Service:
    """A service that holds its spool; each cycle finds what it is told to find."""

    def __init__(self, folder: Path) -> None:
        self.config = folder / "site.toml"
        self.config.write_text(
            f'[site]\nid = "S1"\ncity = "datong"\ndivision = "140200"\n[storage]\ndirectory = "{folder}"\n'
            f'runtime = "{folder}"\n[[device]]\nid = "nvr"\nhost = "192.0.2.1"\ndriver = "onvif"\n'
            + "".join(
                f'[[camera]]\nid = "{name}"\ndevice = "nvr"\nchannel = {number}\n'
                for number, name in enumerate(("gate", "yard"), 1)
            )
        )
        self.maker = Maker(folder, load(self.config))
        self.spool: Spool = self.maker.open()
        self.at = NOW
        self.health: dict[str, Any] = {}

    def cycle(self, **found: Status) -> list[str]:
        """Run a cycle in which cameras are online or not; return the events that it tells."""
        envelopes = camera_cycle(self.maker, self.spool, self.at, found, called=HOSTILE)
        self.at += STEP
        self.health = json.loads(envelopes[-1].report.payload)["body"]
        events = [json.loads(e.report.payload)["body"] for e in envelopes if e.report.stream == "event"]
        return [f"{body['subject']} {body['to']}" for body in events if "dispute" not in body]


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    made = Service(tmp_path)
    monkeypatch.setattr(command, "utc_now", lambda: made.at)
    monkeypatch.setenv("USER", "li")
    yield made
    made.spool.close()


Ask = Callable[..., tuple[int, str, str]]


@pytest.fixture
def ask(service: Service, capsys: pytest.CaptureFixture[str]) -> Ask:
    def run(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(["--config", str(service.config), "findings", *words])
        out, err = capsys.readouterr()
        return code, out, err

    return run


def test_what_is_open_is_shown_with_its_first_time_and_the_exit_code_says_so(service: Service, ask: Ask) -> None:
    service.cycle(gate="fail", yard="pass")
    code, out, _ = ask("--json")
    (row,) = json.loads(out)["open"]
    assert code == 1
    assert (row["subject"], row["status"], row["detected_at"]) == (GATE, "fail", "2026-11-24T15:04:00Z")
    assert (row["acknowledged"], row["repaired_at"], row["planned"]) == (None, None, False)


def test_people_see_the_time_on_site_and_no_escape_of_a_hostile_name(service: Service, ask: Ask) -> None:
    service.cycle(gate="fail")
    _, out, _ = ask("--no-color")
    assert "2026-11-24 23:04" in out
    assert "[bold]" in out
    assert "\x1b" not in out
    assert "1 open, 0 of them acknowledged" in out


@pytest.mark.parametrize(("lang", "words"), [("en", "nothing is open"), ("zh_CN", "没有未关闭的问题")])
def test_where_nothing_is_open_that_is_said(service: Service, ask: Ask, lang: str, words: str) -> None:
    service.cycle(gate="pass")
    code, out, _ = ask("--lang", lang)
    assert (code, words in out) == (0, True)


def test_only_unknown_is_3(service: Service, ask: Ask) -> None:
    service.cycle(gate="unknown")
    assert ask()[0] == 3


def test_one_camera_and_one_day_can_be_asked_for(service: Service, ask: Ask) -> None:
    service.cycle(gate="fail", yard="fail")
    assert [row["subject"] for row in json.loads(ask("--json", "--camera", "yard")[1])["open"]] == [YARD]
    assert json.loads(ask("--json", "--since", "2026-11-25")[1])["open"] == []
    assert len(json.loads(ask("--json", "--since", "2026-11-24")[1])["open"]) == 2
    assert len(json.loads(ask("--json", "--since", "1d")[1])["open"]) == 2
    assert ask("--camera", "nobody")[0] == 2


def test_an_acknowledged_finding_stays_open_counted_and_quiet_until_its_day_is_over(service: Service, ask: Ask) -> None:
    assert service.cycle(gate="fail") == [f"{GATE} fail"]
    code, out, _ = ask("ack", ONLINE, GATE, "--by", "王工", "--why", "new camera is ordered", "--until", "2026-11-30")
    assert (code, "acknowledged until 2026-11-30" in out) == (0, True)
    assert "1 open, 1 of them acknowledged" in ask()[1], "before the next look too"
    service.cycle(gate="unknown")
    service.cycle(gate="unknown")
    assert service.cycle(gate="unknown") == []
    code, out, _ = ask("--json")
    (row,) = json.loads(out)["open"]
    assert row["acknowledged"] == {
        "by": "王工", "at": "2026-11-24T15:19:00Z", "why": "new camera is ordered", "until": "2026-11-30T16:00:00Z",
    }  # fmt: skip
    assert (code, row["worst"]) == (3, "fail")
    assert "acknowledged by 王工 until 2026-12-01 00:00" in " ".join(ask()[1].split())
    service.at = datetime.fromisoformat("2026-11-30T16:00:00+00:00")
    service.cycle(gate="fail")
    assert json.loads(ask("--json")[1])["open"][0]["acknowledged"] is None


def test_an_acknowledgement_can_be_taken_back(service: Service, ask: Ask) -> None:
    service.cycle(gate="fail")
    ask("ack", ONLINE, GATE, "--by", "Li", "--why", "x", "--until", "5d")
    assert ask("unack", ONLINE, GATE)[0] == 0
    service.cycle(gate="fail")
    assert json.loads(ask("--json")[1])["open"][0]["acknowledged"] is None
    code, _, err = ask("unack", ONLINE, GATE)
    assert (code, "nobody acknowledged" in err) == (2, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("ack", ONLINE, YARD, "--why", "x", "--until", "5d"), "open are: camera-online camera:gate"),
        (("ack", ONLINE, GATE, "--why", " ", "--until", "5d"), "--why needs a reason"),
        (("ack", ONLINE, GATE, "--why", "x", "--until", "2026-11-01"), "is over already"),
        (("ack", ONLINE, GATE, "--why", "x", "--until", "2030-01-01"), "ends after 366 days at most"),
        (("ack", ONLINE, GATE, "--why", "x", "--until", "9999-12-31"), "no day that anybody will see"),
        (("ack", ONLINE, GATE, "--why", "x", "--until", "soon"), "soon is no day: write it as"),
        (("ack", ONLINE, GATE, "--why", "x"), "--until"),
        (("settle", ONLINE, GATE, "--why", "x"), "only recording-tamper is settled by a word"),
        (("settle", "recording-tamper", GATE, "--why", "x"), "no changed footage is known"),
        (("plan", "--camera", "nobody", "--from", "2026-11-25", "--until", "2026-11-25", "--why", "x"), "no camera"),
        (("plan", "--device", "nobody", "--from", "2026-11-25", "--until", "2026-11-25", "--why", "x"), "no device"),
        (("plan", "--site", "--from", "2026-11-25", "--until", "2026-12-31", "--why", "x"), "ends after 31 days"),
        (("plan", "--from", "2026-11-25", "--until", "2026-12-31", "--why", "x"), "--camera --device --site"),
        (("unplan", "--site"), "no work is planned for site"),
    ],
)
def test_what_cannot_be_taken_is_said_in_one_line_and_leaves_no_note(
    service: Service, ask: Ask, words: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    service.cycle(gate="fail")
    code, _, err = ask(*words)
    assert (code, said in err) == (2, True), err
    assert not (tmp_path / "notes").exists()


def test_an_outage_within_planned_work_is_not_told_and_the_plan_is_listed(service: Service, ask: Ask) -> None:
    service.cycle(gate="pass", yard="pass")
    code, out, _ = ask(
        "plan", "--device", "nvr", "--from", "2026-11-24T23:00", "--until", "2026-11-25T02:00", "--by", "Li",
        "--why", "a disk is changed", "--json",
    )  # fmt: skip
    assert (code, json.loads(out)["note"]["until"]) == (0, "2026-11-24T18:00:00+00:00")
    assert [service.cycle(gate="fail", yard="fail") for _ in range(3)] == [[], [], []]
    assert [one["count"] for one in service.health["not_pass"]] == [2], "the hub sees it all the same"
    code, out, _ = ask()
    assert code == 0
    assert "planned work on device:nvr now, until 2026-11-25 02:00 (Li: a disk is changed)" in " ".join(out.split())
    (plan,) = json.loads(ask("--json", "--camera", "gate")[1])["plans"]
    assert (plan["from"], plan["in_force"]) == ("2026-11-24T15:00:00Z", True)
    service.at = datetime.fromisoformat("2026-11-24T18:00:00+00:00")
    service.cycle(gate="fail", yard="pass")
    service.cycle(gate="fail", yard="pass")
    assert service.cycle(gate="fail", yard="pass") == [f"{GATE} fail"]
    assert json.loads(ask("--json")[1])["plans"] == []


def test_a_plan_can_be_taken_back(service: Service, ask: Ask) -> None:
    service.cycle(gate="pass")
    ask("plan", "--site", "--from", "2026-11-24", "--until", "2026-11-25", "--why", "x", "--by", "Li")
    assert len(json.loads(ask("--json")[1])["plans"]) == 1
    assert ask("unplan", "--site")[0] == 0
    assert json.loads(ask("--json")[1])["plans"] == []


def test_the_history_tells_what_was_repaired_and_how_long_it_took(service: Service, ask: Ask) -> None:
    service.cycle(gate="fail", yard="pass")
    for _ in range(4):
        service.cycle(gate="fail", yard="pass")
    service.cycle(gate="pass", yard="pass")
    service.cycle(gate="pass", yard="pass")
    code, out, _ = ask("--history", "--json")
    told = json.loads(out)
    (closed,) = told["closed"]
    assert code == 0
    assert [closed[name] for name in ("detected_at", "repaired_at", "verified_at")] == [
        "2026-11-24T15:04:00Z", "2026-11-24T16:19:00Z", "2026-11-24T16:34:00Z",
    ]  # fmt: skip
    assert told["repairs"] == {ONLINE: {"repaired": 1, "mean_s": 4500, "flapped": 0}}
    assert told["repairs_by_class"] == {"other": {"repaired": 1, "mean_s": 4500, "flapped": 0}}
    assert [(change["from"], change["to"]) for change in told["changes"]] == [(None, "fail"), ("fail", "pass")]
    shown = " ".join(ask("--history")[1].split())
    assert "75 min" in shown
    assert "2026-11-25 00:19 repaired" in shown
    assert "other checks 1 75 min 0" in shown
    assert "其他检查项 1 75 分钟 0" in " ".join(ask("--history", "--lang", "zh_CN")[1].split())
    assert json.loads(ask("--history", "--json", "--camera", "yard")[1])["closed"] == []


def test_without_a_history_that_is_said(service: Service, ask: Ask) -> None:
    service.cycle(gate="pass")
    code, out, _ = ask("--history")
    assert (code, out.strip()) == (0, "nothing that was not well is over yet")


def test_a_history_that_was_damaged_stops_neither_service_nor_events(
    service: Service, ask: Ask, tmp_path: Path
) -> None:
    (tmp_path / "history.db").write_bytes(b"not a database" * 1000)
    assert ask("--history")[0] == 70
    assert service.cycle(gate="fail") == [f"{GATE} fail"]
    assert len(json.loads(ask("--history", "--json")[1])["changes"]) == 1


def test_without_a_spool_one_line_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "site.toml"
    config.write_text(f'[site]\nid = "S1"\ncity = "datong"\ndivision = "140200"\n[storage]\ndirectory = "{tmp_path}"\n')
    assert main(["--config", str(config), "findings"]) == 2
    assert "no look at this site was kept yet" in capsys.readouterr().err


DISPUTE = ("dispute", ONLINE, GATE, "--by", "业主张", "--why", "那天停电")


def test_a_disputed_finding_stays_open_and_carries_who_disputes_it(service: Service, ask: Ask) -> None:
    service.cycle(gate="fail", yard="fail")
    code, out, _ = ask(*DISPUTE, "--json")
    assert (code, json.loads(out)["note"]["by"]) == (0, "业主张")
    code, out, _ = ask("--json")
    rows = {row["subject"]: row for row in json.loads(out)["open"]}
    assert (code, rows[GATE]["status"], rows[GATE]["disputed"]["why"]) == (1, "fail", "那天停电")
    assert rows[YARD]["disputed"] is None
    _, out, _ = ask("--no-color")
    assert "disputed by 业主张 on 2026-11-24: 那天停电; no decision of the hub yet" in " ".join(out.split())
    _, out, _ = ask("--no-color", "--lang", "zh_CN")
    assert "业主张 于 2026-11-24 提出异议" in " ".join(out.split())


def test_a_dispute_waits_for_its_decision_and_needs_a_finding_a_name_and_a_reason(service: Service, ask: Ask) -> None:
    service.cycle(gate="fail", yard="pass")
    for words, said in (
        (
            ("dispute", ONLINE, YARD, "--by", "x", "--why", "y"),
            "no finding 'camera-online camera:yard' is open or over",
        ),
        (("dispute", "--by", "x", "--why", "y"), "name CHECK and SUBJECT of the finding, or the --code"),
        (("dispute", ONLINE, GATE, "--by", "x", "--why", " "), "--why needs a reason"),
        (("dispute", "--code", "AAAA-BBBB-CCCC", "--by", "x", "--why", "y"), "no finding here has the code"),
    ):
        code, _, err = ask(*words)
        assert (code, said in err) == (2, True), err
    assert ask(*DISPUTE)[0] == 0
    code, _, err = ask(*DISPUTE)
    assert code == 2 and "is disputed by 业主张 since 2026-11-24" in err


def test_what_is_over_can_be_disputed_too_and_its_history_says_so(service: Service, ask: Ask) -> None:
    service.cycle(gate="fail")
    for _ in range(4):
        service.cycle(gate="pass")
    assert ask(*DISPUTE)[0] == 0
    _, out, _ = ask("--history", "--json")
    (row,) = json.loads(out)["closed"]
    assert row["disputed"]["by"] == "业主张" and row["disputed"]["repaired_at"] is not None
    service.at += timedelta(days=2)  # sooner it would be the same episode, that comes and goes
    for _ in range(4):
        service.cycle(gate="fail")
    _, out, _ = ask("--json")
    assert json.loads(out)["open"][0]["disputed"] is None, "it is of the episode before"
