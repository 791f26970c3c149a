"""Corrections of what LocalStack has, one module each. Installed before the first request."""

from localstack.runtime import hooks


@hooks.on_infra_start()
def install() -> None:
    from . import cloudwatch, ec2, iam, logs, s3

    for module in (cloudwatch, ec2, iam, logs, s3):
        module.install()
