"""What spares a judge its measures decides nothing: whatever a judge passes may pass."""

from __future__ import annotations

import pictures
import pytest
from pictures import Mask

from masking.model import Effect, Zone
from masking.zones import possible
from masking.zones.features import ZoneMeasures
from masking.zones.opinions import JUDGES
from masking.zones.raster import cut

DESK = pictures.polygon(pictures.ZONE)
EFFECTS: tuple[Effect, ...] = ("color", "pixelated", "blurred")


@pytest.mark.parametrize("mask", [Mask("solid"), Mask("mosaic", 16), Mask("blur", 8), Mask("none")])
@pytest.mark.parametrize("seed", [21, 22, 23])
def test_what_a_judge_passes_may_pass(mask: Mask, seed: int) -> None:
    picture = pictures.masked(pictures.lit(pictures.scene(seed), "day", seed), pictures.ZONE, mask)
    region = cut(picture, DESK)
    assert region is not None
    for effect in EFFECTS:
        passes = JUDGES[effect](ZoneMeasures(region, ""), Zone("desk", DESK, effect)).decision == "PASS"
        assert possible.MAY_PASS[effect](ZoneMeasures(region, "")) or not passes


@pytest.mark.parametrize("effect", EFFECTS)
def test_no_judge_passes_what_may_not_pass_however_sure_its_forest_is(
    effect: Effect, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Sure:
        def log_odds(self, _: object) -> float:
            return 20.0

    monkeypatch.setattr("masking.zones.opinions.FORESTS", dict.fromkeys(EFFECTS, Sure()))
    denied = 0
    for seed in (21, 22, 23):
        for mask in (Mask("none"), Mask("solid"), Mask("mosaic", 16), Mask("blur", 8)):
            region = cut(pictures.masked(pictures.scene(seed), pictures.ZONE, mask), DESK)
            assert region is not None
            if not possible.MAY_PASS[effect](ZoneMeasures(region, "")):
                denied += 1
                assert JUDGES[effect](ZoneMeasures(region, ""), Zone("desk", DESK, effect)).decision != "PASS"
    assert denied
