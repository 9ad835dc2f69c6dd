"""Lists what the support archive may hold, and nothing else.

Nothing is copied: each item is a text made for the bundle, so that no file gets in because it lay in a folder.
Payloads of reports, made for a hub and showing a site's days, stay out but for the findings of the newest full one;
pictures, keys and secrets.toml are never opened for packing.
"""

from typing import Final

from agent.onsite.bundle import gathering
from agent.onsite.bundle.packing import Item

ITEMS: Final = (
    Item("about.json", "version, host and libraries", gathering.about),
    Item("config.toml", "configuration; names, addresses and codes hidden", gathering.configuration),
    Item("status.json", "what the service last said of itself", gathering.status),
    Item("doctor.json", "what doctor finds", gathering.doctor, limit_s=15.0),
    Item("findings.json", "findings of the newest full report", gathering.findings),
    Item("queue.json", "how many reports wait, and where the streams stand", gathering.queue),
    Item("logins.json", "which logins were refused; neither users nor passwords", gathering.logins),
    Item("samples.txt", "devices' answers that were not understood, blanked", gathering.samples),
    Item("journal.txt", "the last 2000 lines of the log, blanked", gathering.journal, limit_s=20.0),
    Item("files.json", "modes, sizes and digests of files", gathering.files),
)
"""Every item. A new one is one function and one line here."""
