"""Builds the values of a hand-over report from a check's observations and findings. Pure.

Decides what stands in the report, and in which order; the parts are built beside it (`contents_*.py`).
`agent/onsite/one_look/anonymise.py` has redacted boxes and networks before.
"""

from collections import Counter
from collections.abc import Mapping
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

from agent.model.finding import Finding, Message
from agent.model.matters import counts, matters
from agent.onsite.handover.contents_cameras import camera_parts
from agent.onsite.handover.contents_duties import duties, not_due
from agent.onsite.handover.contents_equipment import device_parts, stream_parts
from agent.onsite.handover.contents_findings import (
    anchors_of,
    finding_text,
    group_parts,
    grouped,
    own_findings,
    told_with_group,
    with_roots,
)
from agent.onsite.handover.contents_matrix import matrix
from agent.onsite.handover.contents_past import is_past, past_parts
from agent.onsite.handover.keeping import keeping
from agent.onsite.handover.left_out import left_out_text
from agent.onsite.handover.places import places_of
from agent.onsite.handover.report import ORDER, HandOver, KeyPart, SitePart
from agent.onsite.handover.report_words import DOCUMENTS, rule_text
from agent.onsite.one_look.result import CheckResult
from agent.onsite.one_look.shown import PictureChoice
from agent.report.basis import bases
from agent.report.check_titles import TITLES
from agent.report.indication import error_rates, indication
from agent.report.levels import LEVEL_WORDS, passes_by_level
from agent.report.timeline_days import timeline_of
from agent.text.site_time import local
from agent.text.translate import render, translate
from agent.version import VERSION

PICTURED: Final[Mapping[PictureChoice, str]] = {
    "fail": "Pictures are shown of cameras of which something fails, at most 160 pixels wide.",
    "all": "Pictures are shown of all cameras, in full size.",
    "none": "No pictures were asked for.",
}
"""Of which cameras there are pictures, by what was asked for."""


def contents(
    checked: CheckResult, key: KeyPart, lang: str, redacted: bool = True, pictures: PictureChoice = "fail"
) -> HandOver:
    """Build the report's values in `zh_CN` or `en`.

    `checked` has the blackened pictures; the report will be signed with `key`. `redacted`: addresses and serial numbers
    were removed, which the report notes. `pictures`: of which cameras pictures were asked for.
    """
    site, facts, findings = checked.site, checked.seen.facts, with_roots(checked.seen.findings)
    totals = counts(findings)
    known, named = bases(site, facts, findings, checked.at), places_of(site, lang)
    groups, timeline = grouped(f for f in findings if not is_past(f)), timeline_of(site, facts, findings, checked.at)
    say = partial(finding_text, lang=lang, disputed=checked.disputed)
    past = past_parts(findings, say, lambda one: rule_text(one.source, lang))
    told = told_with_group(groups, findings, say)
    own = partial(own_findings, anchors=anchors_of(groups), told=told, say=say, lang=lang)
    without = left_out_text(site, findings, lang)
    judged = dict.fromkeys(one.check for one in findings if one.status != "not_applicable")
    return HandOver(
        site=_site(checked, redacted, lang),
        totals={status: totals[status] for status in ORDER},
        verdict=_verdict(findings, len(past), lang),
        groups=group_parts(named, groups, findings, say, lang),
        matrix=matrix(site, findings, known, named, lang),
        levels=tuple((n, translate(LEVEL_WORDS[one], lang)) for one, n in passes_by_level(findings, known).items()),
        cameras=camera_parts(checked, findings, timeline, named, own, lang),
        pictured=translate(PICTURED[pictures], lang),
        timeline=timeline,
        devices=device_parts(site, facts, findings, named, own, checked.at, lang),
        streams=stream_parts(site, facts, named, lang),
        past=past,
        duties=duties(findings, known, lang),
        not_due=not_due(findings, lang),
        left_out=render(without, lang) if without is not None else "",
        rules=tuple((translate(short, lang), translate(full, lang)) for full, short in DOCUMENTS.items()),
        keeping=keeping(checked, lang),
        indication=indication(lang),
        error_rates=error_rates(judged, TITLES, lang),
        key=key,
    )


def _verdict(findings: tuple[Finding, ...], past: int, lang: str) -> str:
    """Return the result in one sentence; nothing unknown is called good.

    `past`: how much was late or out of order, which holds no hand-over up.
    """
    open_ = matters(one for one in findings if not is_past(one))
    totals = Counter(one.status for one in open_)
    quiet = sum(bool(one.quiet) for one in open_)
    unchecked = totals["unknown"] - quiet
    if totals["fail"]:
        text = Message("Not ready to be handed over: {count} matters fail.", {"count": totals["fail"]})
    elif unchecked:
        text = Message("Nothing fails, but {count} points could not be checked.", {"count": unchecked})
    elif totals["warn"]:
        text = Message("Nothing fails; {count} points should be looked after.", {"count": totals["warn"]})
    elif quiet:
        text = Message(
            "Nothing fails; {count} points are accepted, not told, not asked for or not known yet.", {"count": quiet}
        )
    elif past:
        text = Message(
            "Nothing is open; {count} matters of the past wait for a note of the authority.", {"count": past}
        )
    else:
        return translate("Every check that is due passes.", lang)
    return render(text, lang)


def _site(checked: CheckResult, redacted: bool, lang: str) -> SitePart:
    site = checked.site
    at = local(checked.at, ZoneInfo(site.time_zone))
    counted = {"cameras": len(site.cameras), "devices": len(site.devices)}
    extent = render(Message("{cameras} cameras, {devices} devices", counted), lang)
    floor = {"days": site.policy.retention_floor_days}
    used = site.in_use_since.isoformat() if site.in_use_since else translate("not declared", lang)
    shown = "taken out" if redacted else "included"
    broken_off = Message("broken off; what had not come back is unknown")
    checked_at = render(Message("checked at {at} ({zone})", {"at": at, "zone": site.time_zone}), lang)
    rows = (
        (translate("site id", lang), site.id),
        (translate("division code", lang), f"{site.division} (GB/T 2260)"),
        (translate("in use since", lang), used),
        (translate("footage", lang), render(Message("at least {days} days to be kept", floor), lang)),
        (translate("addresses and serial numbers", lang), translate(shown, lang)),
        (translate("made with", lang), f"camwarden {VERSION}"),
    )
    stopped = (render(broken_off, lang),) if checked.interrupted else ()
    return SitePart(
        id=site.id,
        name=site.name,
        time_zone=site.time_zone,
        at=at,
        brief=(checked_at, extent, site.id, *stopped),
        rows=rows,
    )
