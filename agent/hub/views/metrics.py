"""Renders and serves the hub's metrics in Prometheus' text form. Reads only.

Everything is summed over the sites; the figures of municipal assessment are those of yesterday in China. Each of the
first 500 sites by name has three series of its own, so that a city does not flood the collector;
`camwarden_hub_sites_without_series` is the number of the others. Reasons are the words of `agent/verify/message.py` and
`agent/hub/workers/answers.py`, a few dozen at most.

Beside a running hub the database is opened anew for each request; what costs a look at every site is kept for a minute.
The address that it listens on, loopback unless another is named, decides who may connect.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, get_args

from agent.contract.presence import STATUSES
from agent.host import prometheus
from agent.hub.domain.figures import CHINA, METRICS, Figure, added
from agent.hub.domain.rows.upgrades import Step
from agent.hub.log.sequencer import lag
from agent.hub.ports.store import Store
from agent.hub.stores.engines import files_of, log_beside, open_store, open_trust
from agent.hub.views.assessment import assess
from agent.hub.views.disk import disk_blocks
from agent.hub.views.silent import KINDS, silent_sites
from agent.hub.views.standby import read_from_blocks
from agent.hub.views.webhooks import hook_blocks
from agent.model.errors import AgentError
from agent.text.metrics import Kind, Labels, block
from agent.verify.bindings import Trust
from agent.verify.members import time_of

SITES_MOST: Final = 500
"""Sites with series of their own."""

SLOW_S: Final = 60.0
"""So long a served page keeps what costs a look at every site: who is silent, and the figures of yesterday."""

_RESULTS = {
    "verified": "verified",
    "duplicates": "duplicate",
    "forks": "fork",
    "tampered": "tamper",
    "stale-states": "stale-state",
}


@dataclass(frozen=True, slots=True)
class Slow:
    """What costs a look at every site, and when it was: silent sites by kind, and the figures of yesterday."""

    at: datetime
    silent: Mapping[str, int]
    assessment: str


def look(store: Store, trust: Trust, now: datetime) -> Slow:
    """Look at every site."""
    rows, waiting = store.sites.rows(), store.sites.waiting()
    return Slow(now, Counter(one.kind for one in silent_sites(rows, waiting, trust, now)), _assessment(store, now))


def write_metrics(
    store: Store,
    trust: Trust,
    directory: Path,
    now: datetime,
    slow: Slow | None = None,
    backups: Path | None = None,
) -> str:
    """Return the page from the hub's database, the trust file, and the size on disk of the data folder `directory`.

    `slow`: an earlier look at every site, None: look now. `backups`: their folder, None: none is told of.
    """
    slow = slow or look(store, trust, now)
    rows = store.sites.contacts()
    states, silent = Counter(status for _, status, _ in rows), Counter(slow.silent)
    summed = Counter(store.sites.counts_summed())
    lag = Counter(store.sites.lags())
    missing: Counter[str] = Counter()
    for chain in store.sites.chains_with_holes():
        missing[chain.site] += sum(last - first + 1 for first, last in store.sites.missing_runs(chain))
    oldest = time_of(min((at for _, _, at in rows if at), default=""))
    shown = [site for site, _, _ in rows[:SITES_MOST]]
    heard = ((site, time_of(at)) for site, _, at in rows[:SITES_MOST])
    ages = {site: (now - at).total_seconds() for site, at in heard if at is not None}
    size = store.disk.measure().used_bytes
    blocks = [
        _block(
            *("sites", "gauge", "Sites of which a verified message has come, by what they last said of themselves."),
            [({"state": state}, states[state]) for state in (*STATUSES, "unknown")],
        ),
        _block(
            *("silent_sites", "gauge", "Sites that are not heard of as they should be: see `camwarden hub silent`."),
            [({"kind": kind}, silent[kind]) for kind in KINDS],
        ),
        _block("messages_received_total", "counter", "Messages that came in.", [({}, summed["received"])]),
        _block(
            *("messages_total", "counter", "Messages by what became of them."),
            [({"result": word}, summed[name]) for name, word in _RESULTS.items()],
        ),
        _block(
            *("messages_rejected_total", "counter", "Messages that were not believed, by reason."),
            _by_reason(summed, ("rejected", "unverified")),
        ),
        _block(
            *("messages_unverified_total", "counter", "Those of them that no key of their site signed, by reason."),
            _by_reason(summed, ("unverified",)),
        ),
        _block("new_epochs_total", "counter", "New lives of sites' spools.", [({}, summed["new-epochs"])]),
        _block(
            *("messages_untrusted", "gauge", "Messages that wait for a key to be trusted."),
            [({}, sum(row.number for row in store.sites.waiting()))],
        ),
        _block("reports_missing", "gauge", "Reports that are missing and unexplained.", [({}, missing.total())]),
        _block(
            *("reports_unconfirmed", "gauge", "Reports that sites have made in their epoch and are not confirmed."),
            [({}, lag.total())],
        ),
        _block(
            *("health_age_seconds_max", "gauge", "Longest time since a site's last health report came."),
            [({}, (now - oldest).total_seconds() if oldest else 0.0)],
        ),
        _block("orders_open", "gauge", "Orders without an answer.", [({}, sum(store.commands.open_counts().values()))]),
        _block(
            *("sites_told_elsewhere", "gauge", "Sites that tell another division than counts: `camwarden hub places`."),
            [({}, len(store.places.differing()))],
        ),
        *_upgrade(store),
        _block("store_bytes", "gauge", "Bytes that what is stored takes.", [({}, size)]),
        *disk_blocks(store, now),
        *read_from_blocks(store),
        _block(
            *("sites_without_series", "gauge", f"Sites past the first {SITES_MOST}: in the sums only."),
            [({}, max(0, len(rows) - SITES_MOST))],
        ),
        _block(
            *("site_health_age_seconds", "gauge", "Time since the last health report of a site came."),
            [({"site": site}, ages[site]) for site in shown if site in ages],
        ),
        _block(
            *("site_reports_missing", "gauge", "Reports of a site that are missing and unexplained."),
            [({"site": site}, missing[site]) for site in shown],
        ),
        _block(
            *("site_reports_unconfirmed", "gauge", "Reports of a site that are not confirmed."),
            [({"site": site}, lag[site]) for site in shown],
        ),
        *_kept(store, directory, backups, now),
        *hook_blocks(store, now),
        slow.assessment,
    ]
    return "".join(blocks)


def _kept(store: Store, directory: Path, backups: Path | None, now: datetime) -> Iterator[str]:
    """Yield how far the log is behind, and the age of the newest backup; nothing of what is not there to be read."""
    with suppress(AgentError), log_beside(directory) as log:
        behind = lag(log.state() if log is not None else None, store)
        age = (now - behind.oldest_at).total_seconds() if behind.oldest_at else 0.0
        yield _block(
            "log_reports_waiting", "gauge", "Accepted reports that are not in the log yet.", [({}, behind.count)]
        )
        yield _block("log_waiting_oldest_seconds", "gauge", "So long the oldest of them waits.", [({}, max(0.0, age))])
        yield _block(
            *("log_continues", "gauge", "1: the database is the one that the log continues; 0: nothing is appended."),
            [({}, int(behind.continues))],
        )
    with suppress(OSError):
        newest = files_of(directory).newest_backup(backups) if backups is not None else None
        if newest is not None:
            age = (now - newest[0]).total_seconds()
            yield _block("backup_age_seconds", "gauge", "Age of the newest verified backup.", [({}, age)])


def _upgrade(store: Store) -> Iterator[str]:
    """Yield how far the newest upgrade of agents is; nothing where none was ordered."""
    newest = store.upgrades.newest()
    if newest is None:
        return
    yield _block(
        *("upgrade", "gauge", "The newest upgrade of agents: 1 beside its version and state."),
        [({"version": newest.version, "state": newest.state}, 1)],
    )
    yield _block("upgrade_wave", "gauge", "The wave that it is in, from 1 on; 0: none yet.", [({}, newest.wave)])
    counts = store.upgrades.step_counts(newest.id)
    yield _block(
        *("upgrade_sites", "gauge", "Sites of this hub by how far it is there."),
        [({"step": step}, counts.get(step, 0)) for step in get_args(Step)],
    )


def _assessment(store: Store, now: datetime) -> str:
    yesterday = now.astimezone(CHINA).date() - timedelta(days=1)
    rows = assess(store, "division", yesterday, yesterday, now).rows
    sums: dict[str, Figure] = {}
    for row in rows:
        for name, figure in row.figures.items():
            sums[name] = added(sums.get(name), figure)

    def of(place: int) -> list[tuple[Labels, float]]:
        return [({"figure": name}, sums[name][place]) for name in METRICS if name in sums]

    blocks = [
        _block("assessment_sites_due", "gauge", "Sites that were due yesterday.", [({}, sum(r.due for r in rows))]),
        _block(
            *("assessment_sites_reported", "gauge", "Sites of which yesterday's figures have come."),
            [({}, sum(row.reported for row in rows))],
        ),
        _block("assessment_good", "gauge", "What was good of assessment_due, by figure.", of(0)),
        _block("assessment_due", "gauge", "What was due yesterday; what could not be judged is due.", of(1)),
        _block("assessment_unknown", "gauge", "What of assessment_due could not be judged.", of(2)),
        _block("assessment_excluded", "gauge", "What was not due because work was planned.", of(3)),
    ]
    return "".join(blocks)


def _by_reason(summed: Mapping[str, int], kinds: tuple[str, ...]) -> list[tuple[Labels, float]]:
    found: Counter[str] = Counter()
    for name, number in summed.items():
        kind, _, reason = name.partition(":")
        if kind in kinds:
            found[reason] += number
    return [({"reason": reason}, number) for reason, number in sorted(found.items())]


def _block(name: str, kind: Kind, text: str, samples: Iterable[tuple[Labels, float]]) -> str:
    return block(f"camwarden_hub_{name}", kind, text, samples)


class Page:
    """The page of a hub's data, which keeps what is slow to find for `SLOW_S`, and the bindings that it has read."""

    def __init__(self, directory: Path, backups: Path | None = None) -> None:
        self._directory, self._backups = directory, backups
        self._trust: Trust | None = None
        self._slow: Slow | None = None

    def read(self, now: datetime) -> str:
        """Return the page.

        Raises:
            AgentError: There is no hub, or a file cannot be read.
        """
        self._trust = open_trust(self._directory).load(self._trust)
        with closing(open_store(self._directory, read_only=True)) as store:
            if self._slow is None or not timedelta() <= now - self._slow.at < timedelta(seconds=SLOW_S):
                self._slow = look(store, self._trust, now)
            return write_metrics(store, self._trust, self._directory, now, self._slow, self._backups)


def read_metrics(directory: Path, now: datetime, backups: Path | None = None) -> str:
    """Return the page from a hub's data and its backups. Raises AgentError."""
    return Page(directory, backups).read(now)


@contextmanager
def serving(
    directory: Path,
    address: tuple[str, int],
    clock: Callable[[], datetime],
    names: Collection[str] = (),
    backups: Path | None = None,
) -> Iterator[int]:
    """Serve the page while the block runs; yield the port. `names`: its host names, beside its address.

    Raises:
        ConfigurationError: The address cannot be listened on.
    """
    page = Page(directory, backups)
    with prometheus.serving(address, lambda: page.read(clock()), "--metrics", names) as port:
        yield port
