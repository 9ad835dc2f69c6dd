"""SQLite moves rows between pages and leaves copies behind: of a name that is erased, none of them stays either."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path

from delivery import NOW

from agent.contract.authors import Names
from agent.hub.stores.keeping import authors

HOUR = timedelta(hours=1)


def test_no_copy_of_an_erased_name_is_left_in_a_page(tmp_path: Path) -> None:
    chance, told, file = random.Random(1), dict[str, str](), tmp_path / authors.NAME
    for step in range(12):
        site = f"S{chance.randrange(6)}"
        numbers = range(len(told) + 1, len(told) + 1 + chance.randrange(1, 60))
        names = {f"author-{site}-{n:016x}": f"N{n:06d}" + "名" * chance.randrange(0, 120) for n in numbers}
        authors.take(tmp_path, Names(site, "datong", NOW + step * HOUR, names), NOW + step * HOUR)
        told |= names
    moved = [one for one, name in told.items() if file.read_bytes().count(name[:7].encode()) > 1]
    assert moved, "a row was moved, and its copy stayed behind"
    for one in moved:
        assert authors.erase(tmp_path, one, "局长", "申请", NOW + 20 * HOUR)
    left = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert [one for one in moved if told[one][:7].encode() in left] == []


def test_an_erasure_that_was_ended_before_the_file_was_written_anew_goes_on(tmp_path: Path) -> None:
    author = "author-S1-0000000000000001"
    authors.take(tmp_path, Names("S1", "datong", NOW, {author: "王工程师"}), NOW)
    before = (tmp_path / authors.NAME).read_bytes()
    authors.erase(tmp_path, author, "局长", "申请", NOW)
    (tmp_path / authors.NAME).write_bytes(before)  # who was erased is stored, and the power fails
    assert authors.of_site(tmp_path, "S1")[0].name == "", "nobody is shown it"
    assert authors.expire(tmp_path, []) == 1, "housekeeping does the rest"
    assert "王工程师".encode() not in (tmp_path / authors.NAME).read_bytes()
