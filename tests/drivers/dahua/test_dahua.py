"""The Dahua driver reads a whole recorder over real sockets, and sends nothing that is not a read."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from urllib.parse import urlsplit

import pytest
from dahua_device import CAMERAS, FIXTURES, Nvr, fixture, hours, observe, reading
from devices import clock, http
from onvif_reading import fact

from drivers import registry
from drivers.capture import fetch_pictures
from drivers.credentials import Credentials
from drivers.dahua import plan
from drivers.dahua.read import read
from drivers.details import Accounts, Encoders
from drivers.footage import Channels, Disks, Neighbour, PlatformLink, Schedule, SchedulePeriod, Wanted
from drivers.http.replay import ReplayTransport
from drivers.http.transport import open_transport
from drivers.model import (
    DEVICE_FACTS,
    Camera,
    Clock,
    Device,
    Identity,
    Mask,
    Masks,
    Observations,
    Overlays,
    Recordings,
    Unavailable,
)
from drivers.picture import Stream, Streams

WANTED = {"one": Wanted(days=(date(2026, 11, 20),))}

READS = {
    "global.cgi getCurrentTime", "magicBox.cgi getSystemInfo", "magicBox.cgi getDeviceType", "magicBox.cgi getVendor",
    "magicBox.cgi getSoftwareVersion", "magicBox.cgi getSerialNo", "configManager.cgi getConfig",
    "storageDevice.cgi getDeviceAllInfo", "userManager.cgi getUserInfoAll",
    "mediaFileFind.cgi factory.create", "mediaFileFind.cgi findFile", "mediaFileFind.cgi findNextFile",
    "mediaFileFind.cgi close", "mediaFileFind.cgi destroy",
}  # fmt: skip
RPC_READS = {
    "RPC2 login",
    "RPC2 getCameraState",
    "RPC2 VSP_GAYS_SERVER",
    "RPC2 VSP_GAVI",
    "RPC2 VSP_CO_SIGN_SERVER",
    "RPC2 T2UServer",
    "RPC2 logout",
}


@pytest.fixture(scope="module")
def nvr() -> Nvr:
    return Nvr()


@pytest.fixture(scope="module")
def seen(nvr: Nvr) -> Observations:
    return observe(nvr, wanted=WANTED)


def test_the_driver_stands_in_the_table() -> None:
    assert registry.load("dahua") is read


def test_only_reads_are_sent(nvr: Nvr, seen: Observations) -> None:
    asked = {f"{urlsplit(t).path.rpartition('/')[2]} {re.findall(r'action=([^&]+)', t)[0]}" for t in nvr.targets}
    assert asked == READS - {"magicBox.cgi getSerialNo"}
    assert {one for one in nvr.asked if one.startswith("RPC2")} == RPC_READS
    assert not any("audio" in target or "set" in target for target in nvr.targets)


def test_every_search_is_ended_and_the_session_too(nvr: Nvr, seen: Observations) -> None:
    assert nvr.made > 8 and nvr.objects == {}
    assert (nvr.rpc_good, nvr.rpc_open) == (1, 0)
    assert (nvr.refused, nvr.rpc_refused) == (0, 0)


def test_each_fact_appears_once(seen: Observations) -> None:
    keys = []
    for one in seen:
        name = one.value.fact if isinstance(one.value, Unavailable) else type(one.value).__name__
        keys.append((one.subject, name.replace("-", "").lower()))
    assert len(keys) == len(set(keys)) == 6 + 7 * 4
    of_box = {name for subject, name in keys if subject == "device:box"}
    assert of_box <= {name.replace("-", "") for name in DEVICE_FACTS}


def test_identity_takes_the_model_where_the_type_is_one(seen: Observations) -> None:
    identity = fact(seen, "device:box", Identity)
    assert identity == Identity("Dahua", "DHI-NVR608H-128-4KS3/I", "4.001.0000000.6.R", "4C0048DPAJ00000", "V1.0")


def test_the_clock_is_read_by_its_digits_in_the_configured_zone(seen: Observations) -> None:
    told = fact(seen, "device:box", Clock)
    assert isinstance(told, Clock)
    assert told.offset_s == pytest.approx(4.5, abs=0.2) and told.ntp is True


def test_the_clock_of_another_zone_is_hours_off() -> None:
    told = fact(observe(Nvr(), CAMERAS[:1], time_zone="Asia/Tokyo"), "device:box", Clock)
    assert isinstance(told, Clock) and told.offset_s == pytest.approx(4.5 - 3600, abs=0.2)


def test_channels_join_names_states_and_the_cameras_behind(seen: Observations) -> None:
    channels = fact(seen, "device:box", Channels)
    assert isinstance(channels, Channels)
    assert [(c.number, c.name, c.state, c.host, c.mac, c.model) for c in channels.channels] == [
        (1, "North gate", "online", "192.168.1.11", "3c:e3:6b:00:00:01", "IPC-HFW2831T"),
        (2, "西门", "offline", "192.168.1.12", "", "DS-2CD1143G0-I"),
        (3, "Yard", "unknown", "192.168.1.13", "3c:e3:6b:00:00:03", "IP Camera"),
        (4, "", "empty", "", "", ""),
    ]


def test_accounts_have_names_and_groups(seen: Observations) -> None:
    accounts = fact(seen, "device:box", Accounts)
    assert isinstance(accounts, Accounts)
    assert [(a.name, a.level) for a in accounts.accounts] == [("admin", "admin"), ("camwarden", "user")]


def test_full_disks_are_healthy_and_empty_bays_are_none(seen: Observations) -> None:
    disks = fact(seen, "device:box", Disks)
    assert isinstance(disks, Disks)
    assert [(d.name, d.state, d.word, d.capacity_bytes, d.free_bytes) for d in disks.disks] == [
        ("/dev/sda", "ok", "Success", 991273418752, 0),
        ("/dev/sdb", "ok", "Normal", 991273418752, 989273418752),
        ("/dev/sdc", "failed", "Failure", None, None),
    ]
    assert {d.writable for d in disks.disks} == {True}


def test_platform_slots_are_listed_with_their_codes(seen: Observations) -> None:
    link = fact(seen, "device:box", PlatformLink)
    assert isinstance(link, PlatformLink) and len(link.servers) == 2
    used, unused = link.servers
    assert (used.slot, used.kind, used.enabled, used.registered) == (1, "GB28181", True, True)
    assert (used.server_id, used.domain, used.expires_s, used.heartbeat_s) == (
        "14020000002000000001", "1402000000", 3600, 60,
    )  # fmt: skip
    assert used.codes == ((1, "14020000001320000001"), (2, "14020000001320000002"))
    assert (unused.slot, unused.is_free, unused.registered, unused.codes) == (2, True, None, ())
    assert (used.local_port, used.heartbeat_misses, used.retry_s, used.civil_code) == (5060, 3, 60, "140200")
    assert link.neighbours == (
        Neighbour("view-library", False), Neighbour("co-signing", None), Neighbour("cloud", True, True),
    )  # fmt: skip


def test_a_slot_that_names_no_platform_is_no_link_although_it_says_that_it_is_online() -> None:
    table = json.loads(fixture("VSP_GAYS_SERVER.json"))
    table["params"]["table"]["sipServer"][0] |= {"sipSvrIp": "", "sipSvrId": "", "domain": ""}
    link = fact(
        observe(
            Nvr(
                answers={"RPC2 VSP_GAYS_SERVER": http(200, json.dumps(table).encode(), content_type="application/json")}
            )
        ),
        "device:box",
        PlatformLink,
    )
    assert isinstance(link, PlatformLink)
    assert [one.enabled for one in link.servers] == [False, False]


def test_streams_and_encoders_of_a_channel(seen: Observations, nvr: Nvr) -> None:
    streams = fact(seen, "camera:one", Streams)
    assert isinstance(streams, Streams)
    snapshot, main, sub = streams.streams
    assert snapshot.url.endswith("/cgi-bin/snapshot.cgi?channel=1") and "127.0.0.1:" in snapshot.url
    url = "rtsp://127.0.0.1:554/cam/realmonitor?channel=1&subtype="
    assert main == Stream("main", f"{url}0", "H265", 2560, 1440, 25.0, 4096, 50, "0")
    assert sub == Stream("sub", f"{url}1", "H264", 704, 576, 15.0, 512, 50, "1")
    encoders = fact(seen, "camera:one", Encoders)
    assert isinstance(encoders, Encoders)
    assert [one.profile for one in encoders.encoders] == ["MainFormat[0]", "ExtraFormat[0]"]


def test_masks_are_rectangles_of_8191_steps_with_a_top_left_origin(seen: Observations) -> None:
    masks = fact(seen, "camera:one", Masks)
    left, top, right = 0.0, 4096 / 8191, 2048 / 8191
    polygon = ((left, top), (right, top), (right, 1.0), (left, 1.0))
    assert masks == Masks((Mask("Covers[0]", polygon, "Color", True, "#000000"),))
    assert fact(seen, "camera:three", Masks) == Masks(())


def test_overlays_are_those_in_the_stream(seen: Observations) -> None:
    assert fact(seen, "camera:one", Overlays) == Overlays(("North gate", "Datong"), time_shown=True)
    assert fact(seen, "camera:two", Overlays) == Overlays(("西门",), time_shown=True)


def test_schedules_say_why_and_when(seen: Observations) -> None:
    all_week = Schedule(plan.ALL_WEEK, enabled=True)
    assert fact(seen, "camera:one", Schedule) == all_week
    by_motion = fact(seen, "camera:two", Schedule)
    assert isinstance(by_motion, Schedule) and by_motion.enabled is True
    assert by_motion.periods[0] == SchedulePeriod(0, 8 * 3600, 18 * 3600 + 1800, "motion")
    assert by_motion.periods[-1] == SchedulePeriod(6, 18 * 3600 + 1800, 86_400, "event")
    assert fact(seen, "camera:three", Schedule) == all_week
    stopped = fact(seen, "camera:four", Schedule)
    assert isinstance(stopped, Schedule) and stopped.enabled is False


def test_recordings_reach_from_the_oldest_file_to_the_newest(seen: Observations) -> None:
    held = fact(seen, "camera:one", Recordings)
    assert isinstance(held, Recordings) and len(held.spans) == 1
    assert held.spans[0].start_at == datetime(2026, 10, 19, 16, tzinfo=UTC)
    assert held.spans[0].end_at == datetime(2026, 11, 24, 8, tzinfo=UTC)
    assert held.replay_from_at == datetime(2026, 10, 19, 16, 0, 1, tzinfo=UTC)
    assert held.replay_url == (
        "rtsp://127.0.0.1:554/cam/playback?channel=1&subtype=0"
        "&starttime=2026_10_20_00_00_01&endtime=2026_10_20_01_00_00"
    )


def test_recorded_replies_give_the_same_facts() -> None:
    """What is decoded live and what is decoded from recorded bytes is the same, so that a fixture is enough."""
    nvr = Nvr()
    with reading(nvr) as transport:
        live = read(CAMERAS, transport, WANTED)
        replay = ReplayTransport(transport.replies, transport.device, clock)
        assert read(CAMERAS, replay, WANTED) == live


def test_single_fixtures_can_be_replayed_without_a_device() -> None:
    box = Device("box", "192.0.2.1", 80, "dahua")
    seen = read(CAMERAS[:1], ReplayTransport((), box, clock), {})
    assert {one.value.reason for one in seen if isinstance(one.value, Unavailable)} == {"unreachable"}
    assert len(seen) == 6 + 7


def test_a_recorder_that_is_not_there_is_asked_once(free_port: int) -> None:
    box = Device("box", "127.0.0.1", free_port, "dahua")
    with open_transport(box, 5.0, Credentials(None), clock) as transport:
        seen = read(CAMERAS, transport, {})
    assert {one.value.reason for one in seen if isinstance(one.value, Unavailable)} == {"unreachable"}
    assert len(seen) == 6 + 7 * 4


@pytest.fixture
def free_port() -> int:
    """A port on which nobody listens."""
    with Nvr().device() as served:
        return served.port


def test_snapshots_come_over_the_same_login() -> None:
    nvr = Nvr()
    nvr.answers["/cgi-bin/snapshot.cgi"] = http(200, b"\xff\xd8\xff\xe0jpeg\xff\xd9", content_type="image/jpeg")
    camera = Camera("one", "box")
    with reading(nvr) as transport:
        seen = read((camera,), transport, {})
        pictures, _ = fetch_pictures((camera,), seen, transport, {"one": ("snapshot",)})
    assert [picture.path for picture in pictures] == ["snapshot"]
    assert nvr.targets[-1] == "/cgi-bin/snapshot.cgi?channel=1" and nvr.refused == 0


def test_every_fixture_is_named_in_its_source() -> None:
    text = (FIXTURES / "SOURCE.md").read_text("utf-8")
    files = {path.name for path in FIXTURES.iterdir()} - {"SOURCE.md"}
    assert files == set(re.findall(r"`([\w-]+\.(?:txt|json))`", text))


def test_hours_make_no_holes_among_each_other() -> None:
    assert hours("2026-11-01 00:00:00", 2) == [
        ("2026-11-01 00:00:00", "2026-11-01 01:00:00", "R"),
        ("2026-11-01 01:00:00", "2026-11-01 02:00:00", "R"),
    ]
