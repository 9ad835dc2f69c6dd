"""Shares what commands need on a terminal: questions, tables, site time, new files."""
