"""The add-on's preferences: which Python runs the engine, and what it can do here."""
