"""What the add-on and the engine share.  Standard library only, and nothing from outside this folder."""
