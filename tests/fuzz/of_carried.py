"""Fuzzing targets of what others hand over: batches, cases, dossiers, jobs; and of what recorders' disks hold."""

from __future__ import annotations

import io
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

import dossiers
from handed_over import SIGNER
from sites import NOW
from store_footage import SCHEMA as FRIGATE_SCHEMA

from agent.contract.carried_batch import write_batch
from agent.contract.jwk import load_jwks
from agent.hub.stores import trust
from agent.hub.workers.imports import _batch_files
from agent.model.errors import AgentError, NotVerified
from agent.onsite.filing.changes import changes
from agent.onsite.filing.wire import read_content
from agent.onsite.one_look.job_file import read_look, signed
from agent.site.config.site import Site
from agent.verify.archive import open_container
from agent.verify.bindings import SCHEMA as TRUST_SCHEMA
from agent.verify.html_seal import seal, unseal
from agent.verify.judge import Trusted, judge_handover, keys_in
from agent.verify.manifest import check_manifest, is_case
from agent.verify.paper import DOSSIER, MEMBER_MAX_BYTES, is_paper, judge_paper
from drivers.footage import Store, StoreTask
from drivers.stores import container, duration
from drivers.stores import frigate as frigate_store
from drivers.stores.samples.first import first_picture
from fuzz.of_files import DEEP, folder, place
from fuzz.target import ROOT, Target

BELIEVED = Trusted({SIGNER.kid: SIGNER.public})


# --- containers that people carry: batches, cases, dossiers; hand-over reports; jobs


def _container(data: bytes) -> object:
    path = place("carried.zip", data)
    if is_paper(path):
        with open_container(path, ".json", MEMBER_MAX_BYTES) as opened:
            if DOSSIER.content in opened.names:
                with suppress(NotVerified):
                    _content(opened.read(DOSSIER.content))
            return judge_paper(opened, BELIEVED)
    with open_container(path, ".json") as opened:
        return check_manifest(opened, BELIEVED) if is_case(opened) else _batch_files(opened)


def _content(data: bytes) -> object:
    _, _, inventory = read_content(data)
    return inventory


def _compared(data: bytes) -> object:
    _, _, inventory = read_content(data)
    return changes(inventory, dossiers.dossier().inventory)


def _handover(data: bytes) -> object:
    keys_in(data)
    judge_handover("x.html", data, BELIEVED)
    return unseal(data)


def _job(data: bytes) -> object:
    path = place("job.json", data)
    return [read_look(path, "S1", {SIGNER.kid: SIGNER.public}, known) for known in (False, True)]


def _key_set(data: bytes) -> object:
    return load_jwks(place("keys.json", data))


def _trust(data: bytes) -> object:
    return trust.load(place(f"hub/{trust.FILE}", data).parent)


_CARRIED: tuple[Callable[[bytes], object], ...] = (_container, _content, _compared, _handover, _job, _key_set, _trust)


def _carried(data: bytes) -> object:
    return _CARRIED[(data[0] if data else 0) % len(_CARRIED)](data[1:])


def _carried_seeds() -> Iterator[bytes]:
    one = dossiers.dossier()
    yield b"\0" + dossiers.packed(one)
    content = dossiers.files_of(one)[DOSSIER.content]
    yield b"\1" + content
    yield b"\2" + content
    yield b"\3" + seal("<!doctype html>\n<!-- camwarden hand-over report 1, site S1 -->\n<p>x\n</html>\n", SIGNER)
    yield b"\4" + signed(SIGNER, Site(id="S1", city="c", division="1"), "job", "open", NOW, (), {})
    vectors = ROOT / "agent/contract/vectors"
    yield b"\5" + (vectors / "jwks.json").read_bytes()
    yield b"\6" + json.dumps({"schema": TRUST_SCHEMA, "keys": []}).encode()
    batch = Path(folder().name) / "batch.zip"
    with suppress(FileExistsError):
        write_batch(
            batch, [(path.name.replace(".jws", ""), path.read_bytes()) for path in (vectors / "good").glob("*.json")]
        )
    yield b"\0" + batch.read_bytes()
    for number in range(len(_CARRIED)):
        yield bytes((number,)) + DEEP


# --- what lies on a recorder's disk: segments, and Frigate's database


def _segment(data: bytes) -> object:
    file = io.BytesIO(data)
    found: list[object] = [duration.duration_s(file)]
    with suppress(container.UnreadableError):
        container.check(file)
    with suppress(container.UnreadableError):
        found.append(first_picture(file))
    return found


def _database(data: bytes) -> object:
    path = place("frigate.db", data)
    index = path.with_suffix(".index")
    index.unlink(missing_ok=True)
    task = StoreTask(Store("disk", "frigate", path), (("gate", "gate"),), index, NOW, frozenset({"gate"}))
    return frigate_store.read(task)


def _store(data: bytes) -> object:
    return (_database if data[:1] and data[0] & 1 else _segment)(data[1:])


def _database_bytes() -> bytes:
    path = Path(folder().name) / "seed.db"
    path.unlink(missing_ok=True)
    begin_s = datetime(2026, 11, 20, tzinfo=UTC).timestamp()
    with closing(sqlite3.connect(path)) as database:
        # Small pages, so that the file is small and most bytes of it mean something.
        database.execute("PRAGMA page_size = 512")
        database.executescript(FRIGATE_SCHEMA.read_text())
        for number in range(12):
            at = begin_s + 10 * number
            row = (f"{at}-gate", "gate", f"/media/recordings/{number}.mp4", at, at + 10, 10.0, 1, 0, None, 0.5)
            database.execute("INSERT INTO recordings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        database.commit()
    return path.read_bytes()


def _box(name: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return (8 + len(body)).to_bytes(4, "big") + name + body


def _number(*values: int) -> bytes:
    return b"".join(value.to_bytes(4, "big") for value in values)


def _mp4(length: int, fragments: bool) -> bytes:
    header = _box(b"mvhd", bytes(4), _number(0, 0, 1000, length), bytes(80))
    track = _box(b"trak", _box(b"tkhd", bytes(4), _number(0, 0, 1), bytes(68)),
                 _box(b"mdia", _box(b"mdhd", bytes(4), _number(0, 0, 1000, length), bytes(4))))  # fmt: skip
    extends = _box(b"mvex", _box(b"trex", bytes(4), _number(1, 1, 40, 0, 0)))
    whole = _box(b"ftyp", b"isom\0\0\2\0isom") + _box(b"moov", header, track, extends if fragments else b"")
    if not fragments:
        return whole + _box(b"mdat", b"m" * 64)
    for number in range(2):
        run = _box(b"trun", b"\0\0\1\0", _number(2, 40, 40))
        time = _box(b"tfdt", b"\1\0\0\0", (1000 * number).to_bytes(8, "big"))
        head = _box(b"tfhd", b"\0\0\0\x08", _number(1, 40))
        whole += _box(b"moof", _box(b"mfhd", bytes(8)), _box(b"traf", head, time, run)) + _box(b"mdat", b"m" * 32)
    return whole


def _store_seeds() -> Iterator[bytes]:
    yield b"\0" + _mp4(10_000, fragments=False)
    yield b"\0" + _mp4(0, fragments=True)
    yield b"\0" + _box(b"ftyp", b"isom") + _box(b"mdat", b"m" * 64) + _mp4(5000, fragments=False)[24:]
    packets = b""
    for number in range(6):
        clock_s = (90_000 * number << 7).to_bytes(5, "big")
        packets += (b"\x47\x41\0\x30\x07\x10" + clock_s).ljust(188, b"\xff")
    yield b"\0" + packets
    ebml = b"\x1a\x45\xdf\xa3\x84\x42\x86\x81\x01"
    yield (
        b"\0"
        + ebml
        + b"\x2a\xd7\xb1\x83\x0f\x42\x40\x44\x89\x88"
        + b"\x40\xc3\x88\0\0\0\0\0"
        + b"\x1f\x43\xb6\x75\x84\xe7\x82\x03\xe8"
    )
    yield b"\1" + _database_bytes()


CARRIED = {
    "carried": Target(_carried, (AgentError,), _carried_seeds, 32 * 1024),
    "store": Target(_store, (), _store_seeds, replays=100),
}
