"""The manual: one page that lies in the extension, so that it is of its version and opens without the internet."""

from pathlib import Path

PAGE = Path(__file__).with_name("manual.html")
