"""EC2: launch templates. Their own tags are separate from the tags of the instances that they launch. A new version inherits from its
source version."""

from xml.dom import minidom

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.launch_templates import LaunchTemplate, LaunchTemplateBackend
from moto.ec2.responses.launch_templates import LaunchTemplates


def text(node: minidom.Element, member: str) -> str:
    """Returns the text of a direct member."""
    return next(child for child in node.childNodes if child.nodeName == member).firstChild.data


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
            self._get_multi_param_dict = lambda prefix: {**inherited, **(parameters(prefix) or {})}
        return create_version(self)

    describe_versions = LaunchTemplates.describe_launch_template_versions

    def describe_launch_template_versions(self) -> str:
        # Rule: ec2.template-default-version. moto reports every version as the default.
        document = minidom.parseString(describe_versions(self))
        for flag in document.getElementsByTagName("defaultVersion"):
            template_id, number = (text(flag.parentNode, member) for member in ("launchTemplateId", "versionNumber"))
            template = self.ec2_backend.get_launch_template(template_id)
            flag.firstChild.data = str(int(number) == template.default_version_number).lower()
        return document.toxml()

    LaunchTemplates.create_launch_template_version = create_launch_template_version
    LaunchTemplateBackend.get_launch_template = get_launch_template
    LaunchTemplateBackend.create_launch_template = create_launch_template
    # moto sets the tags of a new template here and also keeps them elsewhere.
    LaunchTemplate.tags = property(lambda self: self.get_tags(), lambda self, value: None)
    LaunchTemplates.describe_launch_template_versions = describe_launch_template_versions
