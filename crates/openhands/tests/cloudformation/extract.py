"""Writes schemas.json: the part of CloudFormation's resource schemas that kinds.toml names, from a pinned cfn-lint.

With --check, fails if the file is out of date. pip downloads the wheel. Requires Python 3.11 and no other package.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import tomllib
import zipfile

VERSION = "1.58.0"
REGION = "us-east-1"
FOLDER = pathlib.Path(__file__).parent
SCHEMAS = "cfnlint/data/schemas"

# Keywords of JSON Schema that limit a value. `format` is a name of cfn-lint, and `uniqueItems` is often too strict.
LIMITS = [
    "type", "const", "enum", "pattern", "minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems",
]


def resolve(schema, definitions):
    """Returns a schema without a reference at its top level."""
    while "$ref" in schema:
        rest = {name: value for name, value in schema.items() if name != "$ref"}
        schema = definitions[schema["$ref"].removeprefix("#/definitions/")] | rest
    return schema


def limits(schema, definitions, deep):
    """Returns the limits of a value and of the items of a list. With `deep`, also those of the members of an object."""
    schema = resolve(schema, definitions)
    found = {name: schema[name] for name in LIMITS if name in schema}
    if "pattern" in found:
        # Syntax that not every engine supports: the end of a string in Python, and a repeated look-ahead.
        found["pattern"] = found["pattern"].replace("\\Z", "$").replace("(?!\\.)+", "(?!\\.)")
    if "items" in schema:
        found["items"] = limits(schema["items"], definitions, deep)
    if "patternProperties" in schema:
        members = schema["patternProperties"].items()
        found["patternProperties"] = {name: limits(member, definitions, deep) for name, member in members}
        found["additionalProperties"] = False
    if deep and "properties" in schema:
        members = schema["properties"].items()
        found["properties"] = {name: limits(member, definitions, deep) for name, member in members}
    return found


def at(schema, path, definitions):
    """Returns the schema at a path: names of members, and `*` for the items of a list, joined by slashes."""
    for name in path.split("/"):
        schema = resolve(schema, definitions)
        schema = schema["items"] if name == "*" else schema["properties"][name]
    return schema


def paths_of(mapping):
    """Returns the property paths of one entry of kinds.toml."""
    path = mapping.get("path", []) if isinstance(mapping, dict) else mapping
    return [path] if isinstance(path, str) else path


def extract(schema, paths):
    """Returns the part of the schema of a resource type that the comparison reads."""
    definitions = schema.get("definitions", {})
    names = lambda keyword: sorted(name.removeprefix("/properties/") for name in schema.get(keyword, []))
    tagging = schema.get("tagging", {})
    tags = tagging.get("tagProperty", "/properties/Tags").removeprefix("/properties/")
    result = {
        "create_only": names("createOnlyProperties"),
        "conditional_create_only": names("conditionalCreateOnlyProperties"),
        "read_only": names("readOnlyProperties"),
        "properties": {path: limits(at(schema, path, definitions), definitions, False) for path in sorted(paths)},
    }
    if tagging.get("taggable", False):
        result["tags"] = limits(schema["properties"][tags], definitions, True)
    return result


def lines(value, levels, indent=""):
    """Returns JSON with one line for each member of the outer levels of objects."""
    if levels == 0 or not isinstance(value, dict) or not value:
        return json.dumps(value, sort_keys=True)
    inner = indent + "  "
    members = [f"{inner}{json.dumps(name)}: {lines(value[name], levels - 1, inner)}" for name in sorted(value)]
    return "{\n" + ",\n".join(members) + f"\n{indent}" + "}"


def main(wheel, is_check):
    kinds = tomllib.loads((FOLDER / "kinds.toml").read_text())
    paths = {}
    for mappings in kinds.values():
        if "type" in mappings:
            found = paths.setdefault(mappings["type"], set())
            found.update(path for name, mapping in mappings.items() if name != "type" for path in paths_of(mapping))
    with zipfile.ZipFile(wheel) as archive:
        read = lambda name: json.loads(archive.read(f"{SCHEMAS}/{name}"))
        provided = read(f"providers/{REGION}.json")
        types = {name: extract(read(f"resources/{provided[name]}.json"), paths[name]) for name in paths}
        source = {"cfn-lint": VERSION, "region": REGION} | read("version.json")
    text = lines({"source": source, "types": types}, 4) + "\n"
    file = FOLDER / "schemas.json"
    if not is_check:
        file.write_text(text)
    elif file.read_text() != text:
        sys.exit(f"{file} is out of date: run `python3 {__file__}`")


with tempfile.TemporaryDirectory() as folder:
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*pip, "--dest", folder, f"cfn-lint=={VERSION}"], check=True)
    main(next(pathlib.Path(folder).glob("*.whl")), "--check" in sys.argv)
