#!/bin/bash
# Replaces commands that change the machine or call AWS: records calls and simulates their minimal effects.
name=${0##*/}
[[ $name == sleep ]] && exit 0
echo "$name $*" >>/state/calls
if [[ -s /state/fail && "$name $*" =~ $(</state/fail) ]]; then
  echo "$name: simulated failure" >&2
  exit 1
fi
if [[ -s /state/fail-once && "$name $*" =~ $(</state/fail-once) ]]; then
  : >/state/fail-once
  echo "$name: simulated failure" >&2
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
"aws sts"*)
  if [[ -s /state/sts ]]; then cat /state/sts; else
    printf '{"AccessKeyId": "AKIAEXAMPLE", "SecretAccessKey": "the-sandbox-secret", "SessionToken": "the-sandbox-token", '
    printf '"Expiration": "2030-01-01T00:00:00+00:00"}\n'
  fi
  ;;
"curl"*scope=instance)
  # An instance with an unhealthy image does not respond.
  if [[ -s /state/unhealthy ]] && grep -q "$(</state/unhealthy)" /state/images; then exit 22; fi
  ;;
"curl"*:3000/api/health) if [[ -s /state/health ]]; then cat /state/health; else echo '{"status": "ok"}'; fi ;;
"curl"*http_code*:8080/health) printf 200 ;;
"docker image inspect"*) sed -n "s#^$5 ##p" /state/images ;;
"docker image tag"*)
  id=$3
  grep -v "^$4 " /state/images >/state/images.new
  echo "$4 $id" >>/state/images.new
  case $4 in ohinfra-previous:*) rm /state/images.new ;; *) mv /state/images.new /state/images ;; esac
  ;;
"docker pull"*)
  new=$(sed -n "s#^$3 ##p" /state/published 2>/dev/null)
  [[ -z $new ]] || sed -i "s#^$3 .*#$3 $new#" /state/images
  ;;
"docker network inspect"*) [[ -s /state/network ]] && cat /state/network ;;
"docker network create"*)
  while [[ $1 != --subnet ]]; do shift; done
  echo "$2" >/state/network
  ;;
"iptables-restore"* | "ip6tables-restore"*) cat >"/state/$name" ;;
"iptables"*" -L DOCKER-USER") grep -qx DOCKER-USER /state/chains ;;
"iptables"*" -N "*) echo "$3" >>/state/chains ;;
"iptables"*" -C "* | "ip6tables"*" -C "*)
  shift 2
  grep -q -- "^$name -w -I $1 1 ${*:2}\$" /state/hooks
  ;;
"iptables"*" -I "* | "ip6tables"*" -I "*) echo "$name $*" >>/state/hooks ;;
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
