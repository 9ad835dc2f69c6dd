"""Redacts the ids of another site's people in what a report is shown by; its signed bytes stay. Pure.

An id has its site in it, and is shown as the name that this site told. A site that writes another's into its own
reports would have people named there who have nothing to do with it, and names shown to whoever may see it alone.
"""

from dataclasses import replace
from typing import Any, Final, cast

from agent.contract.authors import AUTHOR
from agent.text.within import replaced
from agent.verify.message import Claim

ANOTHERS: Final = "***"
_PLAIN: Final = b"author-"
_ESCAPED: Final = b"\\u"
_ESCAPE: Final = b"\\"
"""Bytes with none of the first two have no id: JSON writes it so, or escaped. As a pattern they took 7 % of all intake,
and two bytes take twenty times as long to look for as one."""


def with_own_authors(claim: Claim) -> Claim:
    """Return a verified report without ids of people of other sites in its data."""
    told = claim.payload
    if _PLAIN not in told and (_ESCAPE not in told or _ESCAPED not in told):
        return claim
    site = claim.address.site
    data = replaced(claim.data, lambda text: AUTHOR.sub(lambda id_: id_[0] if id_[1] == site else ANOTHERS, text))
    return replace(claim, data=cast(dict[str, Any], data))
