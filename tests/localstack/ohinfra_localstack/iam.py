"""IAM: the error code for removing a role from an instance profile that does not have the role."""

from moto.iam.exceptions import NotFoundException
from moto.iam.models import IAMBackend


def install() -> None:
    remove = IAMBackend.remove_role_from_instance_profile

    def remove_role_from_instance_profile(self, profile_name: str, role_name: str) -> None:
        profile = self.get_instance_profile(profile_name)
        # Rule: iam.role-not-in-profile
        if not any(role.name == role_name for role in profile.roles):
            raise NotFoundException(f"The role {role_name} cannot be found in the instance profile {profile_name}.")
        remove(self, profile_name, role_name)

    IAMBackend.remove_role_from_instance_profile = remove_role_from_instance_profile
