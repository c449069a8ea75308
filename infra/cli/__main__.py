"""`python -m infra.cli`: the same as `gatewright`, for a checkout that is not installed."""

from infra.cli.main import main

main()
