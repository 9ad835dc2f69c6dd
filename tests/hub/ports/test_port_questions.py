"""A question over all sites is answered within a scope as if nothing else were there, whatever is asked for."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from itertools import product

import pytest
from portside import BEGIN, DAY, Opens, Sender, config, finding

from agent.contract.chain import utc_text
from agent.hub.domain.asking.question import Answer, Question
from agent.hub.domain.asking.words import question, read_words
from agent.hub.domain.rows.findings import FindingRow, Wanted
from agent.hub.domain.rows.words import Word
from agent.hub.domain.scope import EVERYTHING, Scope
from agent.hub.ports.store import Store
from agent.model.errors import UsageError
from tests.hub.ports.test_port_seen import SCOPES, is_seen

ONLINE, CLOCK, VIEW = "camera-online", "clock-offset", "camera-moved"
DIVISIONS = ("140200", "140213", "140300", "150000", "140200", "140300")
TODAY = date(2026, 11, 30)
HOSTILE = (
    "x' OR '1'='1", "' OR 1=1 --", '" OR ""="', "'; DROP TABLE finding_now; --", "%", "_", "*", "NULL", "0 OR 1",
    "f.site",     "') UNION SELECT site, name FROM operator --", "?", "?1", ":a", "$x", "\\", "\u202e", "DS-1\u00a0",
)  # fmt: skip


@pytest.fixture(scope="module")
def city(shared: Store) -> Store:
    """Sites that no test changes."""
    return fill(shared)


@pytest.fixture
def own_city(store: Store) -> Store:
    """The same for one test alone."""
    return fill(store)


def fill(store: Store) -> Store:
    """Six sites as those of `test_port_seen.py`, each bad on three days; the last has not told its configuration."""
    for number, division in enumerate(DIVISIONS):
        site = Sender(f"S{number}").meet(store, BEGIN - DAY)
        if number == 5:
            continue
        found = [
            finding(ONLINE, "camera:c0", "fail"),
            finding(ONLINE, "camera:c1", "pass"),
            finding(CLOCK, "device:nvr", ("warn", "unknown", "fail")[number % 3]),
            finding(VIEW, "camera:c1", ("warn", "unknown", "pass")[number % 3]),
        ]
        body = config(*found, division=division, model=f"DS-{number % 2}")
        if number % 2:
            body["cameras"][1]["maintainer"] = "Other Ltd"
        for day in range(3):
            site.send(store, "config", 1 + day, body, BEGIN + day * DAY)
    for name in ("S0", "S3"):
        store.words.keep_operator(name, "School 4", "Li", BEGIN)
    said = Word(site="S1", check=ONLINE, subject="camera:c0", kind="assigned", said_by="Li", at=utc_text(BEGIN),
                assignee="Zhao", until="2026-11-20")  # fmt: skip
    store.words.keep(said)
    store.words.keep(replace(said, site="S4", until="2026-12-20"))
    return store


def read(*words: str) -> Question:
    return question(read_words(words), TODAY)


def ask(store: Store, text: str, scope: Scope = EVERYTHING) -> Answer:
    return store.questions.answer(read(text), scope)


def groups(answer: Answer) -> dict[tuple[str, ...], int]:
    return {row.names: row.count for row in answer.rows}


def day_of(row: FindingRow) -> str:
    return row.since[:10]  # at ten o'clock in China


def named(row: FindingRow, by: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(day_of(row) if name == "day" else getattr(row, name) for name in by)


BY = ("", "by check", "by site", "by division,status", "by operator,model", "by maintainer,day", "by firmware,check")
WHERE = ("", "status=fail,unknown", "division=140200", "division=14", "division=15", "model=DS-1", "operator=-",
         "operator=School\u00a04", "maintainer=Other\u00a0Ltd check=camera-online,camera-moved", "from=2026-11-03",
         "to=2026-11-02", "site=S3", "firmware=5.7")  # fmt: skip


@pytest.mark.parametrize("scope", SCOPES, ids=str)
def test_open_findings_sites_and_cameras_are_counted_among_what_may_be_seen(city: Store, scope: Scope) -> None:
    rows = [row for row in city.findings.page(Wanted()) if is_seen(scope, row)]
    for by, where in (*product(BY, WHERE[:2]), *product(BY[2:4], WHERE[2:])):
        words = [word.replace("\u00a0", " ") for word in f"{by} {where}".split(" ") if word]
        asked = read("findings", *words, "top", "1000")
        fitting = [row for row in rows if fits(row, asked)]
        answer = city.questions.answer(asked, scope)
        assert answer.total == len(fitting), (by, where)
        assert groups(answer) == (Counter(named(row, asked.by) for row in fitting) if asked.by else {}), (by, where)
        things = {
            "sites": [(row.site, "", row) for row in fitting],
            "cameras": [(row.site, row.subject, row) for row in fitting if row.subject.startswith("camera:")],
        }
        for counted, of in things.items():
            other = read(counted, *words, "top", "1000")
            assert other.subject is not None
            if not other.subject.name.endswith("-with-finding"):
                continue
            answer = city.questions.answer(other, scope)
            assert answer.total == len({one[:2] for one in of}), (counted, by, where)
            distinct = Counter(names for names, *_ in {(named(one[2], other.by), *one[:2]) for one in of})
            assert groups(answer) == (distinct if other.by else {}), (counted, by, where)


def fits(row: FindingRow, asked: Question) -> bool:
    for name, values in asked.where.items():
        value = getattr(row, name)
        if name == "division" and not any(value.startswith(one.rstrip("0") or "-") for one in values):
            return False
        if name != "division" and value not in values:
            return False
    day = date.fromisoformat(day_of(row))
    return (asked.first is None or asked.first <= day) and (asked.last is None or day <= asked.last)


@pytest.mark.parametrize("scope", SCOPES, ids=str)
def test_sites_and_cameras_are_those_that_may_be_seen_and_the_basis_tells_of_no_other(
    city: Store, scope: Scope
) -> None:
    seen = city.seen.listed(scope, ("", "\U0010ffff"), "", 99)
    for counted, of in (("sites", lambda one: 1), ("cameras", lambda one: one.cameras)):
        answer = ask(city, f"{counted} by division,operator", scope)
        assert answer.total == sum(map(of, seen))
        expected = Counter[tuple[str, ...]]()
        for one in seen:
            expected[one.division, one.operator] += of(one)
        assert groups(answer) == {names: number for names, number in expected.items() if number}
        of_models = ask(city, f"{counted} by model", scope)
        assert of_models.total == sum(map(of, [one for one in seen if one.made_at]))
        assert sum(groups(of_models).values()) == of_models.total
        made = [one.made_at for one in seen if one.made_at]
        assert (answer.basis.of, answer.basis.unknown) == (len(seen), sum(not one.made_at for one in seen))
        assert (answer.basis.oldest_at, answer.basis.newest_at) == (min(made, default=""), max(made, default=""))


@pytest.mark.parametrize("scope", SCOPES, ids=str)
def test_bad_camera_days_are_those_of_sites_that_may_be_seen(city: Store, scope: Scope) -> None:
    whole = city.seen.sites(replace(scope, maintainers=()))
    bad = []
    for number in range(5):
        site, names = f"S{number}", ("Anfang Ltd", "Other Ltd" if number % 2 else "Anfang Ltd")
        if site not in city.seen.sites(scope):
            continue
        for camera, name in enumerate(names):
            checks = [*([ONLINE] if camera == 0 else []), *([CLOCK] if number % 3 == 2 else [])]
            if checks and (site in whole or name in scope.maintainers):
                bad += [(site, day, name, tuple(checks)) for day in ("2026-11-02", "2026-11-03", "2026-11-04")]
    period = "from=2026-11-01 to=2026-11-05"
    answer = ask(city, f"camera-days by site,maintainer top 99 {period}", scope)
    assert groups(answer) == Counter((site, name) for site, _, name, _ in bad)
    assert answer.total == len(bad)
    by_check = ask(city, f"camera-days by check,day top 99 {period}", scope)
    assert groups(by_check) == Counter((check, day) for _, day, _, checks in bad for check in checks)
    assert by_check.total == len(bad)
    one_day = ask(city, f"camera-days by division check={CLOCK} from=2026-11-03 to=2026-11-03", scope)
    assert one_day.total == sum(CLOCK in checks and day == "2026-11-03" for _, day, _, checks in bad)
    seen = city.seen.sites(scope)
    assert answer.basis.of == 5 * len(seen)
    assert answer.basis.unknown == 5 * len(seen) - 3 * len(seen - {"S5"})


def test_of_two_epochs_of_a_day_that_counts_which_the_site_began_last(store: Store) -> None:
    old, new = Sender("S1"), Sender("S1", epoch="e2")
    old.meet(store).send(store, "config", 1, config(finding(ONLINE, "camera:c0", "fail"), cameras=1), BEGIN)
    assert ask(store, "camera-days from=2026-11-02 to=2026-11-02").total == 1
    new.meet(store, BEGIN + timedelta(hours=1))
    new.send(store, "config", 1, config(finding(ONLINE, "camera:c0", "pass"), cameras=1), BEGIN + timedelta(hours=1))
    answer = ask(store, "camera-days from=2026-11-02 to=2026-11-02")
    assert (answer.total, answer.basis.of, answer.basis.unknown) == (0, 1, 0)


def test_days_before_a_site_was_heard_of_are_not_due(store: Store) -> None:
    Sender("S1").meet(store).send(store, "config", 1, config(), BEGIN)
    basis = ask(store, "camera-days from=2026-10-30 to=2026-11-04").basis
    assert (basis.of, basis.unknown, basis.oldest_at) == (3, 2, "2026-11-02")


def test_the_largest_groups_come_first_and_what_is_left_out_is_told(city: Store) -> None:
    for text in ("findings by site", "cameras by site", f"camera-days by site from={BEGIN:%Y-%m-%d} to=2026-11-04"):
        whole = ask(city, f"{text} top 99")
        few = ask(city, f"{text} top 2")
        counts = [row.count for row in whole.rows]
        assert counts == sorted(counts, reverse=True) and not whole.is_more
        assert (few.rows, few.is_more, few.total) == (whole.rows[:2], True, whole.total)


@pytest.mark.parametrize("name", ["operator", "maintainer", "model", "firmware", "site"])
def test_no_value_is_part_of_a_statement(city: Store, name: str) -> None:
    whole = ask(city, "findings").total
    for text in HOSTILE:
        for counted in ("findings", "sites", "cameras", "camera-days"):
            if (counted, name) != ("camera-days", "firmware"):
                asked = read(counted, "by", "site", f"{name}={text}") if text.isprintable() else None
                answer = city.questions.answer(asked or Question(counted="findings", where={name: (text,)}), EVERYTHING)
                assert (answer.total, answer.rows) == (0, ()), text
    assert ask(city, "findings").total == whole


def test_a_site_s_own_words_are_shown_as_they_are_and_break_no_answer(store: Store) -> None:
    words = "=cmd|' /C calc'!A0 \x1b[2J \ud800"
    body = config(finding(ONLINE, "camera:c0", "fail"), model="'; DROP TABLE x")
    body["cameras"][0]["maintainer"] = words
    body["cameras"] = body["cameras"][:1]
    site = Sender("S1").meet(store)
    site.send(store, "config", 1, body, BEGIN, payload=site.claim("config", 1, config(), BEGIN).payload)
    for text in ("findings", "sites", "cameras", "camera-days from=2026-11-02 to=2026-11-02"):
        (row,) = ask(store, f"{text.split()[0]} by maintainer,model {' '.join(text.split()[1:])}").rows
        assert row.names[0].startswith("=cmd") and row.names[1] == "'; DROP TABLE x" and row.count == 1


def test_a_question_that_takes_too_long_is_refused_and_the_store_goes_on(own_city: Store) -> None:
    with pytest.raises(UsageError, match="takes more than"):
        for _ in range(1000):
            own_city.questions.answer(read("camera-days by site from=2026-01-01"), EVERYTHING, within_s=-1)
    assert ask(own_city, "findings").total > 0


@pytest.mark.parametrize(
    "text", ["findings by site", "sites by division", "cameras by site", "camera-days by site to=2026-11-04"]
)
def test_all_of_an_answer_is_of_one_state_whatever_is_committed_meanwhile(
    own_city: Store, opens: Opens, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    reader = opens(read_only=True)
    before, read, added = ask(reader, text), reader.all, iter(range(100))

    def meanwhile(*statement: object) -> object:
        found = read(*statement)
        site = Sender(f"N{next(added)}").meet(own_city, BEGIN - DAY)
        site.send(own_city, "config", 1, config(finding(ONLINE, "camera:c0", "fail"), division="140200"), BEGIN)
        return found

    monkeypatch.setattr(reader, "all", meanwhile)
    assert ask(reader, text) == before
    assert next(added) > 1
    monkeypatch.undo()
    after = ask(reader, text)
    assert after.total > before.total and after.basis.of > before.basis.of


def test_what_nothing_answers_is_an_error_of_the_caller(store: Store) -> None:
    with pytest.raises(ValueError, match="nothing answers"):
        store.questions.answer(Question(counted="camera-days", by=("firmware",)), EVERYTHING)
