"""Stores the orders that were given to sites, and what sites answered."""
