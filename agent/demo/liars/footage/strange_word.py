"""Simulates a device that reports of a disk a word that is in no document.

New firmware has new words ("warning", "S.M.A.R.T. failed"), and mainland firmware has Chinese ones.

Source: field reports, `ContentMgmt/Storage/hdd`.
"""

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, changed, says
from agent.model.finding import Message


def make() -> Telling:
    """Change what it says of its disks."""
    return says(changed("contentmgmt/storage", r"<status>ok</status>", "<status>亚健康</status>"))


LIE = Lie(
    name="strange_word",
    world="hikvision",
    fakes=Message("a disk is in a state that no document names"),
    makes=make,
    right={
        "storage-health device:nvr": NOT_PASS,
    },
)
