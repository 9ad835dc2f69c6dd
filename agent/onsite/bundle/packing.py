"""Packs gathered texts into an archive: within its limits, without secrets, with a list of what is missing."""

import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from agent.host.time_limited import Task, run_limited
from agent.model.errors import AgentError, Forbidden
from agent.model.finding import Json, Message, utc_text
from agent.onsite.bundle.secrets import holds_any, without
from agent.onsite.doctor.model import Situation
from agent.version import VERSION

SCHEMA: Final = "camwarden-bundle/1"
WITHIN_S: Final = 50.0
"""For gathering; with packing the whole stays below a minute."""
ITEM_MAX_BYTES: Final = 4 * 1024 * 1024
BUNDLE_MAX_BYTES: Final = 20 * 1024 * 1024
"""Of all texts before they are compressed; so no archive is larger."""

_ITEM_MODE = 0o600


@dataclass(frozen=True, slots=True)
class Item:
    """One row of the table: a file of the archive, its title, and the function that renders its text.

    `gather` gets the situation and the known secrets, and raises `NotThere` where there is nothing of the kind.
    """

    name: str
    title: str
    gather: Callable[[Situation, tuple[str, ...]], str]
    limit_s: float = 8.0


class NotThere(Exception):
    """There is nothing of this kind here; `message` explains it to people."""

    def __init__(self, message: Message) -> None:
        super().__init__(str(message))
        self.message = message


@dataclass(frozen=True, slots=True)
class Gathered:
    """An item's bytes, or why it is left out."""

    item: Item
    data: bytes = b""
    left_out: Message | None = None


def gather(
    items: Sequence[Item],
    situation: Situation,
    secrets: tuple[str, ...],
    told: Callable[[str], None] = lambda name: None,
) -> tuple[Gathered, ...]:
    """Render every item; one that fails, takes too long or finds no room is named with the reason.

    No item may hold one of `secrets`; `told` is called with the name of each as it ends.
    """
    tasks = [Task(item.name, partial(item.gather, situation, secrets), item.limit_s) for item in items]
    texts: dict[str, str | Exception] = {}
    for name, result in run_limited(tasks, WITHIN_S):
        texts[name] = result
        told(name)
    room, found = BUNDLE_MAX_BYTES, []
    for item in items:
        one = _checked(item, texts[item.name], secrets)
        if len(one.data) > room:
            one = Gathered(item, left_out=Message("there is no room left in the archive"))
        room -= len(one.data)
        found.append(one)
    return tuple(found)


def _checked(item: Item, text: str | Exception, secrets: tuple[str, ...]) -> Gathered:
    if isinstance(text, Exception):
        return Gathered(item, left_out=_why(text))
    clean = without(text, secrets).encode("utf-8", "backslashreplace")
    if len(clean) > ITEM_MAX_BYTES:  # the end is the newest
        clean = b"[the beginning is cut off]\n" + clean[-ITEM_MAX_BYTES + 64 :]
    if holds_any(clean, secrets):
        return Gathered(item, left_out=Message("a secret was still found in it"))
    return Gathered(item, clean)


def _why(error: Exception) -> Message:
    if isinstance(error, NotThere):
        return error.message
    if isinstance(error, TimeoutError):
        return Message("took too long and was given up")
    if isinstance(error, PermissionError | Forbidden):
        return Message("this user may not read it")
    words = str(error).splitlines()[0] if isinstance(error, AgentError | OSError) and str(error) else ""
    return Message("could not be made: {why}", {"why": words or type(error).__name__})


def packed(gathered: Sequence[Gathered], at: datetime) -> bytes:
    """Encode the archive: gzip-compressed tar with the items and a manifest."""
    rows: list[Json] = [{"name": one.item.name, **_facts(one)} for one in gathered]
    manifest: dict[str, Json] = {"schema": SCHEMA, "version": VERSION, "at": utc_text(at), "items": rows}
    listed = json.dumps(manifest, ensure_ascii=False, indent=2).encode() + b"\n"
    files = [("MANIFEST.json", listed), *((g.item.name, g.data) for g in gathered if g.left_out is None)]
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, data in files:
            entry = tarfile.TarInfo(f"camwarden-bundle/{name}")
            entry.size, entry.mode, entry.mtime = len(data), _ITEM_MODE, int(at.timestamp())
            archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


def _facts(one: Gathered) -> dict[str, Json]:
    if one.left_out is not None:
        return {"left_out": str(one.left_out)}
    return {"bytes": len(one.data), "sha256": hashlib.sha256(one.data).hexdigest()}
