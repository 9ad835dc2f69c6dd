"""What machines a hub needs: each measured coefficient is its bench's last figure, nothing else is called measured."""

from __future__ import annotations

import re
import runpy
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from agent.hub.domain.capacity.coefficients import ASSUMED, MEASURED
from agent.hub.domain.capacity.model import Load, Prices, capacity, day_bytes, intake_cpu_s, kept_bytes

ROOT = Path(__file__).parents[3]
WRITER = runpy.run_path(str(ROOT / "packaging/write_capacity.py"))
TABLE = re.compile(r"^\| (\w+) \| `(\w+)` \| ([\d.]+) ", re.M)
SAID = re.compile(r"`(\w+)` ([\d,]+(?:\.\d+)?)(?: to ([\d,]+(?:\.\d+)?))?")


@cache
def recorded(bench: str) -> dict[str, tuple[str, ...]]:
    """Return the last value of each figure of a bench, or its least and most, as pages have them."""
    page = (ROOT / "tests/bench/README.md").read_text("utf-8")
    section = page.partition(f"\n## {bench}\n")[2].partition("\n## ")[0]
    found = {name: tuple(one for one in (low, high) if one) for name, low, high in SAID.findall(section)}
    table = (ROOT / "agent/deliver/delivery.md").read_text("utf-8")
    return found | {name: (value,) for of, name, value in TABLE.findall(table) if of == bench}


@pytest.mark.parametrize("name", MEASURED)
def test_each_measured_coefficient_is_the_last_figure_of_its_bench(name: str) -> None:
    one = MEASURED[name]
    values = [float(value.replace(",", "")) for value in recorded(one.bench).get(one.figure, ())]
    assert one.value in values, f"{one.figure} of {one.bench}: {values}"
    assert one.value == max(values), "of a span the larger one is planned with"


@pytest.mark.parametrize("name", WRITER["PAGES"])
def test_the_page_has_what_the_model_says_and_each_coefficient_with_its_bench(name: str) -> None:
    page = (ROOT / name).read_text("utf-8")
    assert WRITER["filled"](page, WRITER["PAGES"][name]) == page, "python packaging/write_capacity.py"
    assert all(f"| `{one}` | " in page for one in (*MEASURED, *ASSUMED))


def test_nothing_is_measured_that_rests_on_an_assumption_or_on_fewer_sites() -> None:
    for sites in (1, 1000, 10_000, 10_001, 100_000):
        for one in capacity(Load(sites=sites)).figures:
            allowed = bool(one.of) and all(name in MEASURED and sites <= MEASURED[name].sites_most for name in one.of)
            assert one.is_measured == allowed
            assert set(one.of) <= {*MEASURED, *ASSUMED}
    assert {one.name for one in capacity(Load(sites=100_000)).figures if one.is_measured} == {"question_s"}


def test_one_process_serves_what_it_was_tried_with_and_no_more() -> None:
    assert capacity(Load(sites=10_000)).topology == "one-process"
    assert capacity(Load(sites=10_001)).topology == "cluster"
    assert capacity(Load(sites=10_000, period_s=60)).topology == "one-process"
    assert capacity(Load(sites=10_000, within_h=0.01)).topology == "cluster", "one core is too slow to catch up"
    roles = {one.role: one.count for one in capacity(Load(sites=100_000)).machines}
    assert roles == {"database": 2, "hub": 1, "broker": 3}
    assert capacity(Load(sites=100_000)).value("workers") >= 2, "one of them may be replaced"


def test_more_of_anything_never_needs_less() -> None:
    for topology in ("one-process", "cluster"):
        less = Load(sites=5000)
        for more in (
            replace(less, sites=9000), replace(less, cameras=64), replace(less, period_s=60), replace(less, events=90),
            replace(less, configs=5),
        ):  # fmt: skip
            assert intake_cpu_s(more, topology) > intake_cpu_s(less, topology)
            assert more.sites * day_bytes(more, topology) >= less.sites * day_bytes(less, topology)
            assert more.sites * kept_bytes(more, topology) >= less.sites * kept_bytes(less, topology)


def test_what_age_drops_is_given_back_in_sqlite_alone() -> None:
    for days in (184, 366, 1096):
        load = Load(sites=1, keep_days=days)
        assert kept_bytes(load, "one-process") < days * day_bytes(load, "one-process")
        assert kept_bytes(load, "cluster") == days * day_bytes(load, "cluster")
    assert kept_bytes(Load(sites=1, keep_days=90), "one-process") == 90 * day_bytes(Load(sites=1), "one-process")


def test_a_year_of_a_site_is_as_large_as_the_bench_of_a_city_found_it() -> None:
    """Nothing of the model comes from this figure: `site_year_mb` of `hub_city`, with housekeeping each month."""
    (measured,) = recorded("hub_city")["site_year_mb"]
    assert kept_bytes(Load(sites=1, keep_days=365), "one-process") / 1e6 == pytest.approx(float(measured), rel=0.25)


def test_the_cost_is_the_users_prices_times_what_is_needed() -> None:
    found = capacity(Load(sites=100_000))
    assert found.cost(Prices()) == 0
    cores = sum(one.count * one.cores for one in found.machines)
    assert found.cost(Prices(core=3)) == 3 * cores
    assert found.cost(Prices(mbit=2)) == 2 * found.value("network_mbit_s")
    whole = found.cost(Prices(core=3, gb=5, tb=7))
    assert whole == pytest.approx(
        sum(one.count * (3 * one.cores + 5 * one.memory_gb + 7 * one.disk_tb) for one in found.machines)
    )
