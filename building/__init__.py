"""What build.py does, by subject.  Standard library only: this runs before anything is installed."""
