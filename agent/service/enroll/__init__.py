"""Enrolls a gateway at its hub: one token carried by a person, everything else over the wire."""
