"""EC2: states, client tokens, private DNS names, security groups and filters of VPC endpoints; security groups in use; descriptions
of security group rules; and volumes that outlive their instance."""

import inspect
import time

from localstack.services.ec2.provider import Ec2Provider
from moto.ec2.models import instances, security_groups, vpcs

from .errors import refuse
from .settings import PENDING_SECONDS


def install() -> None:
    _endpoints()
    _security_groups()
    _rules()
    _volumes()


def _endpoints() -> None:
    backend = vpcs.VPCEndPointBackend if hasattr(vpcs, "VPCEndPointBackend") else vpcs.VPCBackend
    create, delete, describe = backend.create_vpc_endpoint, backend.delete_vpc_endpoints, backend.describe_vpc_endpoints
    modify = Ec2Provider.modify_vpc_endpoint

    def age(self) -> None:
        """Sets the state of each endpoint according to its age."""
        # Rule: ec2.endpoint-deleting
        now = time.monotonic()
        for identity, endpoint in list(self.vpc_end_points.items()):
            if getattr(endpoint, "gone_at", None) is not None:
                if endpoint.gone_at <= now:
                    del self.vpc_end_points[identity]
                else:
                    endpoint.state = "deleting"
            else:
                endpoint.state = "available" if getattr(endpoint, "ready_at", 0) <= now else "pending"

    def create_vpc_endpoint(self, *args, **kwargs):
        age(self)
        token = kwargs.get("client_token")
        for endpoint in self.vpc_end_points.values():
            # Rule: ec2.endpoint-client-token
            if token and endpoint.client_token == token:
                return endpoint
            same = endpoint.vpc_id == kwargs.get("vpc_id") and endpoint.service_name == kwargs.get("service_name")
            # Rule: ec2.endpoint-private-dns
            if same and kwargs.get("private_dns_enabled") and endpoint.private_dns_enabled:
                raise refuse(
                    "InvalidParameter",
                    "private-dns-enabled cannot be set because there is already a conflicting DNS domain for "
                    f"{endpoint.service_name} in the VPC {endpoint.vpc_id}",
                )
        vpc = self.get_vpc(kwargs["vpc_id"])
        has_dns = all(str(value).lower() == "true" for value in (vpc.enable_dns_support, vpc.enable_dns_hostnames))
        # Rule: ec2.endpoint-private-dns-attributes
        if kwargs.get("private_dns_enabled") and not has_dns:
            raise refuse(
                "InvalidParameter",
                "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for "
                f"{vpc.id}",
            )
        for group in kwargs.get("security_group_ids") or []:
            # Rule: ec2.endpoint-security-group-exists
            if self.get_security_group_from_id(group) is None:
                raise refuse("InvalidSecurityGroupId.NotFound", f"The security group '{group}' does not exist")
        endpoint = create(self, *args, **kwargs)
        interface = (endpoint.vpc_endpoint_type or "").lower() == "interface"
        # Rule: ec2.endpoint-pending
        endpoint.ready_at = time.monotonic() + (PENDING_SECONDS if interface else 0)
        endpoint.state = "pending" if interface else "available"
        return endpoint

    def delete_vpc_endpoints(self, vpce_ids=None):
        age(self)
        delete(self, [identity for identity in vpce_ids or [] if identity in self.vpc_end_points])
        for identity in vpce_ids or []:
            endpoint = self.vpc_end_points.get(identity)
            if endpoint is not None and getattr(endpoint, "gone_at", None) is None:
                endpoint.gone_at = time.monotonic() + PENDING_SECONDS
        age(self)

    def describe_vpc_endpoints(self, *args, **kwargs):
        age(self)
        return describe(self, *args, **kwargs)

    def modify_vpc_endpoint(
        self, context, vpc_endpoint_id, add_security_group_ids=None, remove_security_group_ids=None, **kwargs
    ):
        answer = modify(self, context, vpc_endpoint_id, **kwargs)
        from localstack.services.ec2.models import get_ec2_backend

        endpoint = get_ec2_backend(context.account_id, context.region).vpc_end_points[vpc_endpoint_id]
        # Rule: ec2.endpoint-security-groups
        groups = [group for group in endpoint.security_group_ids if group not in (remove_security_group_ids or [])]
        endpoint.security_group_ids = groups + [g for g in add_security_group_ids or [] if g not in groups]
        return answer

    filter_value = vpcs.VPCEndPoint.get_filter_value

    def get_filter_value(self, filter_name, *args, **kwargs):
        # Rule: ec2.endpoint-filters
        if filter_name == "vpc-endpoint-id":
            return self.id
        if filter_name == "vpc-endpoint-state":
            return self.state
        return filter_value(self, filter_name, *args, **kwargs)

    vpcs.VPCEndPoint.get_filter_value = get_filter_value
    backend.create_vpc_endpoint = create_vpc_endpoint
    backend.delete_vpc_endpoints = delete_vpc_endpoints
    backend.describe_vpc_endpoints = describe_vpc_endpoints
    modify_vpc_endpoint.__dict__.update(modify.__dict__)
    Ec2Provider.modify_vpc_endpoint = modify_vpc_endpoint


def _security_groups() -> None:
    backend = security_groups.SecurityGroupBackend
    delete = backend.delete_security_group

    def delete_security_group(self, name=None, group_id=None):
        if group_id:
            users = [
                endpoint.id for endpoint in self.describe_vpc_endpoints(None) if group_id in endpoint.security_group_ids
            ]
            for groups in self.groups.values():
                for group in groups.values():
                    rules = list(group.ingress_rules) + list(group.egress_rules)
                    named = {rule.source_group.get("GroupId") for rule in rules}
                    if group.id != group_id and group_id in named:
                        users.append(group.id)
            # Rule: ec2.security-group-in-use
            if users:
                raise refuse("DependencyViolation", f"resource {group_id} has a dependent object")
        return delete(self, name=name, group_id=group_id)

    backend.delete_security_group = delete_security_group


def _rules() -> None:
    rule_class, backend = security_groups.SecurityGroupRule, security_groups.SecurityGroupBackend
    create, modify = rule_class.__init__, backend.modify_security_group_rules

    signature = inspect.signature(create)

    def init(self, *args, **kwargs):
        bound = signature.bind(self, *args, **kwargs)
        # Rule: ec2.rule-description. The description is not part of what a rule allows, so it must not make two rules differ.
        source = dict(bound.arguments.get("source_group") or {})
        notes = [source.pop("Description", None), (bound.arguments.get("prefix_list_id") or {}).get("Description")]
        if source:
            bound.arguments["source_group"] = source
        create(*bound.args, **bound.kwargs)
        self.note = next((note for note in notes if note), None)

    def description(self):
        return self.note or self.ip_range.get("Description")

    def modify_security_group_rules(self, group_id, rules):
        modify(self, group_id, rules)
        group = self.get_security_group_by_name_or_id(group_id)
        for identity, new in rules.items():
            rule = group.get_rule(identity)
            rule.from_port, rule.to_port = int(rule.from_port), int(rule.to_port)
            # Rule: ec2.rule-modification
            if new.get("PrefixListId"):
                rule.prefix_list_id = new["PrefixListId"]
            if new.get("ReferencedGroupId"):
                rule.source_group = {**rule.source_group, "GroupId": new["ReferencedGroupId"]}
            if not new.get("CidrIpv4") and not new.get("CidrIpv6"):
                rule.note = rule.ip_range.pop("Description", None)

    rule_class.__init__ = init
    rule_class.description = property(description)
    backend.modify_security_group_rules = modify_security_group_rules


def _volumes() -> None:
    add = instances.Instance.add_block_device

    def add_block_device(self, size, device_path, snapshot_id, encrypted, delete_on_termination, *args, **kwargs):
        # Rule: ec2.volume-outlives-instance. moto treats the text "false" as true.
        deleted = str(delete_on_termination).lower() == "true"
        add(self, size, device_path, snapshot_id, encrypted, deleted, *args, **kwargs)

    instances.Instance.add_block_device = add_block_device
