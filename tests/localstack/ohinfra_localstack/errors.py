"""Errors as AWS's services give them."""

from localstack.aws.api import CommonServiceException


def refuse(code: str, message: str, status: int = 400) -> CommonServiceException:
    """An error of the caller."""
    return CommonServiceException(code, message, status_code=status, sender_fault=True)
