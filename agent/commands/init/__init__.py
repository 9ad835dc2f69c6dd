"""Runs `camwarden init`: writes the files of a new site."""
