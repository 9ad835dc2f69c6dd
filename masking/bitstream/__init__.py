"""Parses foreign pictures before a decoder does, and writes anew only what was understood."""
