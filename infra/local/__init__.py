"""AWS on a laptop: ministack for what others do well, and our own API Gateway, Lambda workers and evaluators around it."""
