"""Runs `camwarden ui`: the local page of one person."""
