"""What the four mock services share: reading a proxy event, answering it, and failing on purpose."""
