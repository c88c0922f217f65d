"""A result compared with its orbit: how sure each place is, and the frames as a strip."""
