"""Reports the state of the site to people and programs: status file, metrics, digest, webhook."""
