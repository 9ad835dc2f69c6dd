"""Defines the rows that cross the ports: what stores hand out, and take. Pure."""
