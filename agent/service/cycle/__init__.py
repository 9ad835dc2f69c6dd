"""Runs one cycle: ask, look, remember, judge, report, sign, spool."""
