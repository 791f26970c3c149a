"""Services that moto implements and LocalStack's community edition lacks: ECR, EFS and Elastic Load Balancing."""

from localstack.services.plugins import Service, aws_provider

from .forward import service


@aws_provider(api="ecr")
def ecr() -> Service:
    return service("ecr", {})


@aws_provider(api="efs")
def efs() -> Service:
    return service("efs", {})


@aws_provider(api="elbv2")
def elbv2() -> Service:
    return service("elbv2", {})
