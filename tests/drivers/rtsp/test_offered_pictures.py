"""Pictures that metadata brings or names: the newest of the scene is taken, at an address of the device alone."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from devices import Answer, Asked, HttpDevice, clock, device, http
from metadata_told import SDP, frame, packets_of
from patience import PATIENCE_S
from rtsp_device import RtspDevice, clip

from drivers import capture
from drivers.address import own_web_address
from drivers.capture import fetch_pictures
from drivers.credentials import Credentials
from drivers.errors import Malformed
from drivers.http.jpeg import JPEG_MAX_BYTES
from drivers.http.transport import open_transport
from drivers.model import Camera, Observation, Picture
from drivers.picture import ObjectsTold, PictureTold, Stream, Streams
from drivers.rtsp.metadata import DOCUMENT_MAX_BYTES, Heard
from drivers.rtsp.offered_pictures import Listened

JPEG, NEWER = b"\xff\xd8\xff\xe0 older \xff\xd9", b"\xff\xd8\xff\xe0 newer \xff\xd9"
MAIN = Stream("main", "rtsp://x/")


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


def scene(data: bytes) -> bytes:
    return frame(f"<tt:SceneImage>{base64_of(data)}</tt:SceneImage>")


def reference(url: str) -> bytes:
    return frame(f"<tt:SceneImageRef>{url}</tt:SceneImageRef>")


def heard(*texts: bytes, port: int = 80) -> Listened:
    result = Heard(lambda url: own_web_address(url, device(port), ("10.0.0.7",)))
    for text in texts:
        result.add(text)
    return result.told(MAIN)


def test_the_newest_picture_of_the_scene_is_taken_and_never_written_down() -> None:
    found = heard(scene(JPEG), scene(NEWER))
    assert (found.scene, found.damaged, found.told.pictures) == (NEWER, False, 2)
    assert "newer" not in repr(found) and base64_of(NEWER) not in repr(found)
    item = frame(f'<tt:Data><tt:SimpleItem Name="Image" Value="{base64_of(JPEG)}"/></tt:Data>')
    assert heard(item).scene == JPEG


@pytest.mark.parametrize("text", ["", "!!", base64_of(b"GIF89a"), base64_of(JPEG)[:-3], "9j/2Q\u0301"])
def test_what_is_no_jpeg_is_damaged_and_hides_no_other(text: str) -> None:
    broken = frame(f"<tt:SceneImage>{text}</tt:SceneImage>")
    assert (heard(broken).scene, heard(broken).damaged) == (b"", True)
    assert (heard(scene(JPEG), broken).scene, heard(scene(JPEG), broken).damaged) == (JPEG, False)


def test_pictures_of_single_objects_are_counted_and_not_taken() -> None:
    crop = f'<tt:Object ObjectId="2"><tt:Appearance><tt:Image>{base64_of(JPEG)}</tt:Image></tt:Appearance></tt:Object>'
    found = heard(frame(crop), frame("<tt:ImageRef>/crop.jpg</tt:ImageRef>"))
    assert (found.scene, found.address, found.told.pictures, found.told.crops) == (b"", None, 2, 2)


OWN = [
    "/e/1.jpg?n=2",
    "e/1.jpg",
    "http://127.0.0.1/e.jpg",
    "HTTP://user:pw@10.0.0.7:80/e.jpg",
    "https://127.0.0.1/e.jpg",
]
FOREIGN = [
    "http://169.254.169.254/latest/meta-data/",
    "//169.254.169.254/latest/meta-data/",
    "http://127.0.0.1@169.254.169.254/",
    "http://127.0.0.2/e.jpg",
    "http://localhost/e.jpg",
    "http://127.0.0.1.example/e.jpg",
    "http://127.0.0.1:8080/e.jpg",
    "http://[::1]/e.jpg",
]
UNREADABLE = ["ftp://127.0.0.1/e.jpg", "file:///etc/passwd", "rtsp://127.0.0.1/", "gopher://127.0.0.1:25/", "http://[x/",
              "/e.jpg\r\nHost: x", "javascript:alert(1)", "/" + "a" * 5000]  # fmt: skip


@pytest.mark.parametrize("url", OWN)
def test_an_address_on_the_device_itself_keeps_its_path(url: str) -> None:
    where = own_web_address(url, device(80), ("10.0.0.7",))
    assert where is not None and where.port == 80 and "@" not in where.target
    assert where.target.partition("?")[0] in ("/e/1.jpg", "/e.jpg")


@pytest.mark.parametrize("url", FOREIGN)
def test_an_address_elsewhere_is_none_of_the_device(url: str) -> None:
    assert own_web_address(url, device(80), ("10.0.0.7",)) is None
    found = heard(reference(url))
    assert (found.address, found.told.pictures, found.told.elsewhere) == (None, 1, 1)


@pytest.mark.parametrize("url", UNREADABLE)
def test_an_address_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(Malformed):
        own_web_address(url, device(80))
    result = Heard(lambda text: own_web_address(url, device(80)))
    result.add(reference("/x"))
    assert result.told(MAIN).told.elsewhere == 1


def test_a_foreign_address_before_many_own_ones_is_not_forgotten() -> None:
    found = heard(reference(FOREIGN[0]), *(reference(f"/{number}.jpg") for number in range(500)))
    assert found.told.elsewhere == 1 and found.address is not None and found.address.target == "/499.jpg"


@contextmanager
def short(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setattr(capture, "LISTEN_S", 0.6)
        patch.setattr(capture, "EVENT_S", 0.5)
        yield


def fetched(
    monkeypatch: pytest.MonkeyPatch, answer: Callable[[Asked], Answer], *texts: Callable[[int], bytes]
) -> tuple[dict[str, Picture], list[PictureTold], list[Asked], ObjectsTold]:
    """Fetch the main stream of a camera that repeats these documents, and whose web server answers so."""
    plain = clip("h264")
    sdp = SDP.replace("a=control:trackID=1\r\n", f"a=control:trackID=1\r\n{plain.fmtp}\r\n")
    with HttpDevice(answer) as web, short(monkeypatch):
        packets = [*plain.packets, *packets_of(*(text(web.port) for text in texts))]
        with RtspDevice(plain, packets=packets, sdp=sdp) as served:
            streams = Observation("camera:one", Streams((Stream("main", served.url()),)), clock(), "test")
            with open_transport(device(web.port), PATIENCE_S, Credentials(None), clock) as transport:
                pictures, more = fetch_pictures((Camera("one", "box"),), (streams,), transport, listening=True)
        told = [one.value for one in more if isinstance(one.value, PictureTold)]
        (objects,) = (one.value for one in more if isinstance(one.value, ObjectsTold))
        return {one.path: one for one in pictures}, told, web.asked, objects


def test_a_picture_of_the_scene_is_one_more_picture_of_the_camera(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures, told, asked, objects = fetched(monkeypatch, lambda one: None, lambda port: scene(NEWER))
    assert pictures["metadata"].data == NEWER and pictures["metadata"].provenance.path == "main"
    assert (told, asked, objects.reason) == ([], [], "")


def test_the_newest_picture_of_an_event_is_fetched_once_and_as_a_snapshot_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def challenging(one: Asked) -> bytes:
        challenge = ("WWW-Authenticate", 'Digest realm="cam", nonce="n1", qop="auth"')
        return http(200, NEWER) if one.authorization else http(401, b"", challenge)

    texts = (lambda port: reference("/e/1.jpg"), lambda port: reference(f"http://127.0.0.1:{port}/e/2.jpg"))
    pictures, told, asked, _ = fetched(monkeypatch, challenging, *texts)
    assert pictures["event"].data == NEWER and told == []
    assert len({one.target for one in asked}) == 1 and asked[0].authorization == "", "first without a login"
    assert asked[-1].authorization.startswith("Digest ")


REFUSED: dict[str, tuple[Callable[[Asked], Answer], str]] = {
    "sends elsewhere": (lambda one: http(302, b"", ("Location", "http://169.254.169.254/latest/")), "fault"),
    "sends to itself": (lambda one: http(302, b"", ("Location", "/other.jpg")), "fault"),
    "has none": (lambda one: http(404), "fault"),
    "no picture": (lambda one: http(200, b"<html>"), "malformed"),
    "4 GB": (lambda one: http(200, JPEG, length=4 << 30), "malformed"),
    "more than may be": (lambda one: http(200, JPEG, length=JPEG_MAX_BYTES + 1), "malformed"),
    "silent": (lambda one: None, "deadline"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_event_s_picture_that_does_not_come_is_a_result_with_a_reason(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer, reason = REFUSED[name]
    pictures, told, asked, _ = fetched(monkeypatch, answer, lambda port: reference("/e/1.jpg"))
    assert "event" not in pictures and {one.target for one in asked} == {"/e/1.jpg"}
    assert told == [PictureTold(path="event", stream="main", reason=reason)]


def test_another_host_and_another_port_are_never_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with HttpDevice(lambda one: http(200, JPEG)) as other:
        place = f"http://127.0.0.1:{other.port}/e.jpg"
        texts = (lambda port: reference(place), lambda port: reference("http://127.0.0.2/e.jpg"))
        pictures, told, asked, objects = fetched(monkeypatch, lambda one: http(200, JPEG), *texts)
        assert (other.asked, asked, told) == ([], [], []) and "event" not in pictures
    assert objects.elsewhere == objects.pictures > 0


def test_gigabytes_of_base64_are_not_read_and_said_to_be_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    long = frame(f"<tt:SceneImage>{'/9j/' * (DOCUMENT_MAX_BYTES // 4)}</tt:SceneImage>")
    pictures, told, _, objects = fetched(monkeypatch, lambda one: None, lambda port: long)
    assert "metadata" not in pictures and told == []
    assert objects.unread or not objects.documents, "cut off within it, or counted as too long"
