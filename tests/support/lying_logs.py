"""Logs that a hub rewrites in every way that comes to mind, as folders that a witness reads; and honest ones."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent.contract.signing_keys import Signer
from agent.hub.domain.tree import TILE_BYTES, Tree, appended
from agent.hub.log.mirror import tile_path
from agent.verify.checkpoint import origin_of, write_checkpoint
from agent.verify.log_life import write_restored
from agent.verify.merkle import HASH_BYTES, leaf_hash

BEGUN = datetime(2026, 11, 24, tzinfo=UTC)
LATER = BEGUN + timedelta(days=2)
GROWS = 5
"""So many entries came since the witness looked, which a lying hub has too."""


@dataclass(frozen=True)
class Shown:
    """What a hub shows: entries (salt and digest), its origin, who signs, and statements of restores."""

    entries: tuple[bytes, ...]
    origin: str
    signer: Signer
    statements: tuple[str, ...] = ()
    spoil: Callable[[Path], None] | None = None

    @property
    def tree(self) -> Tree:
        tiles = appended(0, lambda *_: b"", [leaf_hash(entry) for entry in self.entries])
        return Tree(len(self.entries), lambda level, number: tiles[level, number])

    def write(self, folder: Path) -> None:
        """Write the folder as a hub does."""
        tiles = appended(0, lambda *_: b"", [leaf_hash(entry) for entry in self.entries])
        for (level, number), data in tiles.items():
            path = folder / tile_path(level, number, len(data) // HASH_BYTES)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data[:TILE_BYTES])
        for number, statement in enumerate(self.statements):
            (folder / "restored").mkdir(parents=True, exist_ok=True)
            (folder / "restored" / str(number)).write_text(statement)
        folder.mkdir(parents=True, exist_ok=True)
        note = write_checkpoint(self.origin, len(self.entries), self.tree.root(), self.signer)
        (folder / "checkpoint").write_text(note)
        if self.spoil is not None:
            self.spoil(folder)


def honest(size: int, signer: Signer) -> Shown:
    """Return a log of so many entries."""
    return Shown(tuple(os.urandom(48) for _ in range(size)), origin_of(signer.kid, BEGUN), signer)


def grown(shown: Shown, count: int = GROWS) -> Shown:
    """Return a log with further entries."""
    return replace(shown, entries=(*shown.entries, *(os.urandom(48) for _ in range(count))))


def restored(shown: Shown, size: int, at: datetime = LATER) -> Shown:
    """Return a log that was put back to `size` entries, with the statement that says so."""
    cut = replace(shown, entries=shown.entries[:size])
    note = write_restored(shown.origin, (size, cut.tree.root()), "Li Wei", "disk broke", shown.signer, at)
    return replace(cut, origin=origin_of(shown.signer.kid, at), statements=(*shown.statements, note))


def _swapped(entries: Sequence[bytes], at: int) -> tuple[bytes, ...]:
    return (*entries[:at], entries[at][:16] + os.urandom(32), *entries[at + 1 :])


def _salted_anew(entries: Sequence[bytes], at: int) -> tuple[bytes, ...]:
    return (*entries[:at], os.urandom(16) + entries[at][16:], *entries[at + 1 :])


def _dropped(entries: Sequence[bytes], at: int) -> tuple[bytes, ...]:
    return (*entries[:at], *entries[at + 1 :])


def _slipped_in(entries: Sequence[bytes], at: int) -> tuple[bytes, ...]:
    return (*entries[:at], os.urandom(48), *entries[at:])


def _exchanged(entries: Sequence[bytes], at: int) -> tuple[bytes, ...]:
    other = at - 1 if at else len(entries) - 1
    changed = [*entries]
    changed[at], changed[other] = changed[other], changed[at]
    return tuple(changed)


ENTRIES = {"swapped": _swapped, "other-salt": _salted_anew, "dropped": _dropped, "slipped-in": _slipped_in,
           "exchanged": _exchanged}  # fmt: skip
"""Ways to rewrite one entry."""


def rewrites(held: Shown, stranger: Signer) -> Iterator[tuple[str, Shown]]:
    """Yield what lying hubs show to somebody who holds the checkpoint of `held`, each with its name."""
    size = len(held.entries)
    for at in sorted({0, size // 2, size - 1}):
        for name, change in ENTRIES.items():
            yield f"{name}-{at}-of-{size}", grown(replace(held, entries=change(held.entries, at)))
    yield f"forked-at-{size}", replace(held, entries=_swapped(held.entries, size - 1))
    yield f"forked-and-grown-{size}", grown(replace(held, entries=held.entries[: size // 2]), size)
    yield f"shrunk-from-{size}", replace(held, entries=held.entries[: size - 1])
    yield f"old-replayed-{size}", replace(held, entries=held.entries[: (size + 1) // 2])
    yield f"put-back-without-statement-{size}", grown(replace(held, entries=held.entries[: size - 1]), GROWS)
    yield f"begun-anew-{size}", replace(grown(held), origin=origin_of(held.signer.kid, LATER))
    yield f"other-key-{size}", replace(grown(held), signer=stranger)
    yield f"other-hub-{size}", replace(grown(held), signer=stranger, origin=origin_of(stranger.kid, BEGUN))
    put_back = restored(held, size - 1)
    forged = restored(replace(held, signer=stranger), size - 1)
    yield f"forged-statement-{size}", replace(put_back, statements=forged.statements)
    yield (
        f"statement-of-another-time-{size}",
        replace(put_back, origin=origin_of(held.signer.kid, LATER + timedelta(days=1))),
    )
    yield f"rewritten-behind-a-statement-{size}", grown(replace(put_back, entries=_swapped(put_back.entries, 0)))
    yield f"root-edited-{size}", replace(grown(held), spoil=_edit_root)
    yield f"tile-edited-{size}", replace(grown(held), spoil=edit_tile)


def _edit_root(folder: Path) -> None:
    lines = (folder / "checkpoint").read_text().split("\n")
    lines[2] = ("A" if lines[2][0] != "A" else "B") + lines[2][1:]
    (folder / "checkpoint").write_text("\n".join(lines))


def edit_tile(folder: Path) -> None:
    """Write other hashes into the tiles of a folder."""
    for path in sorted((folder / "tile/0").rglob("*")):
        if path.is_file():
            path.write_bytes(os.urandom(len(path.read_bytes())))
