"""Classifies due footage: present, missing or unknown."""
