"""OpenHands on AWS: users, stores, sandboxes and addresses of this deployment, by OpenHands' own extension points."""
