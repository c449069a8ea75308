"""The picture of a proof: a world map, in one file, of who is answered from where. Pure but for its own data file."""
