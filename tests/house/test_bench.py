"""The benches fit the product as it is, promise their figures, and measure clients that really read.

That each runs and prints its figures is `tests/bench/quick_runs.py`, where a bench has changed: `make bench-quick`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import onvif_wsdls
import pytest
from bench_figures import FIGURES
from lxml import etree
from soap_talk import envelope, token

from bench.stubs.soap import PASSWORD, USER, SoapDevice
from bench.table import TableError, filled, table

ROOT = Path(__file__).resolve().parents[2]
BENCH = ROOT / "tests" / "bench"
DEVICE = "http://www.onvif.org/ver10/device/wsdl"


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, timeout=300, cwd=ROOT, check=False
    )


def test_every_bench_loads_with_the_product_as_it_is_and_has_the_goals_that_it_promises() -> None:
    """Some of `checks` and `masks` are declared where they are measured: `make bench-quick` alone sees those."""
    done = run(str(BENCH / "load_all.py"))
    assert done.returncode == 0, done.stderr
    declared = json.loads(done.stdout)
    for bench, promised in FIGURES.items():
        parts = [figures for name, figures in declared.items() if name == bench or name.startswith(f"{bench}_")]
        goals = {one: tuple(goal) for part in parts for one, (_, *goal) in part.items() if one in promised}
        assert goals, bench
        assert goals == {one: promised[one][1:] for one in goals}, bench


def test_a_bench_that_names_what_the_product_no_longer_has_does_not_load(tmp_path: Path) -> None:
    bench = shutil.copytree(BENCH, tmp_path / "tests/bench", ignore=shutil.ignore_patterns("__pycache__"))
    (bench / "aa_gone.py").write_text("from agent.judge.checks.table import NO_SUCH_TABLE\n")
    for name in ("agent", "drivers", "masking"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "tests/support").symlink_to(ROOT / "tests/support")
    done = run(str(bench / "load_all.py"))
    assert done.returncode != 0 and "NO_SUCH_TABLE" in done.stderr


def test_a_client_that_was_told_something_else_ends_in_an_error() -> None:
    """The devices here are closed ports: no figure may come of that."""
    asked = json.dumps({"ports": [1], "user": "admin", "password": "x"})
    done = subprocess.run(
        [sys.executable, "-P", "-m", "clients.ours"],
        input=asked,
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | {"PYTHONPATH": str(BENCH)},
        check=False,
    )
    assert done.returncode != 0 and done.stdout == ""


def test_what_the_stub_devices_add_is_valid_for_the_official_wsdls(tmp_path: Path) -> None:
    """Everything else that they say are replies of the demo site, which `test_demo_wsdl.py` validates."""
    official = onvif_wsdls.unpack(tmp_path)
    stub = SoapDevice("d0", 8080, 8554)
    services = "<tds:GetServices><tds:IncludeCapability>false</tds:IncludeCapability></tds:GetServices>"
    for body in ("<tds:GetCapabilities/>", services):
        status, answer = stub.answer(envelope(body, token(USER, PASSWORD, datetime.now(UTC))))
        root = etree.fromstring(answer)
        assert status == 200 and b"/onvif/event_service" in answer
        official.soap.assertValid(root)
        official.schemas[DEVICE].assertValid(etree.ElementTree(root.find("{*}Body")[0]))


def test_a_stub_device_turns_a_wrong_login_away() -> None:
    status, _ = SoapDevice("d0", 8080, 8554).answer(
        envelope("<tds:GetDeviceInformation/>", token(USER, "wrong", datetime.now(UTC)))
    )
    assert status == 400


def result(**changed: Any) -> dict[str, Any]:
    one = {"value": 1.234, "unit": "s", "goal": 1.6, "better": "lower", "n": 7, "low": 1.1, "high": 1.3}
    machine = {"cpus": 2, "processor": "a processor", "python": "3.11.7", "loop_ms": [21.6, 19.4, 33.2]}
    machine["measured_at"] = "2026-12-01T16:55:17+00:00"
    return {"bench": "probe", "quick": False, "machine": machine, "figures": {"some_s": one | changed}}


def test_figures_become_a_table_between_markers_and_nothing_else_changes(tmp_path: Path) -> None:
    (tmp_path / "probe.json").write_text(json.dumps(result()))
    page = "# Page\n\n<!-- figures: probe -->\nold\n<!-- end of figures -->\nrest\n"
    made = filled(page, tmp_path)
    assert made.startswith("# Page\n\n<!-- figures: probe -->\n| bench | figure |")
    assert "| probe | `some_s` | 1.23 s | <= 1.60 | 1.10 to 1.30 | 7 |" in made
    where = "2026-12-01 on a processor, 2 CPUs, Python 3.11.7, `loop_ms` 19 to 33"
    assert f"\nMedians. Measured on {where}.\n" in made
    assert made.endswith("<!-- end of figures -->\nrest\n") and "old" not in made
    assert filled(made, tmp_path) == made


@pytest.mark.parametrize(
    ("changed", "cell"),
    [
        ({"value": 1.7}, "1.70 s, **missed**"),
        ({"value": 12.3, "goal": 10, "better": "higher", "unit": "x"}, "12.3 x |"),
        ({"value": 9.9, "goal": 10, "better": "higher", "unit": "x"}, "9.90 x, **missed**"),
        ({"value": 123.4, "goal": 200}, "123 s |"),
    ],
)
def test_a_goal_that_was_missed_says_so(changed: dict[str, Any], cell: str) -> None:
    assert cell in table([result(**changed)])


def test_a_table_of_two_days_tells_both_and_how_fast_the_machine_was_in_all_of_a_day() -> None:
    one, later = result(), result()
    later["machine"] |= {"measured_at": "2026-12-02T01:00:00+00:00", "loop_ms": [40.2]}
    slow = result()
    slow["machine"] |= {"loop_ms": [44.0]}
    where = "on a processor, 2 CPUs, Python 3.11.7, `loop_ms`"
    last = table([one, later, slow]).splitlines()[-1]
    assert last == f"Medians. Measured on 2026-12-01 {where} 19 to 44; 2026-12-02 {where} 40 to 40."


def test_what_is_no_good_result_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="quick run"):
        table([result() | {"quick": True}])
    with pytest.raises(TableError, match="not the result"):
        table([{"bench": "probe"}])
    with pytest.raises(TableError, match="marker"):
        filled("no markers", tmp_path)
    page = "<!-- figures: probe -->\n<!-- end of figures -->\n"
    with pytest.raises(TableError, match="make bench"):
        filled(page, tmp_path)
    (tmp_path / "probe.json").write_text("{")
    with pytest.raises(TableError, match="no JSON"):
        filled(page, tmp_path)


def test_the_script_fills_a_page_and_can_check_it(tmp_path: Path) -> None:
    (tmp_path / "probe.json").write_text(json.dumps(result()))
    page = tmp_path / "README.md"
    page.write_text("<!-- figures: probe -->\n<!-- end of figures -->\n")
    asked = (str(BENCH / "table.py"), str(page), "--results", str(tmp_path))
    stale = run(*asked, "--check")
    assert stale.returncode == 1 and "not those" in stale.stderr
    assert run(*asked).returncode == 0 and "some_s" in page.read_text()
    assert run(*asked, "--check").returncode == 0
    assert sorted(one.name for one in tmp_path.iterdir()) == ["README.md", "probe.json"]
