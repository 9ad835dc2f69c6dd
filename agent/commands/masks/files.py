"""Judges plain picture files, without a site: hidden regions, and whether two files show the same view.

For contractors and for evaluation. The same confined worker judges them as pictures of cameras; of a recording it gets
the first key picture, extracted by the reader of recorders' disks.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Final, Literal

from agent.commands.masks.regions import read_regions
from agent.commands.terminal.unconfined import confinement_json, say_confinement
from agent.judge.checks.devices.online import DARK_LUMA
from agent.model import exits
from agent.model.errors import UsageError, os_words
from agent.model.finding import Json, Message, lines
from agent.onsite.handover.sheet_values import VERDICTS
from agent.text.harmless import json_text, printable
from agent.text.translate import translate
from drivers.picture import BLANK_CONTRAST
from drivers.stores.container import UnreadableError
from drivers.stores.samples.first import first_picture
from masking.looks.evidence_format import CERTAIN_FAIL, PROBABILITY
from masking.model import Job, Judged, PictureKind, Verdict, WorkerError, Zone
from masking.view.model import DescriptorJob, ViewJob, ViewSeen
from masking.worker.client import Worker
from masking.worker.study import Study
from masking.worker.wire import MAX_PICTURE_BYTES

VERIFY_SCHEMA = "camwarden-masks-verify/1"
COMPARE_SCHEMA = "camwarden-masks-compare/1"

TIMEOUT_S: Final = 30.0
"""A file may be a large one, and nobody waits for a cycle."""

FileKind = Literal["jpeg", "h264", "h265", "mp4", "mpegts", "matroska"]

_HEAD_BYTES: Final = 256
_SUFFIXES: Final[dict[str, Literal["h264", "h265"]]] = {
    ".h264": "h264", ".264": "h264", ".avc": "h264", ".h265": "h265", ".265": "h265", ".hevc": "h265",
}  # fmt: skip
_H265_FIRST: Final = frozenset({0x40, 0x42, 0x44, 0x46, 0x4E})
"""First byte of an H.265 stream's first unit: VPS, SPS, PPS, AUD, SEI (ITU-T H.265, 7.3.1.2 and table 7-1)."""


@dataclass(frozen=True, slots=True)
class _File:
    """One file: its kind, and the picture in it; or why none could be extracted."""

    path: Path
    kind: FileKind
    picture: tuple[PictureKind, bytes] | None = field(default=None, repr=False)
    error: str = ""


@dataclass(frozen=True, slots=True)
class _JudgedFile:
    """One judged file, or why it was not judged."""

    path: Path
    kind: FileKind
    judged: Judged | None = None
    error: str = ""


def run(args: argparse.Namespace) -> int:
    """Do one of the two actions on files, and return its exit code."""
    return verify(args) if args.action == "verify" else compare(args)


def verify(args: argparse.Namespace) -> int:
    """Judge each region in each file; 0 all hidden, 1 something is not, 3 something is unknown."""
    zones = read_regions(args.regions)
    loaded = _load(args.images)
    with Worker(TIMEOUT_S, args.unconfined) as worker:
        looked = _judge_files(worker, loaded, zones)
        confinement = worker.confinement
    say_confinement(confinement, args, args.unconfined)
    verdicts = tuple(v for zone in zones if (v := _together(zone, looked)) is not None)
    if args.json:
        told = _verify_json(args.regions, looked, verdicts) | {"worker": confinement_json(confinement)}
        sys.stdout.write(json_text(told) + "\n")
    elif not args.quiet:
        lines = [
            f"{printable(str(one.path))}: {translate('not judged', args.lang)}: {one.error}"
            for one in looked
            if one.error
        ]
        lines += [_line(verdict, args.lang) for verdict in verdicts]
        sys.stdout.write("".join(f"{line}\n" for line in lines))
    return exits.worst(
        fails=any(v.verdict == "FAIL" for v in verdicts),
        refused=False,
        unchecked=len(verdicts) < len(zones)
        or any(v.verdict != "PASS" for v in verdicts)
        or any(one.error for one in looked),
    )


def compare(args: argparse.Namespace) -> int:
    """Compare two files; 0 the camera has not moved, 1 it has, 3 unknown."""
    left_out = tuple(zone.polygon for zone in read_regions(args.regions)) if args.regions is not None else ()
    reference, current = _load((args.reference, args.current))
    seen: ViewSeen | None = None
    with Worker(TIMEOUT_S, args.unconfined) as worker:
        looked = _judge_file(worker, reference, (), Study(descriptor=DescriptorJob(excluded=left_out)))
        if looked.judged is not None:
            described = looked.judged.studied
            references = (described.descriptor,) if described is not None and described.descriptor else ()
            looked = _judge_file(worker, current, (), Study(ViewJob(references, left_out)))
            answer = looked.judged.studied if looked.judged is not None else None
            seen = answer.view if answer is not None else None
        confinement = worker.confinement
    say_confinement(confinement, args, args.unconfined)
    error = f"{printable(str(looked.path))}: {looked.error}" if looked.error else ""
    state = seen.state if seen is not None else "unknown"
    if args.json:
        shown: dict[str, Json] = {
            "schema": COMPARE_SCHEMA,
            "reference": str(args.reference),
            "current": str(args.current),
            "error": error or None,
            "worker": confinement_json(confinement),
            **(asdict(seen) if seen is not None else {"state": "unknown", "reason": "not-decoded"}),
        }
        sys.stdout.write(json_text(shown) + "\n")
    elif not args.quiet:
        sys.stdout.write(_comparison_text(seen, error, args.lang) + "\n")
    return exits.worst(fails=state == "moved", refused=False, unchecked=state == "unknown")


def kind_of(path: Path, data: bytes) -> FileKind | None:
    """Detect a file's format by its first bytes; its name decides between two bare streams."""
    if data.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if data[4:8] == b"ftyp":
        return "mp4"
    if data.startswith(b"\x1a\x45\xdf\xa3"):
        return "matroska"
    if data[:1] == b"\x47" and data[188:189] in (b"\x47", b""):
        return "mpegts"
    start = 4 if data.startswith(b"\0\0\0\1") else 3 if data.startswith(b"\0\0\1") else 0
    if not start or len(data) <= start:
        return None
    return _SUFFIXES.get(path.suffix.lower()) or ("h265" if data[start] in _H265_FIRST else "h264")


def _load(paths: Sequence[Path]) -> list[_File]:
    """Read the picture of every file: a plain one whole, of a recording its first key picture.

    Raises UsageError with one line for each file that cannot be read, or is of another kind.
    """
    loaded: list[_File] = []
    mistakes: list[Message] = []
    for path in paths:
        try:
            file = _read(path)
        except OSError as error:
            mistakes.append(
                Message(
                    "{path}: cannot be read: {why}; give the path of a picture", {"path": path, "why": os_words(error)}
                )
            )
            continue
        if file is None:
            mistakes.append(
                Message(
                    "{path}: neither JPEG, H.264 or H.265 (Annex B), MP4, MPEG-TS nor Matroska: convert it",
                    {"path": path},
                )
            )
        else:
            loaded.append(file)
    if mistakes:
        raise UsageError(lines([one for at, one in enumerate(mistakes) if one not in mistakes[:at]]))
    return loaded


def _read(path: Path) -> _File | None:
    """Read the picture of a file; None for an unknown format."""
    with path.open("rb") as file:
        kind = kind_of(path, file.read(_HEAD_BYTES))
        if kind is None:
            return None
        if kind in ("jpeg", "h264", "h265"):
            file.seek(0)
            return _File(path, kind, (kind, file.read(MAX_PICTURE_BYTES)))
        try:
            sample = first_picture(file)
        except UnreadableError as error:
            return _File(path, kind, error=f"undecodable: {error}")
        return _File(path, kind, (sample.kind, sample.data))


def _judge_file(worker: Worker, file: _File, zones: tuple[Zone, ...], study: Study | None = None) -> _JudgedFile:
    if file.picture is None:
        return _JudgedFile(file.path, file.kind, error=printable(file.error))
    kind, data = file.picture
    try:
        return _JudgedFile(file.path, file.kind, worker.judge(Job(data, kind, zones, study)))
    except WorkerError as failure:
        return _JudgedFile(file.path, file.kind, error=printable(str(failure)))


def _judge_files(worker: Worker, files: Sequence[_File], zones: tuple[Zone, ...]) -> list[_JudgedFile]:
    """Judge pictures of one camera, each together with those before it; a dark one leaves nothing for the next."""
    looked: list[_JudgedFile] = []
    left: dict[str, tuple[bytes, ...]] = {}
    for file in files:
        known = tuple(replace(zone, earlier=left.get(zone.name, ())) for zone in zones)
        one = _judge_file(worker, file, known)
        looked.append(one)
        if one.judged is not None and not _is_dark(one.judged):
            for verdict in one.judged.verdicts:
                if verdict.evidence:
                    left[verdict.zone] = (*left.get(verdict.zone, ()), verdict.evidence)
    return looked


def _together(zone: Zone, looked: list[_JudgedFile]) -> Verdict | None:
    """Return the verdict on a region in all judged files together; None where there is none.

    It came with the last of them in which a mask can be judged; but a file that plainly shows the region bare is not
    voted down by others, wherever it stands among them.
    """
    judged = [one.judged for one in looked if one.judged is not None]
    lit = [one for one in judged if not _is_dark(one)]
    own = [v for one in reversed(lit) for v in one.verdicts if v.zone == zone.name]
    if (bare := next((v for v in own if _is_plainly_bare(v)), None)) is not None:
        return bare
    for one in reversed(lit):
        return next((v.together or v for v in one.verdicts if v.zone == zone.name), None)
    return next((v for one in reversed(judged) for v in _verdicts(one) if v.zone == zone.name), None)


def _is_plainly_bare(verdict: Verdict) -> bool:
    return verdict.verdict == "FAIL" and dict(verdict.numbers).get(PROBABILITY, 1.0) <= CERTAIN_FAIL


def _is_dark(judged: Judged) -> bool:
    return judged.mean_luma < DARK_LUMA and judged.contrast < BLANK_CONTRAST


def _verdicts(judged: Judged) -> tuple[Verdict, ...]:
    """Return a picture's verdicts; in a dark one no mask is proven."""
    if not _is_dark(judged):
        return judged.verdicts
    text = "The picture is dark: no mask can be judged in it."
    return tuple(v if v.verdict == "FAIL" else Verdict(v.zone, "UNSURE", "dark", (), text) for v in judged.verdicts)


def _verify_json(regions: Path, looked: list[_JudgedFile], verdicts: tuple[Verdict, ...]) -> dict[str, Json]:
    images: list[Json] = []
    for one in looked:
        size = (one.judged.width_px, one.judged.height_px) if one.judged else (None, None)
        images.append(
            {
                "file": str(one.path),
                "kind": one.kind,
                "error": one.error or None,
                "width_px": size[0],
                "height_px": size[1],
                "dropped_units": one.judged.dropped_units if one.judged else None,
                "regions": [_verdict_json(v) for v in _verdicts(one.judged)] if one.judged else [],
            }
        )
    together: list[Json] = [_verdict_json(verdict) for verdict in verdicts]
    return {"schema": VERIFY_SCHEMA, "regions_file": str(regions), "images": images, "regions": together}


def _verdict_json(verdict: Verdict) -> dict[str, Json]:
    return {
        "region": verdict.zone,
        "verdict": verdict.verdict,
        "reason": verdict.reason,
        "numbers": dict(verdict.numbers),
        "explanation": verdict.explanation,
    }


def _line(verdict: Verdict, lang: str) -> str:
    word = translate(VERDICTS[verdict.verdict][1], lang)
    return f"{printable(verdict.zone)}: {word} ({verdict.reason}): {verdict.explanation}"


def _comparison_text(seen: ViewSeen | None, error: str, lang: str) -> str:
    if seen is None:
        return f"{translate('not judged', lang)}: {error}"
    if seen.state == "still":
        return translate("the same view", lang)
    if seen.state == "unknown" or seen.movement is None:
        return translate("the views cannot be compared ({reason})", lang).format(reason=seen.reason)
    sentence = translate(
        "moved by up to {percent} % of the width: {right} % to the right, {down} % down, "
        "turned by {degrees} degrees, zoomed by {zoom} %",
        lang,
    )
    move = seen.movement
    return sentence.format(
        percent=round(move.largest_percent, 1),
        right=round(move.right_percent, 1),
        down=round(move.down_percent, 1),
        degrees=round(move.rotation_deg, 1),
        zoom=round(move.zoom_percent, 1),
    )
