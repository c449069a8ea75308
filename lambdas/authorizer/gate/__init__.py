"""Who may pass: from an authorizer event to a policy. Standard library and `cryptography` primitives only."""
