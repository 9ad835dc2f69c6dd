"""`camwarden masks attest`: whose word on which zone is taken, and for how long."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from delivery import NOW
from disputing import DisputedSite

from agent.cli import main
from agent.commands.masks import attest
from agent.judge.memory.notes import attestations_of, read_notes

ZONE = '\n[[camera.private_zone]]\nname = "door"\npolygon = [[0.1, 0.1], [0.4, 0.1], [0.4, 0.4], [0.1, 0.4]]\n'
WORDS = ("--camera", "yard", "--zone", "door", "--by", "王工", "--until", "2026-12-31", "--why", "站在监视器前看过")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DisputedSite]:
    made = DisputedSite(tmp_path / "site", {})
    made.config.write_text(made.config.read_text() + ZONE)
    monkeypatch.setattr(attest, "utc_now", lambda: NOW)
    made.cycle(NOW, gate="pass", yard="pass")
    yield made
    made.spool.close()


def run(site: DisputedSite, *words: str) -> int:
    return main(["--config", str(site.config), "masks", "attest", *words])


def test_the_word_is_kept_with_its_zone_and_its_end(site: DisputedSite, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(site, *WORDS) == 0
    assert "it stays unknown" in " ".join(capsys.readouterr().out.split())
    (one,) = attestations_of(read_notes(site.folder, "S1"))
    assert (one.subject, one.zone, one.by, one.why) == ("camera:yard", "door", "王工", "站在监视器前看过")
    assert one.until.isoformat() == "2026-12-31T16:00:00+00:00", "the end of the day on site"
    assert main(["--config", str(site.config), "masks", "attest", *WORDS, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["note"]["kind"] == "attest"
    assert len(attestations_of(read_notes(site.folder, "S1"))) == 1, "the later word takes its place"


@pytest.mark.parametrize(("place", "word", "said"), [
    (1, "nowhere", "site.toml has no camera 'nowhere'"),
    (3, "window", "camera yard has no private zone 'window'; it has: door"),
    (5, " ", "add --by NAME"),
    (7, "2026-11-01", "--until is over already"),
    (7, "2028-01-01", "an attestation ends after 366 days at most"),
    (9, " ", "--why needs a reason"),
])  # fmt: skip
def test_what_cannot_be_attested_is_refused_with_the_next_step(
    site: DisputedSite, capsys: pytest.CaptureFixture[str], place: int, word: str, said: str
) -> None:
    words = [*WORDS[:place], word, *WORDS[place + 1 :]]
    assert run(site, *words) == 2
    assert said in " ".join(capsys.readouterr().err.split())
    assert attestations_of(read_notes(site.folder, "S1")) == ()
