"""gateway.yaml -> one frozen, validated model. Pure but for reading the one file; imports neither aws_cdk nor boto3."""
