"""Rules of IAM and Parameter Store."""

import given
from support import Test, name, rule


class Identity(Test):
    @rule(
        "iam.role-not-in-profile",
        "IAM API: RemoveRoleFromInstanceProfile, NoSuchEntity, "
        "https://docs.aws.amazon.com/IAM/latest/APIReference/API_RemoveRoleFromInstanceProfile.html",
    )
    def test_role_outside_a_profile_is_not_removed(self):
        iam, profile, role = self.aws("iam"), name(), given.role(self).rsplit("/", 1)[-1]
        iam.create_instance_profile(InstanceProfileName=profile)
        with self.refused("NoSuchEntity"):
            iam.remove_role_from_instance_profile(InstanceProfileName=profile, RoleName=role)

    @rule(
        "ssm.parameter-type",
        # "Parameter Store doesn't support changing a parameter type in a hierarchy."
        "Systems Manager API: PutParameter, HierarchyTypeMismatchException, "
        "https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html",
    )
    def test_type_of_a_parameter_does_not_change(self):
        ssm, parameter = self.aws("ssm"), name()
        ssm.put_parameter(Name=parameter, Value="a", Type="String")
        with self.refused("HierarchyTypeMismatchException"):
            ssm.put_parameter(Name=parameter, Value="b", Type="SecureString", Overwrite=True)
        ssm.put_parameter(Name=parameter, Value="b", Overwrite=True)
        self.assertEqual(ssm.get_parameter(Name=parameter)["Parameter"]["Value"], "b")
