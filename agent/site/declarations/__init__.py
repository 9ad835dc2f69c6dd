"""Lists what people can declare, and which declarations are in force."""
