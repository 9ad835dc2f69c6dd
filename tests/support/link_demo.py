"""Runs self-tests of a simulated recorder and a simulated camera side by side, each to its signed certificate.

    make link-demo

A recorder of 2022 over TCP and a camera of 2016 over UDP, each beside a person who types what stands on the terminal.
The folders are verified with the keys that signed them. A slot counts as off after 10 s of silence here, which the
certificates say.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from link_person import Person, free_port

from agent.demo.gb28181.habits import Habits
from agent.model import exits

WITHIN_S: Final = 60.0
HEARTBEAT_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Scene:
    """One device of the demo, and the language in which its person reads."""

    name: str
    id: str
    version: str
    transport: str
    lang: str


SCENES: Final = (
    Scene("recorder", "14021300001180000001", "3.0", "TCP", "en"),
    Scene("camera", "14021300001320000001", "", "UDP", "zh_CN"),
)


def camwarden(*words: str) -> list[str]:
    """Return the command line of the product."""
    return [sys.executable, "-P", "-m", "agent", *words]


def tested(scene: Scene, out: Path, environment: dict[str, str]) -> tuple[str, bool]:
    """Run one test with a person beside it, and verify its paper; return what was told, and whether all is well."""
    habits = Habits(version=scene.version, heartbeat_s=HEARTBEAT_S)
    words = camwarden(
        "link", "test", "--host", "127.0.0.1", "--id", scene.id, "--port", str(free_port()), "--free-slot",
        "--picture", "--quiet-after", "10", "--lang", scene.lang, "--certificate", str(out / scene.name),
        "--made-by", "模拟-北辰智能", "--made-for", "模拟-育才小学",
    )  # fmt: skip
    with Person(habits, scene.transport) as person, ExitStack() as stack:
        child = stack.enter_context(
            subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        )
        assert child.stderr is not None and child.stdout is not None
        for line in child.stderr:
            person.write(line)
        told = child.stdout.read()
        code = child.wait(WITHIN_S)
        if person.running is not None:
            person.running.__exit__(None, None, None)
        last = person.getvalue().splitlines()[-1]
    verify = camwarden("verify", str(out / scene.name), "--kid", last.split()[-1])
    done = subprocess.run(verify, env=environment, check=False, capture_output=True, text=True)
    said = f"{told}{last}\n{done.stdout}{done.stderr}exit codes: {code}, {done.returncode}\n"
    return said, code == done.returncode == exits.OK


def main() -> int:
    """Run both tests at once, verify their papers, and print how long it took."""
    began_s = time.monotonic()
    out = Path(sys.argv[1]).absolute()
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    environment = os.environ | {"XDG_STATE_HOME": str(out / "state")}
    with ThreadPoolExecutor() as people:
        ended = list(people.map(lambda scene: tested(scene, out, environment), SCENES))
    for scene, (said, _) in zip(SCENES, ended, strict=True):
        print(f"== {scene.name}: version {scene.version or '2.0'} over {scene.transport}\n{said}")
    wall_s = time.monotonic() - began_s
    print(f"link-demo: {len(SCENES)} certificates in {wall_s:.1f} s (goal: {WITHIN_S:.0f} s): {out}")
    return exits.OK if all(well for _, well in ended) else exits.FAILS


if __name__ == "__main__":
    sys.exit(main())
