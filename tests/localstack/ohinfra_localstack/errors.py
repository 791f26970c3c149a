"""Errors of AWS services."""

from localstack.aws.api import CommonServiceException


def refuse(code: str, message: str, status: int = 400) -> CommonServiceException:
    """Returns a client error."""
    return CommonServiceException(code, message, status_code=status, sender_fault=True)
