"""Bounds how long a hub stores reports. Pure.

Source: PIPL articles 19 (no longer than the purpose needs) and 56 (records of processing: three years at least).
"""

from typing import Final

KEPT_DAYS: Final = 3 * 365 + 1
"""How long a hub stores reports unless it is told otherwise; in days."""

KEPT_DAYS_MIN: Final = 184
"""Half a year: logs of a network are stored that long. Source: Cybersecurity Law, article 23(3)."""

KEPT_DAYS_MAX: Final = 36500
