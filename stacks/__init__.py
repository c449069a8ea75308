"""The gateway as CloudFormation: constructs composed into one stack per region. Nothing here decides, it only places."""
