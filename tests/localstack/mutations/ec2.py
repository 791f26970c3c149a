"""Changes of what belongs to a VPC."""

from . import mutates

EVERYWHERE = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]


@mutates("ec2.security_group", "allow_all_egress")
def _(aws, it):
    if it["inputs"]["allow_all_egress"]:
        aws("ec2").revoke_security_group_egress(GroupId=it["id"], IpPermissions=EVERYWHERE)
    else:
        aws("ec2").authorize_security_group_egress(GroupId=it["id"], IpPermissions=EVERYWHERE)
