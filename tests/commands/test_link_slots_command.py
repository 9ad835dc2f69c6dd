"""`camwarden link test` at recorders that tell of their slots, on real sockets: no other platform loses its place."""

from __future__ import annotations

import io
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import closing, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.cli import main
from agent.demo.gb28181.device import Slot
from agent.demo.gb28181.habits import Habits
from agent.demo.gb28181.serve import RunningDevice
from agent.demo.liars.worlds_table import WORLDS
from agent.demo.site import SimulatedSite
from agent.demo.world.platform_slots import SLOT_PASSWORD, DemoSlot, SlotLies, SlotTable
from agent.model import exits

DEVICE_ID = "14020000001180000001"
NAMES = {"hikvision": "nvr", "dahua": "dhr"}


@dataclass(eq=False)
class Installer(io.StringIO):
    """Who types what standard error says into a slot of the recorder, and switches it off when told to."""

    table: SlotTable
    into: int = 2
    forgets: bool = False
    at_the_end: Callable[[], None] = lambda: None
    running: RunningDevice | None = None
    rows: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def write(self, text: str) -> int:
        if text.startswith("  "):
            self.rows.append(text.split()[-1])
        elif len(self.rows) >= 9 and self.running is None:
            self._fill_in()
        if self.running is not None and "now switch the slot off" in text:
            self.running.switch_off()
            if not self.forgets:
                used = self.table.slots[self.into - 1]
                self.table.fill(self.into, replace(used, enabled=False, registered=False))
            self.at_the_end()
        return super().write(text)

    def _fill_in(self) -> None:
        host, port, platform_id, _, device_id, _, password, *_ = self.rows
        self.table.fill(
            self.into,
            DemoSlot(enabled=True, registered=True, server_id=platform_id, host=host, port=int(port),
                     device_id=device_id, local_port=5061),
        )  # fmt: skip
        slot = Slot(device_id=device_id, platform_id=platform_id, password=password, host=host, port=int(port))
        self.running = RunningDevice(slot, Habits(heartbeat_s=0.5), "UDP")
        self.running.__enter__()


@dataclass(frozen=True)
class Stand:
    """A recorder with its site file."""

    site: SimulatedSite
    config: Path
    name: str

    @property
    def table(self) -> SlotTable:
        return self.site.slots(self.name)

    def test(self, installer: Installer, *options: str) -> tuple[int, str]:
        """Run the command with the installer at the recorder; return exit code and output."""
        out = io.StringIO()
        with closing(socket.create_server(("127.0.0.1", 0))) as probe:
            port = int(probe.getsockname()[1])
        words = ["link", "test", self.name, "--config", str(self.config), "--id", DEVICE_ID, "--port", str(port)]
        try:
            with redirect_stdout(out), redirect_stderr(installer):
                code = main([*words, "--quiet-after", "2", "--json", *options])
        finally:
            if installer.running is not None:
                installer.running.__exit__(None, None, None)
        return code, out.getvalue()


@pytest.fixture(params=["hikvision", "dahua"])
def stand(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stand]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state-home"))
    devices, cameras = WORLDS[request.param]
    with SimulatedSite(lambda: datetime.now(UTC), devices, cameras) as site:
        config = site.write_config(tmp_path, {"host": "127.0.0.1", "tls": False, "confirm": "broker"})
        yield Stand(site, config, NAMES[request.param])


def steps(out: str) -> dict[str, tuple[str, str]]:
    return {one["step"]: (one["status"], one["reason"]) for one in json.loads(out)["steps"]}


def test_a_test_needs_no_word_where_a_free_slot_is_read_and_proves_the_others_untouched(stand: Stand) -> None:
    installer = Installer(stand.table)
    _, out = stand.test(installer)
    told = steps(out)
    assert (told["own-slot"], told["other-slots"], told["off"][0]) == (("told", ""), ("told", ""), "seen"), out
    assert json.loads(out)["slots"] == "read"
    said = installer.getvalue()
    assert "into slot 2, which is free" in said and "> 28181" in said
    assert installer.rows[-1] == "5061", "a local port that the police's slot does not use"
    secrets = (SLOT_PASSWORD, *stand.site.login(stand.name))
    assert [one for one in secrets[::2] if one in said + out] == []


def test_a_recorder_without_a_free_slot_is_refused_whatever_a_person_says(stand: Stand) -> None:
    for change, says in (
        (lambda: stand.table.slots.pop(), "1 are in use"),
        (lambda: stand.table.fill(1, replace(stand.table.slots[0], enabled=False)), "off and filled"),
    ):
        change()
        installer = Installer(stand.table)
        code, out = stand.test(installer, "--free-slot")
        assert (code, out, installer.running) == (exits.USAGE, "", None)
        assert says in installer.getvalue()


def test_a_slot_that_stays_on_and_a_platform_that_is_lost_are_told(stand: Stand) -> None:
    def lose() -> None:
        stand.table.fill(1, replace(stand.table.slots[0], registered=False))

    code, out = stand.test(Installer(stand.table, at_the_end=lose))
    assert (code, steps(out)["other-slots"]) == (exits.FAILS, ("failed", "others-lost"))


def test_a_person_who_types_over_the_polices_slot_is_told_at_once(stand: Stand) -> None:
    installer = Installer(stand.table, into=1)
    code, out = stand.test(installer)
    assert (code, steps(out)["own-slot"]) == (exits.FAILS, ("failed", "overwritten"))
    said = installer.getvalue()
    assert said.index("was filled in by somebody else") < said.index("now switch the slot off")


LYING = {
    "yesterday": (SlotLies(yesterday=True), ("unknown", "not-live"), ("unknown", "not-live")),
    "half": (SlotLies(half=True), ("unknown", "half-a-list"), ("told", "")),
    "off_but_online": (SlotLies(off_but_online=True), ("unknown", "not-live"), ("unknown", "still-on")),
}
"""What a list hides -> what is said while the device is registered, and at the end."""


@pytest.mark.parametrize("name", LYING)
def test_no_list_that_lies_proves_anything(stand: Stand, name: str) -> None:
    stand.table.lies, own, others = LYING[name]
    _, out = stand.test(Installer(stand.table))
    assert (steps(out)["own-slot"], steps(out)["other-slots"]) == (own, others)
    assert json.loads(out)["slots"] == ("read" if others[0] == "told" else "not-read")


def test_the_first_slots_answer_in_each_place_leaves_none_free(stand: Stand) -> None:
    stand.table.lies = SlotLies(first_for_all=True)
    installer = Installer(stand.table)
    assert stand.test(installer) == (exits.USAGE, "")
    assert "2 are in use" in installer.getvalue()


def test_a_recorder_that_does_not_tell_is_a_matter_of_the_persons_word(stand: Stand) -> None:
    (stand.config.parent / "secrets.toml").unlink()
    installer = Installer(stand.table)
    code, out = stand.test(installer)
    assert (code, out) == (exits.USAGE, "") and "--free-slot" in installer.getvalue()
    code, out = stand.test(Installer(stand.table), "--free-slot")
    assert json.loads(out)["slots"] == "not-read"
    assert {"own-slot", "other-slots"}.isdisjoint(steps(out))


def test_a_slot_that_a_person_forgets_to_switch_off_is_unknown(stand: Stand) -> None:
    _, out = stand.test(Installer(stand.table, forgets=True))
    assert steps(out)["other-slots"] == ("unknown", "still-on")
