"""RDS: versions of Aurora PostgreSQL, and the upgrades between them."""

from .errors import refuse
from .rds_store import store_of

VERSIONS = ("14.12", "15.7", "15.8", "15.10", "16.4", "16.6", "17.4", "17.5")


def order(version: str) -> list[int]:
    """Returns a sort key: 15.10 is newer than 15.8."""
    return [int(part) for part in version.split(".")]


def check_upgrade(live: str, request, family: str) -> None:
    """Validates the version change of a modification or a restore."""
    wanted = request.get("EngineVersion")
    if not wanted:
        return
    # Rule: rds.no-downgrade
    if order(wanted) < order(live):
        raise refuse("InvalidParameterCombination", f"Cannot upgrade aurora-postgresql from {live} to {wanted}")
    if order(wanted)[0] == order(live)[0]:
        return
    # Rule: rds.allow-major-upgrade
    if request.get("AllowMajorVersionUpgrade") is False:
        raise refuse("InvalidParameterCombination", "The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version.")
    # Rule: rds.major-upgrade-parameter-group
    if family != f"aurora-postgresql{wanted.split('.')[0]}":
        raise refuse(
            "InvalidParameterCombination",
            f"The current DB instance parameter group is custom. You must explicitly specify a new DB parameter group for version {wanted}",
        )


def family_of(context, group: str | None) -> str:
    found = store_of(context).parameter_groups.get(group)
    return found["DBParameterGroupFamily"] if found else (group or "").removeprefix("default.")


def check_family(context, group: str | None, version: str) -> None:
    # Rule: rds.parameter-group-family
    if family_of(context, group) != f"aurora-postgresql{version.split('.')[0]}":
        raise refuse(
            "InvalidParameterCombination",
            f"The Parameter Group {group} with DBParameterGroupFamily {family_of(context, group)} can't be used for this instance. "
            f"Please use a Parameter Group with DBParameterGroupFamily aurora-postgresql{version.split('.')[0]}",
        )


def describe_versions(context, request):
    family = request.get("DBParameterGroupFamily")
    versions = [
        {
            "Engine": "aurora-postgresql",
            "EngineVersion": version,
            "DBParameterGroupFamily": f"aurora-postgresql{version.split('.')[0]}",
            "SupportedEngineModes": ["provisioned"],
            "Status": "available",
        }
        for version in VERSIONS
    ]
    wanted = [v for v in versions if not family or v["DBParameterGroupFamily"] == family]
    return {"DBEngineVersions": wanted if request.get("Engine") == "aurora-postgresql" else []}
