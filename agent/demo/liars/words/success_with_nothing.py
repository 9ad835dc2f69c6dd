"""Simulates a device that completes a search for recordings at once and finds nothing.

While its index is built a recorder answers `Completed` with an empty list; the footage is there.

Source: ONVIF Recording Search Service Specification, SearchState.
"""

from agent.demo.liars.lie import NOT_PASS, Lie, Telling, changed, says
from agent.model.finding import Message


def make() -> Telling:
    """Find no recording."""
    found = r"<tt:RecordingInformation>.*</tt:RecordingInformation>"
    return says(changed("GetRecordingSearchResults", found, ""))


LIE = Lie(
    name="success_with_nothing",
    world="onvif",
    fakes=Message("a search that failed is complete and has found nothing"),
    makes=make,
    right={
        "retention-days camera:gate": NOT_PASS,
        "recording-completeness camera:gate": NOT_PASS,
    },
)
