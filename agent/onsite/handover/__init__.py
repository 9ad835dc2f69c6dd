"""HTML for people: the hand-over report, the contact sheet of masks, and the page of what a hub has verified."""
