"""Exports the log as a folder of files that any web server or memory stick carries, and reads it back.

`checkpoint`, `tile/LEVEL/NUMBER` (with `.p/WIDTH` behind it while it is not full) and `restored/TIME` for each
statement. What is written first is what the checkpoint needs, and the checkpoint last, so that a reader at any moment
finds a whole log. Nothing in it names a report or a site.

Source: C2SP tlog-tiles (paths).
"""

from pathlib import Path
from typing import Final

from agent.host.files import write_atomic
from agent.hub.domain.rows.log import RESTORED, State
from agent.hub.domain.tree import HEIGHT, TILE_BYTES, WIDTH
from agent.hub.ports.log import LogStore
from agent.model.errors import ConfigurationError, Forbidden, NotVerified, os_words
from agent.verify.checkpoint import NOTE_MAX_CHARS, split_note
from agent.verify.merkle import HASH_BYTES

_PUBLIC: Final = 0o644
_STATEMENTS_MOST: Final = 1000


def export(log: LogStore, folder: Path) -> int:
    """Write what changed since the last export into a folder; return the size of the log that it then has.

    Raises:
        ConfigurationError: There is no log yet, its restore is not stated yet, or the folder cannot be written.
        Forbidden: This user may not write there.
        StoreFailed: The log cannot be read.
    """
    state = log.state()
    if state is None:
        raise ConfigurationError("there is no log yet, so none can go on: start the hub")
    if state.last_digest == RESTORED:  # a witness would take the older checkpoint for a log that was cut
        raise ConfigurationError(
            "hub.db is not the one that the log continues: if it was restored from a backup, state that with "
            "`camwarden hub log restored`"
        )
    try:
        for level, number, used in _missing(folder, state.size, _size_there(log, folder, state)):
            path = folder / tile_path(level, number, used)
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(path, log.tile(level, number)[: used * HASH_BYTES], _PUBLIC)
        for begun, _, note in log.lives():
            if note:
                (folder / "restored").mkdir(parents=True, exist_ok=True)
                write_atomic(folder / "restored" / begun, note.encode(), _PUBLIC)
        folder.mkdir(parents=True, exist_ok=True)
        write_atomic(folder / "checkpoint", state.note.encode(), _PUBLIC)
    except PermissionError:
        raise Forbidden("{path}: this user may not write there; choose another place", path=folder) from None
    except OSError as error:
        raise ConfigurationError(
            "{path}: cannot be written: {why}; name another folder or file", path=folder, why=os_words(error)
        ) from None
    return state.size


def tile_path(level: int, number: int, used: int) -> str:
    """Return where a tile with `used` hashes lies. Source: C2SP tlog-tiles, "Merkle Tree"."""
    groups = [f"{number % 1000:03}"]
    while number := number // 1000:
        groups.insert(0, f"x{number % 1000:03}")
    return f"tile/{level}/{'/'.join(groups)}{'' if used == WIDTH else f'.p/{used}'}"


def read_checkpoint_file(folder: Path) -> str:
    """Return the checkpoint of a folder, unverified. Raises ConfigurationError where it cannot be read."""
    return read_note(folder / "checkpoint")


def read_statements(folder: Path) -> list[str]:
    """Return the statements of restores in a folder, unverified. Raises ConfigurationError where one cannot be read."""
    try:
        paths = sorted((folder / "restored").iterdir())[:_STATEMENTS_MOST] if (folder / "restored").is_dir() else []
    except OSError as error:
        raise ConfigurationError("{path}: cannot be read: {why}", path=folder, why=os_words(error)) from None
    return [read_note(path) for path in paths]


def read_tile(folder: Path, size: int, level: int, number: int) -> bytes:
    """Return the hashes of a tile of a folder whose log has `size` entries; unverified, of the right length.

    Raises:
        ConfigurationError: It is not there, or has another length.
    """
    used = min(WIDTH, (size >> HEIGHT * level) - number * WIDTH)
    path = folder / tile_path(level, number, used)
    try:
        with path.open("rb") as file:
            data = file.read(TILE_BYTES + 1)
    except OSError as error:
        raise ConfigurationError("{path}: cannot be read: {why}", path=path, why=os_words(error)) from None
    if len(data) != used * HASH_BYTES:
        raise ConfigurationError("{path}: not a tile of the log: copy the folder again", path=path)
    return data


def _size_there(log: LogStore, folder: Path, state: State) -> int:
    """Return how many entries of this log a folder has, by its checkpoint.

    What it shows of an earlier life counts up to where the next one began: behind that are other entries now.
    """
    if not (folder / "checkpoint").exists():
        return 0
    try:
        text, origin = split_note(read_checkpoint_file(folder))
        size = int(text.split("\n")[1])
    except (ConfigurationError, NotVerified, ValueError, IndexError):
        return 0
    hub, _, begun = origin.rpartition("/")
    lives = log.lives()
    if hub != state.origin.rpartition("/")[0] or begun not in [one for one, _, _ in lives]:
        return 0
    return min([size, state.size, *(start for later, start, _ in lives if later > begun)])


def _missing(folder: Path, size: int, there: int) -> list[tuple[int, int, int]]:
    """Return level, number and hashes of each tile that a folder lacks, in the order in which to write them.

    Looked for from the end of each level to the first that is there, of entries below `there`: what lies before it was
    written before it.
    """
    found: list[tuple[int, int, int]] = []
    level = 0
    while size:
        of_level = []
        for number in reversed(range(-(-size // WIDTH))):
            used = min(WIDTH, size - number * WIDTH)
            is_same = (number * WIDTH + used) << HEIGHT * level <= there
            if is_same and (folder / tile_path(level, number, used)).exists():
                break
            of_level.append((level, number, used))
        found += reversed(of_level)
        size, level = size // WIDTH, level + 1
    return found


def read_note(path: Path) -> str:
    """Return a signed note of a file, unverified. Raises ConfigurationError where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(4 * NOTE_MAX_CHARS).decode("utf-8")
    except OSError as error:
        raise ConfigurationError("{path}: cannot be read: {why}", path=path, why=os_words(error)) from None
    except UnicodeDecodeError:
        raise ConfigurationError("{path}: not a signed note of a hub's log", path=path) from None
