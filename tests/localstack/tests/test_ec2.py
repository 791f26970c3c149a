"""Rules of EC2: VPC endpoints, security groups, volumes and launch templates."""

import given
from support import Test, name, rule, tags

API = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference"
ENDPOINT = f"EC2 API: CreateVpcEndpoint, {API}/API_CreateVpcEndpoint.html"
STATES = f"EC2 API: DescribeVpcEndpoints, vpc-endpoint-state, {API}/API_DescribeVpcEndpoints.html"
ERRORS = f"EC2 API: Error codes, {API}/errors-overview.html"
VERSION = f"EC2 API: CreateLaunchTemplateVersion, SourceVersion, {API}/API_CreateLaunchTemplateVersion.html"


class VpcEndpoints(Test):
    shares_account = True

    def setUp(self):
        super().setUp()
        self.ec2 = self.aws("ec2")
        self.vpc = given.vpc(self)
        self.ec2.modify_vpc_attribute(VpcId=self.vpc, EnableDnsHostnames={"Value": True})

    def create(self, service: str = "ssm", **changes) -> dict:
        request = {"VpcId": self.vpc, "ServiceName": f"com.amazonaws.{self.region}.{service}", "VpcEndpointType": "Interface"}
        return self.ec2.create_vpc_endpoint(**request, **changes)["VpcEndpoint"]

    def found(self, *filters: tuple[str, str]) -> dict[str, str]:
        """Returns the states of endpoints by ID."""
        given_filters = [{"Name": key, "Values": [value]} for key, value in filters]
        found = self.ec2.describe_vpc_endpoints(Filters=[{"Name": "vpc-id", "Values": [self.vpc]}, *given_filters])
        return {endpoint["VpcEndpointId"]: endpoint["State"] for endpoint in found["VpcEndpoints"]}

    @rule("ec2.endpoint-pending", STATES)
    def test_new_interface_endpoint_is_pending(self):
        endpoint = self.create()
        self.assertEqual(endpoint["State"], "pending")
        self.until(lambda: self.found() == {endpoint["VpcEndpointId"]: "available"})

    @rule("ec2.endpoint-deleting", STATES)
    def test_deleted_endpoint_is_deleting(self):
        def attempt():
            endpoint = self.create(PrivateDnsEnabled=False)["VpcEndpointId"]
            self.ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])
            self.assertEqual(self.found().get(endpoint), "deleting")

        self.while_pending(attempt)
        self.until(lambda: not self.found())

    @rule("ec2.endpoint-client-token", f"EC2 API: CreateVpcEndpoint, ClientToken, {API}/API_CreateVpcEndpoint.html")
    def test_client_token_returns_the_same_endpoint(self):
        token = name()
        first, second = self.create(ClientToken=token), self.create(ClientToken=token)
        self.assertEqual(first["VpcEndpointId"], second["VpcEndpointId"])

    @rule(
        "ec2.endpoint-private-dns",
        "Terraform AWS provider, issue 17535, https://github.com/hashicorp/terraform-provider-aws/issues/17535",
    )
    def test_private_dns_name_is_unique_in_a_vpc(self):
        self.create(PrivateDnsEnabled=True)
        with self.refused("InvalidParameter", "conflicting DNS domain"):
            self.create(PrivateDnsEnabled=True)
        self.create(PrivateDnsEnabled=False)

    @rule(
        "ec2.endpoint-private-dns-attributes",
        # "To use a private hosted zone, you must set the following VPC attributes to true: enableDnsHostnames and enableDnsSupport."
        f"EC2 API: CreateVpcEndpoint, PrivateDnsEnabled, {API}/API_CreateVpcEndpoint.html",
    )
    def test_private_dns_needs_dns_of_the_vpc(self):
        for disabled in ("EnableDnsHostnames", "EnableDnsSupport"):
            self.ec2.modify_vpc_attribute(VpcId=self.vpc, **{disabled: {"Value": False}})
            with self.refused("InvalidParameter", "enableDnsSupport and enableDnsHostnames"):
                self.create(PrivateDnsEnabled=True)
            self.ec2.modify_vpc_attribute(VpcId=self.vpc, **{disabled: {"Value": True}})
        self.create(PrivateDnsEnabled=True)

    @rule("ec2.endpoint-security-group-exists", ERRORS)
    def test_security_group_of_an_endpoint_exists(self):
        with self.refused("InvalidSecurityGroupId.NotFound"):
            self.create(SecurityGroupIds=["sg-0123456789abcdef0"])

    @rule("ec2.endpoint-security-groups", f"EC2 API: ModifyVpcEndpoint, {API}/API_ModifyVpcEndpoint.html")
    def test_security_groups_of_an_endpoint_change(self):
        first, second = given.security_group(self, self.vpc), given.security_group(self, self.vpc)
        endpoint = self.create(SecurityGroupIds=[first])["VpcEndpointId"]
        self.ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, AddSecurityGroupIds=[second], RemoveSecurityGroupIds=[first])
        (found,) = self.ec2.describe_vpc_endpoints(VpcEndpointIds=[endpoint])["VpcEndpoints"]
        self.assertEqual([group["GroupId"] for group in found["Groups"]], [second])

    @rule("ec2.endpoint-filters", f"EC2 API: DescribeVpcEndpoints, Filters, {API}/API_DescribeVpcEndpoints.html")
    def test_endpoints_are_filtered_by_id_and_state(self):
        first, second = self.create("ssm")["VpcEndpointId"], self.create("sns")["VpcEndpointId"]
        self.until(lambda: set(self.found().values()) == {"available"})
        self.assertEqual(set(self.found(("vpc-endpoint-id", first))), {first})
        self.assertEqual(set(self.found(("vpc-endpoint-state", "available"))), {first, second})
        self.assertEqual(self.found(("vpc-endpoint-state", "failed")), {})


class SecurityGroups(Test):
    shares_account = True

    def setUp(self):
        super().setUp()
        self.ec2 = self.aws("ec2")
        self.vpc = given.vpc(self)

    def ingress(self, group: str, **peer) -> dict:
        permission = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, **peer}
        created = self.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])
        return created["SecurityGroupRules"][0]

    def describe(self, rule_id: str) -> dict:
        return self.ec2.describe_security_group_rules(SecurityGroupRuleIds=[rule_id])["SecurityGroupRules"][0]

    @rule(
        "ec2.security-group-in-use",
        # "is associated with an instance or network interface, is referenced by another security group in the same VPC"
        f"EC2 API: DeleteSecurityGroup, {API}/API_DeleteSecurityGroup.html",
    )
    def test_security_group_in_use_is_not_deleted(self):
        of_endpoint, of_rule = given.security_group(self, self.vpc), given.security_group(self, self.vpc)
        service = f"com.amazonaws.{self.region}.ssm"
        endpoint = {"VpcId": self.vpc, "ServiceName": service, "VpcEndpointType": "Interface", "PrivateDnsEnabled": False}
        self.ec2.create_vpc_endpoint(**endpoint, SecurityGroupIds=[of_endpoint])
        other = given.security_group(self, self.vpc)
        self.ingress(other, UserIdGroupPairs=[{"GroupId": of_rule}])
        for group in (of_endpoint, of_rule):
            with self.refused("DependencyViolation"):
                self.ec2.delete_security_group(GroupId=group)
        self.ec2.delete_security_group(GroupId=other)
        self.ec2.delete_security_group(GroupId=of_rule)

    @rule("ec2.rule-description", f"EC2 API: SecurityGroupRule, Description, {API}/API_SecurityGroupRule.html")
    def test_rule_has_a_description_for_every_type_of_peer(self):
        group, other = given.security_group(self, self.vpc), given.security_group(self, self.vpc)
        prefixes = self.ec2.create_managed_prefix_list(PrefixListName=name(), MaxEntries=1, AddressFamily="IPv4")
        peers = [
            {"IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": "text"}]},
            {"UserIdGroupPairs": [{"GroupId": other, "Description": "text"}]},
            {"PrefixListIds": [{"PrefixListId": prefixes["PrefixList"]["PrefixListId"], "Description": "text"}]},
        ]
        for peer in peers:
            created = self.ingress(group, **peer)
            self.assertEqual(self.describe(created["SecurityGroupRuleId"]).get("Description"), "text", peer)

    @rule("ec2.rule-modification", f"EC2 API: ModifySecurityGroupRules, {API}/API_ModifySecurityGroupRules.html")
    def test_rule_is_modified_completely(self):
        group, first, second = (given.security_group(self, self.vpc) for _ in range(3))
        identity = self.ingress(group, UserIdGroupPairs=[{"GroupId": first, "Description": "old"}])["SecurityGroupRuleId"]
        change = {"IpProtocol": "tcp", "FromPort": 81, "ToPort": 82, "ReferencedGroupId": second, "Description": "new"}
        rules = [{"SecurityGroupRuleId": identity, "SecurityGroupRule": change}]
        self.ec2.modify_security_group_rules(GroupId=group, SecurityGroupRules=rules)
        found = self.describe(identity)
        self.assertEqual(found["ReferencedGroupInfo"]["GroupId"], second)
        self.assertEqual((found["FromPort"], found["ToPort"], found["Description"]), (81, 82, "new"))


class Volumes(Test):
    shares_account = True

    @rule(
        "ec2.volume-outlives-instance",
        f"EC2 API: EbsBlockDevice, DeleteOnTermination, {API}/API_EbsBlockDevice.html",
        "EC2 User Guide: Preserve data when an instance is terminated, "
        "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/preserving-volumes-on-termination.html",
    )
    def test_volume_outlives_its_instance(self):
        ec2 = self.aws("ec2")
        volumes = {"/dev/sdf": False, "/dev/sdg": True}
        mappings = [
            {"DeviceName": device, "Ebs": {"VolumeSize": 1, "DeleteOnTermination": deleted}}
            for device, deleted in volumes.items()
        ]
        data = {"ImageId": "ami-12345678", "InstanceType": "t3.micro", "BlockDeviceMappings": mappings}
        template = ec2.create_launch_template(LaunchTemplateName=name(), LaunchTemplateData=data)["LaunchTemplate"]
        which = {"LaunchTemplateId": template["LaunchTemplateId"], "Version": "1"}
        subnet = given.subnets(self, given.vpc(self))[0]
        started = ec2.run_instances(LaunchTemplate=which, MinCount=1, MaxCount=1, SubnetId=subnet)
        instance = started["Instances"][0]["InstanceId"]
        described = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
        ids = {mapping["DeviceName"]: mapping["Ebs"]["VolumeId"] for mapping in described["BlockDeviceMappings"]}
        ec2.terminate_instances(InstanceIds=[instance])
        left = {volume["VolumeId"] for volume in ec2.describe_volumes()["Volumes"]}
        self.assertEqual((ids["/dev/sdf"] in left, ids["/dev/sdg"] in left), (True, False))


class LaunchTemplates(Test):
    shares_account = True

    def setUp(self):
        super().setUp()
        self.ec2 = self.aws("ec2")

    def create(self, data: dict, **more) -> str:
        created = self.ec2.create_launch_template(LaunchTemplateName=name(), LaunchTemplateData=data, **more)
        return created["LaunchTemplate"]["LaunchTemplateId"]

    def versions(self, template: str) -> list[dict]:
        found = self.ec2.describe_launch_template_versions(LaunchTemplateId=template)["LaunchTemplateVersions"]
        return sorted(found, key=lambda version: version["VersionNumber"])

    @rule("ec2.missing-template", ERRORS)
    def test_missing_template_is_not_found(self):
        with self.refused("InvalidLaunchTemplateId.NotFound"):
            self.ec2.create_launch_template_version(
                LaunchTemplateId="lt-0123456789abcdef0", SourceVersion="1", LaunchTemplateData={"InstanceType": "t3.micro"}
            )

    @rule(
        "ec2.template-tags",
        # "To tag the launch template, the resource type must be launch-template. To specify the tags for the resources that are
        # created when an instance is launched, you must use the TagSpecifications parameter in the launch template data"
        f"EC2 API: CreateLaunchTemplate, TagSpecifications, {API}/API_CreateLaunchTemplate.html",
    )
    def test_tags_of_a_template_are_separate_from_tags_of_instances(self):
        instance = [{"ResourceType": "instance", "Tags": [{"Key": "of", "Value": "instance"}]}]
        own = [{"ResourceType": "launch-template", "Tags": [{"Key": "of", "Value": "template"}]}]
        template = self.create({"InstanceType": "t3.micro", "TagSpecifications": instance}, TagSpecifications=own)
        (found,) = self.ec2.describe_launch_templates(LaunchTemplateIds=[template])["LaunchTemplates"]
        self.assertEqual(tags(found["Tags"]), {"of": "template"})
        (version,) = self.versions(template)
        self.assertEqual(version["LaunchTemplateData"]["TagSpecifications"], instance)
        self.ec2.create_tags(Resources=[template], Tags=[{"Key": "of", "Value": "changed"}])
        (found,) = self.ec2.describe_launch_templates(LaunchTemplateIds=[template])["LaunchTemplates"]
        self.assertEqual(tags(found["Tags"]), {"of": "changed"})

    @rule(
        "ec2.template-source-version",
        # "the new version inherits the launch parameters from the source version. If you specify additional launch parameters for the
        # new version, they overwrite any corresponding launch parameters"
        VERSION,
    )
    def test_new_version_inherits_from_its_source(self):
        template = self.create({"ImageId": "ami-12345678", "InstanceType": "t3.micro"})
        change = {"LaunchTemplateId": template, "LaunchTemplateData": {"InstanceType": "t3.small"}}
        self.ec2.create_launch_template_version(**change, SourceVersion="1")
        self.ec2.create_launch_template_version(**change)
        data = [version["LaunchTemplateData"] for version in self.versions(template)]
        self.assertEqual(data[1], {"ImageId": "ami-12345678", "InstanceType": "t3.small"})
        self.assertEqual(data[2], {"InstanceType": "t3.small"})

    @rule(
        "ec2.template-default-version",
        f"EC2 API: LaunchTemplateVersion, DefaultVersion, {API}/API_LaunchTemplateVersion.html",
    )
    def test_one_version_is_the_default(self):
        template = self.create({"InstanceType": "t3.micro"})
        self.ec2.create_launch_template_version(LaunchTemplateId=template, LaunchTemplateData={"InstanceType": "t3.small"})
        self.assertEqual([version["DefaultVersion"] for version in self.versions(template)], [True, False])
        self.ec2.modify_launch_template(LaunchTemplateId=template, DefaultVersion="2")
        self.assertEqual([version["DefaultVersion"] for version in self.versions(template)], [False, True])
