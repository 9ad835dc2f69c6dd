"""How a gateway is made known to its hub: one token carried by a person, everything else over the wire."""
