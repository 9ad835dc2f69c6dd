"""Write `agent/hub/web/api/openapi.json`: the document that describes the hub's interface for programs."""

import json
from pathlib import Path

from agent.hub.web.api.openapi import FILE, document
from agent.hub.web.routes import ROUTES

PLACE = Path(__file__).parent.parent / "agent" / "hub" / "web" / "api" / FILE


def made() -> str:
    """Return the file as it has to be."""
    return json.dumps(document(ROUTES), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PLACE.write_text(made(), "utf-8")
