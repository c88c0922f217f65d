"""How the network is asked: conditioning, guidance, noise schedule, samplers."""
