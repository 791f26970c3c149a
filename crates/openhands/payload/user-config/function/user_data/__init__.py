"""Users' documents in the data bucket, sealed where they hold secrets: shared by the function and by OpenHands itself."""
