"""Episodes: when they begin, change and end, and what a restart or a wrong clock does to that."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from lived import CLOCK, ONLINE, STEP, acked, finding, live, story, the_open
from sites import NOW, camera, observed, site

from agent.judge.checks.table import run_checks
from agent.judge.memory.debounce import FLAPS_A_DAY
from agent.judge.memory.episodes import Episode, FindingState, flapping_episodes, open_episodes, repairs
from agent.judge.memory.memory import Memory, from_json, to_json
from agent.judge.memory.transitions import transitions
from agent.model.finding import WAITS_FOR, Message, Status
from agent.observe.facts.facts import gather
from drivers.model import Identity, Unavailable


@pytest.mark.parametrize(
    ("check", "looks", "told"),
    [
        (CLOCK, "pppp", ""),
        (CLOCK, "pffp", "FP"),
        (CLOCK, "f", "F"),
        (CLOCK, "u", "u"),
        (CLOCK, "w", "w"),
        (CLOCK, "pw", "W"),
        (CLOCK, "pupup", ""),
        (CLOCK, "puup", ""),
        (CLOCK, "puuup", "UP"),
        (CLOCK, "fuf", "F"),
        (CLOCK, "fuuf", "F"),
        (CLOCK, "fuuuf", "FUF"),
        (CLOCK, "wf", "wF"),
        (CLOCK, "fn", "FN"),
        (CLOCK, "pn", "n"),
        (CLOCK, "np", "p"),  # what is due for the first time, or learned at last, is no news
        (CLOCK, "up", "up"),  # nobody heard that it was not known, so nobody hears that it is
        (CLOCK, "wp", "wp"),
        (CLOCK, "uwp", "uWP"),
        (CLOCK, "wfp", "wFP"),
        (ONLINE, "pfp", ""),
        (ONLINE, "pff", ""),
        (ONLINE, "pfff", "F"),
        (ONLINE, "pfpfpfpf", ""),
        (ONLINE, "pffu", "U"),  # three looks in a row that show it not well are three, whatever they call it
        (ONLINE, "ffpf", "F"),
        (ONLINE, "ffpp", "FP"),
        (ONLINE, "ffpn", "FN"),
        (ONLINE, "ffpup", "F"),
    ],
)
def test_which_looks_make_which_events(check: str, looks: str, told: str) -> None:
    assert story(live(looks, check)[0]) == told


def test_a_recorder_that_does_not_answer_once_is_weather_and_its_return_is_told() -> None:
    whole, memory, told = site(camera("a"), camera("b")), Memory(), []
    for number, letter in enumerate("psppssspp"):
        answers = observed("device:box", Identity("ACME", "N8", "1.0", "42")) if letter == "p" else ()
        silent = observed("device:box", Unavailable("identity", "deadline")) if letter == "s" else ()
        findings = run_checks(whole, gather((*answers, *silent)), NOW)
        own = tuple(one for one in findings if one.key == "camera-online device:box")
        changed, memory = transitions(own, from_json(to_json(memory)), NOW + number * STEP)
        told += [(number, one.before, one.finding.status) for one in changed if one.told]
    assert told == [(6, "pass", "fail"), (8, "fail", "pass")]


def test_detected_is_the_first_look_and_repaired_the_first_good_one() -> None:
    changed, memory = live("pfffpp", ONLINE)
    assert open_episodes(memory.known) == ()
    opened, closed = (one.episode for one in changed)
    assert opened is not None
    assert closed is not None
    assert opened.detected_at == closed.detected_at == NOW + STEP
    assert (closed.repaired_at, closed.verified_at) == (NOW + 4 * STEP, NOW + 5 * STEP)
    assert (opened.repaired_at, opened.verified_at) == (None, None)


def test_seen_well_once_is_not_verified_and_a_relapse_takes_it_back() -> None:
    _, memory = live("ffp", ONLINE)
    assert the_open(memory).repaired_at == NOW + 2 * STEP
    _, memory = live("f", ONLINE, memory, start=NOW + 3 * STEP)
    episode = the_open(memory)
    assert (episode.repaired_at, episode.count, episode.detected_at) == (None, 2, NOW)


def test_what_becomes_unknown_is_still_open_and_its_worst_is_kept() -> None:
    episode = the_open(live("fuuu")[1])
    assert (episode.status, episode.worst, episode.repaired_at) == ("unknown", "fail", None)


def test_what_is_due_no_longer_was_not_repaired() -> None:
    changed, _ = live("fn")
    episode = changed[-1].episode
    assert episode is not None
    assert (episode.repaired_at, episode.verified_at) == (None, None)


def test_footage_that_is_gone_is_settled_and_never_repaired() -> None:
    changed, _ = live("fp", "recording-tamper")
    episode = changed[-1].episode
    assert story(changed) == "FP"
    assert episode is not None
    assert (episode.repaired_at, episode.verified_at) == (None, None)


def test_what_is_no_longer_configured_closes_without_a_word() -> None:
    _, memory = live("f")
    changed, memory = transitions((), memory, NOW + STEP)
    (gone,) = changed
    assert (gone.told, gone.finding.reason, gone.before) == (False, "gone", "fail")
    assert memory.known == {}


def test_an_episode_waits_while_another_finding_is_its_cause() -> None:
    _, memory = live("f")
    caused = replace(finding("unknown"), caused_by="camera-online camera:gate")
    changed, after = transitions((caused,), memory, NOW + STEP)
    assert (changed, after.known) == ((), memory.known)


def test_an_episode_of_a_device_that_never_tells_again_stays_open_until_it_was_seen_well() -> None:
    _, memory = live("f")
    silence = finding("unknown")
    waits = replace(silence, evidence={**silence.evidence, WAITS_FOR: "device"})
    told = []
    for number in range(1, 400):
        changed, memory = transitions((waits,), from_json(to_json(memory)), NOW + number * STEP)
        told += [(one.before, one.finding.status) for one in changed if one.told]
    assert told == [("fail", "unknown")], "told once, and never as repaired"
    assert the_open(memory).detected_at == NOW
    changed, memory = live("ppp", memory=memory, start=NOW + 400 * STEP)
    assert [one.finding.status for one in changed if one.told] == ["pass"]
    assert open_episodes(memory.known) == ()


# Flapping


def test_what_comes_again_within_a_day_is_one_finding_with_a_count() -> None:
    changed, memory = live("pf" * 10)
    assert story(changed) == "FPF", "that it was well once is told before anybody can know"
    episode = the_open(memory)
    assert episode.flapping
    assert (episode.count, episode.detected_at) == (10, NOW + STEP)
    assert flapping_episodes(memory.known) == (episode,)


def test_flapping_ends_when_it_was_well_for_a_day_and_that_is_told() -> None:
    _, memory = live("pf" * 10)
    changed, memory = live("p" * 96, memory=memory, start=NOW + 20 * STEP)
    assert changed == []
    changed, memory = live("p", memory=memory, start=NOW + 116 * STEP)
    assert story(changed) == "P"
    episode = changed[0].episode
    assert episode is not None
    assert (episode.repaired_at, episode.verified_at) == (NOW + 20 * STEP, NOW + 116 * STEP)
    assert flapping_episodes(memory.known) == ()


def test_what_stays_broken_for_a_day_flaps_no_longer() -> None:
    _, memory = live("pf" * 10)
    _, memory = live("f" * 97, memory=memory, start=NOW + 20 * STEP)
    assert not the_open(memory).flapping
    changed, _ = live("p", memory=memory, start=NOW + 117 * STEP)
    assert story(changed) == "P"


def test_a_link_that_never_recovers_for_long_enough_flaps_too() -> None:
    changed, memory = live("ff" + "pf" * 5, ONLINE)
    assert story(changed) == "F"
    assert (the_open(memory).flapping, the_open(memory).count) == (True, 6)


def test_once_a_day_is_not_flapping() -> None:
    memory = Memory()
    for day in range(FLAPS_A_DAY + 3):
        changed, memory = live("fp", memory=memory, start=NOW + timedelta(days=day))
        assert story(changed) == "FP"


# Clocks, restarts, older versions


def test_a_clock_that_goes_back_neither_closes_nor_opens_anything() -> None:
    _, memory = live("ffp", ONLINE, start=NOW + timedelta(days=5000))
    changed, memory = live("f", ONLINE, memory)
    assert changed == []
    changed, memory = live("pp", ONLINE, memory, start=NOW + STEP)
    assert story(changed) == "P"
    episode = changed[0].episode
    assert episode is not None
    assert episode.repaired_at == NOW + STEP
    assert repairs([episode]) == {}, "a repair before its fault says nothing"


def test_a_clock_that_was_ahead_does_not_hold_what_flaps_for_years() -> None:
    _, memory = live("pf" * 10 + "p", start=NOW + timedelta(days=5000))
    changed, memory = live("p" * 97, memory=memory)
    assert story(changed) == "P"


def test_a_memory_of_a_version_without_episodes_is_taken_up() -> None:
    row = ["fail", NOW.isoformat(), None, 0]
    old = json.dumps(
        {
            "schema": "camwarden-memory/1",
            "known": {"clock-offset camera:gate": row},
            "config_digest": "",
            "config_sent_at": None,
        }
    )
    memory = from_json(old)
    assert memory.known == {"clock-offset camera:gate": FindingState("fail", NOW)}
    changed, memory = live("f", memory=memory, start=NOW + STEP)
    assert changed == []
    assert the_open(memory).detected_at == NOW
    assert story(live("p", memory=memory, start=NOW + 2 * STEP)[0]) == "P"


def test_a_memory_with_everything_survives_its_text() -> None:
    _, memory = live("f")
    _, memory = live("uu", memory=memory, noted=acked(the_open(memory)), start=NOW + STEP)
    _, memory = live("f", ONLINE, memory, start=NOW + 3 * STEP)
    assert from_json(to_json(memory)) == memory


# Figures


def closed(check: str, hours: float, worst: Status = "fail", **changes: object) -> Episode:
    repaired_at = NOW + timedelta(hours=hours)
    one = Episode(check, "camera:gate", worst, worst, "major", "", Message("x"), NOW)
    return replace(one, **{"repaired_at": repaired_at, "verified_at": repaired_at + STEP, **changes})


def test_the_mean_time_to_repair_is_from_detected_to_repaired_by_check() -> None:
    figures = repairs([closed(CLOCK, 1), closed(CLOCK, 3, flapping=True), closed(ONLINE, 10, "warn")])
    assert {name: (one.repaired, one.mean_s, one.flapped) for name, one in figures.items()} == {
        CLOCK: (2, 7200.0, 1),
        ONLINE: (1, 36_000.0, 0),
    }


def test_what_was_only_unknown_or_never_seen_well_is_no_repair() -> None:
    assert repairs([closed(CLOCK, 1, "unknown"), closed(CLOCK, 1, repaired_at=None, verified_at=None)]) == {}


def test_repairs_may_be_told_by_anything_else() -> None:
    assert list(repairs([closed(CLOCK, 1), closed(ONLINE, 1)], by=lambda one: one.subject)) == ["camera:gate"]
