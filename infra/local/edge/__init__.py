"""The road to a region on the laptop: Route 53's records decide it, and regions can be switched off."""
