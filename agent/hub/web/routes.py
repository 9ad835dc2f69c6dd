"""Lists every route of the page: method, path, name, least role, and what answers it.

A test asks each of them as each role, within and outside of what it may see.
"""

from typing import Final

from agent.hub.web.asked import Route
from agent.hub.web.pages import (
    assessment,
    city,
    enrollments,
    findings,
    history,
    holds,
    orders,
    silent,
    site,
    trends,
)
from agent.hub.web.people import entrance
from agent.hub.web.rendering import style

ROUTES: Final[tuple[Route, ...]] = (
    Route("GET", "/style.css", "style", None, style),
    Route("GET", "/login", "login", None, entrance.show),
    Route("POST", "/login", "enter", None, entrance.enter),
    Route("POST", "/logout", "leave", "viewer", entrance.leave),
    Route("GET", "/", "city", "viewer", city.answer),
    Route("GET", "/findings", "findings", "viewer", findings.answer),
    Route("GET", "/sites/{site}", "site", "viewer", site.answer),
    Route("GET", "/sites/{site}/history", "history", "viewer", history.answer),
    Route("GET", "/silent", "silent", "viewer", silent.answer),
    Route("GET", "/trends", "trends", "viewer", trends.answer),
    Route("GET", "/assessment", "assessment", "viewer", assessment.answer),
    Route("GET", "/orders", "orders", "viewer", orders.answer),
    Route("GET", "/holds", "holds", "viewer", holds.answer),
    Route("GET", "/enrollments", "enrollments", "supervisor", enrollments.answer),
)
