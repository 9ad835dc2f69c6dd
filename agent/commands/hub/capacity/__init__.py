"""Shows what machines a hub of so many sites needs: `camwarden hub capacity`."""
