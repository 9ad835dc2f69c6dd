"""Compares a view with the approved one."""
