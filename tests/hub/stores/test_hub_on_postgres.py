"""A hub whose data folder names PostgreSQL: every command sees it, and what the server alone can do is said."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from pathlib import Path

import pytest
from delivery import NOW, Maker, config_report, event, health
from every_command import Leaf, leaves, run, words
from hubdesk import Desk, trusted
from patience import waits
from postgres import PostgresServer
from unloaded import unload

import agent
from agent.hub.stores.engines import SQLITE, engine_of, open_store
from agent.hub.views.disk import disk_line, read_forecast
from agent.model.errors import ConfigurationError
from agent.model.exits import BUG, UNAVAILABLE, USAGE

NAME = "postgres.conninfo"
NEWEST = max(path.stem for path in (Path(agent.__file__).parent / "hub/stores/postgres/migrations").glob("*.sql"))
RUNS_ON = {"hub run", "hub serve", "hub enroll serve"}
OF_FILES = {"hub backup", "hub restore", "hub take-over", "hub migrate"}
SAID_ALIKE = {"hub findings", "hub site", "hub check", "hub verify", "hub orders", "hub fleet", "hub report"}
HUB = [leaf for leaf in leaves() if leaf.path[0] == "hub" and leaf.name not in RUNS_ON]


@pytest.fixture
def hub(postgres: PostgresServer, tmp_path: Path) -> Path:
    postgres.place(tmp_path / "hub")
    return tmp_path / "hub"


def fill(folder: Path, site: Path) -> None:
    """Have a hub take the reports of one site."""
    desk, maker = Desk(folder, open_store), Maker(site)
    with closing(desk.store):
        trusted(desk, maker)
        made, _ = maker.envelopes([event(0), config_report(), health()], {}, "e1")
        assert {desk.send(one)["event"] for one in made} == {"verified"}


@pytest.fixture(scope="module")
def both(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return two hubs that have taken the same, the second in PostgreSQL."""
    folder = tmp_path_factory.mktemp("both")
    postgres.place(folder / "server")
    for name in ("files", "server"):
        fill(folder / name, folder / f"site-{name}")
    return folder / "files", folder / "server"


def test_a_folder_that_names_nothing_is_sqlites_and_no_driver_of_a_server_is_loaded(tmp_path: Path) -> None:
    assert engine_of(tmp_path) is SQLITE
    assert engine_of(tmp_path / "none") is SQLITE


@pytest.mark.parametrize("leaf", HUB, ids=lambda leaf: leaf.name)
def test_every_command_ends_as_it_does_where_reports_are_files(
    leaf: Leaf, both: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = []
    for folder in both:
        (tmp_path / folder.name).mkdir()
        monkeypatch.chdir(tmp_path / folder.name)  # some write a file
        ended.append(run([*words(leaf), "--data", str(folder)], "en"))
    files, server = ended
    if leaf.name in OF_FILES:
        assert (server[0], server[2].count("\n")) == (USAGE, 1)
        assert "PostgreSQL" in server[2] and NAME in server[2]
        return
    assert server[0] == files[0] != BUG, (files, server)
    assert not (both[1] / "hub.db").exists()
    if leaf.name in SAID_ALIKE:
        assert server[1:] == files[1:]


def test_status_says_that_nobody_here_knows_what_is_free_at_a_server_elsewhere(
    both: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(open_store(both[1], read_only=True)) as store:
        assert store.disk.measure().free_bytes is not None, "a server on this machine"
        monkeypatch.setattr("agent.hub.stores.postgres.files._is_here", lambda _: False)
        found = read_forecast(store, NOW)
    assert (found.state, found.free_bytes, found.full_on) == ("unknown", None, None)
    assert "is not known here" in str(disk_line(found))
    assert run(["hub", "status", "--data", str(both[1]), "--json"], "en")[0] == 0
    code, page, _ = run(["hub", "metrics", "--data", str(both[1])], "en")
    assert code == 0 and "\ncamwarden_hub_disk_free_bytes " not in page


def probe(folder: Path) -> dict[str, object]:
    told = json.loads(run(["hub", "doctor", "--data", str(folder), "--json"], "en")[1])
    (found,) = (one for one in told["probes"] if one["probe"] == "server")
    return dict(found)


def test_doctor_looks_at_the_server(postgres: PostgresServer, hub: Path, tmp_path: Path) -> None:
    assert probe(tmp_path)["reason"] == "no-server"
    assert probe(hub)["reason"] == "empty"
    open_store(hub).close()
    passed = probe(hub)
    assert passed["status"] == "pass" and NEWEST in str(passed["what"])
    postgres.query("INSERT INTO migration VALUES (999, '999_later', now())")
    assert (probe(hub)["status"], probe(hub)["reason"]) == ("fail", "another-version")
    (hub / NAME).write_text("host=/nowhere dbname=x")
    assert (probe(hub)["status"], probe(hub)["reason"]) == ("fail", "no-answer")


def test_doctor_warns_of_a_server_that_never_counts_its_rows(postgres: PostgresServer, hub: Path) -> None:
    """With 100,000 sites each batch of reports took seconds there, and milliseconds once the tables were analyzed."""
    open_store(hub).close()

    def settles(value: str) -> None:
        with postgres.connected() as db:
            db.execute(f"ALTER SYSTEM SET autovacuum = {value}")
            db.execute("SELECT pg_reload_conf()")
        waits(lambda: postgres.query("SHOW autovacuum") == [(value,)])

    settles("off")
    try:
        found = probe(hub)
    finally:
        settles("on")
    assert (found["status"], found["reason"]) == ("warn", "autovacuum-off")
    assert "VACUUM ANALYZE" in str(found["next_step"])
    assert probe(hub)["status"] == "pass"


def test_a_server_that_is_gone_is_unavailable_and_no_fault_of_the_program(hub: Path) -> None:
    (hub / NAME).write_text("host=/nowhere dbname=x")
    for asked in (["status"], ["findings"], ["check"]):
        code, _, said = run(["hub", *asked, "--data", str(hub)], "en")
        assert code == UNAVAILABLE and said.count("\n") == 1
        assert "see whether PostgreSQL runs" in said


@pytest.mark.parametrize("text", ["host=/nowhere password=geheim dbname=x", "postgresql://hub:geheim@127.0.0.1:1/x",
                                  "host=/nowhere sslpassword=geheim", "geheim"], ids=range(4))  # fmt: skip
def test_a_password_where_it_does_not_belong_is_refused_and_never_repeated(hub: Path, text: str) -> None:
    (hub / NAME).write_text(text)
    code, out, err = run(["hub", "status", "--data", str(hub)], "en")
    assert code == ConfigurationError.exit_code
    assert "geheim" not in out + err and NAME in err and err.count("\n") == 1


def test_a_password_from_a_file_of_libpqs_lets_the_hub_in_and_a_wrong_one_is_not_shown(
    postgres: PostgresServer, hub: Path, tmp_path: Path
) -> None:
    told = (hub / NAME).read_text().strip()
    with postgres.passwords("hub", "geheim"):
        secret = tmp_path / "pgpass"
        secret.touch(0o600)
        secret.write_text("*:*:*:hub:geheim\n")
        (hub / NAME).write_text(f"{told} passfile={secret}")
        open_store(hub).close()
        secret.write_text("*:*:*:hub:falsch\n")
        code, out, err = run(["hub", "status", "--data", str(hub)], "en")
    assert code != 0
    assert "password authentication failed" in err
    assert not {"geheim", "falsch"} & set((out + err).replace('"', " ").split())


def test_an_installation_without_the_driver_says_what_to_install(hub: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unload(monkeypatch, "agent.hub.stores.postgres", "psycopg")
    monkeypatch.setitem(sys.modules, "psycopg", None)
    code, _, err = run(["hub", "status", "--data", str(hub)], "en")
    assert (code, err.count("\n")) == (ConfigurationError.exit_code, 1)
    assert "camwarden[province]" in err


def test_a_key_that_is_gone_beside_a_database_that_knows_sites_is_not_made_anew(both: tuple[Path, Path]) -> None:
    key = both[1] / "hub-key.pem"
    kept = key.read_bytes()
    key.unlink()
    try:
        code, _, err = run(["hub", "jwks", "--data", str(both[1])], "en")
        assert (code, key.exists()) == (ConfigurationError.exit_code, False) and NAME in err
    finally:
        key.write_bytes(kept)
        key.chmod(0o600)
