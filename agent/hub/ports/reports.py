"""Defines the port of stored reports, for views, cases and the log."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Protocol

from agent.hub.domain.rows.keeping import Altered
from agent.hub.domain.rows.reports import AcceptedReport, CaseRow, ConfigRow, SignedReport, StoredReport
from agent.model.finding import Json, StreamName


class Reports(Protocol):
    """Queries stored reports in the order of their ids: that of their commits. Reads only."""

    def times(self, site: str, stream: StreamName) -> list[tuple[str, int, str]]:
        """Return epoch, number and the site's own time (empty: invalid) of a stream's reports, without later forks."""

    def stored(self, site: str, epoch: str, stream: StreamName, first: int, last: int) -> Iterator[StoredReport]:
        """Yield the reports of a run, forks too, by number."""

    def for_case(self, site: str, epoch: str, stream: StreamName, first: int, last: int, check: str) -> list[CaseRow]:
        """Return the columns of the reports of a run, by number; without forks and unreadable ones."""

    def checks(self, site: str, epoch: str, stream: StreamName, first: int, last: int) -> set[str]:
        """Return the checks with findings in the reports of a run."""

    def id_at(self, site: str, epoch: str, stream: str, seq: int) -> tuple[int, str] | None:
        """Return id and digest of the report under a number; `epoch` empty: of the one that the site lives in."""

    def digest_of(self, report_id: int) -> str:
        """Return the digest of a stored report; empty where it is no longer here."""

    def config_ends(self, site: str, within: timedelta) -> tuple[ConfigRow, ConfigRow] | None:
        """Return the oldest configuration report `within` a site's newest, and that, by arrival; None: there is one."""

    def newest_config(self, site: str) -> ConfigRow | None:
        """Return a site's newest configuration report, by time of arrival; None where there is none."""

    def accepted_after(self, after_id: int, most: int) -> list[AcceptedReport]:
        """Return the next accepted reports."""

    def count_after(self, after_id: int) -> tuple[int, str]:
        """Return how many reports follow one, and when the first of them came; empty where there is none."""

    def newest_id(self) -> int:
        """Return the id of the newest report; 0 where there is none."""

    def signed_after(self, after_id: int, site: str, most: int) -> list[SignedReport]:
        """Return the next reports by id, of a site or of all (empty)."""

    def check_after(self, last_id: int, most: int) -> tuple[int, list[Altered]]:
        """Compare the next rows with their digests; return the id of the last one, 0 behind the end, what differs."""

    def check(self, sample: int | None) -> dict[str, Json]:
        """Compare every row, or a random sample of this size, with its digests; return what differs."""
