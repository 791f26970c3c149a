"""Multi-user OpenHands on one instance, built on the extension points of OpenHands.

`app` is the entry point: `uvicorn ohinfra_overlay.app:app`.
"""
