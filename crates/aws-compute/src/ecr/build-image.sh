#!/bin/sh
# Builds an image from the context on standard input and pushes it to a registry. The registry password is in the environment of this
# process and is never written to disk: docker requests it through a credential helper.
# Arguments: an empty temporary directory, registry, platform, image reference.
set -eu
directory=$1 registry=$2 platform=$3 reference=$4

# The user's builder, context and plug-ins, with a different credential helper.
user_config=${DOCKER_CONFIG:-${HOME:-}/.docker}
DOCKER_CONTEXT=$(docker context show)
BUILDX_CONFIG=${BUILDX_CONFIG:-$user_config/buildx}
for folder in cli-plugins contexts; do
  if [ -d "$user_config/$folder" ]; then ln -s "$user_config/$folder" "$directory/$folder"; fi
done
printf '{ "credHelpers": { "%s": "ohinfra" } }\n' "$registry" >"$directory/config.json"
cat >"$directory/docker-credential-ohinfra" <<'HELPER'
#!/bin/sh
test "$1" = get
printf '{ "ServerURL": "%s", "Username": "AWS", "Secret": "%s" }\n' "$(cat)" "$OHINFRA_REGISTRY_PASSWORD"
HELPER
chmod 700 "$directory/docker-credential-ohinfra"

PATH=$directory:$PATH DOCKER_CONFIG=$directory
export PATH DOCKER_CONFIG DOCKER_CONTEXT BUILDX_CONFIG
# A single manifest: a manifest list would have untagged parts, which expire.
exec docker buildx build --platform "$platform" --provenance=false --progress=plain --push --tag "$reference" -
