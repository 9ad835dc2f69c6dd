"""Verifies time stamps over the checkpoints of receipts: `camwarden verify --receipt --stamp --tsa-ca`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from agent.model.errors import ConfigurationError, NotVerified, UsageError, os_words
from agent.model.finding import Json, Message
from agent.text.harmless import printable
from agent.verify.judge import Verdict
from agent.verify.stamp import STAMP_MAX_BYTES, Roots, Stamp, read_roots, read_stamp

_PEM_MAX_BYTES = 1024 * 1024
_FINE = Message("")


@dataclass(frozen=True, slots=True)
class JudgedStamp:
    """The verdict on one stamp; `reason` (a word) and `why` where it is not verified."""

    name: str
    verdict: Verdict
    reason: str = ""
    why: Message = _FINE
    stamp: Stamp | None = None


def read_authorities(paths: Sequence[Path]) -> Roots:
    """Return the certificates to believe.

    Raises:
        UsageError: None is named: a stamp does not say who is to be believed.
        ConfigurationError: A file cannot be read, or has no certificate.
    """
    if not paths:
        raise UsageError("say which authority to believe: --tsa-ca FILE, its root certificate (PEM)")
    found: Roots = []
    for path in paths:
        try:
            with path.open("rb") as file:
                found = [*found, *read_roots(file.read(_PEM_MAX_BYTES))]
        except OSError as error:
            raise ConfigurationError(
                "{path}: cannot be read: {why}; give the certificate as a PEM file", path=path, why=os_words(error)
            ) from None
        except ValueError:
            raise ConfigurationError(
                "{path}: no certificate in PEM; give the root certificate of the authority", path=path
            ) from None
    return found


def judge_stamp(path: Path, notes: Iterable[str], roots: Roots) -> JudgedStamp:
    """Return the verdict on a stamp in a file, as `judge_stamp_bytes`."""
    try:
        with path.open("rb") as file:
            data = file.read(STAMP_MAX_BYTES + 1)
    except OSError as error:
        return JudgedStamp(
            str(path), "unusable", "unreadable", Message("{why}; check the path", {"why": os_words(error)})
        )
    return judge_stamp_bytes(str(path), data, notes, roots)


def judge_stamp_bytes(name: str, data: bytes, notes: Iterable[str], roots: Roots) -> JudgedStamp:
    """Return the verdict on a stamp; it must be over one of the checkpoints of the verified receipts beside it."""
    refused = NotVerified("stamp-other", "the stamp is of something else")
    for note in dict.fromkeys(notes):
        try:
            if len(data) > STAMP_MAX_BYTES:
                raise NotVerified("malformed", "not a response with a time stamp")
            return JudgedStamp(name, "verified", stamp=read_stamp(data, note.encode(), roots))
        except NotVerified as error:
            refused = error if refused.reason == "stamp-other" else refused
    verdict: Verdict = "unusable" if refused.reason == "malformed" else "failed"
    return JudgedStamp(name, verdict, refused.reason, refused.message)


def stamp_line(one: JudgedStamp) -> Message:
    """Return one line about a stamp."""
    if one.stamp is None:
        return Message("{name}: {verdict}: {why}", {"name": one.name, "verdict": Message(one.verdict), "why": one.why})
    values = {"name": one.name, "at": one.stamp.at.isoformat(), "authority": printable(one.stamp.authority)}
    return Message("{name}: the checkpoint existed at {at}, stamped by {authority}", values)


def stamp_json(one: JudgedStamp) -> dict[str, Json]:
    """Encode a verdict for `--json`."""
    told: dict[str, Json] = {"path": one.name, "verdict": one.verdict, "reason": one.reason, "why": str(one.why)}
    if one.stamp is None:
        return told
    return told | {"at": one.stamp.at.isoformat(), "authority": one.stamp.authority}
