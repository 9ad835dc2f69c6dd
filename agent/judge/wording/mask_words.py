"""Lists the words for what a mask looks like, and in what it differs from the approved one: msgids. Pure."""

from collections.abc import Mapping
from typing import Final

from agent.model.finding import Message, sentence
from masking.worth.same_mask import COLOR_OFF, Changed, Numbers

COLOURS: Final[tuple[tuple[str, tuple[float, float, float]], ...]] = (
    ("black", (0, 128, 128)),
    ("grey", (128, 128, 128)),
    ("white", (255, 128, 128)),
    ("red", (76, 255, 85)),
    ("green", (150, 21, 44)),
    ("dark green", (94, 61, 75)),
    ("blue", (29, 107, 255)),
    ("yellow", (226, 149, 1)),
    ("orange", (173, 186, 30)),
    ("purple", (53, 182, 192)),
)
"""Names and their luma, Cr and Cb. These are msgids."""

_SIDES: Final[Mapping[str, Message]] = {
    "left_px": Message("left"),
    "top_px": Message("top"),
    "right_px": Message("right"),
    "bottom_px": Message("bottom"),
}


def mask_words(signature: Numbers) -> Message:
    """Return what a mask looks like, lengths in pixels of the picture that was judged; empty for no signature."""
    numbers = dict(signature)
    scale = numbers.get("width_px", 640.0) / 640
    if "luma" in numbers:
        return Message("solid {color}, opaque", {"color": _color(numbers["luma"], numbers["cr"], numbers["cb"])})
    if "block_across_px" in numbers:
        block = min(numbers["block_across_px"], numbers["block_down_px"])
        return Message("mosaic of {count} px blocks", {"count": round(block * scale)})
    if "sigma_px" in numbers:
        return Message("blur with a sigma of {count} px", {"count": round(numbers["sigma_px"] * scale)})
    return sentence("")


def _color(luma: float, cr: float, cb: float) -> Message:
    name, (y, r, b) = min(
        COLOURS, key=lambda one: sum((a - z) ** 2 for a, z in zip(one[1], (luma, cr, cb), strict=True))
    )
    off = max(abs(luma - y), abs(cr - r), abs(cb - b))
    if off <= (4 * COLOR_OFF if name in ("black", "grey", "white") and max(abs(cr - 128), abs(cb - 128)) < 8 else 40):
        return Message(name)
    return sentence(_hex(luma, cr, cb))


def _hex(luma: float, cr: float, cb: float) -> str:
    """Source: ITU-T T.871, clause 7."""
    red, blue = luma + 1.402 * (cr - 128), luma + 1.772 * (cb - 128)
    green = (luma - 0.299 * red - 0.114 * blue) / 0.587
    return "#" + "".join(f"{min(max(round(one), 0), 255):02x}" for one in (red, green, blue))


def change_words(one: Changed, approved: Numbers, now: Numbers) -> Message:
    """Return in what a mask differs from the approved one."""
    scale = dict(now).get("width_px", 640.0) / 640
    off = {"px": round(one.now * scale, 1)}
    if one.difference in ("another-effect", "another-color", "other-blocks"):
        return Message("it was {was}, and is {now}", {"was": mask_words(approved), "now": mask_words(now)})
    if one.difference == "weaker":
        return Message(
            "it hides less: it was {was}, and is {now}", {"was": mask_words(approved), "now": mask_words(now)}
        )
    if one.difference == "moved":
        return Message("it lies {px} px beside its place", off)
    if one.difference == "smaller":
        return Message("it begins {px} px inside the zone on the {side} side", {**off, "side": _SIDES[one.name]})
    return Message("its edge has become soft, over {px} px", off)


def would_find(said: Message, gap_px: float, opacity_ratio: float, blind_sides: int) -> Message:
    """Return what a pass says with the smallest faults that would have been found; `gap_px` at 640 px width."""
    values = {"what": said, "gap": round(gap_px), "percent": round(100 * opacity_ratio), "sides": blind_sides}
    if blind_sides:
        return Message(
            "{what}; a gap of {gap} px at 640 px width would have been found, but not along {sides} sides, where the "
            "scene looks like the mask; so would {percent} % opacity",
            values,
        )
    return Message(
        "{what}; a gap of {gap} px at 640 px width would have been found, and {percent} % opacity",
        values,
    )
