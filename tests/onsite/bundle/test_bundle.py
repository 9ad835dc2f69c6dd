"""`camwarden bundle`: everything support needs, within limits, and nothing that must not leave the site."""

from __future__ import annotations

import base64
import io
import json
import os
import pty
import select
import socket
import stat
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from delivery import Maker, site
from gateway_place import CANARY, Place, box
from patience import PATIENCE_S

from agent.cli import main
from agent.model import exits
from agent.model.finding import Draft, Message
from agent.onsite.bundle import ITEMS
from agent.onsite.bundle.packing import BUNDLE_MAX_BYTES, ITEM_MAX_BYTES, Item, NotThere, gather, packed
from agent.onsite.bundle.secrets import forms, known_secrets, without
from agent.onsite.doctor.survey import survey
from agent.service.alerts.status_file import write
from drivers.credentials import Credentials
from drivers.http.samples import Samples
from drivers.http.samples import write as write_samples
from drivers.model import Reply

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
PIN = "73719462"
TOKEN = "c4naryTokenOfAWebhook-77"
ODD = 'p"ä&<%/ w0rd'
PICTURE = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(range(256)) * 20


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with socket.create_server(("127.0.0.1", 0)) as device:
        yield Place(tmp_path, device.getsockname()[1])


def logging(place: Place, monkeypatch: pytest.MonkeyPatch, lines: str) -> None:
    """Put a journalctl in the way that prints lines."""
    programs = place.folder / "programs"
    programs.mkdir(exist_ok=True)
    (programs / "lines").write_text(lines)
    (programs / "journalctl").write_text(f"#!/bin/sh\ncat '{programs}/lines'\n")
    (programs / "journalctl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")


def bundled(place: Place, *more: str) -> dict[str, bytes]:
    out = place.folder / "bundle.tar.gz"
    assert main(["bundle", "--yes", "--quiet", "--out", str(out), "--config", str(place.config), *more]) == 0
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    return opened(out.read_bytes())


def opened(data: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        found = {}
        for member in archive.getmembers():
            file = archive.extractfile(member)
            assert file is not None
            found[member.name.removeprefix("camwarden-bundle/")] = file.read()
        return found


def plant(place: Place, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """Put secrets everywhere that a configuration, a device, a log or a report can carry them; return them."""
    secrets = place.folder / "secrets.toml"
    odd = json.dumps(ODD, ensure_ascii=False)
    secrets.write_text(
        secrets.read_text()
        + f'[credential.odd]\nuser = "odd"\npassword = {odd}\n[credential.token]\nuser = "t"\npassword = "{PIN}"\n'
        + f'[credential.digest]\nuser = "d"\npassword = "https://hook.example/send?key={TOKEN}"\n'
    )
    url = f"rtsp://admin:{CANARY}@192.0.2.1/main"
    basic = base64.b64encode(f"admin:{CANARY}".encode()).decode()
    logging(
        place,
        monkeypatch,
        f"reading {url}\nAuthorization: Basic {basic}\npassword={CANARY}\nsaid {CANARY} aloud\n"
        f"in base64 {base64.b64encode(CANARY.encode()).decode()}\nPIN {PIN}\nwebhook {TOKEN}\n"
        f"odd {ODD} and {json.dumps(ODD)}\n" + (place.state / "report-key.pem").read_text(),
    )
    samples = Samples(box())
    samples.keep(Reply("GetUri", "/onvif", 200, "text/xml", f"<Uri>{url}</Uri><x>{CANARY}</x>".encode(), 0.1), "odd")
    samples.keep(Reply("Snapshot", "/jpg", 200, "image/jpeg", PICTURE, 0.1), "no XML")
    write_samples(place.state / "samples", samples.kept, NOW)
    (place.state / "samples/by-hand.txt").write_text(f"left by hand: {url} {CANARY} {PIN}")
    (place.state / "samples/link.txt").symlink_to(place.folder / "secrets.toml")
    (place.state / "baselines").mkdir()
    (place.state / "baselines/gate.json").write_text("picture")
    (place.state / "gate.jpg").write_bytes(PICTURE)
    maker = Maker(place.state, site("S1"))
    spool = maker.open()
    finding = {
        "check": "camera-online",
        "subject": "camera:gate",
        "message": f"{url}: {CANARY}",
        "evidence": {"url": url},
    }
    body = {"findings": [finding], "cameras": [{"id": "gate", "name": "Bank gate"}]}
    made, _ = maker.envelopes([Draft("config", body)], spool.heads(), spool.epoch, NOW)
    spool.commit(made, "{}", NOW, spool.begin(NOW))
    spool.close()
    Credentials(place.state / "credentials.json").refused(box(), NOW)
    at = datetime.now(UTC)
    due = (at + timedelta(seconds=900)).isoformat()
    status = {"at": at.isoformat(), "next_due_at": due, "cameras": [{"id": "gate", "name": f"Bank {CANARY}"}]}
    write(place.folder / "run", {**status, "hub": {"link": "offline", "reason": f"{url} {CANARY}"}})
    key = (place.state / "report-key.pem").read_text().splitlines()[1]
    own = (place.authority.directory / "S1.key").read_text().splitlines()[1]
    return (CANARY, PIN, ODD, TOKEN, basic, key, own)


def test_no_secret_no_key_and_no_picture_is_in_the_archive(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    canaries = plant(place, monkeypatch)
    files = bundled(place)
    assert {"journal.txt", "samples.txt", "findings.json", "status.json", "logins.json"} <= files.keys()
    everything = b"\n".join(files.values())
    left = [form for canary in canaries for form in forms(canary) if form.encode() in everything]
    assert left == []
    assert b"PRIVATE KEY" not in everything
    assert b"JFIF" not in everything
    assert PICTURE[20:60] not in everything
    assert b"bytes of binary data" in files["samples.txt"]
    assert b"Bank" not in everything
    # What was around the secrets is still there to be read.
    assert b"192.0.2.1/main" in files["journal.txt"]
    assert b"camera-online" in files["findings.json"]


def test_the_archive_holds_the_table_and_nothing_else(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(place, monkeypatch)
    files = bundled(place)
    manifest = json.loads(files.pop("MANIFEST.json"))
    assert files.keys() <= {item.name for item in ITEMS}
    assert [row["name"] for row in manifest["items"]] == [item.name for item in ITEMS]
    for row in manifest["items"]:
        assert ("left_out" in row) is (row["name"] not in files)
    for name in files:
        if name.endswith(".json"):
            json.loads(files[name])
    rows = {Path(row["path"]).name: row for row in json.loads(files["files.json"])}
    assert "sha256" in rows["site.toml"]
    assert not {"secrets.toml", "report-key.pem", "S1.key"} & {name for name, row in rows.items() if "sha256" in row}


def test_secrets_of_a_broken_configuration_stay_out_too(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing can be loaded: site.toml holds a password, secrets.toml is no TOML. What could be one is one."""
    place.write(place.text.replace('credential = "cameras"', 'password = "m1splaced!"') + 'host = "h"\n')
    (place.folder / "secrets.toml").write_text(f"[credential.cameras\nuser = admin\npassword = '{CANARY}'\n")
    logging(place, monkeypatch, f"m1splaced! {CANARY}\n")
    files = bundled(place)
    everything = b"\n".join(files.values())
    assert b"m1splaced!" not in everything
    assert CANARY.encode() not in everything
    assert b"it cannot be used" in files["config.toml"]


def test_a_secret_that_survives_costs_its_item_not_the_site(place: Place) -> None:
    """The last net: a private key that nobody knew of is found in the finished text, and the text is left out."""
    item = Item("a.txt", "a", lambda *_: "-----BEGIN EC PRIVATE KEY-----\nabc\n")
    (one,) = gather([item], survey(place.config, NOW, {}), ())
    assert str(one.left_out) == "a secret was still found in it"
    assert opened(packed([one], NOW)).keys() == {"MANIFEST.json"}


def test_what_cannot_be_made_is_named_and_the_rest_is_packed(place: Place) -> None:
    forever = threading.Event()

    def fails(*_: object) -> str:
        raise OSError(5, "Input/output error")

    def missing(*_: object) -> str:
        raise NotThere(Message("there is no spool yet"))

    items = [
        Item("a.txt", "a", fails),
        Item("b.txt", "b", lambda *_: str(forever.wait()), limit_s=0.2),
        Item("c.txt", "c", missing),
        Item("d.txt", "d", lambda *_: "here"),
    ]
    try:
        gathered = gather(items, survey(place.config, NOW, {}), ())
    finally:
        forever.set()
    said = [str(one.left_out) for one in gathered]
    assert said == [
        "could not be made: [Errno 5] Input/output error",
        "took too long and was given up",
        "there is no spool yet",
        "None",
    ]
    files = opened(packed(gathered, NOW))
    assert files["d.txt"] == b"here"
    assert json.loads(files["MANIFEST.json"])["items"][1]["left_out"] == "took too long and was given up"


def test_large_texts_are_cut_and_the_whole_stays_within_its_limit(place: Place) -> None:
    items = [Item(f"{n}.txt", "x", lambda *_: "old" + "x" * 6_000_000 + "new") for n in range(7)]
    gathered = gather(items, survey(place.config, NOW, {}), ())
    sizes = [len(one.data) for one in gathered if one.left_out is None]
    assert max(sizes) <= ITEM_MAX_BYTES
    assert sum(sizes) <= BUNDLE_MAX_BYTES
    assert gathered[0].data.endswith(b"new")
    assert b"old" not in gathered[0].data
    assert str(gathered[-1].left_out) == "there is no room left in the archive"


def test_a_site_that_has_nothing_yet_can_be_bundled(tmp_path: Path) -> None:
    out = tmp_path / "b.tar.gz"
    missing = tmp_path / "missing.toml"
    assert main(["bundle", "--yes", "--quiet", "--out", str(out), "--config", str(missing)]) == 0
    files = opened(out.read_bytes())
    assert b"no such file" in files["config.toml"]
    assert "about.json" in files


def test_without_a_terminal_it_asks_for_yes_and_writes_nothing(place: Place) -> None:
    out = place.folder / "b.tar.gz"
    assert main(["bundle", "--out", str(out), "--config", str(place.config)]) == exits.USAGE
    assert not out.exists()


def test_a_file_that_is_there_stays_as_it_is(place: Place) -> None:
    out = place.folder / "b.tar.gz"
    out.write_text("mine")
    assert main(["bundle", "--yes", "--out", str(out), "--config", str(place.config)]) == exits.USAGE
    assert out.read_text() == "mine"


def test_json_tells_what_was_packed(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    out = place.folder / "b.tar.gz"
    assert main(["bundle", "--yes", "--json", "--out", str(out), "--config", str(place.config)]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["schema"], answer["file"]) == ("camwarden-bundle/1", str(out))
    assert answer["bytes"] == out.stat().st_size


def on_a_terminal(answer: str, *arguments: str) -> str:
    """Run camwarden on a real terminal, answer its question, and return what it showed."""
    ours, theirs = pty.openpty()
    environ = {**os.environ, "COLUMNS": "80", "LANG": "C.UTF-8"}
    child = subprocess.Popen(
        [sys.executable, "-m", "agent", *arguments], stdin=theirs, stdout=theirs, stderr=subprocess.DEVNULL, env=environ
    )
    os.close(theirs)
    shown = b""
    try:
        while b"[y/N]" not in shown and select.select([ours], [], [], 60)[0]:
            shown += os.read(ours, 4096)
        os.write(ours, answer.encode())
        while True:
            part = os.read(ours, 4096)
            shown += part
    except OSError:  # EIO: the other side is closed
        pass
    finally:
        os.close(ours)
        assert child.wait(PATIENCE_S) == 0
    return shown.decode()


@pytest.mark.parametrize(("answer", "written"), [("n\n", False), ("\n", False), ("y\n", True)])
def test_the_listing_is_shown_before_anything_is_written(answer: str, written: bool, place: Place) -> None:
    out = place.folder / "b.tar.gz"
    shown = on_a_terminal(answer, "bundle", "--out", str(out), "--config", str(place.config))
    assert "about.json" in shown.split("[y/N]")[0]
    assert out.exists() is written


def test_what_is_looked_for_has_every_form(place: Place) -> None:
    known = known_secrets(place.config, None, place.state)
    assert CANARY in known
    assert [len(secret) for secret in known] == sorted((len(secret) for secret in known), reverse=True)
    assert without(f"a {CANARY} {base64.b64encode(CANARY.encode()).decode()} {CANARY.encode().hex()}", (CANARY,)) == (
        "a *** *** ***"
    )
