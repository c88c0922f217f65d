"""The orbit's frames: read, matted, checked against their cameras."""
