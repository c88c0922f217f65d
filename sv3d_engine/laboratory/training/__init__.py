"""How SV3D is trained, at any size: orbits, autoencoder, then the diffusion network without poses, then with them."""
