"""Draws people who walk through the simulated places, so that their pictures move."""

from __future__ import annotations

from dataclasses import dataclass

from agent.demo.scene.drawing import Colour


@dataclass(frozen=True, slots=True)
class Walker:
    """Somebody who walks from one point to another and back; positions are feet, in canvas pixels."""

    start: tuple[int, int]
    end: tuple[int, int]
    height_px: int
    period_s: float
    coat: Colour


WALKERS: dict[str, tuple[Walker, ...]] = {
    "gate": (
        Walker((80, 640), (900, 680), 190, 17, (150, 70, 40)),
        Walker((760, 520), (240, 560), 130, 23, (60, 60, 170)),
    ),
    "corridor": (Walker((600, 420), (700, 700), 230, 13, (90, 120, 50)),),
    "yard": (
        Walker((500, 640), (1150, 600), 150, 9, (40, 160, 210)),
        Walker((1180, 690), (640, 560), 170, 14, (170, 60, 120)),
    ),
    "reception": (Walker((1120, 700), (1080, 520), 330, 19, (120, 90, 40)),),
    "canteen": (
        Walker((700, 620), (1200, 660), 250, 15, (220, 220, 230)),
        Walker((1240, 480), (660, 470), 190, 21, (60, 90, 190)),
    ),
    "parking": (Walker((100, 560), (760, 620), 150, 18, (70, 70, 70)),),
    "lobby": (Walker((380, 700), (620, 470), 280, 16, (50, 50, 150)),),
    "roof": (Walker((340, 620), (980, 650), 150, 25, (30, 140, 230)),),
    "annex": (Walker((900, 700), (1100, 500), 230, 15, (150, 110, 60)),),
}
