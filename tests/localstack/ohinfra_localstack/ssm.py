"""Parameter Store: the type of a parameter cannot change."""

from moto.core.exceptions import JsonRESTError
from moto.ssm.models import SimpleSystemManagerBackend


def install() -> None:
    put = SimpleSystemManagerBackend.put_parameter

    def put_parameter(self, name, description, value, parameter_type, *args, **kwargs):
        known = self._parameters[name] if name in self._parameters else None
        # Rule: ssm.parameter-type
        if known and parameter_type and known[-1].parameter_type != parameter_type:
            raise JsonRESTError(
                "HierarchyTypeMismatchException",
                f"The type of {name} cannot be changed from {known[-1].parameter_type} to {parameter_type}.",
            )
        return put(self, name, description, value, parameter_type, *args, **kwargs)

    SimpleSystemManagerBackend.put_parameter = put_parameter
