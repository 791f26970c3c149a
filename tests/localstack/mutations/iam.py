"""Changes of roles, KMS keys, secrets and parameters."""

import json

from . import NOT_HERE, leave_out, mutates


def document(service: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def edited(text: str) -> str:
    """Returns the document with a change."""
    policy = json.loads(text)
    policy["Statement"][0]["Sid"] = "ChangedOutside"
    return json.dumps(policy)


@mutates("iam.role", "description")
def _(aws, it):
    aws("iam").update_role(RoleName=it["id"], Description="changed outside", MaxSessionDuration=it["inputs"]["max_session_seconds"])


@mutates("iam.role", "max_session_seconds")
def _(aws, it):
    aws("iam").update_role(RoleName=it["id"], Description=it["inputs"]["description"], MaxSessionDuration=43200)


@mutates("iam.role", "assume_role_policy")
def _(aws, it):
    aws("iam").update_assume_role_policy(RoleName=it["id"], PolicyDocument=document("ecs-tasks.amazonaws.com"))


@mutates("iam.role", "managed_policy_arns")
def _(aws, it):
    """Attaches another policy."""
    aws("iam").attach_role_policy(RoleName=it["id"], PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")


@mutates("iam.role", "managed_policy_arns")
def _(aws, it):
    """Detaches a policy."""
    aws("iam").detach_role_policy(RoleName=it["id"], PolicyArn=it["inputs"]["managed_policy_arns"][0])


@mutates("iam.role_policy", "document")
def _(aws, it):
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    names = {"RoleName": it["inputs"]["role_name"], "PolicyName": it["inputs"]["policy_name"]}
    aws("iam").put_role_policy(**names, PolicyDocument=json.dumps(policy))


@mutates("iam.instance_profile", "role_name")
def _(aws, it):
    aws("iam").remove_role_from_instance_profile(InstanceProfileName=it["id"], RoleName=it["inputs"]["role_name"])


@mutates("kms.alias", "target_key_id")
def _(aws, it):
    key = aws("kms").create_key()["KeyMetadata"]["KeyId"]
    aws("kms").update_alias(AliasName=it["inputs"]["alias_name"], TargetKeyId=key)


@mutates("kms.key", "description")
def _(aws, it):
    aws("kms").update_key_description(KeyId=it["id"], Description="changed outside")


@mutates("kms.key", "policy")
def _(aws, it):
    aws("kms").put_key_policy(KeyId=it["id"], PolicyName="default", Policy=edited(it["inputs"]["policy"]))


@mutates("kms.key", "rotation_enabled")
def _(aws, it):
    if it["inputs"]["rotation_enabled"]:
        aws("kms").disable_key_rotation(KeyId=it["id"])
    else:
        aws("kms").enable_key_rotation(KeyId=it["id"])


@mutates("kms.key", "enabled")
def _(aws, it):
    aws("kms").disable_key(KeyId=it["id"])


@mutates("secretsmanager.secret", "description")
def _(aws, it):
    aws("secretsmanager").update_secret(SecretId=it["id"], Description="changed outside")


@mutates("secretsmanager.secret", "kms_key_id")
def _(aws, it):
    if "kms_key_id" not in it["inputs"]:
        return NOT_HERE
    key = aws("kms").create_key()["KeyMetadata"]["KeyId"]
    aws("secretsmanager").update_secret(SecretId=it["id"], KmsKeyId=key)


leave_out(
    "secretsmanager.secret",
    "a secret that is scheduled for deletion reads as missing, and an apply restores it; covered by the fault tests",
    "scheduled_for_deletion",
)


@mutates("secretsmanager.secret_policy", "document")
def _(aws, it):
    client, secret = aws("secretsmanager"), it["inputs"]["secret_arn"]
    policy = edited(client.get_resource_policy(SecretId=secret)["ResourcePolicy"])
    client.put_resource_policy(SecretId=secret, ResourcePolicy=policy)


@mutates("secretsmanager.connection_details", "details")
def _(aws, it):
    client, secret = aws("secretsmanager"), it["inputs"]["secret_arn"]
    value = json.loads(client.get_secret_value(SecretId=secret)["SecretString"])
    client.put_secret_value(SecretId=secret, SecretString=json.dumps({**value, "host": "elsewhere.example.com"}))


@mutates("ssm.parameter", "value")
def _(aws, it):
    aws("ssm").put_parameter(Name=it["id"], Value="changed outside", Overwrite=True, Description=it["inputs"]["description"])
