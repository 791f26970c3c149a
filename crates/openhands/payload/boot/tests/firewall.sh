#!/bin/bash
# Sets up, in a separate network namespace, an instance with the bridge of the sandboxes, a sandbox, and an outside network with the
# metadata service, a private network and the internet. Prints the targets that the sandbox and the instance can reach.
set -euo pipefail

space() {
  unshare --net sleep 60 >/dev/null 2>&1 &
  space=$!
  spaces+=("$space")
  until [[ $(readlink "/proc/$space/ns/net") != "$(readlink /proc/self/ns/net)" ]]; do :; done
}
spaces=()
trap 'kill "${spaces[@]}" 2>/dev/null || true' EXIT
inside() { nsenter --target "$1" --net "${@:2}"; }

ip link set lo up
echo 1 >/proc/sys/net/ipv4/ip_forward
ip link add oh-sandboxes type bridge
ip address add 172.30.0.1/20 dev oh-sandboxes
ip link set oh-sandboxes up

space
sandbox=$space
ip link add sandbox0 type veth peer name eth0 netns "$sandbox"
ip link set sandbox0 master oh-sandboxes up
inside "$sandbox" ip link set eth0 up
inside "$sandbox" ip address add 172.30.0.2/20 dev eth0
inside "$sandbox" ip route add default via 172.30.0.1

space
outside=$space
ip link add world type veth peer name eth0 netns "$outside"
ip address add 192.0.2.1/24 dev world
ip link set world up
inside "$outside" ip link set eth0 up
for address in 192.0.2.2/24 169.254.169.254/32 169.254.169.253/32 10.9.0.5/32 198.51.100.7/32; do
  inside "$outside" ip address add "$address" dev eth0
done
inside "$outside" ip route add default via 192.0.2.1
for address in 169.254.169.254 169.254.169.253 10.9.0.5 198.51.100.7; do ip route add "$address" via 192.0.2.2; done

"$1" firewall
# The rules that Docker adds to an existing chain.
iptables -w -A DOCKER-USER -j RETURN
iptables -w -I FORWARD -j DOCKER-USER

python='
import json, socket, sys, threading, time
def listen(ports):
    for port in ports:
        server = socket.create_server(("", port))
        threading.Thread(target=lambda s=server: [s.accept() for _ in iter(int, 1)], daemon=True).start()
def reached(targets):
    found, threads = [], []
    def attempt(target):
        host, port = target.rsplit(":", 1)
        try:
            socket.create_connection((host, int(port)), 1.5).close()
            found.append(target)
        except OSError:
            pass
    for target in targets:
        threads.append(threading.Thread(target=attempt, args=(target,)))
        threads[-1].start()
    for thread in threads:
        thread.join()
    print(json.dumps(sorted(found)))
if sys.argv[1] == "listen":
    listen(map(int, sys.argv[2:]))
    print("listening", flush=True)
    time.sleep(60)
else:
    reached(sys.argv[2:])
'
serve() {
  local ready
  coproc { exec nsenter --target "$1" --net python3 -c "$python" listen "${@:2}"; }
  spaces+=("$COPROC_PID")
  read -r ready <&"${COPROC[0]}"
  [[ $ready == listening ]]
  eval "exec ${COPROC[0]}<&-"
}
serve "$$" 22 2375 3000 3001 8080
serve "$outside" 53 80 443 5432 2>/dev/null
serve "$sandbox" 8000 2>/dev/null

targets=()
for port in 22 2375 3000 3001 8080; do targets+=("172.30.0.1:$port" "192.0.2.1:$port"); done
for address in 169.254.169.254 169.254.169.253 10.9.0.5 198.51.100.7; do
  for port in 53 80 443 5432; do targets+=("$address:$port"); done
done
inside "$sandbox" python3 -c "$python" reach "${targets[@]}"
python3 -c "$python" reach 172.30.0.2:8000
