"""Batches across a boundary: what is lost on the way comes again, what comes twice changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from delivery import DAY, NOW, Maker
from hubdesk import Desk, chain_of, trusted
from two_levels import Province, lower_hub

from agent.contract.envelope import ACK_TYP, flatten, sign_payload
from agent.contract.signing_keys import Signer
from agent.contract.watermark import Watermark, write_watermark
from agent.hub.stores import trust
from agent.hub.workers.forwarding import files
from agent.hub.workers.imports import Imported, take_batch
from agent.hub.workers.intake import Intake
from agent.model.errors import ConfigurationError, Forbidden
from agent.model.finding import Head
from agent.verify.archive import open_container


@pytest.fixture
def desk(tmp_path: Path, maker: Maker) -> Iterator[Desk]:
    """Datong's hub, which has twelve events of a site."""
    desk = Desk(tmp_path / "datong")
    trusted(desk, maker)
    for one in chain_of(maker, 12):
        desk.send(one)
    with closing(desk.store):
        yield desk


def write(desk: Desk, folder: Path, **changes: object) -> files.Written:
    return files.write_batch(desk.store, desk.signer, folder, (), NOW, **changes)  # type: ignore[arg-type]


def carry(province: Province, path: Path) -> Imported:
    """Import a file up there, as the command does."""
    desk = province.desk
    intake = Intake(desk.store, trust.load(desk.directory), is_carried=True)
    return take_batch(path, desk.store, intake, desk.signer, NOW)


def back(desk: Desk, province: Province, *acks: Path) -> tuple[int, list[dict]]:
    told: list[dict] = []
    keys = {province.desk.signer.kid: province.desk.signer.public}
    return files.take_acks(desk.store, keys, desk.signer.kid, list(acks), NOW, told.append), told


def acked(done: Imported, path: Path) -> Path:
    assert done.ack is not None
    path.write_bytes(done.ack)
    return path


def confirmed(desk: Desk) -> dict[str, int]:
    return {stream: head.seq for stream, head in desk.store.forwarding.confirmed("S1", "e1").items()}


def test_a_batch_goes_up_and_its_acknowledgement_comes_back(desk: Desk, province: Province, tmp_path: Path) -> None:
    done = write(desk, tmp_path / "out")
    assert (len(done.files), done.reports, done.held, done.is_more) == (1, 12, {}, False)
    taken = carry(province, done.files[0])
    assert dict(taken.counts) == {"vouched": 1, "verified": 12}
    assert back(desk, province, acked(taken, tmp_path / "ack"))[0] == 0
    assert confirmed(desk) == {"event": 12}
    again = write(desk, tmp_path / "out")
    assert (again.files, again.reports) == ((), 0)


def test_a_lost_file_is_in_the_next_batch_and_a_doubled_one_changes_nothing(
    desk: Desk, province: Province, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "REPORTS_MOST", 5)
    one, lost, three = write(desk, tmp_path / "out").files
    for path in (one, one, three):
        taken = carry(province, path)
    assert back(desk, province, acked(taken, tmp_path / "ack"))[0] == 0
    assert confirmed(desk) == {"event": 5}
    next_one, _ = write(desk, tmp_path / "next").files
    with open_container(next_one) as container:
        assert container.names[0] == "e1-event-10.json" and len(container.names) == 6
    taken = carry(province, next_one)
    assert back(desk, province, acked(taken, tmp_path / "ack"))[0] == 0
    assert confirmed(desk) == {"event": 12}
    assert carry(province, lost).counts["duplicate"] == 5


def test_files_that_come_in_another_order_count_all_the_same(
    desk: Desk, province: Province, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "REPORTS_MOST", 4)
    for path in reversed(write(desk, tmp_path / "out").files):
        taken = carry(province, path)
    back(desk, province, acked(taken, tmp_path / "ack"))
    assert confirmed(desk) == {"event": 12}


def test_a_file_is_bounded_in_bytes_and_a_batch_too(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "BYTES_MOST", 2_000)
    done = write(desk, tmp_path / "out")
    assert len(done.files) > 4 and all(path.stat().st_size < 6_000 for path in done.files)
    monkeypatch.setattr(files, "TOTAL_MAX_BYTES", 5_000)
    full = write(desk, tmp_path / "full")
    assert full.is_more and 0 < len(full.files) < len(done.files)


def test_no_file_is_written_over_while_a_gateway_carries_it(desk: Desk, tmp_path: Path) -> None:
    (first,) = write(desk, tmp_path / "out").files
    (later,) = files.write_batch(desk.store, desk.signer, tmp_path / "out", (), NOW + timedelta(seconds=1)).files
    assert first != later and first.exists()
    assert not list((tmp_path / "out").glob(".*"))


def test_one_way_writes_what_came_since(desk: Desk, maker: Maker, tmp_path: Path) -> None:
    assert write(desk, tmp_path / "out", since=NOW + DAY).files == ()
    assert write(desk, tmp_path / "out", since=NOW).reports == 12


def test_a_site_of_another_division_or_of_none_is_left_out_and_told(desk: Desk, tmp_path: Path) -> None:
    done = files.write_batch(desk.store, desk.signer, tmp_path / "out", ("140100",), NOW)
    assert (done.files, dict(done.held)) == ((), {"S1": "division"})
    desk.store.run("DELETE FROM site_division")
    assert dict(write(desk, tmp_path / "out").held) == {"S1": "no-division"}
    lag = desk.store.forwarding.lag()
    assert lag is not None and (lag.waiting, lag.held) == (0, 1)


def test_a_folder_that_cannot_be_written_is_one_clear_line(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises((ConfigurationError, Forbidden), match="file"):
        write(desk, tmp_path / "file")


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[" * 100, b"\xff\xff", b"x" * 70_000, b'{"payload":"","protected":"","signature":""}']
)
def test_an_acknowledgement_that_is_none_is_told_and_the_others_count(
    desk: Desk, province: Province, tmp_path: Path, data: bytes
) -> None:
    taken = carry(province, write(desk, tmp_path / "out").files[0])
    (tmp_path / "junk").write_bytes(data)
    refused, told = back(desk, province, tmp_path / "junk", acked(taken, tmp_path / "ack"))
    assert (refused, [one["event"] for one in told]) == (1, ["watermark-refused", "confirmed-above"])
    assert told[0]["file"] == "junk"
    assert confirmed(desk) == {"event": 12}


def test_an_acknowledgement_that_this_side_of_the_boundary_made_up_counts_for_nothing(
    desk: Desk, province: Province, maker: Maker, tmp_path: Path
) -> None:
    head = Head(12, chain_of(maker, 12)[11].report.digest)
    payload = write_watermark(Watermark("S1", "e1", 99, {"event": head}), NOW)
    for signer in (desk.signer, maker.signer):
        (tmp_path / "ack").write_bytes(flatten(payload, sign_payload(payload, signer, ACK_TYP)))
        assert back(desk, province, tmp_path / "ack")[1][0]["reason"] == "unknown-key"
    assert confirmed(desk) == {}


def test_a_file_of_a_hub_that_was_granted_another_division_is_not_confirmed_and_the_reason_comes_back(
    desk: Desk, province: Province, datong: Signer, tmp_path: Path
) -> None:
    province.store.lower_hubs.keep(lower_hub(datong, "140100"))
    taken = carry(province, write(desk, tmp_path / "out").files[0])
    assert dict(taken.counts) == {"rejected": 1, "untrusted": 12}
    refused, told = back(desk, province, acked(taken, tmp_path / "ack"))
    assert (refused, told) == (
        0,
        [{"event": "rejected-above", "site": "S1", "what": "voucher: division", "file": "ack"}],
    )
    assert confirmed(desk) == {}
