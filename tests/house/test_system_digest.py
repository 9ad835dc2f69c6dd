"""Boot test, benches and the hub on another Python are left out of `.ci/run` only where none of their files changed."""

from __future__ import annotations

import runpy
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DIGEST = runpy.run_path(str(ROOT / "tests/system/digest.py"))


INPUTS = {name: one.inputs for name, one in DIGEST["RUNS"].items()}


@pytest.mark.parametrize("run", INPUTS)
def test_each_pattern_finds_files(run: str) -> None:
    assert [one for one in INPUTS[run] if not any(path.is_file() for path in ROOT.glob(one))] == []


@pytest.mark.parametrize("run", INPUTS)
def test_bytecode_is_no_input(run: str) -> None:
    assert [path for path in DIGEST["files"](ROOT, INPUTS[run]) if path.suffix == ".pyc"] == []


@pytest.mark.parametrize(
    ("run", "name"),
    [
        ("boot", "systemd/camwarden.service"), ("boot", "packaging/debian/postinst"), ("boot", "requirements.lock"),
        ("boot", "agent/host/sd_notify.py"), ("benches", "tests/bench/probe.py"),
        ("benches", "tests/bench/clients/ours.py"), ("benches", "tests/support/bench_figures.py"),
        ("hub-313", "agent/hub/stores/database.py"), ("hub-313", "requirements.lock"),
        ("hub-313", "tests/hub/workers/test_hub_several.py"),
    ],
)  # fmt: skip
def test_a_changed_new_or_missing_file_is_another_digest(run: str, name: str, tmp_path: Path) -> None:
    inputs = INPUTS[run]
    for path in DIGEST["files"](ROOT, inputs):
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    before = DIGEST["digest"](tmp_path, inputs)
    assert before == DIGEST["digest"](ROOT, inputs)
    changed = tmp_path / name
    text = changed.read_bytes()
    changed.write_bytes(text + b"\n")
    digests = {before, DIGEST["digest"](tmp_path, inputs)}
    changed.unlink()
    digests.add(DIGEST["digest"](tmp_path, inputs))
    changed.with_name("new.py" if changed.suffix == ".py" else changed.name).write_bytes(text)
    assert len(digests) == 3
    assert (DIGEST["digest"](tmp_path, inputs) == before) is (changed.suffix != ".py")


def test_ci_asks_it_and_a_release_boots_all_systems() -> None:
    assert "tests/system/digest.py" in (ROOT / ".ci/run").read_text("utf-8")
    release = (ROOT / "Makefile").read_text("utf-8").partition("\nrelease:")[2].partition("\n\n")[0]
    assert "digest.py" not in release and " test-system" in release
