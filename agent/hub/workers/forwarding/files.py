"""Exports what the upper hub has not confirmed as files for a boundary, and takes its acknowledgements back.

A file is a ZIP of one site, which `camwarden hub import` takes there: the voucher, then reports as flattened JWS in the
order of their streams. Its name has the time in it, so that none is written over while a gateway carries it. What was
lost on the way is not confirmed, and is in the next batch; what came twice changes nothing.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Final

from agent.contract.envelope import VOUCHER_REFUSED_TYP, flatten, read_header, unflatten
from agent.contract.payload_bounds import read_json
from agent.contract.signing_keys import PublicKey, Signer
from agent.contract.topics import SITE_ID
from agent.host.files import write_atomic
from agent.hub.domain.forwarding.rows import Behind, Lane
from agent.hub.ports.store import Store
from agent.hub.workers.forwarding import refusals, vouchers, watermarks
from agent.hub.workers.intake import Event
from agent.model.errors import ConfigurationError, Forbidden, NotVerified, os_words
from agent.verify.archive import pack

REPORTS_MOST: Final = 2_000
BYTES_MOST: Final = 32 * 1024 * 1024
"""Of one file; a report alone is at most 4 MiB of it."""

TOTAL_MAX_BYTES: Final = 1024 * 1024 * 1024
"""Of one batch; the rest is for the next one."""

ACK_MAX_BYTES: Final = 64 * 1024

_LANES_AT_ONCE: Final = 1000
_READ_AT_ONCE: Final = 32
_WAY: Final = "files"


@dataclass(frozen=True, slots=True)
class Written:
    """What a batch is: files, reports in them, sites that were left out with the reason, and whether more waits."""

    files: tuple[Path, ...]
    reports: int
    held: Mapping[str, str]
    is_more: bool


def write_batch(
    store: Store, signer: Signer, folder: Path, divisions: tuple[str, ...], now: datetime, since: datetime | None = None
) -> Written:
    """Write what is not confirmed yet into a folder, file by file. `since`: only what has come from then on.

    Raises:
        Forbidden, ConfigurationError: A file cannot be written; those before it stay.
    """
    files: list[Path] = []
    held: dict[str, str] = {}
    reports = total = 0
    bound = vouchers.by_site(store.trust.load())
    for site, lanes in groupby(_behind(store), lambda one: one.site):
        voucher = vouchers.write(store, signer, site, bound.get(site, ()), divisions, now)
        store.forwarding.mark(site, voucher if isinstance(voucher, str) else "")
        if isinstance(voucher, str):
            held[site] = voucher
            continue
        for number, packed in enumerate(_portions(store, list(lanes), since), 1):
            if total >= TOTAL_MAX_BYTES:
                return Written(tuple(files), reports, held, True)
            data = pack({"voucher.json": flatten(voucher.payload, voucher.jws), **packed})
            path = folder / f"{site}-{now:%Y%m%dT%H%M%SZ}-{number:04d}.zip"
            _write(path, data)
            files.append(path)
            reports, total = reports + len(packed), total + len(data)
    store.forwarding.note_link(_WAY, now, "")
    return Written(tuple(files), reports, held, False)


def take_acks(
    store: Store,
    keys: Mapping[str, PublicKey],
    own_kid: str,
    files: list[Path],
    now: datetime,
    tell: Callable[[Event], None],
) -> int:
    """Take acknowledgements that came back; return how many were refused. Each is told by itself.

    `keys`: of the upper hub. `own_kid`: thumbprint of this hub's key, by which it knows refusals of its own vouchers.

    Raises:
        Forbidden, ConfigurationError: A file cannot be read; those before it were taken.
    """
    refused = 0
    for path in files:
        try:
            payload, jws = unflatten(_read(path))
            site = read_json(payload).get("site")
            if not isinstance(site, str) or not SITE_ID.fullmatch(site):
                raise NotVerified("payload", "not a watermark")
            if read_header(jws).typ == VOUCHER_REFUSED_TYP:
                events = refusals.take(store, keys, own_kid, site, payload, jws)
            else:
                events, _ = watermarks.take(store, keys, site, payload, jws, now)
        except NotVerified as error:
            events = [{"event": "watermark-refused", "site": "", "reason": error.reason, "why": str(error)}]
        for event in events:
            tell({**event, "file": path.name})
        refused += any(event["event"] in ("watermark-refused", refusals.NOT_BELIEVED) for event in events)
    store.forwarding.note_link(_WAY, now, "")
    return refused


def _behind(store: Store) -> Iterator[Behind]:
    after: Lane | None = None
    while found := store.forwarding.behind(after, _LANES_AT_ONCE):
        yield from found
        after = found[-1].lane


def _portions(store: Store, lanes: list[Behind], since: datetime | None) -> Iterator[dict[str, bytes]]:
    """Yield the files of one ZIP after the other."""
    portion: dict[str, bytes] = {}
    size = 0
    for name, data in _letters(store, lanes, since):
        if portion and (len(portion) >= REPORTS_MOST or size + len(data) > BYTES_MOST):
            yield portion
            portion, size = {}, 0
        portion[name] = data
        size += len(data)
    if portion:
        yield portion


def _letters(store: Store, lanes: list[Behind], since: datetime | None) -> Iterator[tuple[str, bytes]]:
    for one in lanes:
        after = one.confirmed
        while found := store.forwarding.reports(one.lane, after, _READ_AT_ONCE):
            for row in found:
                if row.has_body and (since is None or datetime.fromisoformat(row.arrived_at) >= since):
                    yield f"{one.epoch}-{one.stream}-{row.seq}.json", flatten(row.payload, row.jws)
            after = found[-1].seq


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(ACK_MAX_BYTES + 1)
    except PermissionError:
        raise Forbidden("{path}: this user may not read it; run as the hub's user", path=path) from None
    except OSError as error:
        raise ConfigurationError("{path}: {why}; check the path", path=path, why=os_words(error)) from None
    if len(data) > ACK_MAX_BYTES:
        raise NotVerified("size", "larger than any acknowledgement")
    return data


def _write(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, data, 0o644)
    except PermissionError:
        raise Forbidden("{path}: this user may not write there", path=path) from None
    except OSError as error:
        raise ConfigurationError("{path}: cannot be written: {why}", path=path, why=os_words(error)) from None
