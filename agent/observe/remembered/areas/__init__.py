"""Lists the modules of remembered areas: what is stored of looks, and for how long."""
