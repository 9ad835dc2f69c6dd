"""Reads recordings as files named by their first moment: ffmpeg's segmenter, MediaMTX, motion.

Only names, sizes, times of change and few headers are read: `scan.py` decides which and when, `ends.py` what follows
from them. Nothing is ever written into the store, and no file of it is held open.
"""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from drivers.footage import StoreTask
from drivers.model import Reason
from drivers.stores import pattern
from drivers.stores.answer import Account, Result, answer, unavailable
from drivers.stores.folder import DiskTree, Tree
from drivers.stores.index import Index, with_index
from drivers.stores.part import StoreLook
from drivers.stores.scan import scan
from drivers.text import sanitize

_NAME_SHOWN_CHARS = 48


def read(task: StoreTask, tree: Tree | None = None) -> Result:
    """Read a store of segments.

    Args:
        task: The look.
        tree: The source of names instead of the store's folder.
    """
    source: Tree = DiskTree(task.store.path, task.progress) if tree is None else tree
    why = _trouble(task, source)
    if why:
        return unavailable(task, *why), ()

    def with_notes(index: Index) -> Result:
        result = answer(task, _accounts(task, source, index), source.open)
        index.finish(task.now.timestamp())
        return result

    return with_index(task.index, task.store, with_notes)


def _trouble(task: StoreTask, tree: Tree) -> tuple[Reason, str] | None:
    """Return why nothing of the store can be read; None where something can."""
    wrong = pattern.trouble(task.store.pattern)
    if wrong:
        return "malformed", wrong
    try:
        if tree.names(""):
            return None
        return "unreachable", "the folder of the store is empty: is its disk mounted?"
    except FileNotFoundError:
        return "unreachable", "the folder of the store is not there: is its disk mounted, and its path right?"
    except NotADirectoryError:
        return "malformed", "the path of the store is no folder: correct path"
    except PermissionError:
        return "refused", "the folder of the store may not be read: give the user camwarden the right to"
    except OSError as error:
        return "fault", f"the folder of the store cannot be read: {error.strerror}"


def _accounts(task: StoreTask, tree: Tree, index: Index) -> Iterator[tuple[str, Account]]:
    """Read camera by camera, so that no more than one of them is in memory."""
    look = StoreLook(tree, index, ZoneInfo(task.store.time_zone), task.now.timestamp(), task.progress)
    for camera, name in task.cameras:
        wrong = pattern.name_trouble(name)
        if wrong:
            yield camera, Account(missing=("malformed", wrong))
            continue
        found = scan(look, name, pattern.steps(task.store.pattern, name))
        if found.there:
            index.meet(name)
        missing: tuple[Reason, str] | None = None
        if isinstance(found.why, PermissionError) and not found.parts:
            missing = "refused", "no folder of this camera could be read: give the user camwarden the right to"
        elif found.why is not None and not found.parts:
            missing = "fault", f"no folder of this camera could be read: {found.why.strerror}"
        elif not found.parts and found.strays:
            # Whoever changed the recorder's names would have lost all footage by them: this is no empty store.
            shown = ", ".join(sanitize(one, _NAME_SHOWN_CHARS) for one in found.strays)
            missing = "malformed", f"no name of this camera fits pattern {task.store.pattern}; there are {shown}"
        elif not found.there and not index.knows(name):
            missing = "unreachable", "the store has nothing under this camera's name: correct store_name, or record it"
        yield camera, Account(found.parts, found.troubles, found.whole, missing)
