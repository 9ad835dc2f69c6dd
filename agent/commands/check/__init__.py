"""Runs `camwarden check`: looks once and shows the findings."""
