"""Renders the page beside rendered site folders: open steps of each site, from passwords to enrollment. Pure."""

from collections.abc import Sequence

from agent.onsite.ledger.sites import SitePlan
from agent.text.harmless import printable
from agent.text.translate import translate


def page(plans: Sequence[SitePlan], lang: str) -> str:
    """Render the page as Markdown, one line per site."""
    lines = [
        f"# {translate('Sites made from a ledger', lang)}",
        "",
        translate("On the hub: make a token for each site; each is good once and for a day:", lang),
        "",
        "```",
        "camwarden hub enroll token --sites . --csv --data DIR",
        "```",
        "",
        translate(
            "For each site: copy its folder to /etc/camwarden, fill in secrets.toml, enroll it (the token is "
            "asked for), start the service:",
            lang,
        ),
        "",
        "```",
        "sudo install -d -m 0755 /etc/camwarden && sudo cp -p SITE/* /etc/camwarden/",
        "sudo camwarden enroll",
        "sudo camwarden check",
        "sudo systemctl enable --now camwarden",
        "```",
        "",
        translate(
            "A hub without tokens: compare the thumbprint that `camwarden keys show` prints at the site by "
            "telephone or on site, then let the hub trust it:",
            lang,
        ),
        "",
        f"| {' | '.join((translate('site', lang), translate('name', lang), translate('cameras', lang)))} "
        f"| {translate('passwords of', lang)} | {translate('on the hub', lang)} |",
        "|---|---|---|---|---|",
    ]
    for plan in plans:
        name = printable(str(plan.site.get("name", ""))).replace("|", "\\|").replace("<", "&lt;").replace("`", "'")
        logins = ", ".join(plan.logins)
        trust = f"`camwarden hub trust add {plan.id} THUMBPRINT`"
        lines.append(f"| {plan.id} | {name} | {len(plan.cameras)} | {logins} | {trust} |")
    return "\n".join(lines) + "\n"
