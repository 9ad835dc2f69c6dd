"""`camwarden queue` beside a running service and without one: it looks, it carries, and it believes only the hub."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from delivery import NOW, Maker, mark, site

from agent.cli import main
from agent.contract.envelope import ACK_TYP, STATE_TYP, flatten, sign_payload, unflatten, verify
from agent.contract.signing_keys import Signer, jwk_set, load_or_create_signer
from agent.contract.watermark import Watermark, write_watermark
from agent.deliver.spool.inbox import leave_ack, leave_flush, leave_sent, take_up
from agent.service.alerts import status_file
from agent.site.config.site import Hub
from agent.verify.archive import open_container


@pytest.fixture
def hub(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    return load_or_create_signer(tmp_path_factory.mktemp("hub") / "hub-key.pem")


@pytest.fixture
def maker(tmp_path: Path, hub: Signer) -> Maker:
    """A site in file mode with three cycles waiting, its configuration beside the spool."""
    jwks = tmp_path / "hub.jwks.json"
    jwks.write_text(json.dumps(jwk_set({hub.kid: hub.public})))
    (tmp_path / "site.toml").write_text(
        f'[site]\nid = "S1"\ncity = "datong"\ndivision = "140200"\n'
        f'[storage]\ndirectory = "{tmp_path}"\nruntime = "{tmp_path}"\n'
        f'[hub]\nhost = "hub.invalid"\nconfirm = "file"\njwks = "{jwks}"\n'
    )
    maker = Maker(tmp_path, site(hub=Hub("hub.invalid", confirm="file", jwks=jwks)))
    spool = maker.open()
    for _ in range(3):
        maker.cycle(spool)
    spool.close()
    return maker


@pytest.fixture
def queue(maker: Maker, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def run(*words: str) -> tuple[int, str, str]:
        code = main(["--config", str(maker.directory / "site.toml"), "queue", *words])
        out, err = capsys.readouterr()
        return code, out, err

    return run


Queue = Callable[..., tuple[int, str, str]]


def ack(hub: Signer, watermark: Watermark) -> bytes:
    payload = write_watermark(watermark, NOW)
    return flatten(payload, sign_payload(payload, hub, ACK_TYP))


@pytest.mark.parametrize("running", [False, True])
def test_list_counts_what_waits_with_and_without_a_service(maker: Maker, queue: Queue, running: bool) -> None:
    spool = maker.open() if running else None
    code, out, _ = queue("list", "--json", "--all")
    shown = json.loads(out)
    assert code == 0
    assert shown["counts"] == {"event": {"pending": 3}, "health": {"pending": 3}}
    assert len(shown["reports"]) == 6
    assert shown["unconfirmed_bytes"] == sum(row["bytes"] for row in shown["reports"])
    assert shown["oldest_at"].startswith("2026-11-24T15:04:00")
    if spool:
        spool.close()


def test_looking_changes_nothing(maker: Maker, queue: Queue) -> None:
    before = (maker.directory / "spool.db").read_bytes()
    queue("list", "--all")
    queue("export", str(maker.directory / "batch"), "--from", "2020-01-01")
    assert (maker.directory / "spool.db").read_bytes()[:100] == before[:100]
    spool = maker.open()
    assert {row.seq for row in spool.pending(10, NOW)} <= {1, 2, 3}
    spool.close()


def test_list_without_a_spool_says_so(maker: Maker, queue: Queue) -> None:
    (maker.directory / "spool.db").unlink()
    code, _, err = queue("list")
    assert (code, "no look at this site was kept yet" in err) == (2, True)
    assert not (maker.directory / "spool.db").exists()


def test_list_of_a_damaged_file_does_not_touch_it(maker: Maker, queue: Queue) -> None:
    (maker.directory / "spool.db").write_bytes(b"nothing of the kind" * 1000)
    code, _, err = queue("list")
    assert (code, "damaged" in err) == (70, True)
    assert (maker.directory / "spool.db").read_bytes() == b"nothing of the kind" * 1000


def test_show_prints_the_payload_and_judges_its_signature(maker: Maker, queue: Queue) -> None:
    spool = maker.open()
    name = f"{spool.epoch}:health:2"
    (payload,) = [row.payload for row in spool.pending(10, NOW) if (row.stream, row.seq) == ("health", 2)]
    spool.close()
    code, out, _ = queue("show", name)
    assert code == 0
    assert out.splitlines()[0].encode() == payload
    assert out.splitlines()[1].endswith("signature: verified")


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [("x:health:9", 2, "not in the spool"), ("health", 2, "EPOCH:STREAM:SEQ"), ("x:health:-1", 2, "EPOCH:STREAM:SEQ")],
)
def test_show_of_what_is_not_there_says_so(queue: Queue, name: str, code: int, words: str) -> None:
    got, _, err = queue("show", name)
    assert (got, words in err) == (code, True)


def test_a_report_of_another_key_fails(maker: Maker, queue: Queue, hub: Signer, tmp_path: Path) -> None:
    spool = maker.open()
    name = f"{spool.epoch}:event:1"
    spool.close()
    code, out, _ = queue("show", name, "--jwks", str(tmp_path / "hub.jwks.json"), "--json")
    assert (code, json.loads(out)["verdict"]) == (1, "unknown-key")


@pytest.mark.parametrize("name", ["batch", "batch.zip"])
def test_an_exported_batch_holds_every_report_and_a_state_that_verify(maker: Maker, queue: Queue, name: str) -> None:
    code, out, _ = queue("export", str(maker.directory / name))
    assert (code, "7 files written" in out) == (0, True)
    with open_container(maker.directory / name) as container:
        items = {file: container.read(file) for file in container.names}
    keys = {maker.signer.kid: maker.signer.public}
    state, jws = unflatten(items.pop("state.json"))
    verify(state, jws, keys, STATE_TYP)
    spool = maker.open()
    assert json.loads(state)["heads"]["health"] == {"seq": 3, "digest": spool.heads()["health"].digest}
    assert json.loads(state)["jwk"] == dict(maker.signer.jwk)
    assert set(items) == {f"{spool.epoch}-{stream}-{seq}.json" for stream in ("event", "health") for seq in (1, 2, 3)}
    for data in items.values():
        verify(*unflatten(data), keys)
    assert spool.counts()["sent"] == 6
    spool.close()
    code, _, err = queue("export", str(maker.directory / name))
    assert (code, "there is something already" in err) == (2, True)


def test_a_batch_written_beside_a_running_service_is_marked_at_its_next_cycle(maker: Maker, queue: Queue) -> None:
    spool = maker.open()
    assert queue("export", str(maker.directory / "batch"))[0] == 0
    assert spool.counts()["sent"] == 0
    became = take_up(spool, maker.directory / "inbox", {}, "S1", NOW)
    assert list(became.values()) == ["sent"]
    assert spool.counts()["sent"] == 6
    assert list((maker.directory / "inbox").iterdir()) == []
    spool.close()


def test_a_carried_watermark_confirms_without_a_service(maker: Maker, queue: Queue, hub: Signer) -> None:
    spool = maker.open()
    (maker.directory / "ack.json").write_bytes(ack(hub, mark(spool)))
    spool.close()
    assert queue("import-ack", str(maker.directory / "ack.json"))[0] == 0
    spool = maker.open()
    assert spool.drained()
    spool.close()


def test_status_says_at_once_what_a_carried_watermark_has_confirmed(
    maker: Maker, queue: Queue, hub: Signer, capsys: pytest.CaptureFixture[str]
) -> None:
    spool = maker.open()
    due = (NOW + timedelta(minutes=15)).isoformat()
    content = {
        "at": NOW.isoformat(),
        "next_due_at": due,
        "site": "S1",
        "queue": spool.counts(),
        "hub": {"link": "file"},
    }
    assert status_file.write(maker.directory, content)
    (maker.directory / "ack.json").write_bytes(ack(hub, mark(spool)))
    spool.close()
    assert queue("import-ack", str(maker.directory / "ack.json"))[0] == 0
    told = json.loads((maker.directory / "status.json").read_text())
    assert (told["queue"]["pending"], told["queue"]["confirmed"]) == (0, 6)
    assert {name: told[name] for name in content if name != "queue"} == {
        name: one for name, one in content.items() if name != "queue"
    }


def test_a_carried_watermark_waits_for_a_running_service(maker: Maker, queue: Queue, hub: Signer) -> None:
    spool = maker.open()
    (maker.directory / "ack.json").write_bytes(ack(hub, mark(spool)))
    code, out, _ = queue("import-ack", str(maker.directory / "ack.json"))
    assert (code, "takes it up at its next cycle" in out) == (0, True)
    assert not spool.drained()
    assert list(take_up(spool, maker.directory / "inbox", {hub.kid: hub.public}, "S1", NOW).values()) == ["confirmed"]
    assert spool.drained()
    spool.close()


def test_a_watermark_that_is_forged_for_another_site_or_old_confirms_nothing(
    maker: Maker, queue: Queue, hub: Signer
) -> None:
    spool = maker.open()
    good = mark(spool)
    spool.close()
    for data, reason in (
        (ack(maker.signer, good), "not trusted"),
        (ack(hub, Watermark("S2", good.epoch, 1, good.streams)), "another site"),
        (ack(hub, Watermark("S1", "0" * 16, 1, good.streams)), "another life"),
        (ack(hub, good).replace(b"health", b"h3alth"), "does not fit"),
        (b"{}", "not a flattened JWS"),
    ):
        (maker.directory / "ack.json").write_bytes(data)
        code, _, err = queue("import-ack", str(maker.directory / "ack.json"))
        assert (code, reason in err) == (1, True), err
    spool = maker.open()
    assert spool.counts()["confirmed"] == 0
    assert take_up(spool, maker.directory / "inbox", {}, "S1", NOW) == {}
    spool.close()


def test_the_inbox_believes_nothing_and_keeps_no_rubbish(maker: Maker, hub: Signer) -> None:
    spool = maker.open()
    inbox = maker.directory / "inbox"
    leave_ack(inbox, ack(maker.signer, mark(spool)))
    leave_sent(inbox, [1])
    (inbox / "sent-x.json").write_text('["1; DROP TABLE report"]')
    (inbox / "what").write_text("?")
    (inbox / "link").symlink_to(maker.directory / "report-key.pem")
    became = take_up(spool, inbox, {hub.kid: hub.public}, "S1", NOW)
    assert sorted(became.values()) == ["malformed", "not-a-note", "not-a-note", "sent", "unknown-key"]
    assert list(inbox.iterdir()) == []
    assert (maker.directory / "report-key.pem").exists()
    assert spool.counts()["confirmed"] == 0
    spool.close()


def test_rubbish_in_the_inbox_is_no_reason_to_doubt_a_watermark(maker: Maker, queue: Queue, hub: Signer) -> None:
    (maker.directory / "inbox").mkdir()
    (maker.directory / "inbox" / "what").write_text("?")
    spool = maker.open()
    (maker.directory / "ack.json").write_bytes(ack(hub, mark(spool)))
    spool.close()
    code, out, err = queue("import-ack", str(maker.directory / "ack.json"))
    assert (code, out.startswith("taken")) == (0, True), err


def test_a_note_that_nests_too_deep_is_removed_like_any_other(maker: Maker) -> None:
    inbox = maker.directory / "inbox"
    inbox.mkdir()
    (inbox / "sent-deep.json").write_text("[" * 100_000)
    spool = maker.open()
    assert take_up(spool, inbox, {}, "S1", NOW) == {"sent-deep.json": "malformed"}
    spool.close()
    assert list(inbox.iterdir()) == []


def test_a_folder_in_the_inbox_is_passed_over_without_a_word(maker: Maker, caplog: pytest.LogCaptureFixture) -> None:
    (maker.directory / "inbox" / "folder").mkdir(parents=True)
    spool = maker.open()
    assert take_up(spool, maker.directory / "inbox", {}, "S1", NOW) == {}
    spool.close()
    assert caplog.text == ""


def test_a_note_that_cannot_be_read_is_told_once_and_removed(maker: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    leave_sent(maker.directory / "inbox", [1])
    spool = maker.open()

    def refused(path: Path, *_: object) -> None:  # root reads every file, whatever its mode
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(Path, "open", refused)
    assert list(take_up(spool, maker.directory / "inbox", {}, "S1", NOW).values()) == ["unreadable"]
    assert take_up(spool, maker.directory / "inbox", {}, "S1", NOW) == {}
    spool.close()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("export", "--from", "yesterday", "b"), "yesterday is no time: write it as 2026-01-31, "),
        (("flush", "--within", "nan"), "'nan' is no number of seconds"),
        (("flush", "--within", "-1"), "'-1' is no number of seconds"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_right(queue: Queue, words: tuple[str, ...], says: str) -> None:
    code, _, err = queue(*words)
    assert (code, says in err) == (2, True), err


def test_flush_is_asked_of_the_service_and_makes_every_row_due(maker: Maker) -> None:
    spool = maker.open()
    spool.mark_sent([row.id for row in spool.pending(10, NOW)], NOW)
    leave_flush(maker.directory / "inbox")
    assert take_up(spool, maker.directory / "inbox", {}, "S1", NOW) == {"flush": "flushed"}
    assert len(spool.pending(10, NOW)) == 6
    spool.close()


def test_flush_in_file_mode_names_the_way_that_there_is(queue: Queue) -> None:
    code, _, err = queue("flush")
    assert (code, "queue export" in err) == (2, True)
