"""Documents of users in the data bucket, encrypted if they contain secrets. Shared by the function and the overlay."""
