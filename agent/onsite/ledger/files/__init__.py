"""Reads and writes the files of ledgers: CSV and workbooks, as a grid of values."""
