"""Reads what devices write into a catalogue in ways of their own: sizes, codecs, levels, names. Pure.

A word that is not known here is None, which compares with nothing.

Source: GB/T 28181-2022, A.2.1.9 (several values with `/`) and annex G (codes of field f: codec and size).
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

Size = tuple[int, int]

_BETWEEN: Final = re.compile(r"[/,;\s\u3001]+")
_SIDES: Final = re.compile(r"(\d{2,5})\s*[X*\u00d7]\s*(\d{2,5})")
_MEGAPIXELS: Final = re.compile(r"(\d{2,4})\u4e07(?:\u50cf\u7d20)?|(\d{1,2}(?:\.\d)?)MP?")
_D1: Final[tuple[Size, ...]] = ((704, 576), (704, 480), (720, 576), (720, 480))
_SIZES: Final[Mapping[str, tuple[Size, ...]]] = {
    "QCIF": ((176, 144), (176, 120)), "CIF": ((352, 288), (352, 240)), "4CIF": _D1, "D1": _D1,
    "720P": ((1280, 720),), "1080P": ((1920, 1080),), "1080I": ((1920, 1080),), "1080P/I": ((1920, 1080),),
    "2K": ((2560, 1440), (2048, 1080)), "4K": ((3840, 2160), (4096, 2160)),
}  # fmt: skip
_SIZE_CODES: Final = {"1": "QCIF", "2": "CIF", "3": "4CIF", "4": "D1", "5": "720P", "6": "1080P"}
LARGEST_CODE: Final = "6"
"""Larger pictures have no code, and devices that write codes write this one for them."""
_CODEC_CODES: Final = {"1": "MPEG4", "2": "H264", "3": "SVAC", "4": "3GP", "5": "H265"}
_CODECS: Final = (
    (("H264", "AVC", "SMART264"), "H264"), (("H265", "HEVC", "SMART265"), "H265"), (("SVAC",), "SVAC"),
    (("MPEG4", "MP4V"), "MPEG4"), (("MJPEG", "JPEG", "MJPG"), "JPEG"), (("3GP",), "3GP"),
)  # fmt: skip
_NO_LEVEL: Final = frozenset({"", "0", "NONE", "NO", "N", "\u65e0"})
CROPPED_PX: Final = 16
"""So much of a side may be cut: codecs work in blocks, and 1088 lines are told as 1080."""
CUT_BYTES: Final = 30
"""From so many bytes of GB18030 on a name may be cut: fields of 32 are common, with or without an end of text."""
AREA_APART: Final = 0.15
"""So far a picture may be from its round number of pixels: 2560x1440 is sold as 4 million."""


@dataclass(frozen=True, slots=True)
class SizesTold:
    """The sizes that a text tells, or their pixels. `odd`: a word is none; `coded`: it has codes alone."""

    sizes: tuple[Size, ...] = ()
    pixels: tuple[float, ...] = ()
    odd: bool = False
    coded: bool = False
    largest: bool = False

    def has(self, size: Size) -> bool:
        """Tell whether a picture has one of them: cropped to blocks, or turned on its side."""
        short, long = sorted(size)
        alike = (sorted(one) for one in self.sizes)
        if any(abs(a - short) <= CROPPED_PX and abs(b - long) <= CROPPED_PX for a, b in alike):
            return True
        return any(abs(short * long - one) <= AREA_APART * one for one in self.pixels)


def sizes_told(text: str) -> SizesTold:
    """Read a field Resolution: codes of annex G, names, or sides, one or several."""
    plain = unicodedata.normalize("NFKC", text).upper().strip()
    sides = tuple((int(a), int(b)) for a, b in _SIDES.findall(plain))
    words = [one for one in _BETWEEN.split(_SIDES.sub(" ", plain).replace("1080P/I", "1080P")) if one]
    codes = [one for one in words if one in _SIZE_CODES]
    named = tuple(size for one in words for size in _SIZES.get(_SIZE_CODES.get(one, one), ()))
    rest = [one for one in words if one not in _SIZE_CODES and one not in _SIZES]
    counts = [_MEGAPIXELS.fullmatch(one) for one in rest]
    pixels = tuple(float(one[1]) * 1e4 if one[1] else float(one[2]) * 1e6 for one in counts if one is not None)
    odd = None in counts
    return SizesTold((*sides, *named), pixels, odd, coded=len(codes) == len(words) and not sides,
                     largest=LARGEST_CODE in codes)  # fmt: skip


def codecs_told(text: str) -> tuple[str | None, ...]:
    """Read a field EncodeType: codes of annex G or names, one or several; None for a word that is neither."""
    words = [one for one in re.split(r"[/,;\u3001]+", unicodedata.normalize("NFKC", text)) if one.strip()]
    return tuple(codec_of(one) for one in words)


def codec_of(word: str) -> str | None:
    """Return one spelling for each codec, None for a word that is none."""
    plain = re.sub(r"[^A-Z0-9]", "", word.upper())
    known = next((codec for names, codec in _CODECS if plain.startswith(names)), None)
    return known or _CODEC_CODES.get(plain)


def level_told(text: str) -> str | None:
    """Read a level of GB 35114: A, B, C or `none`; None for a word that is none of these."""
    plain = re.sub(r"GB/?T? ?35114(-\d{4})?|LEVEL|\u7ea7|[\s_-]", "", unicodedata.normalize("NFKC", text).upper())
    return plain if plain in ("A", "B", "C") else "none" if plain in _NO_LEVEL else None


def plain_name(text: str) -> str:
    """Return a name for comparison: its letters and digits alone, full width or not."""
    return "".join(one for one in unicodedata.normalize("NFKC", text).casefold() if one.isalnum())


def same_name(told: str, true: str) -> bool:
    """Tell whether two names are one; devices cut theirs where their field ends."""
    a, b = plain_name(told), plain_name(true)
    return a == b or (len(told.encode("gb18030", "replace")) >= CUT_BYTES and b.startswith(a))


def same_unit(told: str, true: str) -> bool:
    """Tell whether two names are one unit's, of which one may leave out the district that it begins with."""
    shorter, longer = sorted((plain_name(told), plain_name(true)), key=len)
    return same_name(told, true) or (len(shorter) >= 4 and longer.endswith(shorter))
