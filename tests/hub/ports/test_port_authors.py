"""A name is stored once for its id and never for another site's; erased, it is in no byte of the store, for good."""

from __future__ import annotations

from pathlib import Path

import pytest
from portside import BEGIN, DAY, HOUR, Opens

from agent.contract.authors import Names
from agent.contract.chain import utc_text
from agent.hub.domain.rows.people import Author, Taken
from agent.hub.ports.store import Store
from agent.model.errors import UsageError


def author(number: int, site: str = "S1") -> str:
    return f"author-{site}-{number:016x}"


def tell(store: Store, at: object = BEGIN, site: str = "S1", /, **named: str) -> Taken:
    names = {author(int(key[1:]), site): name for key, name in named.items()}
    return store.authors.take(Names(site, "datong", at, names), at)  # type: ignore[arg-type]


def files_with(folder: Path, name: str) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file() and name.encode() in path.read_bytes())


def test_the_first_name_of_an_id_stays_and_each_site_has_its_own(opens: Opens) -> None:
    store = opens()
    assert tell(store, n1="王工", n2="Li") == Taken(2)
    assert tell(store, BEGIN, "S2", n1="Zhao") == Taken(1)
    assert tell(store, BEGIN + HOUR, n1="another", n2="Li", n3="Qian") == Taken(1, contradicted=1)
    at, later = utc_text(BEGIN), utc_text(BEGIN + HOUR)
    assert opens(read_only=True).authors.of_site("S1") == [
        Author("S1", author(1), "王工", later), Author("S1", author(2), "Li", later),
        Author("S1", author(3), "Qian", later),
    ]  # fmt: skip
    assert store.authors.listed()[-1] == Author("S2", author(1, "S2"), "Zhao", at)
    assert store.authors.of_site("S3") == []


def test_an_older_message_counts_only_where_it_was_made_just_now(opens: Opens) -> None:
    store = opens()
    tell(store, BEGIN + DAY, n1="王工")
    assert store.authors.take(Names("S1", "datong", BEGIN, {author(2): "Li"}), BEGIN + DAY) == Taken(is_stale=True)
    assert tell(store, BEGIN, n2="Li") == Taken(1), "the site's clock was set back, and the hub's agrees"


def test_what_is_erased_is_in_no_file_and_stays_so(opens: Opens, tmp_path: Path) -> None:
    store, told = opens(), {f"n{number}": f"人员{number:04d}姓名" for number in range(500)}
    tell(store, **told)
    for number in (0, 7, 250, 499):
        name = told[f"n{number}"]
        assert files_with(tmp_path / "hub", name)
        assert store.authors.erase(author(number), "局长", "本人申请", BEGIN + HOUR)
        assert not store.authors.erase(author(number), "局长", "again", BEGIN + HOUR)
        assert files_with(tmp_path / "hub", name) == []
        assert tell(store, BEGIN + (number + 2) * HOUR, **told).new == 0, "told again"
        assert files_with(tmp_path / "hub", name) == []
    assert len([one for one in store.authors.of_site("S1") if one.name]) == 496
    first = store.authors.of_site("S1")[0]
    assert first == Author("S1", author(0), "", "", utc_text(BEGIN + HOUR)), "the first time stays"
    assert store.authors.erase(author(9999), "局长", "before it was told", BEGIN) is False
    assert tell(store, BEGIN + 600 * HOUR, n9999="Sun") == Taken(0)


@pytest.mark.parametrize(
    ("who", "by", "why"),
    [
        ("王工", "b", "w"), ("author-S1-1", "b", "w"), (author(1), "", "w"), (author(1), "b", " "),
        (author(1), "b", "x" * 501), (author(1), "b", "for 王工"), (author(1), "王工", "w"), (author(1), "b", "a\nb"),
    ],
)  # fmt: skip
def test_what_is_refused_erases_nothing(opens: Opens, who: str, by: str, why: str) -> None:
    store = opens()
    tell(store, n1="王工")
    with pytest.raises(UsageError):
        store.authors.erase(who, by, why, BEGIN)
    assert [one.name for one in store.authors.listed()] == ["王工"]


def test_what_was_told_last_before_a_time_goes(opens: Opens, tmp_path: Path) -> None:
    store = opens()
    tell(store, n1="旧名字", n2="Li")
    tell(store, BEGIN, "S2", n1="旧名字")
    tell(store, BEGIN + DAY, n2="Li")
    assert store.authors.expire([("S1", utc_text(BEGIN + HOUR))]) == 1
    assert [(one.site, one.name) for one in store.authors.listed()] == [("S1", "Li"), ("S2", "旧名字")]
    assert store.authors.expire([("S2", utc_text(BEGIN + HOUR))]) == 1
    assert files_with(tmp_path / "hub", "旧名字") == []
    assert store.authors.expire([]) == 0


def test_a_site_that_tells_ever_more_people_fills_no_disk(opens: Opens) -> None:
    store = opens()
    for round_ in range(10):
        tell(store, BEGIN + round_ * HOUR, **{f"n{round_ * 500 + number}": f"n{number}" for number in range(500)})
    assert len(store.authors.of_site("S1")) == 4096
