"""OpenHands for several users on one instance, by OpenHands' own extension points.

`app` is the entry point: `uvicorn ohinfra_overlay.app:app`.
"""
