"""Detects names of places where no camera may hang. A hint for people, never a verdict. Pure.

Names come from devices and ledgers, with blanks and full-width letters.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

PRIVATE: Final = (
    "卫生间", "洗手间", "盥洗", "厕", "廁", "衛生間", "浴", "淋浴", "澡堂", "桑拿", "更衣", "化妆间", "客房", "宿舍",
    "寝室", "母婴", "母嬰", "哺乳", "试衣", "試衣", "包间", "包間", "包厢", "包房",
)  # fmt: skip
"""Source: Order 799, article 8(1); Datong Measures, article 9; and what signs and ledgers call these places."""

OUTSIDE: Final = (
    "门口", "門口", "走廊", "通道", "过道", "楼道", "楼梯", "电梯", "大门", "门厅", "大厅", "入口", "出口", "门前",
    "周界", "围墙", "外",
)  # fmt: skip
"""Behind such a word: the camera hangs before that place, or on the way to it."""

_NOT_OUTSIDE: Final = re.compile("外[科宾语贸汇教卖]")
_ABROAD: Final = ("室外", "户外", "屋外")

_PRIVATE_LATIN: Final = re.compile(
    r"(?<![a-z])(toilets?|restrooms?|rest room|lavatory|washrooms?|wc|bathrooms?|showers?|sauna|changing rooms?|"
    r"dressing rooms?|locker rooms?|fitting rooms?|guest ?rooms?|dorm(?:itory|itories|s)?|nursing room)(?![a-z])"
)
_OUTSIDE_LATIN: Final = re.compile(r"(?<![a-z])(outside|entrance|corridor|hallway|passage|lobby|door)(?![a-z])")


@dataclass(frozen=True, slots=True)
class Hint:
    """A word of the list that was found; `outside`: the word that puts the camera outside that place, or empty."""

    word: str
    outside: str


def hints(text: str) -> tuple[Hint, ...]:
    """Return every word of a private place in a name, each once."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    dense = _NOT_OUTSIDE.sub(" ", "".join(char for char in plain if char.isalnum()))
    found = [Hint(word, _behind(dense, word)) for word in PRIVATE if word in dense]
    way = _OUTSIDE_LATIN.search(plain)
    latin = dict.fromkeys(one[1] for one in _PRIVATE_LATIN.finditer(plain))
    return (*found, *(Hint(word, way[1] if way else "") for word in latin))


def _behind(dense: str, word: str) -> str:
    """Return the word for outside that follows the last mention of a place, or one for the open air, or empty."""
    after = dense[dense.rindex(word) + len(word) :]
    return next((one for one in OUTSIDE if one in after), next((one for one in _ABROAD if one in dense), ""))
