"""What a secret camera is called, and its picture, on every way out of a site: `SURFACES`, walked with real commands.

Each way is walked twice: by a camera that is no secret, where most of them tell its name (else nothing is proven), and
by the same camera declared secret, where none may. `agent/report/secrecy.md` is the same table for people.
"""

from __future__ import annotations

import io
import os
import re
import sqlite3
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from here_run import run_here
from smaller_site import unhurried
from warm import one_worker
from webhook_server import Hook, serving

from agent.demo.site import SimulatedSite
from agent.demo.world.cameras import CAMERAS, DEVICES
from agent.service.cycle import environment

NAME, PLACE = "Zhenbao金库更衣室", "Zhenbao地下二层"
MARKERS = ("Zhenbao", "金库", "地下二层")
SECRET_ID = "corridor"
DECLARATION = (
    '\n[[declaration]]\nduty = "secret"\nvalue = {value}\nby = "Li Na"\nat = 2026-01-31\ncameras = ["corridor"]\n'
)
KEY = "privacy-mask-present camera:corridor"


@dataclass
class Place:
    """A site that has looked once as a service does, and everything that its commands wrote."""

    config: Path
    hook: Hook
    told: dict[str, str] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        return self.config.parent

    def run(self, *words: str | Path, expects: tuple[int, ...] = (0, 1, 3)) -> str:
        done = run_here(*words, "--config", self.config, environ={**os.environ, "HOME": str(self.folder)})
        assert done.returncode in expects, (words, done.returncode, done.stderr)
        return done.stdout + done.stderr

    def file(self, name: str, *words: str) -> bytes:
        path = self.folder / name
        self.run(*words, path)
        return path.read_bytes()


def unzipped(data: bytes) -> str:
    """Return every text of an archive within archives."""
    told = []
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            told.append(name + "\n" + archive.read(name).decode("utf-8", "replace"))
    return "\n".join(told)


def unpacked(data: bytes) -> str:
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return "\n".join(
            one.name + "\n" + member.read().decode("utf-8", "replace")
            for one in archive
            if (member := archive.extractfile(one)) is not None
        )


def reports(place: Place) -> str:
    """Return every signed body of the spool."""
    with closing(sqlite3.connect(place.folder / "state" / "spool.db")) as spool:
        return "\n".join(bytes(row[0]).decode("utf-8") for row in spool.execute("select payload from report"))


def pictured(text: str) -> set[str]:
    """Return the cameras of which a page holds a picture."""
    return set(re.findall(r'<img src="data:image/jpeg;base64,[^"]{100,}" alt="(\w+)', text))


def webhook(place: Place) -> str:
    return "\n".join(body.decode() for _, body in place.hook.requests)


def of_state(*names: str) -> Callable[[Place], str]:
    return lambda place: "\n".join((place.folder / name).read_text("utf-8") for name in names)


def history(place: Place) -> str:
    files = [one for one in (place.folder / "state").rglob("*") if one.is_file() and "history" in one.name]
    assert files
    return "\n".join(one.read_text("utf-8", "replace") for one in files)


def sheet(place: Place) -> str:
    """Return the sheet of adoption beside the approvals: it has the picture, by which a person approves."""
    told(place, "masks adopt")
    return (place.folder / "state" / "baselines" / "sheet.html").read_text("utf-8")


def told(place: Place, surface: str) -> str:
    """Return what a way out tells; each is walked once."""
    if surface not in place.told:
        place.told[surface] = SURFACES[surface].told(place)
    return place.told[surface]


@dataclass(frozen=True, slots=True)
class Surface:
    """One way out: how it is walked, and whether it names a camera that is no secret."""

    told: Callable[[Place], str]
    names: bool = True


def said(*words: str, expects: tuple[int, ...] = (0, 1, 3)) -> Callable[[Place], str]:
    return lambda place: place.run(*words, expects=expects)


def paper(
    name: str, *words: str, read: Callable[[bytes], str] = lambda data: data.decode("utf-8")
) -> Callable[[Place], str]:
    return lambda place: read(place.file(name, *words))


def compared(command: str, action: str, file: str, of: str) -> Callable[[Place], str]:
    """Compare the site with a file that another way out has written."""

    def compare(place: Place) -> str:
        told(place, of)
        return place.run(command, action, place.folder / file, "--json")

    return compare


SURFACES: Mapping[str, Surface] = {
    "reports, and with them hub, hub pages and hub case": Surface(reports),
    "journal": Surface(lambda place: (place.folder / "journal.txt").read_text("utf-8"), names=False),
    "status file": Surface(of_state("runtime/status.json")),
    "history of findings": Surface(history, names=False),
    "metrics": Surface(of_state("metrics.prom"), names=False),
    "webhook: notices and digest": Surface(webhook),
    "status": Surface(said("status")),
    "status --nagios": Surface(said("status", "--nagios", expects=(0, 1, 2, 3))),
    "check": Surface(said("check", "--all")),
    "check --json": Surface(said("check", "--json", "--timeline")),
    "check --csv": Surface(said("check", "--csv", "--all")),
    "check --report": Surface(
        paper("report.html", "check", "--quiet", "--sample", "0", "--pictures", "all", "--report")
    ),
    "findings": Surface(said("findings")),
    "findings --json": Surface(said("findings", "--json"), names=False),
    "findings --history": Surface(said("findings", "--history"), names=False),
    "findings form": Surface(paper("form.html", "findings", "form", *KEY.split(), "--out")),
    "masks adopt": Surface(said("masks", "adopt", "--rounds", "1"), names=False),
    "masks adopt: the sheet on the site": Surface(sheet),
    "masks adopt --sheet": Surface(paper("sheet.html", "masks", "adopt", "--rounds", "1", "--sheet")),
    "masks show": Surface(said("masks", "show", "--json"), names=False),
    "filing export": Surface(paper("dossier.zip", "filing", "export", "--quiet", "--out", read=unzipped)),
    "filing compare": Surface(compared("filing", "compare", "dossier.zip", "filing export"), names=False),
    "filing status": Surface(said("filing", "status", "--json"), names=False),
    "ledger export": Surface(paper("ledger.csv", "ledger", "export", "--out")),
    "ledger export, workbook": Surface(paper("ledger.xlsx", "ledger", "export", "--look", "--out", read=unzipped)),
    "ledger diff": Surface(compared("ledger", "diff", "ledger.csv", "ledger export"), names=False),
    "bundle": Surface(paper("bundle.tar.gz", "bundle", "--yes", "--quiet", "--out", read=unpacked), names=False),
    "doctor": Surface(said("doctor", "--json"), names=False),
    "queue list": Surface(said("queue", "list", "--json"), names=False),
    "privacy --page": Surface(paper("privacy.html", "privacy", "--page"), names=False),
    "config show --redact": Surface(said("config", "show", "--redact"), names=False),
    "declare --json": Surface(said("declare", "--json"), names=False),
}


@contextmanager
def place_of(folder: Path, secret: bool) -> Iterator[Place]:
    """Run a site of two cameras, one of them with a name, a place and a bare picture, until its service has looked."""
    gate, corridor = (one for one in CAMERAS if one.id in ("gate", "corridor"))
    corridor = replace(corridor, name=NAME, placement=PLACE)
    with serving() as hook, SimulatedSite(lambda: datetime.now(UTC), DEVICES[:1], (gate, corridor)) as devices:
        config = unhurried(devices.write_config(folder, {"host": "127.0.0.1", "tls": False, "confirm": "file"}))
        text = config.read_text("utf-8") + DECLARATION.format(value=str(secret).lower())
        text += f'\n[metrics]\ntextfile = "{folder}/metrics.prom"\n'
        text += '\n[[notify]]\nname = "duty"\nkind = "webhook"\ncredential = "duty"\nsign_credential = "sign"\n'
        text += '\n[daily_digest]\nkind = "json"\ncredential = "duty"\nat = "00:00"\n'
        config.write_text(text, "utf-8")
        with (folder / "secrets.toml").open("a", encoding="utf-8") as file:
            file.write(f'\n[credential.duty]\nuser = "robot"\npassword = "{hook.url()}"\n')
            file.write('\n[credential.sign]\nuser = "robot"\npassword = "k"\n')
        place = Place(config, hook)
        (folder / "journal.txt").write_text(place.run("run", "--once", expects=(0, 1, 3, 69)), "utf-8")
        yield place


@pytest.fixture(scope="module", autouse=True)
def warm() -> Iterator[None]:
    with one_worker(environment):
        yield


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with place_of(tmp_path_factory.mktemp("open"), secret=False) as place:
        yield place


@pytest.fixture(scope="module")
def secret(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with place_of(tmp_path_factory.mktemp("secret"), secret=True) as place:
        yield place


@pytest.mark.parametrize("surface", SURFACES)
def test_no_way_out_names_a_secret_camera(surface: str, named: Place, secret: Place) -> None:
    found = [marker for marker in MARKERS if marker in told(named, surface)]
    assert bool(found) == SURFACES[surface].names, "else nothing is proven below"
    assert [marker for marker in MARKERS if marker in told(secret, surface)] == []


def test_no_finding_of_the_service_spells_a_part_of_its_name(named: Place, secret: Place) -> None:
    """The hint that it may be a changing room names the word that was heard; the finding stays, the word does not."""
    hint = "forbidden-zone-name-hint"
    assert "更衣" in told(named, "status file") and hint in told(named, "status file")
    assert "更衣" not in told(secret, "status file") and hint in told(secret, "status file")


@pytest.mark.parametrize("paper", ["check --report", "masks adopt --sheet"])
def test_no_paper_that_leaves_the_site_holds_its_picture(paper: str, named: Place, secret: Place) -> None:
    assert pictured(told(named, paper)) == {"gate", SECRET_ID}, "else nothing is proven below"
    assert pictured(told(secret, paper)) == {"gate"}


def test_who_approves_sees_it_on_the_sheet_beside_the_approvals(secret: Place) -> None:
    assert pictured(told(secret, "masks adopt: the sheet on the site")) == {"gate", SECRET_ID}


@pytest.mark.parametrize("why", [f"{NAME} is a store", f"as seen from {PLACE}"])
def test_no_reason_that_goes_to_the_hub_may_name_it(why: str, secret: Place) -> None:
    said = secret.run("findings", "dispute", *KEY.split(), "--by", "Li Na", "--why", why, expects=(2,))
    assert "declared secret" in said and SECRET_ID in said
    assert not any(marker in said for marker in MARKERS)
