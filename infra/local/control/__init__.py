"""API Gateway's control plane: REST APIs, deployments as immutable snapshots, stages with canaries, plans and keys."""
