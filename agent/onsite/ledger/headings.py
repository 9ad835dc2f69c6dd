"""Finds the row of headings in a sheet, and maps each heading to a column. Pure.

A heading means a column when its words are one of the column's names; similarity only suggests. A person's earlier
mapping comes first.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from agent.onsite.ledger.columns import BY_KEY, COLUMNS
from agent.onsite.ledger.files.grid import Row, Sheet, half_width

HEADER_ROWS_MAX: Final = 30
"""Title rows stand above the headings, not whole pages."""
RECOGNISED_MIN: Final = 2
IGNORED: Final = "-"
"""What `--map` says of a heading that means nothing."""
HEADING_MAX_CHARS: Final = 60

_PASSWORD: Final = re.compile("密码|口令|密匙|password|passwd|passphrase|pwd|secret")
_NAMES: Final = {
    name: (column.key, rank)
    for column in reversed(COLUMNS)
    for rank, name in enumerate((*column.names, column.key.replace("_", "")))
}
_CAMERA: Final = re.compile("^(?:前端设备|前端|摄像头|探头|相机|监控点位|监控点|监控|点位|ipc)")
_RECORDER: Final = re.compile(
    "^(?:所属|所在|接入|对应|连接)?(?:硬盘录像机|网络录像机|录像设备|存储设备|录像机|nvr|dvr)(?=$|名称|ip|地址|通道|http|端口|品牌|厂商)"
)
_OF_THE_CAMERA: Final = re.compile("^(?:摄像机|设备)(?=..)")
LESS_SURE: Final = 100
"""What a heading's rank grows by with each word that was replaced to know it."""
_UNIT: Final = re.compile(r"(?:[(\[【<{]|/)\s*(个?月|年|周|小时|天|日|毫米|厘米|米|度|°|[a-z]{1,5})\s*[)\]】>}]?$")


@dataclass(frozen=True, slots=True)
class Heading:
    """One heading: its column (from 0), its text, and the key that it means.

    `key` is empty for an unknown one; then `guess` is the most similar key. `remembered`: a person mapped it.
    `password`: its column holds passwords and is not read. `unit`: what it counts in, which is not what is due.
    """

    column: int
    text: str
    key: str = ""
    guess: str = ""
    remembered: bool = False
    password: bool = False
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Headings:
    """The headings of a sheet: `last_row` is the number of their row; `twice` are those that mean one column."""

    last_row: int
    found: tuple[Heading, ...]
    twice: tuple[tuple[Heading, Heading], ...] = ()

    @property
    def by_key(self) -> dict[str, Heading]:
        """The headings that are read, by key."""
        return {heading.key: heading for heading in self.found if heading.key}


def normal(text: str) -> str:
    """Normalize a heading as in the table of names: `*设备 IP:` is `设备ip`."""
    plain = re.sub(r"[(\[【<{].*?[)\]】>}]|/\s*(?:天|日|米|度|m)$", "", half_width(text).lower())
    return re.sub(r"[\s*:_\-/.,;'\"“”?!#|]+", "", plain)


def meaning(words: str) -> tuple[str, int]:
    """Return the key that a normal heading means, and how far it is from a surest name; no key for an unknown one.

    Makers call a camera 探头, 前端 or 点位 and a recorder NVR or 硬盘录像机: one word stands for all of them.
    """
    for number, known in enumerate((words, _RECORDER.sub("录像机", _CAMERA.sub("摄像机", words)))):
        if known in _NAMES:
            key, rank = _NAMES[known]
            return key, rank + number * LESS_SURE
    key, rank = _NAMES.get(_OF_THE_CAMERA.sub("", _CAMERA.sub("摄像机", words)), ("", 0))
    return key, rank + 2 * LESS_SURE


def counts_in(text: str) -> str:
    """Return the unit that a heading names in brackets or behind a stroke, empty where it names none."""
    match = _UNIT.search(half_width(text).lower())
    return match[1] if match else ""


def holds_passwords(text: str) -> bool:
    """Return whether a heading is that of a column with passwords, alone or together with a user."""
    return bool(_PASSWORD.search(half_width(text).lower()))


def find(sheet: Sheet, mapped: Mapping[str, str]) -> Headings | None:
    """Return the headings of a sheet, None where no row has any.

    `mapped` is a person's mapping: normal heading -> key of a column, or `IGNORED`.
    """
    best: tuple[dict[int, str], int] | None = None
    most = RECOGNISED_MIN - 1
    rows = sheet.rows[:HEADER_ROWS_MAX]
    for number, row in enumerate(rows):
        below = rows[number + 1] if number + 1 < len(rows) else None
        # Headings on two levels: a group above, what it consists of below it.
        for texts, last in ((_texts(row), row.number), (_joined(row, below), below.number if below else row.number)):
            recognised = len(_headings(texts, last, mapped).by_key)
            if recognised > most:
                best, most = (texts, last), recognised
    # What is similar takes most of the time, and only the headings need it, not every row that might have been them.
    return _headings(*best, mapped, guessing=True) if best else None


def _texts(row: Row) -> dict[int, str]:
    return {column: value for column, value in row.cells.items() if isinstance(value, str) and value.strip()}


def _joined(row: Row, below: Row | None) -> dict[int, str]:
    return _texts(row) | (_texts(below) if below else {})


def _headings(
    texts: Mapping[int, str], last_row: int, mapped: Mapping[str, str], *, guessing: bool = False
) -> Headings:
    found: dict[str, tuple[int, Heading]] = {}
    rest: list[Heading] = []
    twice: list[tuple[Heading, Heading]] = []
    for column, text in sorted(texts.items()):
        words = normal(text)
        shown = half_width(text)[:HEADING_MAX_CHARS]
        said = mapped.get(words, "")
        if holds_passwords(text):
            rest.append(Heading(column, shown, password=True))
            continue
        key, rank = (said, -1) if said else meaning(words)
        unit = counts_in(text)
        if not said and key in BY_KEY and unit and BY_KEY[key].units and unit not in BY_KEY[key].units:
            rest.append(Heading(column, shown, unit=unit))
            continue
        if key not in BY_KEY:
            close = get_close_matches(words, _NAMES, n=1, cutoff=0.7) if guessing and not key else []
            rest.append(Heading(column, shown, guess=_NAMES[close[0]][0] if close else ""))
            continue
        heading = Heading(column, shown, key, remembered=bool(said))
        other = found.get(key)
        if other is None or rank < other[0]:
            found[key] = (rank, heading)
        if other is not None and rank == other[0]:
            twice.append((other[1], heading))
        elif other is not None:  # the surer name is taken; the other one is told
            loser = heading if rank > other[0] else other[1]
            rest.append(Heading(loser.column, loser.text, guess=key))
    every = sorted([*(heading for _, heading in found.values()), *rest], key=lambda heading: heading.column)
    return Headings(last_row, tuple(every), tuple(twice))
