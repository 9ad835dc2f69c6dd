"""Lists habits of real devices at a platform, each as a switch of the simulated one.

Sources: issue threads and code of public platforms, named with each row.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


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
    odd_times: bool = False
    renamed_block: bool = False
    no_record_list: bool = False
    record_days: int = 30
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
    names_ssrc: bool = True
    sends_media: bool = True
    answers_bye: bool = True
    over: frozenset[str] = frozenset({"TCP", "UDP"})
    tells_codec: bool = True
    program_stream: bool = True


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
    "times of one digit": Habits(odd_times=True),
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
    "no source named in the answer to a call": Habits(names_ssrc=False),
    # ZLMediaKit/ZLMediaKit#1192: no map in the program stream
    "a stream without a map": Habits(tells_codec=False),
    # ZLMediaKit/ZLMediaKit#360, #520: H.264 without a program stream
    "bare H.264": Habits(program_stream=False),
    "pictures over UDP alone": Habits(over=frozenset({"UDP"})),
    "each message twice": Habits(sends_twice=True, items_in_message=1),
}
"""Every habit that the self-test must come through with the right result."""
