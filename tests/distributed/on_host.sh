#!/bin/sh
# Runs a command on a host of namespaces.ts, as ssh would:
# on_host.sh PREFIX HOST COMMAND
namespace=$1$2
host=$2
shift 2
exec ip netns exec "$namespace" unshare --uts \
  sh -c 'hostname "$0" && eval "exec $1"' "$host" "$*"
