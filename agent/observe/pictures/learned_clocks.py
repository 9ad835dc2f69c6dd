"""Stores the learned digits of each camera's clocks, one file for each path beside the camera's approval.

`<state directory>/baselines/clocks/`, the folder 0700 and the files 0600, replaced whole. They are the drawing of a
font and nothing of a scene; all the same they are in no bundle and no report. What is in a file is opaque here, and
only a locked-down child decodes it.
"""

import base64
import json
import logging
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from agent.host.files import write_atomic
from agent.observe.pictures.clock_looks import TAUGHT_BY, ClockPlace

SCHEMA: Final = "camwarden-clock/2"
FOLDER: Final = "baselines/clocks"
MAX_BYTES: Final = 400_000
_NAME: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,63}")

log = logging.getLogger("camwarden.clocks")


def read_clocks(directory: Path, site_id: str) -> dict[ClockPlace, bytes]:
    """Read this site's learned clocks below a state directory. A damaged file is logged and skipped."""
    found: dict[ClockPlace, bytes] = {}
    paths = {str(path): path for path in TAUGHT_BY.values()}
    folder = directory / FOLDER
    for path in sorted(folder.glob("*.json")) if folder.is_dir() else ():
        if path.name.startswith("."):
            continue
        try:
            with path.open("rb") as file:
                text = file.read(MAX_BYTES + 1)
            if len(text) > MAX_BYTES:
                raise ValueError("too large")
            data = json.loads(text)
            place = str(data["camera"]), paths[data["path"]]
            if data["schema"] != SCHEMA or path.name != _file_name(place):
                raise ValueError("another file")
            if data["site"] == site_id:
                found[place] = base64.b64decode(data["glyphs"], validate=True)
        except OSError as error:
            log.warning("%s: this learned clock cannot be read: %s", path, error.strerror)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            log.warning("%s: this learned clock is damaged (%s) and is learned again", path, type(error).__name__)
    return found


def store_clocks(
    directory: Path, site_id: str, before: Mapping[ClockPlace, bytes], after: Mapping[ClockPlace, bytes]
) -> None:
    """Write the clocks that were learned since `before`, and remove those that are not in `after`.

    Failed writes are logged: a clock that is not stored is learned again after a restart.
    """
    folder = directory / FOLDER
    try:
        for place, glyphs in after.items():
            if glyphs != before.get(place) and _NAME.fullmatch(place[0]):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                folder.chmod(0o700)
                whose = {"site": site_id, "camera": place[0], "path": place[1]}
                data = {"schema": SCHEMA, **whose, "glyphs": base64.b64encode(glyphs).decode()}
                write_atomic(folder / _file_name(place), json.dumps(data).encode(), 0o600)
        wanted = {_file_name(place) for place in after}
        for path in folder.glob("*.json") if folder.is_dir() else ():
            if path.name not in wanted:
                path.unlink(missing_ok=True)
    except OSError as error:
        log.warning("%s: learned clocks cannot be kept: %s", folder, error.strerror)


def _file_name(place: ClockPlace) -> str:
    return f"{place[0]}.{place[1]}.json"
