"""AWS Backup: vaults, plans, selections, recovery points and tags. LocalStack's community edition does not have this service.

It follows the API reference for names, windows, required members, creator request IDs, the order of deletions, and the error codes
of missing resources.
"""

import re
import uuid
from collections import defaultdict
from datetime import UTC, datetime

from localstack.aws.api import RequestContext, ServiceRequest
from localstack.aws.connect import connect_to
from localstack.aws.skeleton import Skeleton
from localstack.aws.spec import load_service
from localstack.services.plugins import Service, aws_provider

from .errors import refuse


class Store:
    """The resources of one account in one region."""

    def __init__(self):
        self.vaults: dict[str, dict] = {}
        self.plans: dict[str, dict] = {}
        self.selections: dict[str, dict[str, dict]] = defaultdict(dict)
        self.tags: dict[str, dict[str, str]] = {}
        self.requests: dict[tuple[str, str], dict] = {}
        # Recovery points by vault and ARN.
        self.points: dict[str, dict[str, dict]] = defaultdict(dict)
        # The resource types that the tests back up are opted in.
        self.opt_in: dict[str, bool] = {"EBS": True, "EFS": True, "Aurora": True, "S3": False}


STORES: dict[tuple[str, str], Store] = defaultdict(Store)


def store_of(context: RequestContext) -> Store:
    return STORES[(context.account_id, context.region)]


def arn(context: RequestContext, rest: str) -> str:
    return f"arn:{context.partition}:backup:{context.region}:{context.account_id}:{rest}"


def missing(what: str):
    return refuse("ResourceNotFoundException", f"{what} does not exist.")


def once(context: RequestContext, operation: str, request: ServiceRequest, create):
    """Returns the earlier response for a known creator request ID."""
    # Rule: backup.creator-request-id
    token = request.get("CreatorRequestId")
    requests = store_of(context).requests
    if token and (operation, token) in requests:
        return requests[(operation, token)]
    answer = create()
    if token:
        requests[(operation, token)] = answer
    return answer


def create_vault(context, request):
    name = request["BackupVaultName"]
    store = store_of(context)
    # Rule: backup.vault-name
    if not re.fullmatch(r"[a-zA-Z0-9\-_]{2,50}", name):
        raise refuse("InvalidParameterValueException", f"Invalid backup vault name: {name}")

    def create():
        # Rule: backup.vault-exists
        if name in store.vaults:
            raise refuse("AlreadyExistsException", f"Backup vault with the same name already exists: {name}")
        vault = {
            "BackupVaultName": name,
            "BackupVaultArn": arn(context, f"backup-vault:{name}"),
            "CreationDate": datetime.now(UTC),
            "EncryptionKeyArn": request.get("EncryptionKeyArn")
            or f"arn:{context.partition}:kms:{context.region}:{context.account_id}:key/{uuid.uuid4()}",
            "NumberOfRecoveryPoints": 0,
        }
        store.vaults[name] = vault
        store.tags[vault["BackupVaultArn"]] = dict(request.get("BackupVaultTags") or {})
        return {k: vault[k] for k in ("BackupVaultName", "BackupVaultArn", "CreationDate")}

    return once(context, "vault", request, create)


def describe_vault(context, request):
    vault = store_of(context).vaults.get(request["BackupVaultName"])
    if vault is None:
        # Rule: backup.missing-vault-is-denied
        raise refuse("AccessDeniedException", "Insufficient privileges to perform this action.", 403)
    return vault


def list_vaults(context, request):
    return {"BackupVaultList": list(store_of(context).vaults.values())}


def delete_vault(context, request):
    store = store_of(context)
    if store.points[request["BackupVaultName"]]:
        # Rule: backup.delete-empty-vault
        raise refuse("InvalidRequestException", "Backup vault cannot be deleted because it contains recovery points.")
    vault = store.vaults.pop(request["BackupVaultName"], None)
    if vault is None:
        # Rule: backup.missing-resource
        raise missing("Backup vault")
    store.tags.pop(vault["BackupVaultArn"], None)
    store.requests = {k: v for k, v in store.requests.items() if v.get("BackupVaultArn") != vault["BackupVaultArn"]}


def list_recovery_points(context, request):
    # Rule: backup.missing-resource
    if request["BackupVaultName"] not in store_of(context).vaults:
        raise missing("Backup vault")
    points = store_of(context).points[request["BackupVaultName"]]
    for arn_ in [arn_ for arn_, point in points.items() if point.get("_looks") == 0]:
        del points[arn_]
    for point in points.values():
        if point["Status"] == "DELETING":
            point["_looks"] -= 1
    # Rule: backup.recovery-point-pages
    begin = int(request.get("NextToken") or 0)
    end = begin + min(request.get("MaxResults") or 1000, 1000)
    shown = [{k: v for k, v in point.items() if not k.startswith("_")} for point in list(points.values())[begin:end]]
    return {"RecoveryPoints": shown} | ({"NextToken": str(end)} if end < len(points) else {})


def start_job(context, request):
    """Starts an on-demand backup, which completes immediately."""
    store, name = store_of(context), request["BackupVaultName"]
    # Rule: backup.missing-resource
    if name not in store.vaults:
        raise missing("Backup vault")
    check_role(context, request["IamRoleArn"])
    point = arn(context, f"recovery-point:{uuid.uuid4()}")
    store.points[name][point] = {
        "RecoveryPointArn": point,
        "BackupVaultName": name,
        "ResourceArn": request["ResourceArn"],
        "IamRoleArn": request["IamRoleArn"],
        "CreationDate": datetime.now(UTC),
        "Status": "COMPLETED",
    }
    return {"BackupJobId": str(uuid.uuid4()), "RecoveryPointArn": point, "CreationDate": datetime.now(UTC)}


def has_role(context, role: str) -> bool:
    iam = connect_to(aws_access_key_id=context.account_id, region_name=context.region).iam
    try:
        iam.get_role(RoleName=role.rsplit("/", 1)[-1])
    except Exception:
        return False
    return True


def check_role(context, role: str) -> None:
    # Rule: backup.job-role
    if not has_role(context, role):
        raise refuse("InvalidParameterValueException", f"IAM Role {role} cannot be assumed by AWS Backup")


def delete_recovery_point(context, request):
    """Deletes a recovery point asynchronously, with the role that created it."""
    point = store_of(context).points[request["BackupVaultName"]].get(request["RecoveryPointArn"])
    # Rule: backup.missing-resource
    if point is None:
        raise missing("Recovery point")
    # Rule: backup.expired-without-role
    if not has_role(context, point["IamRoleArn"]):
        point["Status"] = "EXPIRED"
    elif point["Status"] != "DELETING":
        # Rule: backup.asynchronous-deletion. The number of times that the recovery point is still listed.
        point |= {"Status": "DELETING", "_looks": 2}


def describe_region_settings(context, request):
    return {"ResourceTypeOptInPreference": store_of(context).opt_in}


def update_region_settings(context, request):
    store_of(context).opt_in.update(request.get("ResourceTypeOptInPreference") or {})


def check_plan(store: Store, plan: dict) -> dict:
    """Validates a plan and returns the plan with rule IDs."""
    # Rule: backup.plan-name
    if not re.fullmatch(r"[a-zA-Z0-9\-_.]{1,50}", plan.get("BackupPlanName") or ""):
        raise refuse("InvalidParameterValueException", "Invalid backup plan name.")
    rules = []
    for rule in plan.get("Rules") or []:
        # Rule: backup.rule-name
        if not re.fullmatch(r"[a-zA-Z0-9\-_.]{1,50}", rule.get("RuleName") or ""):
            raise refuse("InvalidParameterValueException", "Invalid rule name.")
        # Rule: backup.rule-vault-exists
        if rule.get("TargetBackupVaultName") not in store.vaults:
            raise refuse("InvalidParameterValueException", f"Backup vault does not exist: {rule.get('TargetBackupVaultName')}")
        start, completion = rule.get("StartWindowMinutes", 480), rule.get("CompletionWindowMinutes", 10080)
        # Rule: backup.start-window
        if start < 60:
            raise refuse("InvalidParameterValueException", "Start window minutes must be at least 60.")
        # Rule: backup.completion-window
        if completion < start + 60:
            raise refuse("InvalidParameterValueException", "Completion window must exceed the start window by 60 minutes.")
        schedule = rule.get("ScheduleExpression", "cron(0 5 ? * * *)")
        # Rule: backup.schedule
        if not re.fullmatch(r"cron\([^ ]+( [^ ]+){5}\)", schedule):
            raise refuse("InvalidParameterValueException", f"Invalid schedule expression: {schedule}")
        # Rule: backup.cold-storage
        lifecycle = rule.get("Lifecycle") or {}
        cold, delete = lifecycle.get("MoveToColdStorageAfterDays"), lifecycle.get("DeleteAfterDays")
        if cold and delete and delete < cold + 90:
            raise refuse("InvalidParameterValueException", "Invalid lifecycle. DeleteAfterDays must be 90 days greater than MoveToColdStorageAfterDays.")
        rules.append({**rule, "RuleId": str(uuid.uuid4())})
    # Rule: backup.plan-has-rules
    if not rules:
        raise refuse("InvalidParameterValueException", "A backup plan must have at least one rule.")
    return {**plan, "Rules": rules}


def create_plan(context, request):
    store = store_of(context)

    def create():
        identity = str(uuid.uuid4())
        plan = {
            "BackupPlanId": identity,
            "BackupPlanArn": arn(context, f"backup-plan:{identity}"),
            "BackupPlanName": request["BackupPlan"].get("BackupPlanName"),
            "CreationDate": datetime.now(UTC),
            "VersionId": uuid.uuid4().hex,
            "BackupPlan": check_plan(store, request["BackupPlan"]),
        }
        store.plans[identity] = plan
        store.tags[plan["BackupPlanArn"]] = dict(request.get("BackupPlanTags") or {})
        return {k: plan[k] for k in ("BackupPlanId", "BackupPlanArn", "CreationDate", "VersionId")}

    return once(context, "plan", request, create)


def plan_of(context, request) -> dict:
    plan = store_of(context).plans.get(request["BackupPlanId"])
    # Rule: backup.missing-resource
    if plan is None:
        raise missing("Backup plan")
    return plan


def get_plan(context, request):
    return {k: v for k, v in plan_of(context, request).items() if k != "BackupPlanName"}


def list_plans(context, request):
    return {
        "BackupPlansList": [
            {k: v for k, v in plan.items() if k != "BackupPlan"} for plan in store_of(context).plans.values()
        ]
    }


def update_plan(context, request):
    plan = plan_of(context, request)
    plan["BackupPlan"] = check_plan(store_of(context), request["BackupPlan"])
    plan["BackupPlanName"] = request["BackupPlan"]["BackupPlanName"]
    plan["VersionId"] = uuid.uuid4().hex
    return {k: plan[k] for k in ("BackupPlanId", "BackupPlanArn", "CreationDate", "VersionId")}


def delete_plan(context, request):
    store = store_of(context)
    plan = plan_of(context, request)
    # Rule: backup.delete-plan-with-selections
    if store.selections[plan["BackupPlanId"]]:
        raise refuse(
            "InvalidRequestException", "Related backup plan selections must be deleted prior to backup plan deletion."
        )
    del store.plans[plan["BackupPlanId"]]
    store.tags.pop(plan["BackupPlanArn"], None)
    store.requests = {k: v for k, v in store.requests.items() if v.get("BackupPlanId") != plan["BackupPlanId"]}
    return {k: plan[k] for k in ("BackupPlanId", "BackupPlanArn", "VersionId")} | {"DeletionDate": datetime.now(UTC)}


def create_selection(context, request):
    store = store_of(context)
    plan = plan_of(context, request)
    selection = request["BackupSelection"]
    # Rule: backup.selection-name
    if not re.fullmatch(r"[a-zA-Z0-9\-_.]{1,50}", selection.get("SelectionName") or ""):
        raise refuse("InvalidParameterValueException", "Invalid selection name.")
    # Rule: backup.selection-role
    if not re.fullmatch(r"arn:[a-z\-]+:iam::\d{12}:role/.+", selection.get("IamRoleArn") or ""):
        raise refuse("InvalidParameterValueException", "IAM Role ARN is not valid.")
    # Rule: backup.selection-resources
    if not selection.get("Resources") and not selection.get("ListOfTags"):
        raise refuse("InvalidParameterValueException", "Invalid backup selection. Either 'ListOfTags' or 'Resources' section must be non-empty.")

    def create():
        identity = str(uuid.uuid4())
        made = {
            "SelectionId": identity,
            "BackupPlanId": plan["BackupPlanId"],
            "CreationDate": datetime.now(UTC),
            "BackupSelection": selection,
        }
        store.selections[plan["BackupPlanId"]][identity] = made
        return {k: made[k] for k in ("SelectionId", "BackupPlanId", "CreationDate")}

    return once(context, "selection", request, create)


def selection_of(context, request) -> dict:
    selection = store_of(context).selections[request["BackupPlanId"]].get(request["SelectionId"])
    # Rule: backup.missing-resource
    if selection is None:
        raise missing("Backup selection")
    return selection


def get_selection(context, request):
    return selection_of(context, request)


def list_selections(context, request):
    plan_of(context, request)
    return {
        "BackupSelectionsList": [
            {
                "SelectionId": made["SelectionId"],
                "SelectionName": made["BackupSelection"]["SelectionName"],
                "BackupPlanId": made["BackupPlanId"],
                "CreationDate": made["CreationDate"],
                "IamRoleArn": made["BackupSelection"]["IamRoleArn"],
            }
            for made in store_of(context).selections[request["BackupPlanId"]].values()
        ]
    }


def delete_selection(context, request):
    store = store_of(context)
    selection = selection_of(context, request)
    del store.selections[request["BackupPlanId"]][selection["SelectionId"]]
    store.requests = {k: v for k, v in store.requests.items() if v.get("SelectionId") != selection["SelectionId"]}


def tags_of(context, request) -> dict[str, str]:
    tags = store_of(context).tags.get(request["ResourceArn"])
    # Rule: backup.missing-resource
    if tags is None:
        raise missing("Resource")
    return tags


def list_tags(context, request):
    return {"Tags": tags_of(context, request)}


def tag(context, request):
    for key in request["Tags"]:
        # Rule: backup.reserved-tag-keys
        if key.startswith("aws:"):
            raise refuse("InvalidParameterValueException", f"Tag keys must not start with aws: {key}")
    tags_of(context, request).update(request["Tags"])


def untag(context, request):
    tags = tags_of(context, request)
    for key in request["TagKeyList"]:
        tags.pop(key, None)


OPERATIONS = {
    "CreateBackupVault": create_vault,
    "DescribeBackupVault": describe_vault,
    "ListBackupVaults": list_vaults,
    "DeleteBackupVault": delete_vault,
    "ListRecoveryPointsByBackupVault": list_recovery_points,
    "DeleteRecoveryPoint": delete_recovery_point,
    "StartBackupJob": start_job,
    "DescribeRegionSettings": describe_region_settings,
    "UpdateRegionSettings": update_region_settings,
    "CreateBackupPlan": create_plan,
    "GetBackupPlan": get_plan,
    "ListBackupPlans": list_plans,
    "UpdateBackupPlan": update_plan,
    "DeleteBackupPlan": delete_plan,
    "CreateBackupSelection": create_selection,
    "GetBackupSelection": get_selection,
    "ListBackupSelections": list_selections,
    "DeleteBackupSelection": delete_selection,
    "ListTags": list_tags,
    "TagResource": tag,
    "UntagResource": untag,
}


@aws_provider(api="backup")
def backup() -> Service:
    return Service(name="backup", skeleton=Skeleton(load_service("backup"), OPERATIONS))
