"""The SV3D tab: choose an orbit, generate, watch, cancel."""
