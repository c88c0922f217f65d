"""Random objects and their orbits: what SV3D is trained on when there is no library of models at hand."""
