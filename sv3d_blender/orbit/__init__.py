"""The artist's own orbit: from cameras in the scene to the 21 views that SV3D makes."""
