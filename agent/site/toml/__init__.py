"""Reads TOML with line numbers, collects its problems, and edits a person's file."""
