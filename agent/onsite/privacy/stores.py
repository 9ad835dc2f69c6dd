"""Lists every store that the agent and the hub write: what of people is in it, where, how long, and what deletes it.

A new file of the agent gets a row here, or `tests/onsite/privacy/test_stores.py` fails; a row with a limit gets a test
that its limit is enforced.
"""

from dataclasses import dataclass
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Final, Literal

from agent.deliver.spool.confirm import CONFIRMED_KEPT
from agent.host.access_register import KEPT as RECORDS_KEPT
from agent.judge.memory.disputes import KEPT_FOR as DISPUTES_KEPT
from agent.judge.memory.history import KEPT as HISTORY_KEPT
from agent.judge.memory.notes import KINDS, OVER_FOR
from agent.service.cycle.expire import MONTH

Folder = Literal["state", "runtime", "config", "hub", "memory", "journal", "anywhere"]

DISPUTED: Final = ("dispute", "decision")
"""Kinds of notes that stay for a year: an owner's word, and the hub's."""

FOLDERS: Final = {
    "state": "the state folder of the gateway",
    "runtime": "the runtime folder of the gateway, in memory",
    "config": "the configuration folder of the gateway",
    "hub": "the data folder of the hub",
    "memory": "the memory of the running service",
    "journal": "the journal of the operating system",
    "anywhere": "the file that a person names",
}

Ends = Literal["agent", "hub", "person", "system"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """One store. `holds`: what of people is in it; `kept`: how long after `since`, None where `since` says all.

    `files`: patterns within the folder. `by`: who deletes it. `has_people`: whether anything in it is about people.
    """

    name: str
    title: str
    folder: Folder
    files: tuple[str, ...] = ()
    holds: str
    since: str
    kept: timedelta | None = None
    ends: str
    by: Ends = "agent"
    has_people: bool = True


SIZES_KEPT: Final = timedelta(days=60)
CHANGES_KEPT: Final = timedelta(days=366)
"""As bodies of a hub's reports that have the ids (`agent/hub/domain/retention.py`)."""

NOBODY: Final = "nothing about people"
AT_ONCE: Final = timedelta()

STORES: Final[tuple[Store, ...]] = (
    Store(
        name="previous-pictures", title="the pictures before", folder="memory",
        holds="one small picture of each camera, to tell a frozen or moved one",
        since="the next picture of the camera", kept=AT_ONCE,
        ends="the next picture replaces it; a restart forgets all",
    ),
    Store(
        name="clock-looks", title="edges of pictures with a clock", folder="memory",
        holds="the upper and the lower fifth of up to 60 pictures of a camera, in which its clock is learned",
        since="the clock is learned", kept=AT_ONCE, ends="learning drops them; a restart forgets all",
    ),
    Store(
        name="learned-clocks", title="learned digits of clocks", folder="state", files=("baselines/clocks/*.json",),
        holds=NOBODY, since="the camera left site.toml", kept=AT_ONCE, ends="the next look removes it",
        has_people=False,
    ),
    Store(
        name="approvals", title="approvals and approved views", folder="state", files=("baselines/*.json",),
        holds="who approved masks and view, when and why, the last eight times; a small picture of the approved view",
        since="the camera left site.toml", kept=MONTH,
        ends="the next approval replaces the picture; the service removes the file",
    ),
    Store(
        name="presets", title="approved presets", folder="state", files=("baselines/presets/*.json",),
        holds="who approved the preset, when and why; a small picture of it",
        since="the camera left site.toml", kept=MONTH,
        ends="the next approval replaces it; the service removes the file",
    ),
    Store(
        name="derived-references", title="views derived from approved ones", folder="state",
        files=("baselines/derived/*.json",), holds="a small picture of the approved view in another light",
        since="its approval was replaced or removed", kept=AT_ONCE, ends="the next look removes it",
    ),
    Store(
        name="contact-sheet", title="contact sheet for approvals", folder="state", files=("baselines/sheet.html",),
        holds="a picture of each camera, private zones blackened", since="it was written", kept=MONTH,
        ends="the next sheet replaces it; the service removes it",
    ),
    Store(
        name="notes", title="words of people on findings", folder="state",
        files=tuple(f"notes/{kind}-*.json" for kind in KINDS if kind not in DISPUTED),
        holds="who acknowledged, planned or settled something or held a drill, when and why",
        since="its end", kept=OVER_FOR, ends="the service removes it",
    ),
    Store(
        name="disputes", title="disputes of owners and what was decided", folder="state",
        files=tuple(f"notes/{kind}-*.json" for kind in DISPUTED),
        holds="who disputes a finding, who decided on it, when and why",
        since="it was written", kept=DISPUTES_KEPT, ends="the service removes it",
    ),
    Store(
        name="drill-records", title="signed records of drills", folder="state", files=("drills/*.json",),
        holds="who held the drill, at which camera, and how fast it was found", since="it was written",
        kept=RECORDS_KEPT, ends="the service removes it",
    ),
    Store(
        name="repair-jobs", title="signed looks before and after repairs", folder="state", files=("jobs/*.json",),
        holds="findings, which may name those who approved or declared something", since="it was written",
        kept=RECORDS_KEPT, ends="the service removes it",
    ),
    Store(
        name="reports", title="reports that wait for the hub, and remembered looks", folder="state",
        files=("spool.db", "spool.db-wal", "spool.db-shm", "spool.db-journal"),
        holds="signed findings, ids of those who approved, declared, acknowledged or planned; no picture",
        since="the hub confirmed the report", kept=CONFIRMED_KEPT,
        ends="the service deletes it; what nobody confirms is evicted, with a record, where the spool is full",
    ),
    Store(
        name="author-names", title="names behind the ids of reports", folder="state", files=("authors.json",),
        holds="names of those who approved, declared, acknowledged or planned, as the hub is told them",
        since="the last word of the person", kept=AT_ONCE, ends="the next configuration report replaces it",
    ),
    Store(
        name="author-key", title="key that makes ids of names", folder="state", files=("authors.key",),
        holds="no name; who has it can try whose an id is", since="the site is taken down", ends="a person",
        by="person",
    ),
    Store(
        name="damaged-spool", title="a damaged spool that was set aside", folder="state", files=("spool.db.corrupt-*",),
        holds="as the spool", since="its last change", kept=MONTH, ends="the service removes it; two at most",
    ),
    Store(
        name="history", title="history of findings", folder="state",
        files=("history.db", "history.db-wal", "history.db-shm", "history.db-journal"),
        holds="what began and ended when, and who acknowledged it", since="the change", kept=HISTORY_KEPT,
        ends="the service deletes it, earlier where history_max_bytes is reached",
    ),
    Store(
        name="damaged-history", title="a damaged history that was set aside", folder="state",
        files=("history.db.damaged*",), holds="as the history", since="its last change", kept=MONTH,
        ends="the service removes it",
    ),
    Store(
        name="filing", title="the last filing with the police", folder="state", files=("filing.json",),
        holds="the unit, names of cameras, models and serial numbers of devices", since="the next filing", kept=AT_ONCE,
        ends="the next filing replaces it",
    ),
    Store(
        name="register", title="register of who opened what", folder="state", files=("opened.jsonl",),
        holds="login, time, command and file of each opening", since="the opening", kept=RECORDS_KEPT,
        ends="the service deletes it",
    ),
    Store(
        name="receivers", title="messages that are told at once", folder="state", files=("notify/*.json",),
        holds="names of cameras and sentences that wait for a receiver", since="the receiver left site.toml",
        kept=MONTH, ends="delivery deletes the message; the service removes the file",
    ),
    Store(
        name="digest", title="the daily digest", folder="state", files=("digest.json",),
        holds="names of cameras and sentences that wait", since="delivery", kept=AT_ONCE,
        ends="delivery deletes the message",
    ),
    Store(
        name="carried", title="confirmations that were carried here", folder="state", files=("inbox/*",),
        holds=NOBODY, since="the next cycle", kept=AT_ONCE, ends="the next cycle takes it up and removes it",
        has_people=False,
    ),
    Store(
        name="orders", title="orders of the hub", folder="state", files=("orders.json", "desired.json"),
        holds=NOBODY, since="256 later orders, or the next policy", ends="later ones replace it", has_people=False,
    ),
    Store(
        name="logins", title="which logins were refused", folder="state",
        files=("credentials.json", "factory-logins.json"),
        holds="user names of devices; passwords as a keyed digest alone", since="16 later passwords of the device",
        ends="later ones replace it: what forgets a refusal may lock the account",
    ),
    Store(
        name="link-tests", title="self-tests of the interface for the police platform", folder="state",
        files=("link-tests.json",), holds=NOBODY, since="8 later self-tests of the device",
        ends="later ones replace it", has_people=False,
    ),
    Store(
        name="link-told", title="what devices told the platform of their cameras in a self-test", folder="state",
        files=("link-told.json",), holds="names of cameras and of the units that answer for them",
        since="the next self-test of the device", kept=AT_ONCE, ends="the next self-test replaces it",
    ),
    Store(
        name="damaged-logins", title="damaged states of logins", folder="state", files=("credentials.json.damaged",),
        holds="user names of devices", since="its last change", kept=MONTH, ends="the service removes it",
    ),
    Store(
        name="samples", title="answers of devices that were not understood", folder="state", files=("samples/*.txt",),
        holds="texts of devices, which may name people; logins and pictures are left out", since="it was written",
        kept=MONTH, ends="the service removes it; 64 at most",
    ),
    Store(
        name="footage-index", title="index of footage on this gateway", folder="state",
        files=("stores/*.index", "stores/*.index-*"), holds=NOBODY, since="the store left site.toml", kept=MONTH,
        ends="the service removes it", has_people=False,
    ),
    Store(
        name="half-written", title="writes that were cut off", folder="state",
        files=(
            ".*.json.*", "*/.*.json.*", "baselines/*/.*.json.*", "baselines/.sheet.html.*", "samples/.sample.*",
            ".authors.key.*",
        ),
        holds="as what was being written", since="it was written", kept=timedelta(days=1),
        ends="the service removes it",
    ),
    Store(
        name="keys", title="keys and certificates of the site", folder="state",
        files=(
            "report-key*", "site-key*", "site.pem*", "enrollment.json*", "renewal*", "key-outage.json",
            "pin-refused.json", "handover-keys/*",
        ),
        holds=NOBODY, since="the next key", ends="the next key replaces it", has_people=False,
    ),
    Store(
        name="marks", title="marks, locks and reserved room", folder="state",
        files=("site.json", "expiry.json", "spool.db.ballast", "ledger-headings.json", "*.lock", "sessions/*.lock"),
        holds=NOBODY, since="the next cycle", ends="replaced whole", has_people=False,
    ),
    Store(
        name="status", title="status and metrics of the last cycle", folder="runtime", files=("status.json",),
        holds="names of cameras and sentences", since="the next cycle", kept=AT_ONCE, ends="the next cycle replaces it",
    ),
    Store(
        name="configuration", title="site.toml and secrets.toml", folder="config",
        files=("site.toml", "secrets.toml", "hub-*", "site-*", "*.csr"),
        holds="who declared what, mail addresses of receivers, logins of devices", since="you remove it",
        ends="a person who edits the file", by="person",
    ),
    Store(
        name="papers", title="papers: hand-over reports, dossiers, ledgers, archives", folder="anywhere",
        holds="pictures with private zones blackened, names, addresses, serial numbers", since="you remove it",
        ends="whoever holds the paper; the register says who wrote it and when", by="person",
    ),
    Store(
        name="journal", title="lines of the log", folder="journal",
        holds="ids of cameras and devices, names of users who opened something; no picture, no password",
        since="its own limit (MaxRetentionSec= in journald.conf; 180 days at least)", ends="the operating system",
        by="system",
    ),
    Store(
        name="wanted-version", title="version of the agent that the hub has named", folder="state",
        files=("wanted-version",), holds=NOBODY, since="it is installed, or no longer named",
        ends="the service deletes it", has_people=False,
    ),
    Store(
        name="hub-reports", title="reports of sites", folder="hub",
        files=("hub.db", "hub.db-wal", "hub.db-shm", "hub.db-journal", "postgres.conninfo", "postgres-views.conninfo"),
        holds="signed findings, ids of people; names where an earlier version of a site wrote them; no picture",
        since="it arrived, but the newest of each stream", kept=RECORDS_KEPT,
        ends="the hub deletes it after --keep-days", by="hub",
    ),
    Store(
        name="hub-names", title="names behind the ids of reports", folder="hub", files=("names.db", "names.db-journal"),
        holds="names of those who approved, declared, acknowledged, planned or disputed at sites; in no backup",
        since="the site told it last, or what is held of that time is over", kept=CHANGES_KEPT,
        ends="the hub deletes it; `hub people erase` at once and for good", by="hub",
    ),
    Store(
        name="hub-erased", title="whose names were erased", folder="hub", files=("erased.db", "erased.db-journal"),
        holds="ids alone, and who erased the names and why",
        since="the hub is taken down: a name that was erased has to stay erased", ends="a person", by="person",
    ),
    Store(
        name="hub-log", title="log of what the hub accepted", folder="hub",
        files=("log.db", "log.db-wal", "log.db-shm", "log.db-journal"),
        holds="who stated a restore from a backup, and why; of reports salted digests alone",
        since="the hub is taken down: a log that was cut proves nothing", ends="a person", by="person",
    ),
    Store(
        name="hub-register", title="register of who opened what at the hub", folder="hub", files=("opened.jsonl",),
        holds="login, time, command and file of each opening", since="the opening", kept=RECORDS_KEPT,
        ends="the hub deletes it", by="hub",
    ),
    Store(
        name="hub-trust", title="keys that the hub trusts, and enrollment", folder="hub",
        files=("trust.db", "trust.db-journal", "trust.json*", "enroll/*", "hub-key.pem", "*.lock"),
        holds=NOBODY, since="the hub is taken down: a revoked key has to stay revoked", ends="a person", by="person",
        has_people=False,
    ),
    Store(
        name="hub-people", title="people of the hub's page, and what they did there", folder="hub",
        files=("web.db", "web.db-wal", "web.db-shm", "web.db-journal"),
        holds="names, roles, hashes of passwords, addresses of log-ins, and each act and export with its author",
        since="the hub is taken down: a log of acts that somebody can shorten proves nothing",
        ends="a person; sessions the page ends after 12 hours", by="person",
    ),
    Store(
        name="hub-login", title="the city's own login", folder="hub", files=("oidc.toml",),
        holds=NOBODY, since="a person removes it", ends="a person", by="person", has_people=False,
    ),
    Store(
        name="hub-map", title="map of the hub's page", folder="hub", files=("map.json",),
        holds="where sites are, and who loaded it, when and why", since="another map is loaded, or none",
        ends="a person", by="person",
    ),
    Store(
        name="hub-disk", title="sizes of the hub's files by day", folder="hub", files=("disk.json",),
        holds=NOBODY, since="the day", kept=SIZES_KEPT, ends="the hub deletes it", by="hub", has_people=False,
    ),
    Store(
        name="hub-backups", title="backups of the hub", folder="anywhere",
        holds="all that the hub stores, with its private keys", since="you remove it; the timer deletes older ones",
        ends="whoever holds the backup, and the timer where it runs", by="person",
    ),
)  # fmt: skip


def stores_of(folder: Folder, file: str) -> tuple[Store, ...]:
    """Return the rows that name a file, by its path within one of the folders with `/` between names. Pure."""
    return tuple(
        one for one in STORES if one.folder == folder and any(_matches(file, pattern) for pattern in one.files)
    )


def _matches(file: str, pattern: str) -> bool:
    return file.count("/") == pattern.count("/") and fnmatchcase(file, pattern)
