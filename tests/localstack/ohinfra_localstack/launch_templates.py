"""EC2: launch templates. Their own tags are separate from the tags of the instances that they launch. A new version inherits from its
source version."""

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.launch_templates import LaunchTemplate, LaunchTemplateBackend
from moto.ec2.responses.launch_templates import LaunchTemplates


def install() -> None:
    create = LaunchTemplateBackend.create_launch_template

    def create_launch_template(self, name, description, template_data, tag_spec):
        # Rule: ec2.template-tags
        template_data.pop("TagSpecifications", None)
        return create(self, name, description, template_data, tag_spec)

    def get_launch_template(self, template_id: str):
        # Rule: ec2.missing-template
        if template_id not in self.launch_templates:
            raise EC2ClientError("InvalidLaunchTemplateId.NotFound", f"The specified launch template, with template ID {template_id}, does not exist.")
        return self.launch_templates[template_id]

    create_version = LaunchTemplates.create_launch_template_version

    def create_launch_template_version(self) -> str:
        source, parameters = self._get_param("SourceVersion"), self._get_multi_param_dict
        if source:
            template = self.ec2_backend.get_launch_template(self._get_param("LaunchTemplateId"))
            inherited = template.get_version(source).data
            # Rule: ec2.template-source-version. A parameter of the request replaces the whole inherited parameter.
            self._get_multi_param_dict = lambda prefix: {**inherited, **parameters(prefix)}
        return create_version(self)

    LaunchTemplates.create_launch_template_version = create_launch_template_version
    LaunchTemplateBackend.get_launch_template = get_launch_template
    LaunchTemplateBackend.create_launch_template = create_launch_template
    # moto sets the tags of a new template here and also keeps them elsewhere.
    LaunchTemplate.tags = property(lambda self: self.get_tags(), lambda self, value: None)
    # Rule: ec2.template-default-version. moto compares the number with a method, so no version is the default.
    LaunchTemplate.is_default = lambda self, version: self.default_version() is version
