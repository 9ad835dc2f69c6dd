"""Verifies time stamps that were named, and those in a case: `camwarden verify [CASE] [--stamp FILE] --tsa-ca FILE`.

The library that reads stamps is an extra, and is loaded only where an authority is named. Without one the stamps of a
case are listed as unchecked, which changes no exit code: whoever asks for no time gets no verdict on it.
"""

import importlib
import zipfile
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from agent.commands.verify.receipts import RECEIPT_SUFFIX, JudgedReceipt
from agent.contract.jwk import PublicKey
from agent.model.errors import ConfigurationError, NotVerified
from agent.model.finding import Json, Message
from agent.verify.archive import Container, open_container
from agent.verify.judge import Verdict
from agent.verify.manifest import is_case
from agent.verify.receipt import read_receipt

_SUFFIX: Final = ".tsr"
_WHICH: Final = Message("say which authority to believe: --tsa-ca FILE, its root certificate (PEM)")


@dataclass(frozen=True, slots=True)
class ToldStamp:
    """The verdict on a time stamp, its line, and what `--json` says of it. `is_asked`: it counts for the exit code."""

    verdict: Verdict
    line: Message
    told: dict[str, Json]
    is_asked: bool = True


def named_stamps(args: Namespace, receipts: Sequence[JudgedReceipt]) -> list[ToldStamp]:
    """Return the verdicts on the files of `--stamp`, over checkpoints of receipts that are verified.

    Raises:
        UsageError: No authority is named.
    """
    if not args.stamp:
        return []
    stamps = _reader()
    roots = stamps.read_authorities(args.tsa_ca)
    notes = [one.receipt.checkpoint.note for one in receipts if one.verdict == "verified" and one.receipt is not None]
    return [_told(stamps, stamps.judge_stamp(path, notes, roots)) for path in args.stamp]


def packed_stamps(args: Namespace, keys: Mapping[str, PublicKey]) -> list[ToldStamp]:
    """Return the verdicts on the stamps in cases, over checkpoints of receipts beside them that a key of `keys` signed.

    Raises:
        ConfigurationError: A case or a certificate is not opened.
    """
    found: list[ToldStamp] = []
    for path in args.paths:
        if not (path.is_dir() or zipfile.is_zipfile(path)):
            continue
        with open_container(path) as container:
            names = [name for name in container.names if name.endswith(_SUFFIX)]
            if is_case(container) and names:
                found += _of_case(args.tsa_ca, container, names, keys)
    return found


def _of_case(
    authorities: Sequence[Path], container: Container, names: Sequence[str], keys: Mapping[str, PublicKey]
) -> Iterator[ToldStamp]:
    if not authorities:
        for where in (f"{container.path}/{name}" for name in names):
            told: dict[str, Json] = {
                "path": where,
                "verdict": "unchecked",
                "reason": "no-authority",
                "why": str(_WHICH),
            }
            line = Message("{name}: {verdict}: {why}", {"name": where, "verdict": Message("unchecked"), "why": _WHICH})
            yield ToldStamp("unchecked", line, told, is_asked=False)
        return
    stamps = _reader()
    roots, notes = stamps.read_authorities(authorities), list(_notes(container, keys))
    for name in names:
        try:
            data = container.read(name)
        except ConfigurationError:
            data = b""  # that it cannot be read is told of the file by the manifest; as a stamp it is none
        yield _told(stamps, stamps.judge_stamp_bytes(f"{container.path}/{name}", data, notes, roots))


def _notes(container: Container, keys: Mapping[str, PublicKey]) -> Iterator[str]:
    """Yield the checkpoints of the receipts that are verified."""
    for name in container.names:
        if name.endswith(RECEIPT_SUFFIX):
            try:
                yield read_receipt(container.read(name).decode("utf-8"), keys).checkpoint.note
            except (NotVerified, ConfigurationError, UnicodeDecodeError):
                continue  # which its own verdict says


def _reader() -> Any:
    return importlib.import_module("agent.commands.verify.stamps")


def _told(stamps: Any, one: Any) -> ToldStamp:
    return ToldStamp(one.verdict, stamps.stamp_line(one), stamps.stamp_json(one))
