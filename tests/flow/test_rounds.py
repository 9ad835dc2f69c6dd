"""Looks in rounds, with real pictures in the real worker: who is looked at again, and what stays in the process."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pictures
import pytest
from patience import PATIENCE_S
from pictures import Mask as Drawn
from pictures import jpeg, masked, polygon
from sites import NOW, ZONE, camera, observed, site

from agent.commands.check import command
from agent.judge.memory.memory import Memory, to_json
from agent.observe.pictures.derived_views import ApprovedViews
from agent.observe.pictures.previous_pictures import PreviousPictures
from agent.observe.pictures.studies import studied_path, studies
from agent.observe.probe.devices import NOTHING_WANTED as NOTHING_WANTED
from agent.observe.probe.devices import Paths, ProbeResult
from agent.observe.remembered.value import EMPTY, Remembered
from agent.service.cycle.environment import Environment
from agent.service.cycle.rounds import CONFIRM_S, look_in_rounds
from agent.site.config.site import PrivateZone, Site
from drivers.credentials import Credentials
from drivers.footage import WantedFootage
from drivers.model import Device, Mask, Masks, Observations, Picture, Unavailable
from drivers.picture import PathName, PictureSeen, Stream, Streams, ZoneVerdict
from masking.model import Job
from masking.view.baseline import Descriptor, encode
from masking.view.model import DescriptorJob, QualitySeen, ViewSeen
from masking.worker.client import Worker
from masking.worker.study import Study

BOX = (0.2, 0.2, 0.5, 0.5)
SEEN = pictures.lit(pictures.scene(21), "day", 1)
APPROVED = encode(Descriptor("day", 64, 36, 5, bytes(64 * 36)))
HIDDEN = masked(SEEN, BOX, Drawn("solid"))


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with Worker(timeout_s=PATIENCE_S) as running:
        yield running


@pytest.fixture(scope="module")
def reference(worker: Worker) -> bytes:
    study = Study(descriptor=DescriptorJob(excluded=(polygon(BOX),)))
    studied = worker.judge(Job(jpeg(HIDDEN), "jpeg", (), study)).studied
    assert studied is not None
    return studied.descriptor


@dataclass(slots=True)
class Street:
    """What cameras deliver in each round, and who was asked."""

    views: dict[str, list[pictures.Picture]]
    asked: list[tuple[str, ...]] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)
    silent: Observations = ()
    cut_after: int = 99
    """From this look on what comes is no picture."""

    def fetch(self, names: tuple[str, ...]) -> ProbeResult:
        self.asked.append(names)
        if self.silent:
            return ProbeResult(self.silent)
        told: Observations = ()
        taken: list[Picture] = []
        for name in names:
            number = sum(name in asked for asked in self.asked) - 1
            streams = Streams(tuple(Stream(path, f"rtsp://192.0.2.1/{path}") for path in ("main", "sub")))
            told += observed(f"camera:{name}", streams, Masks((Mask("m", polygon(BOX), "Color", True),)))
            shown = self.views[name][min(number, len(self.views[name]) - 1)]
            data = jpeg(shown) if number < self.cut_after else b"\xff\xd8\xff cut"
            taken.append(Picture(name, "sub", NOW + number * timedelta(seconds=10), data, "jpeg"))
        return ProbeResult(told, tuple(taken))

    def env(self, worker: Worker) -> Environment:
        return Environment(Credentials(None), worker.judge, lambda: NOW)


@dataclass(slots=True)
class StreetReading:
    """Gives what the street's cameras deliver, device by device, as `Reading` does."""

    street: Street
    waiting: list[tuple[Device, tuple[str, ...]]] = field(default_factory=list)

    def ask(
        self,
        part: Site,
        paths: Paths | None = None,
        wanted: WantedFootage = NOTHING_WANTED,
        in_s: float = 0.0,
        in_first_deadline: bool = False,
        listening: bool = True,
    ) -> None:
        assert not (in_s and listening), (
            "metadata is listened to again only where a picture that it told of awaits another"
        )
        assert all("playback" not in asked for asked in (paths or {}).values()), "a recorded picture stays the same"
        assert {d.id for d in part.devices} == {c.camera.device for c in part.cameras}
        self.street.waited += [in_s] if in_s else []
        for device in part.devices:
            names = tuple(c.camera.id for c in part.cameras if c.camera.device == device.id)
            self.waiting.append((device, names))

    def arrivals(self) -> Iterator[tuple[Device, ProbeResult]]:
        while self.waiting:
            device, names = self.waiting.pop(0)
            yield device, self.street.fetch(names)


def run(
    street: Street, a_site: Site, worker: Worker, count: int,
    references: dict[str, tuple[bytes, ...]] | None = None, env: Environment | None = None, before: Remembered = EMPTY,
) -> tuple[Observations, Remembered]:  # fmt: skip
    reading = StreetReading(street)
    reading.ask(a_site)
    known = ApprovedViews(references or {})
    env = env or street.env(worker)
    _, looked, memory = look_in_rounds(a_site, env, reading, ProbeResult(()), before, known, NOW, count)
    return looked, memory


def test_only_cameras_that_one_picture_does_not_settle_are_looked_at_again(worker: Worker) -> None:
    soft = camera("soft", "soft", zones=(PrivateZone("window", polygon(BOX), "pixelated"),))
    moments = [pictures.lit(pictures.scene(21), "day", moment) for moment in range(3)]
    street = Street({"solid": [HIDDEN], "soft": [masked(one, BOX, Drawn("mosaic", 24)) for one in moments]})
    two = site(camera("solid", "solid", zones=(PrivateZone("window", polygon(BOX), "color"),)), soft)
    looked, memory = run(street, two, worker, 3)
    assert street.asked == [("soft",), ("solid",), ("soft",), ("soft",)]
    assert street.waited == [10.0, 10.0]
    verdicts = {o.subject: o.value for o in looked if isinstance(o.value, ZoneVerdict)}
    assert verdicts["camera:solid"].verdict == "PASS"
    assert dict(verdicts["camera:soft"].numbers)["looks"] == 3
    assert len([o for o in looked if isinstance(o.value, PictureSeen)]) == 2, "one picture of each path stands"
    assert memory.pooled == (), "no zone failed"


def test_one_round_looks_once_and_does_not_wait(worker: Worker) -> None:
    street = Street({"soft": [masked(SEEN, BOX, Drawn("mosaic", 24))]})
    soft = site(camera("soft", zones=(PrivateZone("window", polygon(BOX), "pixelated"),)))
    run(street, soft, worker, 1)
    assert (street.asked, street.waited) == ([("soft",)], [])


def test_a_view_is_settled_by_three_rounds(worker: Worker, reference: bytes) -> None:
    street = Street({"gate": [HIDDEN]})
    looked, memory = run(street, site(camera()), worker, 5, {"gate": (reference,)})
    assert len(street.asked) == 3, "and no more than that"
    settled = memory.views["gate"].settled(NOW)
    assert settled is not None
    assert settled.state == "still"
    assert [type(o.value) for o in looked].count(ViewSeen) == 1
    (quality,) = [o.value for o in looked if isinstance(o.value, QualitySeen)]
    assert quality.change == pytest.approx(0, abs=0.1), "the picture of the round before is known"


def test_a_camera_that_delivers_nothing_is_not_waited_for(worker: Worker) -> None:
    silent = Street({}, silent=observed("camera:gate", Unavailable("streams", "unreachable")))
    looked, memory = run(silent, site(camera()), worker, 3, {"gate": (b"approved",)})
    assert (looked, silent.waited, silent.asked) == ((), [], [("gate",)])
    assert memory.views["gate"].settled(NOW) is None


def test_no_picture_goes_into_the_memory_or_an_observation(worker: Worker, reference: bytes) -> None:
    street = Street({"gate": [HIDDEN]})
    env = street.env(worker)
    looked, memory = run(street, site(camera()), worker, 3, {"gate": (reference,)}, env)
    kept = env.previous.all()["gate"]
    assert kept.startswith(b"CWVB")
    assert len(to_json(Memory(remembered=memory))) < 4096, "far smaller than any picture"
    assert all(not isinstance(value, bytes) for o in looked for value in vars_of(o.value))
    assert "CWVB" not in repr(env)


def vars_of(value: object) -> list[object]:
    return [getattr(value, name) for name in getattr(value, "__slots__", ())]


def test_a_picture_that_cannot_be_judged_in_a_later_round_changes_nothing(worker: Worker) -> None:
    soft = site(camera("soft", zones=(PrivateZone("window", polygon(BOX), "pixelated"),)))
    street = Street({"soft": [masked(SEEN, BOX, Drawn("mosaic", 24))]}, cut_after=1)
    looked, _ = run(street, soft, worker, 3)
    assert len(street.asked) == 3
    assert [o.value.verdict for o in looked if isinstance(o.value, ZoneVerdict)] != []
    assert [o for o in looked if isinstance(o.value, Unavailable)] == []


@pytest.mark.parametrize(
    ("offered", "path"),
    [
        (("snapshot", "main", "sub"), "sub"),
        (("snapshot", "main"), "main"),
        (("snapshot",), "snapshot"),
        (("playback",), None),
        ((), None),
    ],
)
def test_view_and_quality_are_asked_of_one_path_that_stays(
    offered: tuple[PathName, ...], path: PathName | None
) -> None:
    streams = Streams(tuple(Stream(one, "rtsp://192.0.2.1/") for one in offered))
    assert studied_path(streams) == path
    asked = studies(site(camera()), observed("camera:gate", streams), ApprovedViews(), PreviousPictures())
    assert asked.get("gate", (None,))[0] == path


def test_zones_and_drawn_masks_are_left_out_and_a_mask_that_is_off_is_not() -> None:
    drawn, off = (((0.6, 0.6), (0.9, 0.6), (0.9, 0.9)), ((0.0, 0.6), (0.2, 0.6), (0.2, 0.9)))
    told = observed(
        "camera:gate",
        Streams((Stream("sub", "rtsp://192.0.2.1/"),)),
        Masks((Mask("a", drawn, "Color", True), Mask("b", off, "Color", False), Mask("c", (), "Color", None))),
    )
    before, known = PreviousPictures(), ApprovedViews({"gate": (APPROVED,)})
    before.keep("gate", b"before")
    path, study = studies(site(camera()), told, known, before)["gate"]
    assert path == "sub"
    assert study.view is not None
    assert study.quality is not None
    assert study.view.excluded == study.quality.excluded == (ZONE.polygon, drawn)
    assert (study.view.references, study.quality.references, study.quality.previous) == (
        (APPROVED,), (APPROVED,), b"before",
    )  # fmt: skip
    _, study = studies(site(camera()), told, ApprovedViews(), before)["gate"]
    assert study.view is None, "without an approved view there is nothing to ask"


def test_declared_boxes_of_overlays_are_measured_and_the_clock_in_them_moves_no_view() -> None:
    streams = observed("camera:gate", Streams((Stream("sub", "rtsp://192.0.2.1/"),)))
    boxed = site(camera(overlay_boxes=((0.0, 0.1, 0.5, 0.2),)))
    _, study = studies(boxed, streams, ApprovedViews({"gate": (APPROVED,)}), PreviousPictures())["gate"]
    corners = ((0.0, 0.1), (0.5, 0.1), (0.5, 0.2), (0.0, 0.2))
    assert study.quality is not None
    assert study.view is not None
    assert study.quality.overlays == (corners,)
    assert study.view.excluded == (ZONE.polygon, corners)


def test_a_check_takes_three_rounds_unless_it_is_told_otherwise() -> None:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    assert parser.parse_args([]).rounds == 3
    assert parser.parse_args(["--rounds", "1"]).rounds == 1
    for wrong in ("0", "-1", "10", "x"):
        with pytest.raises(SystemExit):
            parser.parse_args(["--rounds", wrong])


BARE = [pictures.lit(pictures.scene(21), "day", moment) for moment in (5, 6)]


@pytest.mark.parametrize(
    ("shown", "wanted"),
    [
        (BARE, ("FAIL", "not-hidden")),
        ([BARE[0], HIDDEN], ("UNSURE", "looks-differ")),
        ([BARE[0], BARE[0]], ("UNSURE", "unconfirmed")),
    ],
    ids=["bare twice", "hidden the second time", "the same bytes"],
)
def test_a_first_picture_that_shows_a_zone_bare_is_confirmed_by_a_second_in_the_same_look(
    worker: Worker, shown: list[pictures.Picture], wanted: tuple[str, str]
) -> None:
    street = Street({"solid": shown})
    one = site(camera("solid", "solid", zones=(PrivateZone("window", polygon(BOX), "color"),)))
    looked, memory = run(street, one, worker, 1)
    assert street.asked == [("solid",), ("solid",)]
    assert street.waited == [CONFIRM_S]
    (verdict,) = [o.value for o in looked if isinstance(o.value, ZoneVerdict)]
    assert (verdict.verdict, verdict.reason) == wanted
    assert [f.confirmed for one in memory.pooled for f in one.failed.values()] == (
        [wanted[0] == "FAIL"] if wanted[1] != "looks-differ" else [False]
    )


def test_a_zone_that_has_been_failing_is_not_looked_at_a_second_time(worker: Worker) -> None:
    street = Street({"solid": BARE})
    one = site(camera("solid", "solid", zones=(PrivateZone("window", polygon(BOX), "color"),)))
    _, memory = run(street, one, worker, 1)
    (known,) = memory.pooled
    (failed,) = known.failed.items()
    earlier = replace(known, failed={failed[0]: replace(failed[1], at=NOW - timedelta(minutes=15))})
    again = Street({"solid": BARE})
    looked, _ = run(again, one, worker, 1, before=replace(memory, pooled=(earlier,)))
    assert again.asked == [("solid",)]
    assert [o.value.verdict for o in looked if isinstance(o.value, ZoneVerdict)] == ["FAIL"]
