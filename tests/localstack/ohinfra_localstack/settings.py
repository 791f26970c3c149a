"""Settings from environment variables."""

import os

# How long resources stay pending or deleting, in seconds. AWS takes about a minute; tests only check that the caller waits.
PENDING_SECONDS = float(os.environ.get("OHINFRA_LOCALSTACK_PENDING_SECONDS", "0.3"))

# How long CloudFront keeps the replicas of a function version after the last distribution stops using it, in seconds. AWS takes
# hours.
REPLICA_SECONDS = float(os.environ.get("OHINFRA_LOCALSTACK_REPLICA_SECONDS", "0.5"))
