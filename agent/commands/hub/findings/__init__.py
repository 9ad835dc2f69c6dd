"""Lists open findings of sites for people, and stores notes about them."""
