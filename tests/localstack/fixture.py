"""Creates the prerequisites of a deployment: a VPC with two private subnets behind a NAT gateway and two public subnets behind an
internet gateway, in two zones, and a public hosted zone. Prints their IDs as JSON.

Every run creates new resources. `--without` omits a part: `nat` (private subnets have no route to the internet), `dns` (the VPC has no
DNS hostnames), `public` (no internet gateway).
"""

import argparse
import json
import uuid

import boto3


def make(connect, region: str, domain: str, without: list) -> dict:
    """Creates the resources. `connect` returns a client of a service."""
    ec2, route53 = connect("ec2"), connect("route53")

    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsSupport={"Value": True})
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": "dns" not in without})

    zones = [f"{region}a", f"{region}b"]
    subnets = {
        kind: [
            ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{base + n}.0/24", AvailabilityZone=zone)["Subnet"]["SubnetId"]
            for n, zone in enumerate(zones)
        ]
        for kind, base in (("private", 0), ("public", 10))
    }

    def table(kind: str, **route: str) -> str:
        made = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
        for subnet in subnets[kind]:
            ec2.associate_route_table(RouteTableId=made, SubnetId=subnet)
        if route:
            ec2.create_route(RouteTableId=made, DestinationCidrBlock="0.0.0.0/0", **route)
        return made

    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    public = table("public", **({} if "public" in without else {"GatewayId": gateway}))
    if "nat" in without:
        private = table("private")
    else:
        address = ec2.allocate_address(Domain="vpc")["AllocationId"]
        nat = ec2.create_nat_gateway(SubnetId=subnets["public"][0], AllocationId=address)["NatGateway"]["NatGatewayId"]
        private = table("private", NatGatewayId=nat)

    zone = route53.create_hosted_zone(Name=domain, CallerReference=str(uuid.uuid4()))["HostedZone"]["Id"]
    return {
        "vpc_id": vpc,
        "hosted_zone_id": zone.rsplit("/", 1)[-1],
        "private_subnets": subnets["private"],
        "public_subnets": subnets["public"],
        "private_route_table": private,
        "public_route_table": public,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--region", default="us-west-2")
    parser.add_argument("--account", default="000000000000", help="account ID (12 digits)")
    parser.add_argument("--domain", default="example.com")
    parser.add_argument("--without", action="append", default=[], choices=["nat", "dns", "public"])
    arguments = parser.parse_args()
    session = boto3.Session(
        aws_access_key_id=arguments.account, aws_secret_access_key="test", region_name=arguments.region
    )

    def connect(service: str):
        return session.client(service, endpoint_url=arguments.endpoint)

    print(json.dumps(make(connect, arguments.region, arguments.domain, arguments.without)))


if __name__ == "__main__":
    main()
