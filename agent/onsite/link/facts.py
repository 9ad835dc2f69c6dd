"""Gathers a device's report to the platform on its cameras: the named fields that are compared. Pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from agent.model.finding import Json
from agent.observe.facts.platform_told import CAMERAS_MAX, TEXT_MAX_CHARS, CameraTold, DeviceTold
from agent.onsite.link.answered import cameras_of
from agent.onsite.link.platform import Asked
from agent.onsite.link.result import LinkResult
from agent.onsite.link.security import PROVEN
from drivers.gb28181.answers import Channel, Config

TEXTS_MAX: Final = 8


def cameras_told(
    catalog: Asked, asked_about: str, blocks: Sequence[Asked], own: Collection[str]
) -> tuple[CameraTold, ...]:
    """Return what was told of each camera, those with a code of the site file (`own`) first.

    `blocks`: the answers on the configuration of the camera `asked_about`, the only one that is asked for it.
    """
    listed = sorted(cameras_of(catalog), key=lambda one: one.code not in own)[:CAMERAS_MAX]
    told = {one.code: _camera(one) for one in listed}
    if asked_about in told:
        told[asked_about] = _configured(told[asked_about], list(_configs(blocks)))
    return tuple(told.values())


def device_told(site: str, device: str, box: tuple[str, ...], result: LinkResult) -> DeviceTold:
    """Return what a device told in a test, and beside it what its picture was, where one came."""
    catalog, security = result.step("catalog"), result.step("security")
    pictures = [one.evidence for one in result.steps if one.name == "picture" and one.status == "seen"]
    shown = security.evidence if security is not None else {}
    until = shown.get("valid_until")
    listed = catalog.evidence if catalog is not None and catalog.status != "unknown" else {}
    count, offline = listed.get("cameras"), listed.get("offline")
    return DeviceTold(
        site=site,
        device=device,
        at=result.ended_at,
        box=box,
        cameras_count=count if isinstance(count, int) else None,
        offline_count=offline if isinstance(offline, int) else 0,
        scheme=str(shown.get("scheme", "")),
        certificate_until=datetime.fromisoformat(until) if isinstance(until, str) else None,
        key_proven=shown.get("proof") == PROVEN,
        cameras=tuple(_with_picture(one, pictures) for one in result.told),
    )


def _with_picture(told: CameraTold, pictures: Sequence[Mapping[str, Json]]) -> CameraTold:
    seen = next((one for one in pictures if one.get("camera") == told.code), {})
    codec, size = seen.get("codec"), (seen.get("width_px"), seen.get("height_px"))
    if not isinstance(codec, str):
        return told
    return replace(told, codec=codec, size_px=tuple(side for side in size if isinstance(side, int)))


def _camera(one: Channel) -> CameraTold:
    return CameraTold(
        code=one.code,
        name=one.name[:TEXT_MAX_CHARS],
        save_days=one.record_save_days,
        install_time=one.install_time,
        unit=one.management_unit[:TEXT_MAX_CHARS],
        resolution=one.resolution[:TEXT_MAX_CHARS],
        encoding=one.encode_type[:TEXT_MAX_CHARS],
        level=one.security_level[:TEXT_MAX_CHARS],
        positions=tuple(code[:TEXT_MAX_CHARS] for code in one.positions),
    )


def _configs(blocks: Sequence[Asked]) -> Iterator[Config]:
    return (part for asked in blocks for part in asked.parts if isinstance(part, Config) and part.done is not False)


def _configured(told: CameraTold, configs: Sequence[Config]) -> CameraTold:
    for one in configs:
        if one.masks_on is not None:
            told = replace(told, masks_on=one.masks_on, mask_regions=one.masks)
        if one.osd is not None:
            texts = one.osd.texts[:TEXTS_MAX] if one.osd.texts_shown else ()
            told = replace(told, time_shown=one.osd.time_shown, texts=texts)
        if one.plan is not None:
            told = replace(told, plan_on=one.plan.enabled, plan_days_s=one.plan.days_s)
    return told
