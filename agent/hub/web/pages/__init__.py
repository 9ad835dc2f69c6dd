"""Answers the requests for pages, one file for each."""
