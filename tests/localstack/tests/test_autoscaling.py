"""Rules of Auto Scaling."""

import given
from support import Test, name, rule

API = "https://docs.aws.amazon.com/autoscaling/ec2/APIReference"
GUIDE = "https://docs.aws.amazon.com/autoscaling/ec2/userguide"
START = f"Auto Scaling API: StartInstanceRefresh, {API}/API_StartInstanceRefresh.html"
ROLLBACK = f"Auto Scaling User Guide: Undo changes with a manual or auto rollback, {GUIDE}/instance-refresh-rollback.html"
DELETE = f"Auto Scaling API: DeleteAutoScalingGroup, {API}/API_DeleteAutoScalingGroup.html"


class AutoScaling(Test):
    shares_account = True

    def setUp(self):
        super().setUp()
        self.scaling = self.aws("autoscaling")
        ec2 = self.aws("ec2")
        data = {"ImageId": "ami-12345678", "InstanceType": "t3.micro"}
        self.template = ec2.create_launch_template(LaunchTemplateName=name(), LaunchTemplateData=data)["LaunchTemplate"][
            "LaunchTemplateId"
        ]
        ec2.create_launch_template_version(LaunchTemplateId=self.template, SourceVersion="1", LaunchTemplateData={})
        self.subnets = given.subnets(self, given.vpc(self))

    def version(self, version: str) -> dict:
        return {"LaunchTemplateId": self.template, "Version": version}

    def create(self, group: str | None = None, tags: dict[str, str] | None = None, size: int = 1) -> str:
        group = group or name()
        described = [
            {"Key": key, "Value": value, "PropagateAtLaunch": False, "ResourceId": group, "ResourceType": "auto-scaling-group"}
            for key, value in (tags or {}).items()
        ]
        self.scaling.create_auto_scaling_group(
            AutoScalingGroupName=group,
            LaunchTemplate=self.version("1"),
            MinSize=size,
            MaxSize=1,
            VPCZoneIdentifier=",".join(self.subnets),
            Tags=described,
        )
        return group

    def describe(self, group: str) -> dict:
        (found,) = self.scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[group])["AutoScalingGroups"]
        return found

    def in_service(self, group: str) -> str:
        """Waits for the instance of a group and returns its ID."""

        def instance():
            instances = self.describe(group)["Instances"]
            return instances and instances[0]["LifecycleState"] == "InService" and instances[0]["InstanceId"]

        return self.until(instance)

    def refresh(self, group: str, version: str = "2", **preferences) -> None:
        configuration = {"LaunchTemplate": self.version(version)}
        self.scaling.start_instance_refresh(
            AutoScalingGroupName=group, DesiredConfiguration=configuration, Preferences=preferences
        )

    def status(self, group: str) -> str:
        return self.scaling.describe_instance_refreshes(AutoScalingGroupName=group)["InstanceRefreshes"][0]["Status"]

    def ended(self, group: str) -> str:
        return self.until(lambda: (status := self.status(group)) not in ("Pending", "InProgress") and status)

    @rule(
        "autoscaling.missing-group",
        "Kubernetes cluster-api-provider-aws, pull request 4662, https://github.com/kubernetes-sigs/cluster-api-provider-aws/pull/4662",
    )
    def test_missing_group_is_a_validation_error(self):
        with self.refused("ValidationError", "not found"):
            self.scaling.describe_instance_refreshes(AutoScalingGroupName="missing")

    @rule(
        "autoscaling.group-exists",
        f"Auto Scaling API: CreateAutoScalingGroup, AlreadyExists, {API}/API_CreateAutoScalingGroup.html",
    )
    def test_group_name_is_unique(self):
        group = self.create(size=0)
        with self.refused("AlreadyExists"):
            self.create(group, size=0)

    @rule(
        "autoscaling.pending-instance",
        f"Auto Scaling User Guide: Instance lifecycle, {GUIDE}/ec2-auto-scaling-lifecycle.html",
    )
    def test_new_instance_is_pending(self):
        def attempt():
            (instance,) = self.describe(self.create())["Instances"]
            self.assertEqual(instance["LifecycleState"], "Pending")

        self.while_pending(attempt)
        self.in_service(self.create())

    @rule(
        "autoscaling.failed-launch",
        f"Auto Scaling API: DescribeScalingActivities, {API}/API_DescribeScalingActivities.html",
    )
    def test_failed_launch_is_an_activity(self):
        group = self.create(tags={"localstack:launch-failure": "no capacity"})
        self.assertEqual(self.describe(group)["Instances"], [])
        activities = self.scaling.describe_scaling_activities(AutoScalingGroupName=group)["Activities"]
        self.assertEqual((activities[0]["StatusCode"], activities[0]["StatusMessage"]), ("Failed", "no capacity"))
        self.until(lambda: len(self.scaling.describe_scaling_activities(AutoScalingGroupName=group)["Activities"]) > 1)

    @rule(
        "autoscaling.one-refresh",
        f"Auto Scaling API: StartInstanceRefresh, InstanceRefreshInProgress, {API}/API_StartInstanceRefresh.html",
    )
    def test_one_refresh_at_a_time(self):
        def attempt():
            group = self.create()
            self.refresh(group)
            with self.refused("InstanceRefreshInProgress"):
                self.refresh(group)

        self.while_pending(attempt)

    @rule("autoscaling.refresh-replaces-instances", START)
    def test_refresh_replaces_the_instance(self):
        group = self.create()
        before = self.in_service(group)
        self.refresh(group)
        self.assertEqual(self.ended(group), "Successful")
        self.assertNotEqual(self.in_service(group), before)

    @rule(
        "autoscaling.refresh-sets-template",
        # "Once the instance refresh succeeds, Amazon EC2 Auto Scaling updates the settings of the Auto Scaling group"
        START,
    )
    def test_successful_refresh_sets_the_template_of_the_group(self):
        group = self.create()
        self.refresh(group)
        self.assertEqual(self.ended(group), "Successful")
        self.assertEqual(self.describe(group)["LaunchTemplate"]["Version"], "2")

    @rule("autoscaling.failed-refresh", ROLLBACK)
    def test_rolled_back_refresh_keeps_the_template_of_the_group(self):
        group = self.create(tags={"localstack:refresh-ends": "RollbackSuccessful"})
        self.refresh(group, AutoRollback=True)
        self.assertEqual(self.ended(group), "RollbackSuccessful")
        self.assertEqual(self.describe(group)["LaunchTemplate"]["Version"], "1")

    @rule(
        "autoscaling.rollback-needs-configuration",
        ROLLBACK,
        "Terraform AWS provider, issue 29830, https://github.com/hashicorp/terraform-provider-aws/issues/29830",
    )
    def test_automatic_rollback_needs_a_desired_configuration(self):
        group = self.create(size=0)
        with self.refused("ValidationError", "AutoRollback"):
            self.scaling.start_instance_refresh(AutoScalingGroupName=group, Preferences={"AutoRollback": True})

    @rule("autoscaling.rollback-needs-version", ROLLBACK)
    def test_automatic_rollback_needs_a_numbered_version(self):
        group = self.create(size=0)
        with self.refused("ValidationError", "AutoRollback"):
            self.refresh(group, "$Latest", AutoRollback=True)

    @rule("autoscaling.force-delete", DELETE)
    def test_group_with_instances_is_deleted_by_force_only(self):
        group = self.create()
        self.in_service(group)
        with self.refused("ResourceInUse"):
            self.scaling.delete_auto_scaling_group(AutoScalingGroupName=group)
        self.scaling.delete_auto_scaling_group(AutoScalingGroupName=group, ForceDelete=True)

    @rule(
        "autoscaling.delete-terminates-instances",
        # "The force delete operation will also terminate the EC2 instances."
        DELETE,
    )
    def test_deletion_terminates_the_instances(self):
        group = self.create()
        instance = self.in_service(group)
        self.scaling.delete_auto_scaling_group(AutoScalingGroupName=group, ForceDelete=True)
        (reservation,) = self.aws("ec2").describe_instances(InstanceIds=[instance])["Reservations"]
        self.assertEqual(reservation["Instances"][0]["State"]["Name"], "terminated")

    @rule(
        "autoscaling.interfaces-deleted",
        "EC2 User Guide: Terminate Amazon EC2 instances, https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/terminating-instances.html",
    )
    def test_termination_deletes_the_network_interfaces(self):
        ec2 = self.aws("ec2")
        group = self.create()
        filters = [{"Name": "subnet-id", "Values": self.subnets}]
        self.in_service(group)
        self.assertEqual(len(ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"]), 1)
        self.scaling.delete_auto_scaling_group(AutoScalingGroupName=group, ForceDelete=True)
        self.assertEqual(ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"], [])
