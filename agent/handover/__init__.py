"""The report for people: one HTML file made from a report that the hub verified."""
