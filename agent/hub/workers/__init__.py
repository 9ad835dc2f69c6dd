"""Takes reports in, confirms them, orders and asks again."""
