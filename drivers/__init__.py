"""Reads devices: drivers, the transports they talk through, pictures, discovery (README.md has the contract)."""
