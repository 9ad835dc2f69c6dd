"""Holds the lies about which moment, and whose, a picture shows."""
