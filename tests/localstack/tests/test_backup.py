"""Rules of AWS Backup."""

import given
from support import NO_SOURCE, Test, name, rule

API = "https://docs.aws.amazon.com/aws-backup/latest/devguide"
RULE = f"AWS Backup API: BackupRuleInput, {API}/API_BackupRuleInput.html"
SELECTION = f"AWS Backup API: BackupSelection, {API}/API_BackupSelection.html"


class Backup(Test):
    def setUp(self):
        super().setUp()
        self.backup = self.aws("backup")

    def vault(self) -> str:
        vault = name()
        self.backup.create_backup_vault(BackupVaultName=vault)
        return vault

    def plan(self, plan_name: str = "plan", **rule_changes) -> str:
        rules = [{"RuleName": "daily", "TargetBackupVaultName": rule_changes.pop("vault", None) or self.vault(), **rule_changes}]
        created = self.backup.create_backup_plan(BackupPlan={"BackupPlanName": plan_name, "Rules": rules})
        return created["BackupPlanId"]

    def select(self, plan: str, **changes) -> str:
        selection = {
            "SelectionName": "selection",
            "IamRoleArn": f"arn:aws:iam::{self.account}:role/backup",
            "Resources": ["arn:aws:ec2:*:*:volume/*"],
            **changes,
        }
        return self.backup.create_backup_selection(BackupPlanId=plan, BackupSelection=selection)["SelectionId"]

    def recovery_point(self, vault: str, role: str) -> str:
        resource = f"arn:aws:ec2:{self.region}:{self.account}:volume/vol-1"
        job = self.backup.start_backup_job(BackupVaultName=vault, ResourceArn=resource, IamRoleArn=role)
        return job["RecoveryPointArn"]

    def points(self, vault: str, **more) -> dict:
        return self.backup.list_recovery_points_by_backup_vault(BackupVaultName=vault, **more)

    @rule("backup.vault-name", f"AWS Backup API: CreateBackupVault, {API}/API_CreateBackupVault.html")
    def test_vault_name_is_validated(self):
        with self.refused("InvalidParameterValueException"):
            self.backup.create_backup_vault(BackupVaultName="a/b")

    @rule(
        "backup.vault-exists",
        f"AWS Backup API: CreateBackupVault, AlreadyExistsException, {API}/API_CreateBackupVault.html",
    )
    def test_vault_name_is_unique(self):
        vault = self.vault()
        with self.refused("AlreadyExistsException"):
            self.backup.create_backup_vault(BackupVaultName=vault)

    @rule(
        "backup.creator-request-id",
        f"AWS Backup API: CreateBackupPlan, CreatorRequestId, {API}/API_CreateBackupPlan.html",
    )
    def test_creator_request_id_makes_creation_idempotent(self):
        vault = name()
        first = self.backup.create_backup_vault(BackupVaultName=vault, CreatorRequestId="once")
        second = self.backup.create_backup_vault(BackupVaultName=vault, CreatorRequestId="once")
        self.assertEqual(first["BackupVaultArn"], second["BackupVaultArn"])
        plan = {"BackupPlanName": "plan", "Rules": [{"RuleName": "daily", "TargetBackupVaultName": vault}]}
        ids = {self.backup.create_backup_plan(BackupPlan=plan, CreatorRequestId="once")["BackupPlanId"] for _ in range(2)}
        self.assertEqual(len(ids), 1)

    @rule(
        "backup.missing-vault-is-denied",
        "AWS SDK for JavaScript, issue 2625, https://github.com/aws/aws-sdk-js/issues/2625",
        "Ansible amazon.aws, pull request 1436, https://github.com/ansible-collections/amazon.aws/pull/1436",
    )
    def test_description_of_a_missing_vault_is_denied(self):
        with self.refused("AccessDeniedException"):
            self.backup.describe_backup_vault(BackupVaultName="missing")

    @rule(
        "backup.missing-resource",
        f"AWS Backup API: GetBackupPlan, ResourceNotFoundException, {API}/API_GetBackupPlan.html",
    )
    def test_missing_resources_are_not_found(self):
        vault, plan, role = self.vault(), self.plan(), given.role(self, "backup.amazonaws.com")
        missing = {"BackupPlanId": "12345678-1234-1234-1234-123456789012"}
        calls = [
            lambda: self.backup.delete_backup_vault(BackupVaultName="missing"),
            lambda: self.points("missing"),
            lambda: self.recovery_point("missing", role),
            lambda: self.backup.delete_recovery_point(BackupVaultName=vault, RecoveryPointArn="arn:aws:backup:::missing"),
            lambda: self.backup.get_backup_plan(**missing),
            lambda: self.backup.get_backup_selection(BackupPlanId=plan, SelectionId="missing"),
            lambda: self.backup.list_tags(ResourceArn="arn:aws:backup:::missing"),
        ]
        for call in calls:
            with self.refused("ResourceNotFoundException"):
                call()

    @rule("backup.delete-empty-vault", f"AWS Backup API: DeleteBackupVault, {API}/API_DeleteBackupVault.html")
    def test_vault_with_recovery_points_is_not_deleted(self):
        vault = self.vault()
        self.recovery_point(vault, given.role(self, "backup.amazonaws.com"))
        with self.refused("InvalidRequestException"):
            self.backup.delete_backup_vault(BackupVaultName=vault)

    @rule(
        "backup.recovery-point-pages",
        f"AWS Backup API: ListRecoveryPointsByBackupVault, {API}/API_ListRecoveryPointsByBackupVault.html",
    )
    def test_recovery_points_have_pages(self):
        vault, role = self.vault(), given.role(self, "backup.amazonaws.com")
        expected = {self.recovery_point(vault, role) for _ in range(3)}
        first = self.points(vault, MaxResults=2)
        second = self.points(vault, MaxResults=2, NextToken=first["NextToken"])
        found = {point["RecoveryPointArn"] for point in first["RecoveryPoints"] + second["RecoveryPoints"]}
        self.assertEqual((len(first["RecoveryPoints"]), found), (2, expected))
        self.assertNotIn("NextToken", second)

    @rule(
        "backup.job-role",
        "AWS Landing Zone Accelerator, issue 195, https://github.com/awslabs/landing-zone-accelerator-on-aws/issues/195",
    )
    def test_backup_needs_an_existing_role(self):
        with self.refused("InvalidParameterValueException", "cannot be assumed by AWS Backup"):
            self.recovery_point(self.vault(), f"arn:aws:iam::{self.account}:role/missing")

    @rule(
        "backup.asynchronous-deletion",
        f"AWS Backup API: RecoveryPointByBackupVault, Status, {API}/API_RecoveryPointByBackupVault.html",
    )
    def test_deleted_recovery_point_is_listed_as_deleting(self):
        vault = self.vault()
        point = self.recovery_point(vault, given.role(self, "backup.amazonaws.com"))
        self.backup.delete_recovery_point(BackupVaultName=vault, RecoveryPointArn=point)
        self.assertEqual([one["Status"] for one in self.points(vault)["RecoveryPoints"]], ["DELETING"])
        self.until(lambda: not self.points(vault)["RecoveryPoints"])
        self.backup.delete_backup_vault(BackupVaultName=vault)

    @rule(
        "backup.expired-without-role",
        # "If the user or role is deleted [...], the deletion will not be successful and will enter an EXPIRED state."
        f"AWS Backup API: DeleteRecoveryPoint, {API}/API_DeleteRecoveryPoint.html",
    )
    def test_recovery_point_without_its_role_expires(self):
        vault, role = self.vault(), given.role(self, "backup.amazonaws.com")
        point = self.recovery_point(vault, role)
        self.aws("iam").delete_role(RoleName=role.rsplit("/", 1)[-1])
        self.backup.delete_recovery_point(BackupVaultName=vault, RecoveryPointArn=point)
        for _ in range(3):
            self.assertEqual([one["Status"] for one in self.points(vault)["RecoveryPoints"]], ["EXPIRED"])

    @rule("backup.plan-name", f"AWS Backup API: BackupPlanInput, {API}/API_BackupPlanInput.html")
    def test_plan_name_is_validated(self):
        with self.refused("InvalidParameterValueException"):
            self.plan("a name with spaces")

    @rule("backup.plan-has-rules", f"AWS Backup API: BackupPlanInput, Rules, {API}/API_BackupPlanInput.html")
    def test_plan_has_rules(self):
        with self.refused("InvalidParameterValueException"):
            self.backup.create_backup_plan(BackupPlan={"BackupPlanName": "plan", "Rules": []})

    @rule("backup.rule-name", RULE)
    def test_rule_name_is_validated(self):
        with self.refused("InvalidParameterValueException"):
            self.plan(RuleName="a name with spaces")

    @rule("backup.rule-vault-exists", RULE)
    def test_vault_of_a_rule_exists(self):
        with self.refused("InvalidParameterValueException"):
            self.plan(vault="missing")

    @rule(
        "backup.start-window",
        # "If this value is included, it must be at least 60 minutes to avoid errors."
        RULE,
        "Terraform AWS provider, issue 8794, https://github.com/hashicorp/terraform-provider-aws/issues/8794",
    )
    def test_start_window_is_at_least_one_hour(self):
        self.plan(StartWindowMinutes=60, CompletionWindowMinutes=120)
        with self.refused("InvalidParameterValueException"):
            self.plan(StartWindowMinutes=59, CompletionWindowMinutes=180)

    @rule("backup.completion-window", NO_SOURCE)
    def test_completion_window_exceeds_the_start_window(self):
        with self.refused("InvalidParameterValueException"):
            self.plan(StartWindowMinutes=120, CompletionWindowMinutes=179)

    @rule("backup.schedule", f"AWS Backup API: BackupRuleInput, ScheduleExpression, {API}/API_BackupRuleInput.html")
    def test_schedule_is_a_cron_expression(self):
        with self.refused("InvalidParameterValueException"):
            self.plan(ScheduleExpression="rate(1 day)")

    @rule(
        "backup.cold-storage",
        # "the retention setting must be 90 days greater than the transition to cold after days setting"
        f"AWS Backup API: Lifecycle, {API}/API_Lifecycle.html",
    )
    def test_backups_stay_in_cold_storage_for_90_days(self):
        self.plan(Lifecycle={"MoveToColdStorageAfterDays": 10, "DeleteAfterDays": 100})
        with self.refused("InvalidParameterValueException"):
            self.plan(Lifecycle={"MoveToColdStorageAfterDays": 10, "DeleteAfterDays": 99})

    @rule("backup.delete-plan-with-selections", f"AWS Backup API: DeleteBackupPlan, {API}/API_DeleteBackupPlan.html")
    def test_plan_with_selections_is_not_deleted(self):
        plan = self.plan()
        selection = self.select(plan)
        with self.refused("InvalidRequestException"):
            self.backup.delete_backup_plan(BackupPlanId=plan)
        self.backup.delete_backup_selection(BackupPlanId=plan, SelectionId=selection)
        self.backup.delete_backup_plan(BackupPlanId=plan)

    @rule("backup.selection-name", SELECTION)
    def test_selection_name_is_validated(self):
        plan = self.plan()
        with self.refused("InvalidParameterValueException"):
            self.select(plan, SelectionName="a name with spaces")

    @rule("backup.selection-role", SELECTION)
    def test_role_of_a_selection_is_an_arn(self):
        plan = self.plan()
        with self.refused("InvalidParameterValueException"):
            self.select(plan, IamRoleArn="backup")

    @rule(
        "backup.selection-resources",
        "Terraform AWS provider, pull request 25436, https://github.com/hashicorp/terraform-provider-aws/pull/25436",
    )
    def test_selection_has_resources_or_tags(self):
        plan = self.plan()
        condition = {"StringEquals": [{"ConditionKey": "aws:ResourceTag/backup", "ConditionValue": "daily"}]}
        for incomplete in ({}, {"Conditions": condition}, {"NotResources": ["arn:aws:s3:::*"]}):
            with self.refused("InvalidParameterValueException"):
                self.select(plan, Resources=[], **incomplete)

    @rule(
        "backup.reserved-tag-keys",
        "Tagging AWS Resources User Guide: Best practices and strategies, https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html",
    )
    def test_tag_keys_of_aws_are_reserved(self):
        vault = self.vault()
        arn = f"arn:aws:backup:{self.region}:{self.account}:backup-vault:{vault}"
        self.backup.tag_resource(ResourceArn=arn, Tags={"mine": "1"})
        with self.refused("InvalidParameterValueException"):
            self.backup.tag_resource(ResourceArn=arn, Tags={"aws:theirs": "1"})
        self.assertEqual(self.backup.list_tags(ResourceArn=arn)["Tags"], {"mine": "1"})
