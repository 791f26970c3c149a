"""EC2: the tags that a launch template gives are not mixed with the tags that it has itself, which can be changed. A new version
inherits from its source version.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateLaunchTemplateVersion.html (SourceVersion: "the new version
inherits the launch parameters from the source version. If you specify additional launch parameters for the new version, they
overwrite any corresponding launch parameters inherited from the source version")
"""

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.launch_templates import LaunchTemplate, LaunchTemplateBackend
from moto.ec2.responses.launch_templates import LaunchTemplates


def install() -> None:
    create = LaunchTemplateBackend.create_launch_template

    def create_launch_template(self, name, description, template_data, tag_spec):
        template_data.pop("TagSpecifications", None)
        return create(self, name, description, template_data, tag_spec)

    def get_launch_template(self, template_id: str):
        if template_id not in self.launch_templates:
            raise EC2ClientError("InvalidLaunchTemplateId.NotFound", f"The specified launch template, with template ID {template_id}, does not exist.")
        return self.launch_templates[template_id]

    create_version = LaunchTemplates.create_launch_template_version

    def create_launch_template_version(self) -> str:
        source, parameters = self._get_param("SourceVersion"), self._get_multi_param_dict
        if source:
            template = self.ec2_backend.get_launch_template(self._get_param("LaunchTemplateId"))
            inherited = template.get_version(source).data
            # A given parameter replaces the inherited one as a whole.
            self._get_multi_param_dict = lambda prefix: {**inherited, **parameters(prefix)}
        return create_version(self)

    LaunchTemplates.create_launch_template_version = create_launch_template_version
    LaunchTemplateBackend.get_launch_template = get_launch_template
    LaunchTemplateBackend.create_launch_template = create_launch_template
    # What is set when it is made is not needed: tags are kept elsewhere.
    LaunchTemplate.tags = property(lambda self: self.get_tags(), lambda self, value: None)
    # moto compares a version's number with a method, so that none is the default.
    LaunchTemplate.is_default = lambda self, version: self.default_version() is version
