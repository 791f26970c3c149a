"""What LocalStack lacks and ohinfra's tests need, as AWS documents it. README.md lists it."""
