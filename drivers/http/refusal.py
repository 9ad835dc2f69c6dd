"""Classifies the texts of refused logins: refused, locked and for how long, busy, or no right. Pure.

HTTP, SOAP, RTSP and the makers' own logins share it; `drivers/credentials.py` keeps what follows from it.
"""

import re
from typing import Literal

from drivers.errors import Busy, Locked, Refused

_BUSY = re.compile(
    r"reached the (?:threshold|limit)|threshold|too many (?:connection|user|session|client|login user)"
    r"|max(?:imum|\.)? (?:number of )?(?:connection|user|session|link)s?"
    r"|(?:connection|user|session|link)s? (?:number )?(?:limit|is full|are full|exceed)|no more (?:connection|session)"
    r"|连接数[^。]{0,8}(?:已满|上限|超)|用户数[^。]{0,8}(?:已满|上限|超)|在线用户[^。]{0,8}(?:已满|上限|超)",
    re.I,
)
_LOCKED = re.compile(
    # Hikvision's userCheck: its state in so many words, or the last of the tries that it grants.
    r"lockstatus\s*[>\"]\s*[:=]?\s*\"?lock\b(?!\w)|retrylogintime\s*[>\"]\s*[:=]?\s*\"?0\b"
    # Dahua's answer: seconds until it unlocks, tries that are left.
    r"|\brmlock\"?\s*[:=]\s*[1-9]|\brmlogin\"?\s*[:=]\s*0\b"
    r"|\b(?:account|user|address|ip|device|login)\b[^.<]{0,40}\b(?:is|has been|was|been)?\s*(?:locked|blocked|banned)\b"
    r"|\billegal ?login ?lock|\buserlocked\b|\bstill have 0 attempt"
    r"|(?:帐号|账号|账户|用户|地址|IP|登录)[^。<]{0,20}(?:锁定|封锁|禁止登录)",
    re.I,
)

_UNLOCKS = re.compile(r"\b(?:unlockTime|RmLock|remainLockSecond)\b[\"']?\s*[>:=]\s*[\"']?(\d{1,7})\b", re.I)
_DAY_S = 86_400
_SHUT = re.compile(r"lockstatus\s*>\s*lock\s*<", re.I)
_NO_RIGHT = re.compile(r">\s*lowPrivilege\s*<", re.I)


def weigh(text: str) -> Literal["refused", "locked", "busy"]:
    """Classify the text of a refusal by the words that devices are known to use."""
    if _LOCKED.search(text):
        return "locked"
    return "busy" if _BUSY.search(text) else "refused"


def refusal(text: str, message: str) -> Refused | Busy:
    """Return the error of a refused request: its kind from a lock or limit in the text, its message from `message`."""
    meaning = weigh(text)
    if meaning == "busy":
        return Busy(f"{message}: its connection limit is reached")
    if meaning == "locked":
        return Locked(f"{message}: it has locked the account or our address", unlocks_in_s(text))
    return Refused(message)


def unlocks_in_s(text: str) -> int:
    """Parse in how many seconds a device will accept logins again; 0 where it does not report it.

    Source: ISAPI userCheck, `unlockTime`; Dahua's answers to a locked login, `RmLock` and `remainLockSecond`.
    """
    found = _UNLOCKS.search(text)
    return min(int(found[1]), _DAY_S) if found else 0


def is_shut(text: str) -> bool:
    """Return whether a challenge reports a lock-out: Hikvision does so before any login is sent."""
    return _SHUT.search(text) is not None


def lacks_right(text: str) -> bool:
    """Return whether an HTTP 401 means a missing right and not a wrong password, by Hikvision's word for it."""
    return _NO_RIGHT.search(text) is not None
