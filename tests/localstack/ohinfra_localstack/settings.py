"""What can be set from outside."""

import os

# How long things are `pending` or `deleting`, in seconds. AWS needs a minute; tests need only to see that it is waited for.
PENDING_SECONDS = float(os.environ.get("OHINFRA_LOCALSTACK_PENDING_SECONDS", "0.3"))

# How long CloudFront keeps its copies of a function's version, once no distribution names it, in seconds. AWS needs hours.
REPLICA_SECONDS = float(os.environ.get("OHINFRA_LOCALSTACK_REPLICA_SECONDS", "0.5"))
