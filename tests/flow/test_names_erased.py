"""Who approved, planned, acknowledged or disputed something: its name is in no report, and can be erased at the hub."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from camera_cycles import ONLINE
from disputing import GATE, DisputedSite
from hub_web import add_person, serving
from hubside import FAST, Peer, RunningHub, clock
from mosquitto import Broker
from patience import PATIENCE_S

from agent.cli import main
from agent.contract.authors import AUTHOR
from agent.contract.signing_keys import load_or_create_signer
from agent.deliver.publish.publisher import Publisher
from agent.hub.stores import signing_key, trust
from agent.site.config.site import Hub

NAME = "业主张三丰"
BYTES = NAME.encode()


def files_with(folder: Path, name: bytes = BYTES) -> list[str]:
    """Return the files below a folder in which a name is, in UTF-8 or as JSON writes it in ASCII."""
    escaped = json.dumps(name.decode())[1:-1].encode()
    files = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path.relative_to(folder).as_posix() for path in files if any(
        one in path.read_bytes() for one in (name, escaped)
    ))  # fmt: skip


def named_in(case: Path, author: str) -> dict[str, Any]:
    """Return whom a case names by an id; its pages say that as its list does, and nothing that was signed does."""
    with ZipFile(case) as archive:
        texts = {name: archive.read(name).decode() for name in archive.namelist()}
    (row,) = [one for one in json.loads(texts["names.json"])["names"] if one["id"] == author]
    for page in ("README.en.md", "README.zh.md"):
        assert author in texts[page] and (NAME in texts[page]) == bool(row["name"])
    assert not any(NAME in text for name, text in texts.items() if name.startswith("envelopes/"))
    return {"id": row["id"], "name": row["name"]}


def test_a_name_that_is_erased_is_nowhere_at_the_hub_and_stays_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "hub"
    at_hub = ("--data", str(data))

    def told(*words: str, code: int = 0) -> str:
        capsys.readouterr()
        assert main([*words]) == code
        return capsys.readouterr().out

    with Broker(tmp_path / "broker") as broker, Peer(broker.port, "vss/v1/+/+/#") as wire:
        options = Hub("127.0.0.1", broker.port, tls=False)
        hub_key = load_or_create_signer(data / signing_key.KEY_NAME)
        site = DisputedSite(tmp_path / "site", {hub_key.kid: hub_key.public}, options)
        trust.add(data, "S1", site.maker.signer.kid, clock())
        with RunningHub(data, options) as hub:
            keys = {hub_key.kid: hub_key.public}
            site.publisher = publisher = Publisher(
                site.maker.site, site.spool, site.maker.signer, keys, clock, FAST, heard=site.desk.hear
            )
            publisher.start()
            here = ("--config", str(site.config), "findings")
            site.cycle(clock(), gate="fail", yard="pass")
            told(*here, "ack", ONLINE, GATE, "--until", "3d", "--by", NAME, "--why", f"{NAME} 已联系维修")
            told(*here, "dispute", ONLINE, GATE, "--by", NAME, "--why", f"那天停电 ({NAME})")
            site.cycle(clock(), gate="fail", yard="pass")
            publisher.wake()
            assert publisher.drained(PATIENCE_S)
            hub.tell.wait(lambda _: len(hub.tell.of("names")) >= 1 and len(hub.tell.of("disputed")) == 1)

            reports = [one for one in wire.seen.events if not str(one["topic"]).endswith("/names")]
            assert len(reports) > 3
            assert not any(BYTES in one["payload"] for one in reports), "no report has a name"
            assert files_with(data) == ["names.db"]

            add_person(data, "root", "administrator")
            shown = ("status", "disputes", "findings")
            for name in shown[:2]:
                assert NAME in told("hub", name, *at_hub)
                assert NAME in told("hub", name, *at_hub, "--json")
            (author,) = [one for one in AUTHOR.finditer(told("hub", "people", "list", "--name", NAME, *at_hub))]
            author_id = author[0]
            out = tmp_path / "case-before.zip"
            case = ("hub", "case", "S1", ONLINE, "--from", "2026-01-01", "--to", "2099-01-01", *at_hub)
            told(*case, "--out", str(out))
            assert named_in(out, author_id) == {"id": author_id, "name": NAME}
            told("hub", "backup", str(tmp_path / "backup"), *at_hub)
            assert files_with(tmp_path / "backup") == []
            with serving(data) as page:
                assert NAME in page.let_in("root").get("/sites/S1").text

            told("hub", "people", "erase", author_id, "--by", "局长", "--why", f"{NAME} 的申请", *at_hub, code=2)
            told("hub", "people", "erase", author_id, "--by", "局长", "--why", "本人申请", *at_hub)
            assert files_with(data) == []
            heard = len(hub.tell.of("names"))
            site.cycle(clock(), gate="pass", yard="fail")  # the site tells it again
            publisher.wake()
            hub.tell.wait(lambda _: len(hub.tell.of("names")) > heard)
            assert files_with(data) == []
            for name in shown:
                for form in ((), ("--json",)):
                    assert NAME not in told("hub", name, *at_hub, *form)
            assert f"{author_id} (name erased on " in told("hub", "disputes", *at_hub)
            told(*case, "--out", str(tmp_path / "case-after.zip"))
            assert named_in(tmp_path / "case-after.zip", author_id) == {"id": author_id, "name": None}
            with serving(data) as page:
                client = page.let_in("root")
                for path in ("/", "/findings", "/sites/S1", "/audit", "/api/v1/sites/S1", "/findings.csv", "/holds"):
                    reply = client.get(path)
                    assert (reply.status, NAME in reply.text) == (200, False), path
                assert f"{author_id} (name erased on " in client.get("/sites/S1").text
            assert publisher.stop(5)
        site.spool.close()
    assert not hub.tell.of("rejected")
    assert files_with(data) == []
    restored = tmp_path / "restored"
    told("hub", "restore", str(tmp_path / "backup"), "--data", str(restored))
    assert files_with(restored) == []
