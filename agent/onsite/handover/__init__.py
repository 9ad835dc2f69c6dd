"""Renders HTML for people: the hand-over report, the contact sheet of masks, and a page of what a hub verified."""
