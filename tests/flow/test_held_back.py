"""Through the whole cycle, on devices that lie: a pass that rests on it is held back, as one item and unheard."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import lies
import pytest
from held_items import GATE, HALL, LIBRARY, NVR, PORCH, RECORDER, held, status, unheard
from told_site import told_site
from warm import judging_worker

from masking.worker.client import Worker


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with judging_worker() as running:
        yield running


EFFECTIVE = "privacy-mask-effective"


def test_a_stream_whose_address_answers_a_fault_holds_the_pass_of_the_mask_back(
    tmp_path: Path, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    with told_site(tmp_path, worker, (RECORDER,), (GATE, PORCH)) as told:
        told.cycle()
        assert status(told, f"{EFFECTIVE} camera:gate") == ("pass", "")
        lies.over_soap(monkeypatch, lies.fault_for("GetStreamUri", "-sub<"))
        told.cycle(4)
        one = held(told, EFFECTIVE, "camera:gate", "camera:porch")
        assert (one.reason, one.evidence["held_back"]) == ("path-not-looked-at", ["path-not-looked-at"])
        assert str(one.message) == "path sub was not looked at (fault); so it is with 1 more of recorder"
        assert unheard(told, EFFECTIVE)


def test_a_fault_for_the_snapshot_is_a_path_not_looked_at_and_a_device_without_snapshots_is_none(
    tmp_path: Path, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    with told_site(tmp_path, worker, (RECORDER,), (GATE,)) as told:
        with monkeypatch.context() as patch:
            lies.over_soap(patch, lies.fault_for("GetSnapshotUri"))
            told.cycle()
            assert held(told, EFFECTIVE, "camera:gate").reason == "path-not-looked-at"
        lies.over_soap(monkeypatch, lies.unsupported("GetSnapshotUri"))
        told.cycle()
        assert status(told, f"{EFFECTIVE} camera:gate") == ("pass", "")


def test_a_third_stream_over_onvif_holds_the_pass_of_the_mask_back(
    tmp_path: Path, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    with told_site(tmp_path, worker, (RECORDER,), (GATE, PORCH)) as told:
        lies.over_soap(monkeypatch, lies.third_profile)
        told.cycle(4)
        one = held(told, EFFECTIVE, "camera:gate", "camera:porch")
        assert one.reason == "path-not-looked-at" and "path stream-3 was not looked at" in str(one.message)
        assert unheard(told, EFFECTIVE)


def test_a_third_stream_over_isapi_is_looked_at_and_a_bare_zone_still_fails(
    tmp_path: Path, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert LIBRARY.mask is not None
    bare = replace(HALL, mask=replace(LIBRARY.mask, bare_paths=("snapshot",)))
    with told_site(tmp_path, worker, (NVR,), (LIBRARY, bare)) as told:
        lies.over_isapi(monkeypatch, lies.third_stream)
        told.cycle()
        assert status(told, f"{EFFECTIVE} camera:library") == ("pass", "")
        assert "stream-3" in {one.path for one in told.findings[f"{EFFECTIVE} camera:library"].rests_on}
        assert told.findings[f"{EFFECTIVE} camera:hall"].status == "fail", "only the pass is held back"


AUDIO = "audio-undeclared"


@pytest.mark.parametrize("silence", [("<Audio>.*?</Audio>", ""), ("<Audio><enabled>false</enabled>", "<Audio>")])
def test_a_device_that_says_nothing_of_sound_does_not_pass_for_one_without(
    tmp_path: Path, worker: Worker, monkeypatch: pytest.MonkeyPatch, silence: tuple[str, str]
) -> None:
    with told_site(tmp_path, worker, (NVR,), (LIBRARY, HALL)) as told:
        told.cycle()
        assert status(told, f"{AUDIO} camera:library") == ("pass", "")
        lies.over_isapi(monkeypatch, lies.changed("Streaming/channels", *silence))
        told.cycle(4)
        one = held(told, AUDIO, "camera:library", "camera:hall")
        assert (one.reason, one.evidence["untold"]) == ("sound-not-told", ["101", "102"])
        assert unheard(told, AUDIO)


def test_sound_in_one_stream_fails_whatever_is_not_said_of_the_other(
    tmp_path: Path, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    with told_site(tmp_path, worker, (NVR,), (LIBRARY,)) as told:
        on = lies.changed("Streaming/channels", "(<id>101</id>.*?<Audio><enabled>)false", r"\g<1>true")
        off = lies.changed("Streaming/channels", "(<id>102</id>.*?)<Audio>.*?</Audio>", r"\g<1>")
        lies.over_isapi(monkeypatch, lambda what, body: off(what, on(what, body)))
        told.cycle()
        assert status(told, f"{AUDIO} camera:library") == ("fail", "audio-on")


ACCOUNTS = "account-inventory"
FULL = """
[rules]
profile = "full"

[[declaration]]
duty = "approved-accounts"
value = ["admin: Administrator", "viewer", "guard"]
by = "Li Na"
at = 2026-01-31
"""


def test_a_device_that_lists_no_account_does_not_pass_for_one_with_approved_ones(
    tmp_path: Path, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    with told_site(tmp_path, worker, (RECORDER, NVR), (GATE, LIBRARY), FULL) as told:
        told.cycle()
        assert status(told, f"{ACCOUNTS} device:nvr") == ("pass", "")
        lies.over_isapi(monkeypatch, lies.changed("Security/users", "<User[ >].*</User>", ""))
        told.cycle(4)
        assert held(told, ACCOUNTS, "device:nvr").reason == "accounts-not-told"
        assert unheard(told, ACCOUNTS)
