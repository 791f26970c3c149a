"""Installs the corrections of existing LocalStack services, one module each, before the first request."""

from localstack.runtime import hooks


@hooks.on_infra_start()
def install() -> None:
    from . import acm, cloudwatch, ec2, iam, lambda_, launch_templates, logs, models, moto_services, route53, s3, ssm

    for module in (models, acm, cloudwatch, ec2, iam, lambda_, launch_templates, logs, moto_services, route53, s3, ssm):
        module.install()
