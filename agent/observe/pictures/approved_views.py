"""Selects the references for a picture: approved and derived ones. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from agent.observe.approvals.approvals import Approval
from agent.observe.approvals.reference_views import PresetView
from agent.observe.pictures.derived_views import Derived
from agent.observe.pictures.view_memory import References, references_of


@dataclass(frozen=True, slots=True)
class ApprovedViews:
    """By camera id: approved references, derived ones, and the approved presets of cameras that turn."""

    references: References = field(default_factory=dict, repr=False)
    derived: References = field(default_factory=dict, repr=False)
    presets: Mapping[str, tuple[PresetView, ...]] = field(default_factory=dict)


def approved_views(approvals: Mapping[str, Approval], derived: Mapping[str, tuple[Derived, ...]]) -> ApprovedViews:
    """Return the references for pictures."""
    return ApprovedViews(
        references_of(approvals),
        {name: tuple(one.reference for one in ones) for name, ones in derived.items()},
        {name: approval.presets for name, approval in approvals.items() if approval.presets},
    )
