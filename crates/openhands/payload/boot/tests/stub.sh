#!/bin/bash
# Stands in for every command that would change the machine or ask AWS: records how it was called, and does as little as is believed.
name=${0##*/}
[[ $name == sleep ]] && exit 0
echo "$name $*" >>/state/calls
if [[ -s /state/fail && "$name $*" =~ $(</state/fail) ]]; then
  echo "$name: made to fail" >&2
  exit 1
fi
case "$name $*" in
"curl"*api/token*) echo token ;;
"curl"*instance-id) echo i-0123456789abcdef0 ;;
"curl"*docker-compose*)
  while [[ $1 != -o ]]; do shift; done
  echo "the plugin" >"$2"
  ;;
"aws s3 cp"*) cp /state/bundle.zip "$5" ;;
"aws secretsmanager"*database*) cat /state/database-secret ;;
"aws secretsmanager"*sandbox*) cat /state/sandbox-secret ;;
"aws ecr"*) echo the-registry-password ;;
"aws sts"*) printf 'AKIAEXAMPLE\tthe-sandbox-secret\tthe-sandbox-token\n' ;;
"docker login"*) cat >/state/registry-login ;;
"ebsnvme-id"*nvme0n1) echo /dev/xvda ;;
"ebsnvme-id"*nvme2n1) echo sdf ;;
"ebsnvme-id"*) exit 1 ;;
"blkid"*UUID*) echo 0d0d-uuid ;;
"blkid"*)
  [[ -e /state/blkid ]] && exit "$(</state/blkid)"
  [[ -e /state/formatted ]] || exit 2
  ;;
"mkfs.xfs"*) touch /state/formatted ;;
"mountpoint"*) grep -qx -- "$2" /state/mounted ;;
"mount "*) echo "$1" >>/state/mounted ;;
esac
