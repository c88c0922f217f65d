"""The SV3D tab: choose a picture or an orbit, generate, watch, cancel."""
