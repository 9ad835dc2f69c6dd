"""Lists the words of the page's frame: navigation, login, errors."""

from typing import Final

from agent.hub.domain.people.person import Role
from agent.model.finding import Message

LANGUAGE_NAMES: Final = (("en", "English"), ("zh_CN", "中文"))

NAVIGATION: Final[tuple[tuple[str, Role, Message], ...]] = (
    ("/", "viewer", Message("City")),
    ("/map", "viewer", Message("Map")),
    ("/findings", "viewer", Message("Open findings")),
    ("/silent", "viewer", Message("Silent sites")),
    ("/disputes", "viewer", Message("Disputes")),
    ("/trends", "viewer", Message("Trends")),
    ("/assessment", "viewer", Message("Assessment")),
    ("/orders", "viewer", Message("Orders")),
    ("/holds", "viewer", Message("Holds")),
    ("/upgrades", "viewer", Message("Upgrades")),
    ("/enrollments", "supervisor", Message("Enrollments")),
    ("/audit", "supervisor", Message("Audit log")),
    ("/webhooks", "administrator", Message("Other systems")),
)
"""Path, least role and name of each page that the head of every page leads to."""

WORDS: Final = {
    "hub": Message("camwarden hub"),
    "skip": Message("to the content"),
    "navigation": Message("Pages"),
    "language": Message("Language"),
    "account": Message("Account"),
    "logout": Message("Log out"),
    "login": Message("Log in"),
    "name": Message("Name"),
    "password": Message("Password"),
    "back": Message("Back"),
    "go_on": Message("Go on"),
}
