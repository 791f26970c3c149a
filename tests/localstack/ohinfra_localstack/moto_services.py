"""Corrections of moto: scan settings of ECR; policies and access points of EFS; names of load balancers and target groups; records of
Route 53; and names of web ACLs."""

import threading

from moto.ecr.models import ECRBackend
from moto.efs.exceptions import EFSError, FileSystemNotFound
from moto.efs.models import EFSBackend
from moto.elbv2.exceptions import DuplicateLoadBalancerName, DuplicateTargetGroupName
from moto.elbv2.models import ELBv2Backend
from moto.route53.models import Route53Backend
from moto.wafv2.exceptions import WAFV2DuplicateItemException, WAFv2ClientError

from .lambda_ import one_at_a_time


def install() -> None:
    policy = EFSBackend.describe_file_system_policy

    def describe_file_system_policy(self, file_system_id: str) -> str:
        # Rule: efs.missing-file-system
        if file_system_id not in self.file_systems_by_id:
            raise FileSystemNotFound(file_system_id)
        return policy(self, file_system_id)

    access_point = EFSBackend.create_access_point

    def create_access_point(self, client_token, *args, **kwargs):
        for point in self.access_points.values():
            # Rule: efs.access-point-token
            if point.client_token == client_token:
                error = EFSError("AccessPointAlreadyExists", f"Access point {point.access_point_id} already exists.")
                error.code = 409
                raise error
        return access_point(self, client_token, *args, **kwargs)

    def put_image_scanning_configuration(self, registry_id, repository_name, image_scan_config):
        # Rule: ecr.scan-setting
        repository = self._get_repository(repository_name, registry_id)
        repository.image_scanning_configuration = image_scan_config
        return {
            "registryId": repository.registry_id,
            "repositoryName": repository_name,
            "imageScanningConfiguration": image_scan_config,
        }

    change = Route53Backend.change_resource_record_sets

    def change_resource_record_sets(self, zoneid, change_list):
        # Rule: route53.record-created-again. moto may mistake another record for the deleted one.
        zone = self.get_hosted_zone(zoneid)
        there = {(rrset.name.strip("."), rrset.type_) for rrset in zone.rrsets}
        for value in change_list:
            name = (value["ResourceRecordSet"]["Name"].strip("."), value["ResourceRecordSet"]["Type"])
            if value["Action"] == "CREATE" and name not in there:
                while value in zone.rr_changes:
                    zone.rr_changes.remove(value)
        return change(self, zoneid, change_list)

    load_balancer, target_group = ELBv2Backend.create_load_balancer, ELBv2Backend.create_target_group

    def create_load_balancer(self, name, security_groups, subnet_ids, subnet_mappings=None, scheme="internet-facing", **kwargs):
        for there in self.load_balancers.values():
            if there.name == name:
                subnets = {subnet.id for subnet in there.subnets}
                wanted = {*subnet_ids, *(mapping["SubnetId"] for mapping in subnet_mappings or [])}
                # Rule: elbv2.load-balancer-name
                if (subnets, set(there.security_groups), there.scheme) != (wanted, set(security_groups), scheme):
                    raise DuplicateLoadBalancerName()
                return there
        return load_balancer(self, name, security_groups, subnet_ids, subnet_mappings, scheme=scheme, **kwargs)

    def create_target_group(self, name, **kwargs):
        for there in self.target_groups.values():
            if there.name == name:
                # Rule: elbv2.target-group-name
                settings = ("protocol", "port", "vpc_id", "target_type")
                if any(str(getattr(there, setting)) != str(kwargs.get(setting)) for setting in settings):
                    raise DuplicateTargetGroupName()
                return there
        return target_group(self, name, **kwargs)

    def duplicate(self):
        # Rule: wafv2.duplicate-name
        WAFv2ClientError.__init__(self, "WAFDuplicateItemException", "AWS WAF could not perform the operation because some resource in your request is a duplicate of an existing one.")

    WAFV2DuplicateItemException.__init__ = duplicate
    # Rule: route53.concurrent-changes. moto replaces the list of records, so one of two concurrent changes would be lost.
    Route53Backend.change_resource_record_sets = one_at_a_time(threading.Lock(), change_resource_record_sets)
    ELBv2Backend.create_load_balancer = create_load_balancer
    ELBv2Backend.create_target_group = create_target_group
    EFSBackend.create_access_point = create_access_point
    EFSBackend.describe_file_system_policy = describe_file_system_policy
    ECRBackend.put_image_scanning_configuration = put_image_scanning_configuration
