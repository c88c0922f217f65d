"""Stable Video 3D: one picture and the cameras of an orbit become its frames."""
