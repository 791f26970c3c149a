"""Corrections of what moto does differently from AWS: ECR's scan setting, EFS' policies of file systems that are gone and
tokens of access points, load balancers and target groups of a name that is taken, Route 53's records that are made again,
WAF's code for a name that is taken."""

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
        if file_system_id not in self.file_systems_by_id:
            raise FileSystemNotFound(file_system_id)
        return policy(self, file_system_id)

    access_point = EFSBackend.create_access_point

    def create_access_point(self, client_token, *args, **kwargs):
        for point in self.access_points.values():
            if point.client_token == client_token:
                error = EFSError("AccessPointAlreadyExists", f"Access point {point.access_point_id} already exists.")
                error.code = 409
                raise error
        return access_point(self, client_token, *args, **kwargs)

    def put_image_scanning_configuration(self, registry_id, repository_name, image_scan_config):
        repository = self._get_repository(repository_name, registry_id)
        repository.image_scanning_configuration = image_scan_config
        return {
            "registryId": repository.registry_id,
            "repositoryName": repository_name,
            "imageScanningConfiguration": image_scan_config,
        }

    change = Route53Backend.change_resource_record_sets

    def change_resource_record_sets(self, zoneid, change_list):
        # What was created once counts as there as long as the record is there, not for good.
        zone = self.get_hosted_zone(zoneid)
        there = {(rrset.name.strip("."), rrset.type_) for rrset in zone.rrsets}
        for value in change_list:
            name = (value["ResourceRecordSet"]["Name"].strip("."), value["ResourceRecordSet"]["Type"])
            if value["Action"] == "CREATE" and name not in there:
                while value in zone.rr_changes:
                    zone.rr_changes.remove(value)
        return change(self, zoneid, change_list)

    load_balancer, target_group = ELBv2Backend.create_load_balancer, ELBv2Backend.create_target_group

    # What is asked for twice with the same settings is answered with what is there.
    def create_load_balancer(self, name, security_groups, subnet_ids, subnet_mappings=None, scheme="internet-facing", **kwargs):
        for there in self.load_balancers.values():
            if there.name == name:
                subnets = {subnet.id for subnet in there.subnets}
                wanted = {*subnet_ids, *(mapping["SubnetId"] for mapping in subnet_mappings or [])}
                if (subnets, set(there.security_groups), there.scheme) != (wanted, set(security_groups), scheme):
                    raise DuplicateLoadBalancerName()
                return there
        return load_balancer(self, name, security_groups, subnet_ids, subnet_mappings, scheme=scheme, **kwargs)

    def create_target_group(self, name, **kwargs):
        for there in self.target_groups.values():
            if there.name == name:
                settings = ("protocol", "port", "vpc_id", "target_type")
                if any(str(getattr(there, setting)) != str(kwargs.get(setting)) for setting in settings):
                    raise DuplicateTargetGroupName()
                return there
        return target_group(self, name, **kwargs)

    def duplicate(self):
        WAFv2ClientError.__init__(self, "WAFDuplicateItemException", "AWS WAF could not perform the operation because some resource in your request is a duplicate of an existing one.")

    WAFV2DuplicateItemException.__init__ = duplicate
    # A deletion makes a new list of records: of two at once the second brought back what the first had deleted.
    Route53Backend.change_resource_record_sets = one_at_a_time(threading.Lock(), change_resource_record_sets)
    ELBv2Backend.create_load_balancer = create_load_balancer
    ELBv2Backend.create_target_group = create_target_group
    EFSBackend.create_access_point = create_access_point
    EFSBackend.describe_file_system_policy = describe_file_system_policy
    ECRBackend.put_image_scanning_configuration = put_image_scanning_configuration
