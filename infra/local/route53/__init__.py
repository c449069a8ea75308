"""Route 53 on a laptop: ministack keeps zones, records and health checks; this adds what its CloudFormation lacks."""
