"""The demo's input: an object, light and orbit of the project's own; ``python -m demo.make`` renders it anew."""
