"""Renders a form on one sheet of A4 on which somebody disputes a finding by hand. Pure.

Its code names the finding, so that whoever has a login enters it with `camwarden findings dispute --code`. The form has
no picture, and holds no more of the site than the finding says.
"""

from zoneinfo import ZoneInfo

from agent.contract.disputes import DUE_WITHIN
from agent.judge.checks.table import CHECKS
from agent.judge.memory.disputes import finding_code
from agent.judge.memory.episodes import Episode
from agent.model.finding import Message
from agent.onsite.handover.report_words import rule_text
from agent.onsite.handover.templates import environment
from agent.report.check_titles import TITLES
from agent.site.config.site import Site
from agent.text.translate import render, translate
from agent.version import VERSION

WORDS = {
    "title": "Dispute of a finding",
    "code": "code of the finding",
    "code_note": "Whoever enters this form finds the finding by this code.",
    "finding": "The finding",
    "site": "site",
    "what": "what was checked",
    "where": "where",
    "found": "what was found",
    "since": "since",
    "rule": "rule",
    "no_legal": "This is a technical indication, no legal finding.",
    "owner": "To be filled in by whoever disputes it",
    "name": "name of whoever disputes",
    "role": "on behalf of (owner, operator)",
    "phone": "telephone",
    "why": "The finding is wrong, because",
    "papers": "enclosed (photographs, receipts, certificates)",
    "signed": "day and signature",
    "taken": "To be filled in by whoever takes it",
    "taken_by": "taken by, and when",
    "entered": "entered as number",
    "steps": "What happens next",
}
"""The words of the form; each is a msgid."""

STEPS = (
    "Fill in the form, sign it, and keep a copy.",
    "Give it to whoever runs the cameras of this site; a copy may go to the authority that runs the hub.",
    "They enter it: camwarden findings dispute --code {code} --by NAME --why TEXT",
    "The finding stays as it is meanwhile; beside it is shown that you dispute it.",
    "The hub decides within {days} days after it has come, and the decision is shown beside the finding.",
)


def render_form(site: Site, episode: Episode, lang: str) -> str:
    """Return the form of an episode as one HTML file; every text of devices and people is escaped."""
    names = {f"camera:{one.camera.id}": one.camera.name for one in site.cameras}
    name, code = names.get(episode.subject, ""), finding_code(site.id, episode.key, episode.detected_at)
    source = next((one.source for one in CHECKS if one.id == episode.check), None)
    since = episode.detected_at.astimezone(ZoneInfo(site.time_zone))
    values: dict[str, object] = {"code": code, "days": DUE_WITHIN.days}
    page = environment("agent.onsite.dispute_form", sanitizing=True).get_template("form.html.j2")
    return page.render(
        html_lang="zh-CN" if lang.startswith("zh") else "en",
        words={key: translate(text, lang) for key, text in WORDS.items()},
        steps=[render(Message(step, values), lang) for step in STEPS],
        code=code,
        site=f"{site.name} ({site.id})" if site.name else site.id,
        what=translate(TITLES.get(episode.check, episode.check), lang),
        where=f"{name} ({episode.subject})" if name else episode.subject,
        found=render(
            Message("the status is {status}: {what}", {"status": Message(episode.worst), "what": episode.message}), lang
        ),
        since=f"{since:%Y-%m-%d %H:%M}",
        rule=rule_text(source, lang) if source else "",
        version=VERSION,
    )
