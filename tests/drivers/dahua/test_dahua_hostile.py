"""Cut-off and hostile answers of a Dahua device: none of them reads as "none", and none reaches a reader as it came."""

from __future__ import annotations

import pytest
from dahua_device import CAMERAS, FIXTURES, Nvr, fixture, observe, reading
from devices import Asked, http
from hypothesis import given, settings
from hypothesis import strategies as st
from onvif_reading import fact, reason

from drivers.dahua import cgi, channels, device, finder, picture, plan
from drivers.dahua.read import read
from drivers.errors import DriverError, Malformed
from drivers.footage import Channels, Disks, Schedule
from drivers.model import Masks, Recordings, Reply, Unavailable

ONE = CAMERAS[:1]
TEXTS = sorted(path.name for path in FIXTURES.glob("*.txt"))
LISTS = {
    "VideoWidget": ("camera:one", "masks"),
    "Encode": ("camera:one", "encoders"),
    "Record": ("camera:one", "schedule"),
    "ChannelTitle": ("camera:one", "recordings"),
    "getDeviceAllInfo": ("device:box", "disks"),
    "getUserInfoAll": ("device:box", "accounts"),
    "findNextFile": ("camera:one", "recordings"),
}


def reply(name: str, body: bytes) -> Reply:
    return Reply(name, "/", 200, "text/plain", body)


@pytest.mark.parametrize("name", LISTS)
def test_a_list_that_is_cut_off_in_a_line_is_no_list(name: str) -> None:
    body = fixture(f"{name}.txt")
    subject, which = LISTS[name]
    for cut in (b"", body[:1], body[: len(body) // 2].rstrip(b"\r\n"), body[:-1], body[:-3]):
        answers = {name: http(200, cut)}
        assert reason(observe(Nvr(answers=dict(answers)), ONE), subject, which) == "malformed", cut[-20:]


@pytest.mark.parametrize("name", ["VideoWidget", "findNextFile"])
def test_a_body_shorter_than_it_says_is_no_list(name: str) -> None:
    body = fixture(f"{name}.txt")

    def cut(asked: Asked) -> bytes:
        return http(200, body, length=len(body) + 10)

    subject, which = LISTS[name]
    seen = observe(Nvr(answers={name: cut}), ONE, deadline_s=1.0)
    assert reason(seen, subject, which) in ("unreachable", "deadline", "malformed")


def test_masks_cut_off_between_two_lines_are_noticed_by_what_stands_behind_them() -> None:
    lines = fixture("VideoWidget.txt").splitlines(keepends=True)
    first = next(number for number, line in enumerate(lines) if b"TimeTitle" in line)
    assert first > 50
    for number in range(first):
        seen = picture_masks(b"".join(lines[: number + 1]))
        assert isinstance(seen, Malformed), lines[number]


def picture_masks(body: bytes) -> Masks | DriverError:
    try:
        found = cgi.fields(reply("VideoWidget", body))
        return picture.masks({k.removeprefix("table."): v for k, v in found.items()}, None, None, 1)
    except DriverError as error:
        return error


HOSTILE = {
    "html": b"<!DOCTYPE html>\n<html lang=en><body>x=1</body></html>\n",
    "binary": bytes(range(256)) * 8,
    "nothing but white space": b" \r\n\r\n",
    "another table": b"table.Other[0].Name=x\r\n",
    "twice": b"table.VideoWidget[0].TimeTitle.EncodeBlend=true\r\ntable.VideoWidget[0].TimeTitle.EncodeBlend=false\r\n",
    "a hole": b"table.VideoWidget[7].TimeTitle.EncodeBlend=true\r\n",
    "a huge number": b"table.VideoWidget[99999].TimeTitle.EncodeBlend=true\r\n",
    "no number": b"table.VideoWidget[x].TimeTitle.EncodeBlend=true\r\n",
    "json": b'{"result": true}\n',
    "xml": b'<?xml version="1.0"?><ResponseStatus/>\n',
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_is_no_table_is_not_an_empty_one(kind: str) -> None:
    answers = {name: http(200, HOSTILE[kind]) for name in ("VideoWidget", "getDeviceAllInfo", "findNextFile", "Record")}
    seen = observe(Nvr(answers=dict(answers)), ONE)
    for subject, name in (
        ("camera:one", "masks"), ("camera:one", "recordings"), ("camera:one", "schedule"), ("device:box", "disks"),
    ):  # fmt: skip
        value = fact(seen, subject, name)
        assert isinstance(value, Unavailable) and value.reason in ("malformed", "unsupported"), (kind, value)
    for kind_of in (Masks, Recordings, Schedule, Disks):
        assert not any(isinstance(one.value, kind_of) for one in seen)


def test_names_are_harmless_and_their_separators_end_no_line() -> None:
    evil = "a\x1b[31mred\u202eevil\u2028table.ChannelTitle[1].Name=x".encode()
    body = fixture("ChannelTitle.txt").replace(b"North gate", evil)
    channels_told = fact(observe(Nvr(answers={"ChannelTitle": http(200, body)}), ONE), "device:box", Channels)
    assert isinstance(channels_told, Channels) and len(channels_told.channels) == 4
    name = channels_told.channels[0].name
    assert name.startswith("a\ufffd[31mred\ufffdevil\ufffd") and channels_told.channels[1].name == "西门"


def test_gb18030_names_are_read() -> None:
    body = fixture("ChannelTitle.txt").replace("西门".encode(), "西门".encode("gb18030"))
    told = fact(observe(Nvr(answers={"ChannelTitle": http(200, body)}), ONE), "device:box", Channels)
    assert isinstance(told, Channels) and told.channels[1].name == "西门"


def test_an_endless_answer_ends_at_the_limit() -> None:
    nvr = Nvr(answers={"VideoWidget": http(200, b"", length=10**9)})
    assert reason(observe(nvr, ONE), "camera:one", "masks") == "malformed"


def test_what_could_not_be_understood_is_kept_without_secrets() -> None:
    body = b"table.RemoteDevice[0].UserName=root\r\ntable.RemoteDevice[0].Password=hunter2\r\nnonsense\r\n"
    with reading(Nvr(answers={"RemoteDevice": http(200, body)})) as transport:
        read(ONE, transport, {})
        (sample,) = transport.samples.kept
    assert sample.reply.operation == "RemoteDevice" and b"nonsense" in sample.reply.body
    assert b"hunter2" not in sample.reply.body and b"root" not in sample.reply.body


def parse_all(name: str, body: bytes) -> None:
    """Run every parser that could meet this answer."""
    answer = reply(name, body)
    found = {key.removeprefix("table."): value for key, value in cgi.fields(answer).items()}
    for parse in (
        lambda: device.disks(answer), lambda: device.accounts(answer), lambda: device.wall_digits(answer),
        lambda: device.identity_of(found), lambda: finder.segments(answer, 1), lambda: channels.titles(found),
        lambda: channels.remotes(found), lambda: picture.masks(found, found, found, 1),
        lambda: picture.encoders(found, 1), lambda: picture.overlays(found, None, 1),
        lambda: plan.schedule(found, found, 1),
    ):  # fmt: skip
        try:
            parse()
        except DriverError:
            continue


@settings(max_examples=150)
@given(name=st.sampled_from(TEXTS), data=st.data())
def test_no_broken_answer_raises_anything_but_ours(name: str, data: st.DataObject) -> None:
    body = bytearray(fixture(name))
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(body)))
        body[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    try:
        parse_all(name, bytes(body))
    except Malformed:
        return


WIDGET = cgi.fields(reply("VideoWidget", fixture("VideoWidget.txt")))
NUMBERS = ("-1", "8192", "99999", "9" * 400, "1e3", "nan", "0x10", "\u0664", "1_0", "+1", " 7 ", "4.5")


@settings(max_examples=150)
@given(
    changed=st.dictionaries(
        st.sampled_from([*WIDGET, *(key for key in WIDGET if "Rect" in key or "Color" in key)])
        | st.text("ab.[]0129:-", max_size=20).map("table.VideoWidget{}".format),
        st.sampled_from(NUMBERS) | st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12),
        min_size=1,
        max_size=12,
    )
)
def test_no_made_up_answer_raises_anything_but_ours(changed: dict[str, str]) -> None:
    """A table of masks in which some values are made up: a corner out of its range is no corner."""
    found = {**WIDGET, **changed}
    body = "".join(f"{key}={value}\r\n" for key, value in found.items()).encode()
    parse_all("VideoWidget", body)
    try:
        told = picture.masks({key.removeprefix("table."): value for key, value in found.items()}, None, None, 1)
    except DriverError:
        return
    assert all(0 <= value <= 1 for mask in told.masks for corner in mask.polygon for value in corner)
