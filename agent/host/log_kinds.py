"""Lists the kinds of log records that have a message id in the journal, and the fields of such a record.

    log.error("device %s: given up", device.id, extra=about("device-stuck", device=device.id))

`journalctl -x` shows the explanation (`packaging/journal/`, generated from this table). Ids are random and never
change: monitoring filters by them.

Source: systemd.journal-fields(7), MESSAGE_ID; systemd's message catalogue.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

VALUES_MOST: Final = 64
"""Devices, cameras, stores or checks that a record names at most."""


@dataclass(frozen=True, slots=True)
class RecordKind:
    """A kind of record: its id in the journal, a headline, and what happened with the next step."""

    message_id: str
    subject: str
    text: str


KINDS: Final[dict[str, RecordKind]] = {
    "cycle": RecordKind(
        "415fb192c99e4e68a0a559c15252a443",
        "A look at the site has ended",
        "CHECK, CAMERA and DEVICE name what is not well. Next step: camwarden status.",
    ),
    "nothing-kept": RecordKind(
        "de675905673f49d5af4bb6cf8deeaf9d",
        "A look at the site could not be kept",
        "The disk refused. The next look tells what has changed since. Next step: look at the disk under "
        "/var/lib/camwarden.",
    ),
    "configuration-refused": RecordKind(
        "08ef53109ab848f5afefd934acc62675",
        "A new configuration was refused",
        "The old one stays in force. Next step: camwarden config validate, then systemctl reload camwarden.",
    ),
    "device-stuck": RecordKind(
        "eb6db03ceaea4476ab01092b6b3076ae",
        "A device was given up long after its time",
        "Something below the network did not end in time. Its facts are unknown; other devices are not affected. Next "
        "step: restart the device; if it happens again, report it.",
    ),
    "driver-failed": RecordKind(
        "89e4da9845ac4c6eb74726a421b6902e",
        "A driver or reader has a fault",
        "It is a mistake of camwarden's own. What it reads is unknown. Next step: report it, with this line.",
    ),
    "store-unfinished": RecordKind(
        "f4411d67aff24c2ba32309918cdb3a3b",
        "A store was not read to its end",
        "The next look goes on where this one ended. Next step: if it stays so for hours, look at the disk it is on.",
    ),
    "bare-picture": RecordKind(
        "ccb6ebdbb46b42a486a8870e0f33a2cf",
        "Somebody opened a picture of a camera as it is",
        "The local page showed it to the person that the line names; the register of openings has it too. Nothing is "
        "to be done.",
    ),
    "hub-connected": RecordKind(
        "f16bb0aaa74a48f0bf4a37f9686f5b29",
        "The hub's broker is connected",
        "Reports that waited are sent now. Nothing is to be done.",
    ),
    "hub-away": RecordKind(
        "02c8d45f338244b983f2fdef268fb2d9",
        "The hub's broker is not connected",
        "Reports wait in the spool and none is lost. Next step: camwarden status says why; look at network, address "
        "and certificate.",
    ),
    "certificate-renewed": RecordKind(
        "fd47309b07de4e4da589edae20c87666",
        "The certificate for the hub was renewed",
        "It is shown from the next connection on. Nothing is to be done.",
    ),
    "certificate-not-renewed": RecordKind(
        "e00bbe82e3d3402589d78feb861d2c3f",
        "The certificate for the hub could not be renewed",
        "The old one stays and it is tried again each hour. Next step: camwarden status tells how long it lasts; "
        "camwarden enroll --renew tries at once.",
    ),
    "report-refused": RecordKind(
        "0d9d2d28d76446e2bd3070e81cca47ce",
        "The hub's broker refuses a report",
        "It stays in the spool and is tried again at the next connection. Next step: ask the hub's team for the rights "
        "of this site's topics.",
    ),
    "watermark-refused": RecordKind(
        "3bd981decd6f4a6da01fde72b9ae10a4",
        "A confirmation of the hub was not believed",
        "Its reports stay in the spool. Next step: ask the hub's team whether its key has changed.",
    ),
    "hub-log": RecordKind(
        "7c3f0b5a86f94c0fb1f0a7f3d6a15be2",
        "The hub's log is not what it was",
        "The hub signed two logs of one size, or states that it was restored from a backup. Next step: keep this "
        "gateway's state folder as it is, and ask the hub's team.",
    ),
    "disk-full": RecordKind(
        "3c86bdbabdc14adcb50f07d9b16e301e",
        "The agent's disk is full",
        "The oldest reports may have to go; gap records name them. Next step: make room on it.",
    ),
    "spool-damaged": RecordKind(
        "92eefbdcd4f24e7a921802d95f342538",
        "Reports in the spool are damaged",
        "Gap records name what is lost. Next step: look at the disk, and keep the file that was set aside.",
    ),
    "report-too-large": RecordKind(
        "5d1c0f6f3e0b4b0f9a4f6c1f0f4a7e21",
        "A report is larger than a hub takes",
        "It was given up, and a gap record names it. Next step: divide the site in two.",
    ),
    "spool-restored": RecordKind(
        "925657b642554d2a902eedc031e49bdf",
        "The spool is an older copy of itself",
        "A new epoch has begun and the hub is told. Next step: find out who restored or cloned this gateway.",
    ),
    "key-unusable": RecordKind(
        "424e5d091eec42aab6526a9d27e21122",
        "The report key cannot be used",
        "Nothing is reported before it can. Next step: put the token or credential back; camwarden keys show.",
    ),
    "key-changed": RecordKind(
        "637190bb6c764caea87c82f6608e6857",
        "The report key has changed",
        "An event signed by the old key says so. Next step: take a backup of the new one.",
    ),
    "digest-undelivered": RecordKind(
        "66190250bc224e5184f846cf05a96611",
        "The daily digest could not be delivered",
        "It is kept and tried again. Next step: check the webhook's address in secrets.toml and the robot's settings.",
    ),
    "notice-undelivered": RecordKind(
        "b14ba33a3d5b485395cd7515bcdf511d",
        "A receiver could not be told at once",
        "It is kept and tried again, ever rarer. Next step: camwarden notify list says why; camwarden notify test "
        "tries at once.",
    ),
    "metrics-unserved": RecordKind(
        "8823325398c24954925ff8d6d0dcaf5e",
        "Numbers for Prometheus cannot be given out",
        "The agent goes on without. Next step: choose a free port in [metrics] listen, or let the service write the "
        "file.",
    ),
}


@dataclass(frozen=True, slots=True)
class About:
    """Kind of a record, and the ids of the configuration it concerns."""

    kind: str
    device: tuple[str, ...] = ()
    camera: tuple[str, ...] = ()
    store: tuple[str, ...] = ()
    check: tuple[str, ...] = ()


def about(
    kind: str,
    device: str | Iterable[str] = (),
    camera: Iterable[str] = (),
    store: str | Iterable[str] = (),
    check: Iterable[str] = (),
) -> dict[str, About]:
    """Return the `extra=` of a log call; each id once, in order, at most `VALUES_MOST` of a field."""
    return {"about": About(kind, _few(device), _few(camera), _few(store), _few(check))}


def _few(values: str | Iterable[str]) -> tuple[str, ...]:
    many = (values,) if isinstance(values, str) else values
    return tuple(dict.fromkeys(many))[:VALUES_MOST]
