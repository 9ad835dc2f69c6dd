"""Lists every route of the page: method, path, name, least role, and what answers it.

A test asks each of them as each role, within and outside of what it may see.
"""

from typing import Final

from agent.hub.web import acts, export
from agent.hub.web.api import answers, described
from agent.hub.web.asked import Route
from agent.hub.web.pages import (
    assessment,
    audit,
    city,
    disputes,
    enrollments,
    findings,
    history,
    holds,
    map,
    orders,
    silent,
    site,
    trends,
    upgrades,
    webhooks,
)
from agent.hub.web.people import account, entrance
from agent.hub.web.people.oidc import login as oidc
from agent.hub.web.rendering import style

ROUTES: Final[tuple[Route, ...]] = (
    Route("GET", "/style.css", "style", None, style),
    Route("GET", "/login", "login", None, entrance.show),
    Route("POST", "/login", "enter", None, entrance.enter),
    Route("GET", "/login/oidc", "oidc", None, oidc.begin),
    Route("GET", oidc.BACK, "oidc-back", None, oidc.finish),
    Route("GET", "/login/oidc/leave", "oidc-leave", None, oidc.leave),
    Route("POST", "/logout", "leave", "viewer", entrance.leave),
    Route("GET", "/", "city", "viewer", city.answer),
    Route("GET", "/map", "map", "viewer", map.answer),
    Route("GET", "/findings", "findings", "viewer", findings.answer),
    Route("GET", "/sites/{site}", "site", "viewer", site.answer),
    Route("GET", "/sites/{site}/findings/{check}/{subject:path}", "history", "viewer", history.answer),
    Route("GET", "/silent", "silent", "viewer", silent.answer),
    Route("GET", "/disputes", "disputes", "viewer", disputes.answer),
    Route("GET", "/trends", "trends", "viewer", trends.answer),
    Route("GET", "/assessment", "assessment", "viewer", assessment.answer),
    Route("GET", "/orders", "orders", "viewer", orders.answer),
    Route("GET", "/holds", "holds", "viewer", holds.answer),
    Route("GET", "/upgrades", "upgrades", "viewer", upgrades.answer),
    Route("GET", "/enrollments", "enrollments", "supervisor", enrollments.answer),
    Route("GET", "/audit", "audit", "supervisor", audit.answer),
    Route("GET", "/webhooks", "webhooks", "administrator", webhooks.answer),
    Route("GET", "/account", "account", "viewer", account.show),
    Route("POST", "/account/password", "password", "viewer", account.change_password),
    Route("POST", "/account/tokens", "make-token", "viewer", account.make_token),
    Route("POST", "/account/tokens/revoke", "revoke-token", "viewer", account.revoke_token),
    Route("GET", "/findings.csv", "export-findings", "viewer", export.export_findings),
    Route("POST", "/findings/acknowledge", "acknowledge", "operator", acts.acknowledge),
    Route("POST", "/findings/assign", "assign", "operator", acts.assign),
    Route("POST", "/findings/plan", "plan", "supervisor", acts.plan),
    Route("POST", "/findings/comment", "comment", "maintainer", acts.comment),
    Route("GET", "/api/v1/openapi.json", "api", None, described.describe),
    Route("GET", "/api/v1/findings", "api-findings", "viewer", answers.list_findings),
    Route("GET", "/api/v1/sites", "api-sites", "viewer", answers.list_sites),
    Route("GET", "/api/v1/sites/{site}", "api-site", "viewer", answers.show_site),
    Route("GET", "/api/v1/silent", "api-silent", "viewer", answers.list_silent),
    Route("GET", "/api/v1/orders", "api-orders", "viewer", answers.list_orders),
)
