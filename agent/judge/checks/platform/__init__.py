"""Checks reports to the police platform against what was measured, declared and filed."""
