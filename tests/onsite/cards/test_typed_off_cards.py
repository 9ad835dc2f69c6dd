"""Cards to type off: whose page, how many masks are free, what is refused and in which words."""

from __future__ import annotations

import re

import pytest
from zones_made import rectangle

from agent.onsite.cards.card import card
from agent.onsite.cards.encode import card_json, card_lines
from agent.onsite.cards.makers import maker_of
from agent.onsite.cards.model import Card, Known
from agent.site.config.site import PrivateZone
from drivers.details import MaskOptions
from drivers.model import Mask
from masking.coverage import uncovered_ratio
from masking.model import Polygon

BOX = rectangle(0.1, 0.1, 0.4, 0.4)
ELL: Polygon = ((0.1, 0.1), (0.3, 0.1), (0.3, 0.5), (0.6, 0.5), (0.6, 0.8), (0.1, 0.8))
ASIDE = rectangle(0.7, 0.7, 0.9, 0.9)
WINDOW = PrivateZone("window", ELL)


def listed(*tokens: str, enabled: bool | None = True, polygon: Polygon = ASIDE) -> tuple[Mask, ...]:
    return tuple(Mask(token, polygon, "Color", enabled) for token in tokens)


def english(found: Card) -> str:
    return "\n".join(card_lines(found, "en"))


def labels(found: Card) -> list[str]:
    return [str(one.label) for one in found.fields]


@pytest.mark.parametrize(("known", "maker", "title"), [
    (Known(driver="hikvision"), "hikvision", "海康威视"),
    (Known(driver="dahua", manufacturer="Hikvision"), "dahua", "大华"),
    (Known(driver="uniview"), "uniview", "宇视"),
    (Known(driver="onvif", manufacturer="HIKVISION"), "hikvision", "海康威视"),
    (Known(driver="onvif", manufacturer="Dahua Technology"), "dahua", "大华"),
    (Known(driver="onvif", manufacturer="UNIVIEW"), "uniview", "宇视"),
    (Known(driver="onvif", manufacturer="TVT", masks=()), "onvif", "TVT"),
    (Known(driver="onvif", manufacturer="TVT"), "generic", "TVT"),
    (Known(driver="onvif"), "generic", "厂商未知"),
    (Known(driver=""), "generic", "厂商未知"),
    (Known(driver="onvif", manufacturer="\x1b[31m<b>x</b>"), "generic", "\ufffd[31m<b>x</b>"),
])  # fmt: skip
def test_the_page_is_that_of_the_maker(known: Known, maker: str, title: str) -> None:
    assert maker_of(known).name == maker
    found = card_json(card(WINDOW, known), "zh_CN")
    assert (found["maker"], found["make"]) == (maker, title)


def test_free_masks_are_the_limit_less_what_is_listed_and_get_the_free_numbers() -> None:
    found = card(WINDOW, Known(driver="hikvision", masks=listed("1", "3")))
    assert found.free == 2
    assert {one.split(",")[0] for one in labels(found)} == {"mask 2", "mask 4"}
    assert "2 masks should be free: the device lists 2, and 4 are usual for this maker" in english(found)


def test_a_limit_by_the_device_s_own_word_counts_before_the_usual_one() -> None:
    options = MaskOptions(8, 4, ())
    found = card(WINDOW, Known(driver="hikvision", masks=listed("1", "2", "3", "4", "5"), options=options))
    assert found.free == 3
    assert "3 of 8 masks are free, by the device's own word" in english(found)


def test_masks_of_another_kind_take_no_slot_of_dahua() -> None:
    found = card(WINDOW, Known(driver="dahua", masks=listed("Covers[0]", "PrivacyMasking[0]", "LeLensMask")))
    assert found.free == 3
    assert labels(found)[0].startswith("mask 2")
    assert card(WINDOW, Known(driver="dahua", masks=listed("LeLensMask"))).free == 4


@pytest.mark.parametrize("known", [
    Known(driver="hikvision"),
    Known(driver="uniview"),
    Known(driver="onvif", masks=()),
    Known(driver="hikvision", masks=listed("1", "2", "3", "4", "5")),
    Known(driver="dahua", masks=listed("Covers[0]", "Covers[1]", "Covers[2]", "Covers[3]")),
])  # fmt: skip
def test_what_is_unknown_is_said_as_unknown_and_planned_with_one_mask(known: Known) -> None:
    found = card(WINDOW, known, rectangles=True)
    assert found.free is None and found.refusal is None
    assert len(found.shapes) == 1 and found.left_bare == 0
    assert "is unknown" in english(found)


def test_a_person_s_count_is_taken_instead() -> None:
    found = card(WINDOW, Known(driver="uniview"), free=2)
    assert found.free == 2 and len(found.shapes) == 2 and found.too_much < 0.001
    assert "2 masks are free, as a person counted" in english(found)


def test_other_bare_zones_keep_a_mask_each() -> None:
    beside = [PrivateZone(name, rectangle(0.8, 0.05 * at, 0.9, 0.05 * at + 0.04)) for at, name in enumerate("abc")]
    known = Known(driver="dahua", masks=())
    assert len(card(WINDOW, known).shapes) == 2
    assert len(card(WINDOW, known, beside=[WINDOW, *beside]).shapes) == 1
    covered = Known(driver="dahua", masks=listed("Covers[0]", polygon=rectangle(0.7, 0.0, 1.0, 0.3)))
    assert len(card(WINDOW, covered, beside=beside).shapes) == 2, "those that are covered need none"


def test_a_full_device_is_refused_with_what_to_do() -> None:
    options = MaskOptions(2, 4, ())
    found = card(WINDOW, Known(driver="hikvision", masks=listed("1", "2"), options=options))
    assert found.free == 0 and found.refusal is not None
    assert (found.fields, found.shapes) == ((), ())
    box = "70, 519; 634, 519; 634, 57; 70, 57"
    assert f"enlarge mask 1 to {box}; that hides" in english(found)
    off = card(WINDOW, Known(driver="hikvision", masks=listed("1", "2", enabled=False), options=options))
    assert "of those in use, 1, 2 are switched off" in english(off)
    assert card(WINDOW, Known(driver="dahua"), free=0).refusal is not None


def test_the_mask_to_enlarge_is_the_one_that_hides_least_more() -> None:
    masks = (
        Mask("Covers[0]", rectangle(0.7, 0.0, 0.9, 0.2), "Color", True),
        Mask("Covers[1]", rectangle(0.0, 0.1, 0.3, 0.8), "Color", True),
        Mask("Covers[2]", rectangle(0.1, 0.1, 0.5, 0.7), "Color", None),
        Mask("LeLensMask", rectangle(0.0, 0.0, 1.0, 1.0), "lens", True),
        Mask("Covers[3]", (), "Color", True),
    )
    found = card(WINDOW, Known(driver="dahua", masks=masks, options=MaskOptions(4, 0, ())))
    assert found.refusal is not None and found.free == 0
    values = {name: str(found.refusal.values[name]) for name in ("number", "values", "percent")}
    assert values == {"number": "2", "values": "0, 819, 4915, 6553", "percent": "12.0"}, "0.42 less 0.23 and 0.07"
    enlarged = rectangle(0.0, 0.1, 0.6, 0.8)
    assert uncovered_ratio(ELL, [enlarged]) == 0


@pytest.mark.parametrize(("polygon", "said"), [
    (((0.1, 0.1), (0.4, 0.4), (0.4, 0.1), (0.1, 0.4)), "the polygon's sides cross or touch each other"),
    (((0.1, 0.1), (0.4, 0.4)), "the polygon has 2 points"),
    (((0.1, 0.1), (0.4, 0.4), (0.7, 0.7)), "the polygon has no area"),
    (((0.1, 0.1), (1.4, 0.1), (0.1, 0.4)), "lies outside 0..1"),
    (((0.1, 0.1), (float("nan"), 0.1), (0.1, 0.4)), "lies outside 0..1"),
    ((), "the polygon has 0 points"),
    (tuple((n / 600, (n * n % 7) / 10) for n in range(300)), "more than 256 points"),
])  # fmt: skip
def test_a_shape_that_is_none_is_refused_in_words(polygon: Polygon, said: str) -> None:
    found = card(PrivateZone("window", polygon), Known(driver="dahua", masks=()))
    assert found.refusal is not None and said in str(found.refusal)
    assert "name its corners in order" in str(found.refusal)
    assert (found.fields, found.shapes) == ((), ())


def test_a_picture_that_the_device_turns_gets_percent_alone() -> None:
    found = card(WINDOW, Known(driver="hikvision", masks=(), upright=True))
    assert "the picture is higher than wide" in english(found)
    values = [float(number) for one in found.fields for number in str(one.value).split(", ")]
    assert values and all(0 <= number <= 100 for number in values)
    assert not any("in %" in label for label in labels(found)), "they are percent as they are"
    assert "from the bottom" not in english(found)


def test_mirrored_pictures_and_the_look_afterwards_are_in_every_card() -> None:
    for driver in ("hikvision", "dahua", "uniview", "onvif"):
        text = english(card(WINDOW, Known(driver=driver)))
        assert "with mirroring, rotation or corridor mode on" in text
        assert text.endswith("only a picture proves that the zone is hidden")


def test_a_zone_that_is_covered_already_is_said_to_be() -> None:
    over = listed("1", polygon=rectangle(0.05, 0.05, 0.7, 0.9))
    assert "cover this zone already" in english(card(WINDOW, Known(driver="hikvision", masks=over)))
    off = listed("1", polygon=rectangle(0.05, 0.05, 0.7, 0.9), enabled=False)
    assert "cover this zone already" not in english(card(WINDOW, Known(driver="hikvision", masks=off)))


def test_the_preset_comes_first() -> None:
    found = card(WINDOW, Known(driver="dahua"), preset="door\n2")
    assert str(found.lines[0]).startswith("turn the camera to preset door\ufffd2 first")


def test_rectangles_are_drawn_where_the_page_or_the_device_takes_no_others() -> None:
    slanted = PrivateZone("roof", ((0.1, 0.3), (0.5, 0.1), (0.6, 0.3), (0.2, 0.5)))
    known = Known(driver="hikvision", masks=())
    assert len(card(slanted, known).shapes) == 1
    assert len(card(slanted, known, rectangles=True).shapes) > 1
    told = Known(driver="hikvision", masks=(), options=MaskOptions(4, 4, (), rectangle_only=True))
    assert card(slanted, told).shapes == card(slanted, known, rectangles=True).shapes


def test_names_from_a_file_or_a_page_reach_no_terminal_as_they_are() -> None:
    hostile = PrivateZone("\x1b[2J{free}\u202e", ELL)
    for known in (
        Known(driver="dahua", masks=()),
        Known(driver="dahua", options=MaskOptions(1, 0, ()), masks=listed("Covers[0]")),
    ):
        for lang in ("en", "zh_CN"):
            text = "\n".join(card_lines(card(hostile, known, preset="\x07{x}"), lang))
            assert "\ufffd[2J{free}\ufffd" in text
            assert not {"\x1b", "\x07", "\u202e"} & set(text)


HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.mark.parametrize("known", [
    Known(driver="hikvision", masks=listed("1")),
    Known(driver="dahua", masks=(), upright=True),
    Known(driver="uniview"),
    Known(driver="onvif", masks=(), options=MaskOptions(4, 8, ())),
    Known(driver="x"),
    Known(driver="hikvision", masks=listed("1"), options=MaskOptions(1, 4, ())),
])  # fmt: skip
def test_every_line_is_chinese_for_a_chinese_reader(known: Known) -> None:
    found = card(PrivateZone("窗户", ELL), known, preset="门口")
    told = card_json(found, "zh_CN")
    lines = [str(told["words"]), *told["lines"], *(one["label"] for one in told["fields"])]  # type: ignore[misc, index, call-overload]
    assert [line for line in lines if not HAN.search(str(line))] == []
    assert not found.refusal or HAN.search(str(told["refusal"]))
    assert not [line for line in lines if re.search(r"\b(the|mask|of|picture)\b", str(line))]


def test_the_json_is_that_of_the_page_s_contract() -> None:
    told = card_json(card(WINDOW, Known(driver="dahua", masks=())), "en")
    assert set(told) == {
        "maker", "make", "words", "lines", "fields", "shapes", "too_much", "left_bare", "free", "refusal",
    }  # fmt: skip
    assert told["free"] == 4 and told["refusal"] == "" and told["left_bare"] == 0
