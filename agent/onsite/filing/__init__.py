"""The filing dossier: what is handed to the police of a system, and what has changed since."""
