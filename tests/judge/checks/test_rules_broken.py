"""Every check with a figure, at a site between two of them: it names each rule that is broken, none that is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final, Literal

import pytest
from duty_sites import FACTS, IN_USE, TODAY, declared_site, word
from footage_looks import facts_of, listed
from sites import DAY, DECLARED, NOW, SQUARE, camera, healthy, observed, site, without

from agent.judge.checks.table import CHECKS, run_checks
from agent.model.finding import Finding, Source
from agent.observe.facts.assessed_days import FIGURES, Count, DayAssessed
from agent.observe.facts.facts import Facts, gather
from agent.observe.footage.outages import Outage
from agent.observe.remembered.value import Remembered
from agent.site.config.site import Policy, Rules, Site
from agent.site.declarations.standing import Declaration
from agent.site.declarations.table import Condition
from agent.site.duties.figures import PERIOD, RULES
from agent.site.duties.floors import with_floors
from agent.site.duties.limits import SETTINGS, STRICTER, limit
from agent.site.rules.pack import Obligation, Pack, obligations
from agent.site.rules.read import shipped
from drivers.details import OldestLog
from drivers.model import Clock, Mask, Masks, Recordings, Span
from tests.judge.checks.footage.test_checks_forecast import FULL, TWO, memory, recorded, recorder

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
USED_SINCE: Final = date(2020, 1, 1)
LAW, ORDER_799 = "State Council Order 799", Source("State Council Order 799", "article 17")
HOUSE = Source("House rules", "article 3")
STRICT = Source("House rules", "article 4")
GB_28181 = Source("GB/T 28181-2016", "clause 9.10.1 (1 s)")
DB31 = Source("DB31/T 329.21-2019", "clause 4.2.5 (30 s)")
DATONG = "Datong Measures on public-safety video systems (Order 61)"
OPERATION = Source(LAW, "article 15")
NDRC = "NDRC document 996 (2015)"
YEAR_OF_LOGS = Source("Cybersecurity Law (2025 revision)", "article 23(3)")
GATE: Final = "camera:gate"


def own(name: str, value: float) -> Source:
    return Source(SETTINGS, f"{name} = {value:g}")


def house(name: str, value: float, source: Source = HOUSE, when: tuple[Condition, ...] = ()) -> Pack:
    row = Obligation(source.article.replace(" ", "-"), source, source.document, "any", "minor", "measured", "primary",
                     "x.", "x。", when, {name: value})  # fmt: skip
    return Pack("house" + source.article[-1], 1, "House", "House", "in-force", (row,), "f" * 64)


def of_check(pack: Pack, check: str) -> Pack:
    return replace(pack, obligations=tuple(replace(one, check=check) for one in pack.obligations))


@dataclass(frozen=True)
class Row:
    """A check and a figure; what a measured value breaks, by the figures of `packs` beside the shipped ones."""

    check: str
    name: str
    packs: tuple[tuple[float, Source], ...]
    facts: Callable[[float], Facts]
    broken: Mapping[float, tuple[Source, ...]]
    subject: str = GATE
    site: Callable[[float], Site] | None = None
    changes: Mapping[str, object] = field(default_factory=dict)


def footage(days: float, *holes: timedelta, silent: timedelta = timedelta(), now: bool = True) -> Facts:
    """Return facts by which a camera's footage goes back so many days, with holes in it, each on a day of its own."""
    edges = [NOW - days * DAY]
    for number, hole in enumerate(holes):
        begin = NOW - (3 + number % 25) * DAY - (1 + number // 25) * 2 * HOUR
        edges += [begin, begin + hole]
    edges = [edges[0], *sorted(edges[1:]), NOW - silent]
    spans = tuple(Span(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True))
    seen = without(healthy(kept=days * DAY), Recordings) + observed(GATE, Recordings(spans, "rtsp://192.0.2.1/replay"))
    return facts_of(FOOTAGE_SITE, listed(seen))


FOOTAGE_SITE = site(camera(), in_use_since=USED_SINCE, packs=shipped())


def clock(offset_s: float) -> Facts:
    return facts_of(FOOTAGE_SITE, without(healthy(), Clock) + observed("device:box", Clock(offset_s, 0.0, ntp=True)))


def mask(open_ratio: float) -> Facts:
    (left, top), (right, bottom) = SQUARE[0], SQUARE[2]
    edge = right - (right - left) * open_ratio
    smaller = ((left, top), (edge, top), (edge, bottom), (left, bottom))
    seen = without(healthy(), Masks) + observed(GATE, Masks((Mask("m1", smaller, "Color", True),)))
    return facts_of(FOOTAGE_SITE, seen)


def shortage(kbps: float) -> Facts:
    """Return facts of a recorder whose disks do not hold what its cameras send."""
    seen = recorder(FULL) + recorded("gate", 0, kbps=int(kbps)) + recorded("yard", 0, kbps=int(kbps))
    known = memory(lambda ago: recorder(FULL) + recorded("gate", ago, kbps=4000 if ago > 5 else int(kbps))
                   + recorded("yard", ago, kbps=4000 if ago > 5 else int(kbps)), 12)  # fmt: skip
    return gather(seen, remembered=Remembered(footage=known))


def rates(ratio: float) -> Facts:
    day = DayAssessed(TODAY - DAY, 96, {name: Count(round(1000 * ratio), 1000) for name in FIGURES})
    return replace(gather(healthy()), remembered=Remembered(assessed=(day,)))


def outage(hours: float) -> Facts:
    gone = Outage(GATE, "silent", NOW - hours * HOUR, NOW, True)
    return replace(gather(healthy()), remembered=Remembered(outages=(gone,)))


def cleared_log(days: float) -> Facts:
    seen = healthy() + observed("device:box", OldestLog(NOW - days * DAY))
    return replace(gather(seen), remembered=Remembered(logs={"device:box": NOW - 900 * DAY}))


def accepted(days: float) -> Site:
    return declared_site(word("acceptance-date", TODAY - days * DAY), without=("filing-datong",))


def in_use(days: float) -> Site:
    return declared_site(without=("filing-national",), in_use_since=TODAY - days * DAY)


def tried(days: float) -> Site:
    return declared_site(word("trial-from", IN_USE - days * DAY))


KEY = tuple(replace(row, value=True) if row.duty == "key-target" else row for row in DECLARED)


def rate(check: str, figure: str, wanted: Literal["key", "other"], default: float, *behind: Source) -> Row:
    changes = {"declarations": KEY} if wanted == "key" else {}
    between, below = (default + 0.995) / 2, default - 0.1
    return Row(check, f"{figure}_{wanted}_ratio", ((0.995, HOUSE),), rates,
               {between: (HOUSE,), below: (*behind, HOUSE)}, "site", changes=changes)  # fmt: skip


HALF_HOURS: Final = (20 * MINUTE,)
ROWS: Final = (
    Row("retention-days", "retention_floor_days", ((90, HOUSE),), footage, {35: (HOUSE,), 20: (ORDER_799, HOUSE)}),
    Row("retention-days", "retention_floor_days", ((60, HOUSE), (90, STRICT)), footage,
        {35: (HOUSE, STRICT), 70: (STRICT,), 20: (ORDER_799, HOUSE, STRICT)}),
    Row("retention-forecast", "retention_floor_days", ((34, HOUSE),), shortage,
        {4600: (HOUSE,), 6000: (ORDER_799, HOUSE)}, "device:box", lambda _: TWO),
    Row("retention-excess", "retention_ceiling_days", ((60, STRICT), (100, HOUSE)), footage,
        {80: (STRICT,), 120: (STRICT, HOUSE)}),
    Row("recording-completeness", "completeness_warn_ratio", ((0.998, HOUSE),),
        lambda holes: footage(35, *(int(holes) * HALF_HOURS)), {5: (HOUSE,), 30: (OPERATION, HOUSE)}),
    Row("recording-completeness", "completeness_fail_ratio", ((0.998, HOUSE),),
        lambda holes: footage(35, *(int(holes) * HALF_HOURS)), {5: (HOUSE,), 30: (OPERATION, HOUSE)}),
    Row("recording-completeness", "gap_warn_s", ((600, HOUSE),),
        lambda minutes: footage(35, minutes * MINUTE), {30: (HOUSE,), 90: (OPERATION, HOUSE)}),
    Row("recording-completeness", "gap_fail_s", ((600, HOUSE),),
        lambda minutes: footage(35, minutes * MINUTE), {30: (HOUSE,), 90: (OPERATION, HOUSE)}),
    Row("recording-completeness", "recording_stale_s", ((300, HOUSE),),
        lambda minutes: footage(35, silent=minutes * MINUTE), {10: (HOUSE,), 30: (OPERATION, HOUSE)}),
    Row("clock-offset", "clock_warn_s", ((0.5, HOUSE),), clock,
        {0.8: (HOUSE,), 5: (HOUSE, GB_28181), 40: (HOUSE, GB_28181, DB31)}, "device:box"),
    Row("clock-offset", "clock_fail_s", ((10, HOUSE),), clock,
        {5: (GB_28181,), 20: (GB_28181, HOUSE), 40: (GB_28181, HOUSE, DB31)}, "device:box"),
    Row("privacy-mask-geometry", "mask_uncovered_max_ratio", ((0.001, HOUSE),), mask,
        {0.005: (HOUSE,), 0.05: (HOUSE, Source(f"{DATONG}; {LAW}", "article 5(2); article 13"))}),
    Row("audit-log-retention", "log_retention_days", ((365, HOUSE),), cleared_log,
        {200: (HOUSE,), 100: (YEAR_OF_LOGS, HOUSE)}, "device:box", changes={"rules": Rules("full")}),
    rate("camera-online-rate", "online", "key", 0.98, OPERATION, Source(NDRC, "not stated")),
    rate("camera-online-rate", "online", "other", 0.95, OPERATION, Source(NDRC, "not stated")),
    rate("camera-good-rate", "good", "key", 0.98, Source(NDRC, "as reported")),
    rate("camera-good-rate", "good", "other", 0.95, Source(NDRC, "as reported")),
    Row("outage-duration", "outage_max_h", ((8, HOUSE),), outage,
        {12: (HOUSE,), 30: (OPERATION, Source("municipal assessment (design default)", "not stated"), HOUSE)}, "site"),
    Row("filing-deadline-datong", "filing_days", ((10, HOUSE),), lambda _: FACTS,
        {20: (HOUSE,), 40: (Source(DATONG, "article 15(1)"), HOUSE)}, "site", accepted),
    Row("filing-deadline-national", "filing_days", ((10, HOUSE),), lambda _: FACTS,
        {20: (HOUSE,), 40: (Source(LAW, "article 14"), HOUSE)}, "site", in_use),
    Row("acceptance-before-use", "trial_days", ((60, HOUSE),), lambda _: FACTS,
        {45: (HOUSE,), 20: (Source("GB 55029-2022", "clause 4.0.7"), HOUSE)}, "site", tried),
)  # fmt: skip

READ_BY_NOBODY: Final = {
    "keepalive_s", "keepalive_missed_max", "register_expires_s", "linked_ratio", "overlay_ratio", "maintenance_days",
}  # fmt: skip
"""Figures of the standards that no check judges by: the platform is not read, and the others are counted elsewhere."""


def found(row: Row, measured: float) -> Finding:
    packs = tuple(of_check(house(row.name, value, source), row.check) for value, source in row.packs)
    plain = row.site(measured) if row.site else FOOTAGE_SITE
    a_site = with_floors(replace(plain, packs=(*shipped(), *packs), **row.changes), TODAY)  # type: ignore[arg-type]
    return next(one for one in run_checks(a_site, row.facts(measured), NOW) if one.key == f"{row.check} {row.subject}")


def pairs(sources: tuple[Source, ...]) -> set[tuple[str, str]]:
    return {pair for one in sources for pair in one.pairs()}


@pytest.mark.parametrize(
    ("row", "measured"),
    [(row, measured) for row in ROWS for measured in row.broken],
    ids=lambda value: f"{value.check}-{value.name}" if isinstance(value, Row) else f"{value:g}",
)
def test_a_finding_names_each_rule_that_is_broken_and_none_that_is_kept(row: Row, measured: float) -> None:
    one = found(row, measured)
    assert one.status in ("fail", "warn"), (one.status, one.reason, str(one.message))
    assert set(one.source.pairs()) == pairs(row.broken[measured])


def test_every_figure_that_a_check_judges_by_is_held_here() -> None:
    named = {name for _, one in obligations(shipped()) for name in one.parameters}
    judged = (named | set(RULES) | set(STRICTER)) - READ_BY_NOBODY - {PERIOD, "forecast_days", "legacy_filing_days"}
    assert {row.name for row in ROWS} == judged
    assert {row.check for row in ROWS} <= {check.id for check in CHECKS}


@pytest.mark.parametrize(
    ("policy", "retention", "kept", "broken"),
    [
        (Policy(retention_floor_days=45), 0, 35, (own("retention_floor_days", 45),)),
        (Policy(), 60, 35, (own("retention_floor_days", 60),)),
        (Policy(retention_floor_days=45), 0, 20, (ORDER_799, own("retention_floor_days", 45))),
    ],
)
def test_what_a_site_asks_of_itself_is_never_a_breach_of_the_law(
    policy: Policy, retention: int, kept: float, broken: tuple[Source, ...]
) -> None:
    a_site = replace(FOOTAGE_SITE, policy=policy, cameras=(camera(retention_days=retention),))
    one = {f.key: f for f in run_checks(with_floors(a_site, TODAY), footage(kept), NOW)}[f"retention-days {GATE}"]
    assert (one.status, one.reason) == ("fail", "too-short")
    assert set(one.source.pairs()) == pairs(broken)


def test_the_ceiling_that_a_site_sets_is_how_the_law_is_measured() -> None:
    a_site = replace(FOOTAGE_SITE, policy=Policy(retention_ceiling_days=60))
    one = {f.key: f for f in run_checks(a_site, footage(80), NOW)}[f"retention-excess {GATE}"]
    assert (one.status, set(one.source.pairs())) == ("warn", pairs((ORDER_799,)))


def test_a_pass_names_who_set_the_figure_that_it_keeps() -> None:
    a_site = replace(FOOTAGE_SITE, packs=(*shipped(), house("retention_floor_days", 90)))
    found = {f.key: f for f in run_checks(with_floors(a_site, TODAY), footage(95), NOW)}
    one = found[f"retention-days {GATE}"]
    assert (one.evidence["floor_days"], one.source) == (90, HOUSE)


def test_a_rule_that_does_not_bind_here_is_named_by_nobody() -> None:
    """Of a public place outside article 7 the Order asks nothing, whatever its house asks."""
    words = tuple(replace(row, value="9") if row.duty == "national-class" else row for row in DECLARED)
    packs = (*shipped(), of_check(house("retention_floor_days", 60), "retention-days"))
    a_site = with_floors(replace(FOOTAGE_SITE, declarations=words, packs=packs), TODAY)
    one = {f.key: f for f in run_checks(a_site, footage(20), NOW)}[f"retention-days {GATE}"]
    assert (one.status, one.source) == ("fail", HOUSE)


@pytest.mark.parametrize(("value", "counts"), [("7-2", True), ("7-1", False), (None, False)])
def test_a_figure_counts_where_its_condition_is_known_to_hold(value: str | None, counts: bool) -> None:
    words = (Declaration("place-category", value, "Li", date(2026, 1, 31)),) if value else ()
    packs = (*shipped(), house("retention_floor_days", 60, when=(Condition("place-category", ("7-2",)),)))
    a_site = replace(FOOTAGE_SITE, declarations=(*DECLARED, *words), packs=packs)
    held = limit(a_site, "retention-days", ORDER_799, "retention_floor_days", TODAY)
    assert held.value == (60 if counts else 30)


def test_a_default_that_the_site_set_otherwise_is_no_rule_that_it_breaks() -> None:
    a_site = replace(FOOTAGE_SITE, policy=Policy(clock_fail_s=60))
    one = {f.key: f for f in run_checks(a_site, clock(45), NOW)}["clock-offset device:box"]
    assert (one.status, one.source) == ("warn", GB_28181)
