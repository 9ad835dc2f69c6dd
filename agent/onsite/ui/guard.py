"""Decides whether a request came from our own page, by the headers that a browser adds by itself. Pure.

Another page in the same browser can post a form to any address, and a page on another port counts as the same site. So
every POST names our origin and `same-origin`, and brings JSON, which no form can send. The name in `Host` was checked
before (`agent/host/web.py`).

Source: Fetch Standard, Origin header; W3C Fetch Metadata, Sec-Fetch-Site.
"""

from collections.abc import Mapping

from agent.onsite.ui.refusals import NotAllowed


def require_own_page(headers: Mapping[str, str], scheme: str) -> None:
    """Check the headers of a POST. Raises NotAllowed.

    Args:
        headers: By lower-case name; `host` is one of ours.
        scheme: `http` or `https`, by the listener.
    """
    own = f"{scheme}://{headers.get('host', '')}"
    if headers.get("origin", "") != own:
        raise NotAllowed("this request does not come from the page at {own}: open the link of camwarden ui", own=own)
    if headers.get("sec-fetch-site", "") != "same-origin":
        raise NotAllowed("this request comes from another page: open the link of camwarden ui in a current browser")
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise NotAllowed("this request is not JSON: open the link of camwarden ui")
