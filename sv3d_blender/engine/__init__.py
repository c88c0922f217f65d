"""The engine as the add-on meets it: a Python of its own, spoken to over pipes."""
