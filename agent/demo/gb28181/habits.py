"""Lists habits of real devices at a platform, each as a switch of the simulated one.

Sources: issue threads and code of public platforms, named with each row.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How a simulated device behaves; the defaults are those of the standard of 2022."""

    version: str = "3.0"
    qop: bool = True
    expires_header: bool = True
    expires_s: int = 86400
    heartbeat_s: float = 60.0
    heartbeats: bool = True
    retry_s: float = 60.0
    refresh_s: float = float("inf")
    heartbeat_first: bool = False
    label: str = "GB2312"
    encoding: str = "gb18030"
    raw_marks: bool = False
    fields_as_attributes: bool = False
    on: str = "ON"
    parental_65535: bool = False
    ptz_in_info: bool = False
    several_parents: bool = False
    times: Literal["", "short", "zone", "ms"] = ""
    renamed_block: bool = False
    no_record_list: bool = False
    record_days: int = 30
    cameras: int = 3
    items_in_message: int = 2
    sends_twice: bool = False
    catalog_after_s: float = 0.0
    answers_with_via: bool = True
    new_port_each_register: bool = False
    wrong_password_times: int = 0
    unanswered: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()
    repeated_codes: bool = False
    leaves: bool = True
    call_status: int = 200
    source: Literal["asked", "other", "none"] = "asked"
    sends_media: bool = True
    old_stream: bool = False
    ends_calls: bool = False
    media_ends_from: str = ""
    key_after_s: float = 0.0
    answers_bye: bool = True
    over: frozenset[str] = frozenset({"TCP", "UDP"})
    tells_codec: bool = True
    told_codec: int = 0x1B
    parts_apart: bool = False
    head_bytes_off: int = 0
    part_bytes_off: int = 0
    program_stream: bool = True
    all_types_only: bool = False
    lost_over_udp: frozenset[str] = frozenset()
    restarts_at: str = ""
    moves_after_s: float = float("inf")
    clock_off_s: float = 0.0
    takes_time: bool = True


HABITS: Final[Mapping[str, Habits]] = {
    "as the standard has it": Habits(),
    "a device of 2016": Habits(version="", label="GB2312", unanswered=frozenset({"SDCardStatus"})),
    "a device of 2011, without qop": Habits(version="1.0", qop=False),
    # 648540858/wvp-GB28181-pro#767, #401
    "no list where there is no footage": Habits(no_record_list=True, record_days=0),
    # wvp-GB28181-pro, SIPRequestProcessorParent: Hikvision
    "raw marks in XML": Habits(raw_marks=True),
    # wvp-GB28181-pro, commit of 2026-06-17: Uniview
    "a block under another name": Habits(renamed_block=True),
    # wvp-GB28181-pro, XmlUtil: Hikvision, DS-7716N-E4
    "65535 as Parental, and ONLINE for ON": Habits(parental_65535=True, on="ONLINE"),
    "PTZType within Info": Habits(ptz_in_info=True),
    "several parents": Habits(several_parents=True),
    # wvp-GB28181-pro#1344, #1341, #260, #1461
    "UTF-8 under the name of GB2312": Habits(encoding="utf-8"),
    "GB18030 under the name of UTF-8": Habits(label="UTF-8", encoding="gb18030"),
    "UTF-8 under its own name": Habits(label="UTF-8", encoding="utf-8"),
    # wvp-GB28181-pro, DateUtil
    "times of one digit": Habits(times="short"),
    "times with a zone": Habits(times="zone"),
    "times with milliseconds": Habits(times="ms"),
    # Mi-Bee-Studio/MiBeeNvr#326
    "fields as attributes": Habits(fields_as_attributes=True),
    "answers without Via": Habits(answers_with_via=False),
    "another port at each REGISTER": Habits(new_port_each_register=True, refresh_s=30.0),
    # panjjo/gosip#9: the password counts only once it was typed again
    "the old password first": Habits(wrong_password_times=1),
    # wvp-GB28181-pro, gbDeviceOnline
    "heartbeats before it registers": Habits(heartbeat_first=True),
    # wvp-GB28181-pro, REGISTER without Expires is answered 400 there
    "no Expires": Habits(expires_header=False),
    # wvp-GB28181-pro, commit of 2025-12-13: a large recorder
    "a catalogue after 100 s": Habits(catalog_after_s=100.0),
    # wvp-GB28181-pro, PlayServiceImpl: no y in the answer
    "no source named in the answer to a call": Habits(source="none"),
    # wvp-GB28181-pro PR #1119; langhuihui/monibuca#112
    "another source named in the answer to a call": Habits(source="other"),
    # wvp-GB28181-pro#159: for up to an hour after a platform began anew
    "an older stream beside ours": Habits(old_stream=True),
    # ZLMediaKit/ZLMediaKit#1192: no map in the program stream
    "a stream without a map": Habits(tells_codec=False),
    # ZLMediaKit/ZLMediaKit#266: H.265 in a map for H.264, and the other way round
    "another codec in the map": Habits(told_codec=0x24),
    # ZLMediaKit/ZLMediaKit#1533, Mi-Bee-Studio/MiBeeNvr#351
    "the parts of a frame in packets of their own": Habits(parts_apart=True),
    # Mi-Bee-Studio/MiBeeNvr#326
    "a head that is a byte too short": Habits(head_bytes_off=-1),
    "a head that is a byte too long": Habits(head_bytes_off=1),
    "parts that are shorter than they are": Habits(part_bytes_off=-300),
    "parts that are longer than they are": Habits(part_bytes_off=300),
    # a Go implementation's documentation: 75 s without a key picture; 486 until the old call is ended
    "a key picture after 75 s": Habits(key_after_s=75.0),
    "busy": Habits(call_status=486),
    # ZLMediaKit/ZLMediaKit#360, #520: H.264 without a program stream
    "bare H.264": Habits(program_stream=False),
    "pictures over UDP alone": Habits(over=frozenset({"UDP"})),
    # wvp-GB28181-pro, SIPCommander: Dahua
    "footage for who asks for all types": Habits(all_types_only=True),
    # wvp-GB28181-pro#495: TP-Link, over WAN
    "lists that are lost over UDP": Habits(lost_over_udp=frozenset({"RecordInfo"})),
    # wvp-GB28181-pro, SIPCommander: Uniview, when somebody changes its settings
    "starts anew in the midst": Habits(restarts_at="DeviceStatus"),
    # wvp-GB28181-pro, MessageRequestProcessor, #533: Hikvision
    "ends a picture under another id": Habits(media_ends_from="34020000002000000001"),
    # wvp-GB28181-pro#2174: 4G
    "another address after a while": Habits(moves_after_s=30.0),
    # Monibuca/plugin-gb28181#110, #104
    "one code for several cameras": Habits(repeated_codes=True),
    # wvp-GB28181-pro#203
    "one session, which another takes": Habits(ends_calls=True),
    "each message twice": Habits(sends_twice=True, items_in_message=1),
}
"""Every habit that the self-test must come through with the right result."""
