"""Runs what bench `hub_kills` ends beside the hub, and holds it to account: backups, carried batches, the log.

A command is started anew whenever it has ended. One that was killed is said again with the same words, as a person
would; what it had done by then has to be whole, or not there.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Protocol

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), *(str(ROOT / "tests" / name) for name in ("", "support", "bench"))]

from caseside import Day, config, event, finding, health  # noqa: E402
from delivery import Maker, site  # noqa: E402
from fleet_parts import environment, hub_database  # noqa: E402
from hubdesk import Desk, trusted  # noqa: E402

from agent.contract.chain import digest  # noqa: E402
from agent.contract.envelope import STATE_TYP, flatten, sign_payload  # noqa: E402
from agent.contract.presence import write_state  # noqa: E402
from agent.contract.signing_keys import load_or_create_signer  # noqa: E402
from agent.contract.topics import topic  # noqa: E402
from agent.hub.log import mirror  # noqa: E402
from agent.hub.log.witness import witness  # noqa: E402
from agent.hub.stores import signing_key  # noqa: E402
from agent.hub.stores.keeping.backup import verify_backup  # noqa: E402
from agent.hub.stores.log import LogStore  # noqa: E402
from agent.hub.stores.store import NAME, Store  # noqa: E402
from agent.model.errors import ConfigurationError, NotVerified  # noqa: E402
from agent.verify.merkle import leaf_hash  # noqa: E402
from agent.verify.receipt import entry_of  # noqa: E402

KILLED: Final = -9
OLD: Final = "OLD"
CARRIED: Final = "CARRIED"

_OLDEST: Final = timedelta(days=400)
_NEWEST: Final = timedelta(days=100)
_AT_ONCE: Final = 256


def put_old(home: Path, data: Path, count: int) -> set[str]:
    """Have a site report so often between 400 and 100 days ago, so that housekeeping has work; return the digests."""
    maker, now = Maker(home / "old", site(OLD)), datetime.now(UTC)
    with closing(_desk(data)) as desk:
        trusted(desk, maker)
        day = Day(maker)
        for start in range(0, count, _AT_ONCE):
            with desk.store.transaction():
                for number in range(start, min(count, start + _AT_ONCE)):
                    at = now - _OLDEST + number * (_OLDEST - _NEWEST) / count
                    drafts = [health(at), *([event("camera:c0", "pass", "pass")] if number % 20 == 0 else ())]
                    for one in day.report(at, *drafts):
                        desk.intake.take(topic("datong", OLD, one.report.stream), one.report.payload, one.jws, at)
                desk.intake.settle()
    return {one.report.digest for one in day.made}


class _ClosedDesk(Desk):
    """A desk that `closing` closes."""

    def close(self) -> None:
        """Close the database."""
        self.store.close()


def _desk(data: Path) -> _ClosedDesk:
    return _ClosedDesk(data)


class Work(Protocol):
    """What a command is started for, again and again."""

    def words(self) -> Sequence[str]:
        """Return the command's words for the next run."""

    def is_at_it(self) -> bool:
        """Return whether the run has begun to write, and more is to be written."""

    def ended(self, code: int) -> None:
        """Hold to account what a run has left, which ended with this code."""


class Command:
    """A command that is started anew whenever it has ended."""

    def __init__(self, name: str, work: Work, log: Path) -> None:
        self.name, self._work, self._log = name, work, log
        self.codes: Counter[int] = Counter()
        self._child: subprocess.Popen[bytes] | None = None

    def go_on(self) -> None:
        """Take the result of a run that is over, and start the next."""
        if self._child is not None and self._child.poll() is None:
            return
        self._take()
        with self._log.open("ab") as log:
            words = [sys.executable, "-P", "-m", "agent", "hub", *self._work.words()]
            self._child = subprocess.Popen(words, stdout=log, stderr=log, env=environment())

    def kill(self) -> str:
        """End it as a power cut does; return its name with its state, empty where it had ended before."""
        if self._child is None or self._child.poll() is not None:
            return ""
        state = f"{self.name} that writes" if self._work.is_at_it() else self.name
        self._child.kill()
        return state if self._child.wait() == KILLED else ""

    def finish(self) -> None:
        """Wait for the run that is under way."""
        if self._child is not None:
            self._child.wait(120)
            self._take()

    def _take(self) -> None:
        if self._child is not None:
            code, self._child = self._child.wait(), None
            self.codes[code] += 1
            self._work.ended(code)


class Backups:
    """Backups of the hub's data, one after the other. `wrong`: what is at their place and is no whole backup."""

    def __init__(self, data: Path, home: Path) -> None:
        self._data, self._out, self._part = data, home / "backup", home / "backup.part"
        self._before: tuple[int, int] = (0, 0)
        self.whole, self.wrong, self.lost = 0, 0, 0

    def words(self) -> Sequence[str]:
        """Return the words of the next backup; one that was killed goes on, and is as of when it was begun."""
        if not (self._part / "begun.json").exists():
            with hub_database(self._data) as db:
                self._before = _reports(db)
        return ("backup", str(self._out), "--data", str(self._data))

    def is_at_it(self) -> bool:
        """Return whether a part of the copy is there."""
        return self._part.exists()

    def ended(self, code: int) -> None:
        """Verify what is there, and that it has what was stored before it began."""
        if code not in (0, KILLED):
            raise RuntimeError(f"a backup ended with {code}")
        if not self._out.exists():
            if code == 0:
                raise RuntimeError("a backup that ended well is not there")
            return
        try:
            verify_backup(self._out)
        except ConfigurationError as error:
            self.wrong += 1
            print(f"not a whole backup: {error}", file=sys.stderr)
        else:
            self.whole += 1
            with hub_database(self._out) as db:
                self.lost += max(0, self._before[1] - _reports(db, self._before[0])[1])
        shutil.rmtree(self._out)


def _reports(db: Any, up_to: int = 2**62) -> tuple[int, int]:
    """Return the highest id, and how many reports there are up to an id."""
    query = "SELECT coalesce(max(id), 0), count(*) FROM report WHERE id <= ?"
    newest, count = db.execute(query, (up_to,)).fetchone()
    return int(newest), int(count)


class Imports:
    """Batches of a site without a network, carried here one after the other; `taken`: the digests of the imported."""

    def __init__(self, data: Path, home: Path, in_batch: int = 300) -> None:
        self._data, self._batch, self._in_batch = data, home / "batch.zip", in_batch
        self._day = Day(Maker(home / "carried", site(CARRIED)))
        with closing(_desk(data)) as desk:
            desk.vouch(self._day.maker)
        self._next: list[str] = []
        self.taken: set[str] = set()
        self.batches = 0

    @property
    def is_pending(self) -> bool:
        """Whether a batch was begun, and is not known to be taken."""
        return bool(self._next)

    def words(self) -> Sequence[str]:
        """Return the words of the next import; a batch that was not taken whole is carried again."""
        if not self._next:
            self._next = self._pack()
        return ("import", str(self._batch), "--data", str(self._data), "--json")

    def is_at_it(self) -> bool:
        """Return whether a part of the batch is stored."""
        with hub_database(self._data) as db:
            query = "SELECT count(*) FROM report WHERE site = ? AND digest IN (?, ?)"
            return bool(db.execute(query, (CARRIED, self._next[1], self._next[-1])).fetchone()[0] == 1)

    def ended(self, code: int) -> None:
        """Believe an import that says that it took everything: the one who carried it deletes it then."""
        if code == 0:
            self.taken.update(self._next)
            self._next = []
            self.batches += 1
        elif code != KILLED:
            raise RuntimeError(f"an import ended with {code}")

    def _pack(self) -> list[str]:
        """Write the next batch of the chain, beginning with a configuration; return its digests."""
        at, maker = datetime.now(UTC), self._day.maker
        drafts = [config(finding("camera:c0", "pass")), *(health(at) for _ in range(self._in_batch))]
        made = self._day.report(at, *drafts)
        state = write_state(maker.presence(self._day.epoch, 1), "ready", at)
        with zipfile.ZipFile(self._batch, "w") as archive:
            archive.writestr("state.json", flatten(state, sign_payload(state, maker.signer, STATE_TYP)))
            for one in made:
                name = f"{one.report.stream}-{one.report.seq}.json"
                archive.writestr(name, flatten(one.report.payload, one.jws))
        return [digest(one.report.payload) for one in made]


class LogWatch:
    """A witness of the hub's log; `refused`: how often it was shown what does not continue what it holds."""

    def __init__(self, data: Path, home: Path) -> None:
        self._data, self._mirror, self._own = data, home / "mirror", home / "witness"
        self._own.mkdir()
        self.looks, self.refused = 0, 0

    def look(self) -> None:
        """Export the log, and hold it against what was held."""
        key = load_or_create_signer(self._data / signing_key.KEY_NAME)
        try:
            with closing(LogStore(self._data, read_only=True)) as log:
                mirror.export(log, self._mirror)
            witness(self._mirror, self._own, {key.kid: key.public}, datetime.now(UTC))
        except ConfigurationError:
            return  # not begun yet
        except NotVerified as error:
            self.refused += 1
            print(f"the witness refuses: {error}", file=sys.stderr)
        self.looks += 1


def log_faults(data: Path) -> tuple[int, int]:
    """Return how many entries of the log stand twice, and how many reports it lacks or has another digest of."""
    with closing(LogStore(data, read_only=True)) as log, closing(Store(data, read_only=True)) as store:
        state = log.state()
        leaves = log.leaves(0, state.size if state else 0)
        digests = dict(store.all("SELECT id, digest FROM report"))
        wrong = sum(
            report not in digests or leaf_hash(entry_of(salt, digests[report])) != log.leaf_hash(n)
            for n, report, salt in leaves
        )
        logged = {report for _, report, _ in leaves}
    return len(leaves) - len(logged), wrong + len(digests.keys() - logged)


def twice(data: Path) -> int:
    """Return how many reports the hub's database has twice, or has counted as verified without having them once."""
    with hub_database(data) as db:
        (again,) = db.execute(
            "SELECT count(*) FROM (SELECT 1 FROM report GROUP BY site, epoch, stream, seq HAVING count(*) > 1)"
        ).fetchone()
        rows = dict(db.execute("SELECT site, count(*) FROM report GROUP BY site"))
        counted = dict(db.execute("SELECT site, sum(n) FROM count WHERE name = 'verified' GROUP BY site"))
    return int(again) + sum(abs(rows[site] - counted.get(site, 0)) for site in rows)


def hub_says(data: Path, *words: str) -> dict[str, Any]:
    """Return what a command of the hub says as JSON."""
    command = [sys.executable, "-P", "-m", "agent", "hub", *words, "--data", str(data), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment())
    if not done.stdout:
        raise RuntimeError(f"hub {words[0]} said nothing: {done.stderr[-1000:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def restored_faults(data: Path, home: Path) -> int:
    """Back up once more, restore that elsewhere, and return how much of it is not there or does not verify."""
    copy, again = home / "last-backup", home / "restored"
    hub_says(data, "backup", str(copy))
    hub_says(again, "restore", str(copy))
    there, here = hub_says(again, "verify", "--all"), hub_says(data, "verify", "--all")
    return int(there["wrong"]) + abs(there["reports"] - here["reports"]) + abs(there["bodies"] - here["bodies"])


def database_mb(data: Path) -> float:
    """Return the size of the hub's database, 10^6 bytes."""
    return round((data / NAME).stat().st_size / 1e6, 1)
