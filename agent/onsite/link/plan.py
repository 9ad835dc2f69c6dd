"""Defines what one self-test is about: its two ids, a password of its own, and its times.

Pure, but that `random_plan` draws a password and an id.
"""

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from agent.model.errors import UsageError
from drivers.gb28181.sip_digest import Algorithm

LASTS_S: Final = 600.0
"""How long the port is open at most: a house rule, as a listener on 5060 is found by scanners within the hour."""
HEARTBEAT_S: Final = 60
"""Source: GB/T 28181-2022, 9.6.1 d."""
BEIJING: Final = timedelta(hours=8)
"""How far the clocks of devices are ahead of UTC. Source: GB/T 28181-2022, 9.10.3."""
EXPIRES_MIN_S: Final = 3600
"""Source: GB/T 28181-2022, 9.1.1 d."""
QUIET_AFTER_S: Final = 60.0
_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that look alike: a person types the password at a device."""
_PASSWORD_CHARS: Final = 12

DEVICE_TYPES: Final = frozenset({"111", "112", "113", "118", "122", "130", "131", "132"})
"""Boxes that register with video. Source: GB/T 28181-2022, annex E."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One test of one device. `cameras`: the codes that its catalogue must have, as the site file declares them.

    `gives_time`: a registration is granted with the time, by which the device sets its clock.
    """

    device_id: str
    platform_id: str
    password: str = field(repr=False)
    algorithm: Algorithm = "MD5"
    lasts_s: float = LASTS_S
    heartbeat_s: int = HEARTBEAT_S
    quiet_after_s: float = QUIET_AFTER_S
    cameras: tuple[str, ...] = ()
    gives_time: bool = False

    @property
    def domain(self) -> str:
        """The domain of our platform, which is the realm of its challenge. Source: GB/T 28181-2022, 6.1.2."""
        return self.platform_id[:10]


def random_plan(
    device_id: str, algorithm: Algorithm, lasts_s: float, quiet_after_s: float, cameras: tuple[str, ...]
) -> Plan:
    """Return a plan with a password and a platform of its own, in the device's area.

    Raises:
        UsageError: The id is not that of a box with video.
    """
    if not (len(device_id) == 20 and device_id.isascii() and device_id.isdecimal()):
        raise UsageError("--id {code}: a device has 20 digits at the platform", code=device_id)
    if device_id[10:13] not in DEVICE_TYPES:
        raise UsageError(
            "--id {code}: digits 11 to 13 are {type}, which is no recorder (118, 111) and no camera (132, 131)",
            code=device_id, type=device_id[10:13],
        )  # fmt: skip
    return Plan(
        device_id=device_id,
        platform_id=f"{device_id[:8]}002000{secrets.randbelow(10**6):06d}",
        password="".join(secrets.choice(_LETTERS) for _ in range(_PASSWORD_CHARS)),
        algorithm=algorithm,
        lasts_s=lasts_s,
        quiet_after_s=quiet_after_s,
        cameras=cameras,
    )
