"""Remembers what each camera's recorded days held. Pure."""

from typing import Final

from agent.observe.footage import compact
from agent.observe.footage.days import Footage
from agent.observe.footage.join import merge_footage, without_acknowledged
from agent.observe.remembered.codec import as_list_by_id
from agent.observe.remembered.look import Look
from agent.observe.remembered.value import Remembered

EMPTY: Final[Footage] = {}
to_data, from_data = as_list_by_id(compact.to_data, compact.from_data)


def update(before: Remembered, look: Look) -> Footage:
    """Merge the listings of footage; of a camera whose box is gone those of that box are dropped."""
    told = tuple(one for one in look.told if one.subject.removeprefix("camera:") not in look.begun)
    known = without_acknowledged(before.footage, look.acknowledged)
    return merge_footage(look.site, told, known, look.now, look.trusted)[0]
