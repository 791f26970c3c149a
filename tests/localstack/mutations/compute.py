"""Changes of functions, Auto Scaling groups and repositories."""

import io
import json
import time
import urllib.parse
import urllib.request
import uuid
import zipfile

from . import mutates


def settled(aws, it):
    """Waits until the function can change."""
    for _ in range(100):
        found = aws("lambda").get_function_configuration(FunctionName=it["id"])
        if found["State"] == "Active" and found.get("LastUpdateStatus") != "InProgress":
            return
        time.sleep(0.1)


def configured(path: str, **change):
    @mutates("lambda.function", path)
    def _(aws, it):
        settled(aws, it)
        aws("lambda").update_function_configuration(FunctionName=it["id"], **change)
        settled(aws, it)


configured("description", Description="changed")
configured("runtime", Runtime="python3.12")
configured("handler", Handler="other.handler")
configured("memory_mb", MemorySize=1024)
configured("timeout_seconds", Timeout=15)
configured("environment", Environment={"Variables": {"A": "changed"}})
configured("environment", Environment={"Variables": {}})


@mutates("lambda.function", "environment")
def _(aws, it):
    """Adds a variable whose wrapper runs before the function."""
    settled(aws, it)
    found = aws("lambda").get_function_configuration(FunctionName=it["id"]).get("Environment", {}).get("Variables", {})
    variables = found | {"AWS_LAMBDA_EXEC_WRAPPER": "/tmp/theirs"}
    aws("lambda").update_function_configuration(FunctionName=it["id"], Environment={"Variables": variables})
    settled(aws, it)


@mutates("lambda.function", "layers")
def _(aws, it):
    """Adds code in a layer."""
    settled(aws, it)
    layer = aws("lambda").publish_layer_version(LayerName="theirs", Content={"ZipFile": archive("theirs")})
    aws("lambda").update_function_configuration(FunctionName=it["id"], Layers=[layer["LayerVersionArn"]])
    settled(aws, it)


def permitted(path: str, **change):
    """Replaces the statement under the same ID. `None` removes a parameter."""

    @mutates("lambda.permission", path)
    def _(aws, it):
        inputs = it["inputs"]
        statement = {"FunctionName": inputs["function_name"], "StatementId": inputs["statement_id"]}
        aws("lambda").remove_permission(**statement)
        given = {"Principal": inputs["principal"], "SourceArn": inputs["source_arn"]}
        given = {name: value for name, value in (given | change).items() if value}
        aws("lambda").add_permission(Action="lambda:InvokeFunction", **statement, **given)


permitted("principal", Principal="*")
permitted("source_arn", SourceArn=None)
permitted("principal+source_arn", Principal="*", SourceArn=None)


@mutates("lambda.function", "role_arn")
def _(aws, it):
    name = f"other-{uuid.uuid4().hex[:8]}"
    document = (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},'
        '"Action":"sts:AssumeRole"}]}'
    )
    role = aws("iam").create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
    settled(aws, it)
    aws("lambda").update_function_configuration(FunctionName=it["id"], Role=role)
    settled(aws, it)


def archive(text: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("index.mjs", text)
    return buffer.getvalue()


@mutates("lambda.function", "code_sha256")
def _(aws, it):
    settled(aws, it)
    code = archive("export const handler = async (event) => event.Records[0].cf.request;")
    aws("lambda").update_function_code(
        FunctionName=it["id"], ZipFile=code, Architectures=[it["inputs"]["architecture"]]
    )
    settled(aws, it)


@mutates("lambda.function", "architecture")
def _(aws, it):
    """Uploads the same code with another architecture."""
    settled(aws, it)
    location = urllib.parse.urlsplit(aws("lambda").get_function(FunctionName=it["id"])["Code"]["Location"])
    # Only LocalStack resolves the host name of the bucket.
    endpoint = aws("lambda").meta.endpoint_url
    request = urllib.request.Request(f"{endpoint}{location.path}?{location.query}", headers={"Host": location.netloc})
    with urllib.request.urlopen(request) as answer:
        code = answer.read()
    other = "arm64" if it["inputs"]["architecture"] == "x86_64" else "x86_64"
    aws("lambda").update_function_code(FunctionName=it["id"], ZipFile=code, Architectures=[other])
    settled(aws, it)


def group(path: str, **change):
    @mutates("autoscaling.group", path)
    def _(aws, it):
        aws("autoscaling").update_auto_scaling_group(AutoScalingGroupName=it["id"], **change)


group("size", MinSize=0, MaxSize=1, DesiredCapacity=0)
group("size", MaxSize=3)
group("size", MinSize=0)
group("health_check_type", HealthCheckType="EC2")
group("health_check_grace_seconds", HealthCheckGracePeriod=1)


@mutates("autoscaling.group", "template_version")
def _(aws, it):
    template = {"LaunchTemplateId": it["inputs"]["template_id"], "Version": "2"}
    aws("autoscaling").update_auto_scaling_group(AutoScalingGroupName=it["id"], LaunchTemplate=template)


@mutates("autoscaling.group", "template_id")
def _(aws, it):
    data = {"ImageId": "ami-12345678", "InstanceType": "t3.micro"}
    made = aws("ec2").create_launch_template(LaunchTemplateName=uuid.uuid4().hex, LaunchTemplateData=data)
    template = {"LaunchTemplateId": made["LaunchTemplate"]["LaunchTemplateId"], "Version": "1"}
    aws("autoscaling").update_auto_scaling_group(AutoScalingGroupName=it["id"], LaunchTemplate=template)


@mutates("autoscaling.group", "subnet_ids")
def _(aws, it):
    subnets = ",".join(it["inputs"]["subnet_ids"][:1])
    aws("autoscaling").update_auto_scaling_group(AutoScalingGroupName=it["id"], VPCZoneIdentifier=subnets)


@mutates("autoscaling.group", "target_group_arns")
def _(aws, it):
    arns = it["inputs"]["target_group_arns"]
    aws("autoscaling").detach_load_balancer_target_groups(AutoScalingGroupName=it["id"], TargetGroupARNs=arns)


@mutates("autoscaling.group", "target_group_arns")
def _(aws, it):
    groups = aws("elbv2").describe_target_groups()["TargetGroups"]
    known = it["inputs"]["target_group_arns"]
    other = next(g["TargetGroupArn"] for g in groups if g["TargetGroupArn"] not in known and g["TargetType"] == "instance")
    aws("autoscaling").attach_load_balancer_target_groups(AutoScalingGroupName=it["id"], TargetGroupARNs=[other])


@mutates("ecr.repository", "scan_on_push")
def _(aws, it):
    scanning = {"scanOnPush": not it["inputs"]["scan_on_push"]}
    aws("ecr").put_image_scanning_configuration(repositoryName=it["id"], imageScanningConfiguration=scanning)


@mutates("ecr.repository", "immutable_tags")
def _(aws, it):
    mutability = "MUTABLE" if it["inputs"]["immutable_tags"] else "IMMUTABLE"
    aws("ecr").put_image_tag_mutability(repositoryName=it["id"], imageTagMutability=mutability)


@mutates("ecr.repository", "lifecycle_policy")
def _(aws, it):
    policy = json.loads(it["inputs"]["lifecycle_policy"])
    policy["rules"][0]["selection"]["countNumber"] = 99
    aws("ecr").put_lifecycle_policy(repositoryName=it["id"], lifecyclePolicyText=json.dumps(policy))


@mutates("ecr.repository", "lifecycle_policy")
def _(aws, it):
    aws("ecr").delete_lifecycle_policy(repositoryName=it["id"])
