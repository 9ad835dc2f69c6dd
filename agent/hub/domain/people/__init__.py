"""Defines people of the hub's page: who somebody is, what is stored of them, and the log of what they did."""
