"""Runs `camwarden start`: from nothing to the first verdict on a site."""
