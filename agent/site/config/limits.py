"""Bounds the figures of site.toml that a hub may set, too.

A hub has no site: it reads these without the types of one.
"""

from typing import Final

PERIOD_MIN_S: Final = 60
PERIOD_MAX_S: Final = 86_400
RETENTION_LAW_DAYS: Final = 30
"""The minimum for any site. Source: State Council Order 799, article 17."""
RETENTION_MAX_DAYS: Final = 3650
FORECAST_MAX_DAYS: Final = 365
CLOCK_MAX_S: Final = 3600.0
GAP_MAX_S: Final = 30 * 86_400.0
STALE_MAX_S: Final = 86_400.0
UNCOVERED_MAX_RATIO: Final = 0.1
"""House rule: a zone of which more than a tenth is uncovered is not hidden, whatever a site sets."""
