"""The house rules as tables: which room may import which, and where a module of the world may be imported.

`architecture.py` holds the tree to them.
"""

from __future__ import annotations

import re

PACKAGES = ("agent", "drivers", "masking")
MODULES_MAX = 19
"""How many modules a folder may hold, `__init__.py` aside."""

FLAT = frozenset({"__main__", "cli", "version"})
"""What stands in agent/ itself; `agent.version` may be imported anywhere."""

ORDER = (
    "masking", "drivers", "model", "text", "host", "contract", "verify", "site", "observe", "judge", "report",
    "deliver", "service", "onsite", "hub", "demo", "commands",
)  # fmt: skip
"""A room imports only rooms to its left."""

APART = {
    "hub": ("service", "onsite"),
    "service": ("hub", "verify"),
    "onsite": ("hub",),
}
"""What a room may not import all the same: a hub is no site, and a site no hub."""

OF_MASKING = ("masking.geometry", "masking.model", "masking.view.model")
"""What drivers may import of masking."""

PURE_MASKING = (
    "__init__", "geometry", "coverage", "model", "*/__init__", "worker/wire", "worker/client", "worker/study",
    "worker/wire_study", "view/model", "view/zones", "view/persistence", "view/baseline", "view/positions",
    "looks/evidence_format", "worth/same_mask", "worth/sensitivity", "worker/wire_sensitivity",
    "quality/indicators", "quality/learning", "bitstream/*",
)  # fmt: skip
"""What the daemon uses of masking, and what reads foreign bytes there: these must not load numpy or OpenCV."""

WALLS: dict[str, tuple[str, ...]] = {
    "numpy": ("masking/*", "agent/demo/*"),
    "cv2": ("masking/*", "agent/demo/*"),
    "pyseccomp": ("masking/*",),
    "requests": ("drivers/http/connections.py", "drivers/http/transport.py"),
    "urllib3": ("drivers/http/connections.py", "drivers/http/transport.py"),
    "urllib.request": ("drivers/http/transport.py",),
    "http.client": ("drivers/http/transport.py", "agent/service/enroll/*", "agent/hub/outgoing/*"),
    "gmssl_pyx": ("agent/verify/device_certificate.py",),
    "rfc3161_client": ("agent/verify/stamp.py",),
    "smtplib": ("agent/service/alerts/mail.py",),
    "http.server": ("agent/host/http_serving.py", "agent/demo/*"),
    "httpx": (),
    "aiohttp": (),
    "asyncio": ("agent/host/web*.py", "agent/onsite/ui/*"),
    "uvicorn": ("agent/host/web*.py",),
    "starlette": ("agent/onsite/ui/*", "agent/hub/web/app.py"),
    "authlib": ("agent/hub/web/people/oidc/*",),
    "joserfc": ("agent/hub/web/people/oidc/*",),
    "psycopg": ("agent/hub/stores/postgres/*",),
    "msgspec": ("agent/hub/domain/quick_json.py",),
    "backports": ("agent/hub/stores/keeping/encoded.py",),
    "argon2": ("agent/hub/web/people/passwords.py",),
    "segno": ("agent/onsite/lan/*",),
    "playwright": (),
    "anyio": (),
    "h11": (),
    "click": (),
    "typing_extensions": (),
    "zeep": ("drivers/onvif/*",),
    "onvif": ("drivers/onvif/*",),
    "pika": ("agent/hub/transport/amqp.py",),
    "paho": ("agent/deliver/publish/*", "agent/hub/transport/*", "agent/demo/*"),
    "cryptography": ("agent/contract/*", "agent/verify/*", "agent/deliver/keys/*", "agent/hub/*", "agent/demo/*"),
    "rich": ("agent/commands/*",),
    "iotcore": ("agent/demo/*",),
    "openpyxl": ("agent/onsite/ledger/*", "agent/text/workbook.py"),
    "pkcs11": ("agent/deliver/keys/pkcs11.py",),
    "packaging": (),
    "systemd": (),
    "fcntl": ("drivers/file_lock.py",),
    "msvcrt": ("drivers/file_lock.py",),
    "pwd": ("agent/host/users.py",),
    "resource": ("agent/host/no_core.py", "masking/worker/*"),
    "grp": (),
    "termios": (),
    "tty": (),
    "pty": (),
    "syslog": (),
    "curses": (),
    "pickle": (),
    "tomllib": (),
    "time": (
        "masking/*", "drivers/*", "agent/host/*", "agent/observe/probe/*", "agent/deliver/publish/*",
        "agent/service/daemon/*", "agent/hub/workers/*", "agent/hub/outgoing/*", "agent/hub/transport/*",
        "agent/demo/*", "agent/commands/*",
    ),
    "threading": (
        "masking/*", "drivers/*", "agent/host/*", "agent/observe/probe/*", "agent/observe/facts/delivery_status.py",
        "agent/deliver/keys/pkcs11.py", "agent/deliver/spool/database.py", "agent/deliver/publish/*",
        "agent/service/alerts/digest_desk.py", "agent/service/alerts/notice_desk.py", "agent/service/enroll/*",
        "agent/hub/workers/*", "agent/hub/outgoing/*", "agent/hub/web/people/*", "agent/demo/*",
        "agent/commands/check/*", "agent/commands/verify/*",
        "agent/onsite/ui/*", "agent/commands/ui/*",
    ),
    "socket": (
        "masking/*", "drivers/*", "agent/host/*", "agent/deliver/publish/*", "agent/service/daemon/signals.py",
        "agent/service/enroll/channel.py", "agent/service/alerts/mail.py", "agent/onsite/doctor/*",
        "agent/onsite/ui/keeper.py", "agent/hub/outgoing/*", "agent/hub/transport/*", "agent/hub/doctor/broker.py",
        "agent/demo/*",
    ),
    "sqlite3": (
        "drivers/stores/*", "agent/judge/memory/history.py", "agent/deliver/spool/*", "agent/onsite/doctor/host.py",
        "agent/hub/stores/*",
    ),
}  # fmt: skip
"""Where a module may be imported; everywhere else it may not. Clocks, threads, sockets and files of SQLite are few
places on purpose: a simulation replaces those."""

POSIX_OS = frozenset({
    "getuid", "geteuid", "getgid", "getegid", "setuid", "seteuid", "setgid", "setegid", "chown", "fchown", "lchown",
    "fchmod", "fork", "killpg", "setsid", "getpgid", "statvfs", "fstatvfs", "sysconf", "uname", "pread", "pwrite",
    "pipe2", "sched_getaffinity", "getloadavg", "mkfifo", "fdatasync", "O_NONBLOCK", "O_CLOEXEC", "O_DIRECTORY",
    "setgroups", "setresuid", "setresgid", "getresuid", "getresgid", "pidfd_open",
    "O_NOFOLLOW", "O_NOCTTY",
})  # fmt: skip
"""Names of `os` that Windows lacks."""

ON_LINUX_ALONE = (
    "agent/host/*", "masking/worker/*", "drivers/stores/*", "agent/deliver/spool/*", "agent/service/*", "agent/hub/*",
    "agent/onsite/doctor/*", "agent/onsite/bundle/*", "agent/onsite/ui/keeper.py", "agent/commands/check/*",
)  # fmt: skip
"""Where these names may be used: below `host`, what no command of `ON_WINDOWS` (`agent/cli.py`) ever calls."""

IMPORT_TABLES = (
    "agent/hub/stores/engines.py",
    "agent/commands/config.py",
    "drivers/capture.py",
    "drivers/registry.py",
    "agent/cli.py",
    "agent/commands/demo.py",
    "agent/commands/hub/command.py",
    "agent/commands/hub/log.py",
    "agent/commands/verify/told_stamps.py",
    "agent/commands/masks/command.py",
    "agent/commands/ui/command.py",
    "agent/deliver/keys/place.py",
    "agent/service/alerts/sending.py",
    "agent/hub/transport/carriers.py",
)
"""The tables that import by name, and where libraries for tokens and workbooks and the gallery of lies are loaded."""

HUB_VIEWS = ("agent/hub/*", "agent/commands/hub*")
READS_JSON = {
    "agent/verify/message.py": "intake: a message as it comes, and a file that `camwarden verify` is given",
    "agent/hub/workers/intake.py": "intake",
    "agent/hub/workers/imports.py": "intake of what was carried here",
    "agent/hub/workers/refused.py": "intake: what a refused message says that it is",
    "agent/hub/web/people/oidc/offered.py": "what the provider of a login answers",
    "agent/hub/workers/answers.py": "intake: an answer, the order that the hub gave, and the report that it names",
    "agent/hub/workers/upgrades/watch.py": "the version in the newest health report of a site to which one was named",
    "agent/hub/domain/view_columns.py": "what it has written itself; and a stored body, once, for `layout`",
    "agent/hub/stores/keeping/backup.py": "the manifest of a backup, before it is restored",
    "agent/hub/stores/keeping/disk_sizes.py": "what it has written itself",
    "agent/hub/stores/page/city_map.py": "the map that it has written itself",
    "agent/hub/domain/map/map_file.py": "a file of positions that a person loads, within its own bounds",
    "agent/hub/stores/postgres/moving/tables.py": "what it has written itself: public keys, to compare them",
    "agent/hub/stores/telling/hooks.py": "what it has written itself: settings of endpoints, what happened",
    "agent/hub/stores/keeping/backups.py": "the manifests of backups, for their age",
    "agent/hub/domain/rows/reports.py": "the evidence that the hub has written itself",
    "agent/hub/stores/case_columns.py": "the findings of a body, once, at intake",
    "agent/hub/domain/now_columns.py": "the open findings of a body, once, at intake",
    "agent/hub/stores/current.py": "fills a database of an older version, once",
    "agent/hub/stores/day_figures.py": "what it has written itself",
    "agent/hub/stores/keeping/older_rows.py": "a stored body of an older version, once",
    "agent/hub/views/signatures.py": "`hub verify`: what a signed body says that came before it",
    "agent/hub/stores/schema.py": "fills a database of an older version, once",
    "agent/hub/stores/store.py": "public keys",
    "agent/hub/stores/trust.py": "public keys and who trusts them",
    "agent/verify/bindings.py": "a trust file",
    "agent/hub/workers/orders.py": "the policy that this hub has signed itself, for the one that replaces it",
    "agent/verify/judge.py": "files that `camwarden verify` is given",
    "agent/verify/manifest.py": "files that `camwarden verify` is given",
    "agent/hub/enroll/place.py": "the desk's settings",
    "agent/commands/hub/orders.py": "a policy that a person names",
}
"""Which modules of the hub may read JSON, and what it is: no other one can read what a site has signed."""

JSON_READERS = frozenset({"read_json", "data_of", "read_payload", "read_message", "plain_findings"})
"""Our functions that read a body or a part of one; `hub/views/changes` asks the last one of what `said` has kept."""

SQL = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE FROM|CREATE|PRAGMA|DROP|WITH) ")
SQL_READS_JSON = re.compile(r"\bjsonb?(_(?!group_array\b)\w+)?\s*\(|\bjson_(each|tree)\b|->>?\s*['?:\d]")

CONTRACT_VIEWS = "agent/hub/stores/reading/contract_views.py"
"""Splits what the hub wrote of a day into rows for programs of others; no page and no command of ours reads it."""

LOGGING_HOME = "agent/cli.py"
LOGGING_SET_UP = frozenset({"basicConfig", "dictConfig", "fileConfig", "addHandler"})

PASSES_BY_VERDICT = ("agent/judge/checks/*", "agent/judge/wording/*")
"""Where no pass may be written: `agent/judge/verdict.py` makes it of obligations that evidence holds."""

VAGUE_STEMS = frozenset({"util", "utils", "helper", "helpers", "common", "manager", "managers", "base", "misc", "core"})

PRIVATE_ALL_THE_SAME: dict[str, tuple[str, ...]] = {
    "_exit": ("masking/worker/*", "agent/onsite/ui/keeper.py"),  # documented: os._exit
    "_Element": ("drivers/*", "agent/demo/*"),  # lxml's and its stubs' only name for the type; never for isinstance
    "_handle_publish": ("agent/deliver/publish/client.py",),
    "_in_packet": ("agent/deliver/publish/client.py",),
    "_actions": ("agent/text/cli_words.py",),
    "_action_groups": ("agent/text/cli_words.py",),
    "_group_actions": ("agent/text/cli_words.py",),
    "_choices_actions": ("agent/text/cli_words.py",),
    "_SubParsersAction": ("agent/text/cli_words.py",),
    "_ArgumentGroup": ("agent/text/cli_words.py",),
    "_cells": ("agent/onsite/ledger/files/read_workbook.py",),
}
"""Which names with one underscore, that a file has not given itself, it may use: each place says why there."""
