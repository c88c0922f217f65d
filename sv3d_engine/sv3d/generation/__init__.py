"""An orbit on this machine: within its memory, shown while it is made."""
