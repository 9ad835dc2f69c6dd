"""Runs `camwarden findings`: shows open findings and who acknowledged them."""
